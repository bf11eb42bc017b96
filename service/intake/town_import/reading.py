"""Reads workbooks, CSV files and GeoJSON into rows of text, whatever somebody may have put into them."""

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from service.intake.town_import.columns import SHEETS, Kind, Sheet
from service.intake.town_import.values import DATUMS, Wrong

__all__ = ["MOST_BYTES", "Row", "read_file"]

MOST_BYTES = 20_000_000
MOST_UNPACKED = 150_000_000
MOST_ROWS = 20_000
MOST_COLUMNS = 60
DATUM_OF_CRS = {"crs84": "WGS-84", "4326": "WGS-84", "4490": "CGCS2000"}


@dataclass
class Row:
    """A row of a table, or a feature.

    Attributes:
        kind, file, sheet, number: Where it is; numbers as Excel counts them, features from 1.
        values: Text by field, of columns that are there.
        geometry: Of a feature, as it came.
    """

    kind: Kind
    file: str
    sheet: str
    number: int
    values: dict[str, str]
    geometry: Any = None
    is_feature: bool = False


def read_file(name: str, content: bytes) -> list[Row]:
    """Return a file's rows.

    Raises:
        Wrong: It can't be read, or holds too much.
    """
    if len(content) > MOST_BYTES:
        raise Wrong(
            f"文件超过 {MOST_BYTES // 1_000_000} MB，请拆分后再导入",
            f"the file has more than {MOST_BYTES // 1_000_000} MB; split it",
        )
    if content.startswith(b"PK\x03\x04"):
        return list(_workbook(name, content))
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise Wrong("这是旧版 .xls 或加密的工作簿，请另存为不加密的 .xlsx", "save it as .xlsx, without a password")
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return list(_features(name, content))
    return list(_table(name, "", csv.reader(io.StringIO(_text(content), newline=""))))


def _text(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise Wrong(
        "无法识别该文件：应为 .xlsx 工作簿、UTF-8 或 GBK 的 CSV、或 GeoJSON",
        "not recognised: expected an .xlsx workbook, a CSV file in UTF-8 or GBK, or GeoJSON",
    )


def _workbook(name: str, content: bytes) -> Iterator[Row]:
    _harmless(content)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        for page in book.worksheets:
            sheet = next((one for one in SHEETS.values() if one.zh == page.title.strip()), None)
            if sheet:
                rows = page.iter_rows(values_only=True, max_col=MOST_COLUMNS)
                yield from _table(name, page.title, ([_cell(value) for value in row] for row in rows), sheet)
        if not any(one.zh == page.title.strip() for page in book.worksheets for one in SHEETS.values()):
            raise Wrong(
                "工作簿中没有名为 单位、人员、网格 或 点位 的工作表，请使用模板",
                "there is no sheet named 单位, 人员, 网格 or 点位; use the template",
            )
    except (InvalidFileException, zipfile.BadZipFile, ParseError, KeyError, ValueError, TypeError, AttributeError,
            IndexError, EOFError, OSError, NotImplementedError, RuntimeError, SyntaxError) as error:  # fmt: skip
        raise Wrong(
            "工作簿已损坏或不是 .xlsx 文件，请用 Excel 或 WPS 重新保存",
            "the workbook is damaged or no .xlsx file; save it anew with Excel or WPS",
        ) from error


def _harmless(content: bytes) -> None:
    """Refuse archives that unpack to far too much, and XML that defines entities."""
    too_big = Wrong(
        f"工作簿解压后超过 {MOST_UNPACKED // 1_000_000} MB，不予读取；请只保留四张表",
        f"the workbook unpacks to more than {MOST_UNPACKED // 1_000_000} MB and isn't read; keep only the four sheets",
    )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if len(members) > 2000 or sum(member.file_size for member in members) > MOST_UNPACKED:
                raise too_big
            for member in members:
                with archive.open(member) as file:
                    start = file.read(4096).replace(b"\x00", b"")  # UTF-16 as well
                if b"<!DOCTYPE" in start or b"<!ENTITY" in start:
                    raise Wrong("工作簿中含有不允许的 XML 定义，不予读取", "the workbook holds XML definitions")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError) as error:
        raise Wrong(
            "工作簿已损坏或不是 .xlsx 文件，请用 Excel 或 WPS 重新保存",
            "the workbook is damaged or no .xlsx file; save it anew with Excel or WPS",
        ) from error


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer():  # codes and phone numbers that Excel took for numbers
        return str(int(value))
    return "" if value is None else str(value)


def _table(file: str, title: str, rows: Iterable[Sequence[str]], sheet: Sheet | None = None) -> Iterator[Row]:
    lines = enumerate(iter(_checked(rows)), start=1)
    _number, headers = next(lines, (1, []))
    sheet = sheet or _sheet_of(headers)
    columns = [sheet.column(header) for header in headers]
    missing = [one.zh for one in sheet.columns if one.required and one not in columns]
    if missing:
        where = f"“{title}”" if title else "文件"
        raise Wrong(
            f"{where}第一行缺少列：{'、'.join(missing)}，请使用模板的表头",
            f"the first row lacks the columns {', '.join(missing)}; use the template's headers",
        )
    for number, cells in lines:
        values = {one.field: text.strip() for one, text in zip(columns, cells, strict=False) if one}
        values |= {one.field: "" for one in columns[len(cells) :] if one}
        if number > MOST_ROWS + 1:
            raise Wrong(f"一张表最多 {MOST_ROWS} 行，请拆分", f"a sheet has at most {MOST_ROWS} rows; split it")
        if any(values.values()):
            yield Row(sheet.kind, file, title or sheet.zh, number, values)


def _checked(rows: Iterable[Sequence[str]]) -> Iterator[Sequence[str]]:
    try:
        yield from rows
    except csv.Error as error:
        raise Wrong("CSV 文件无法解析，请检查引号", "the CSV file can't be parsed; check its quotes") from error


def _sheet_of(headers: Sequence[str]) -> Sheet:
    """Return the kind of table that knows most of the headers and whose key is among them."""
    fitting = [one for one in SHEETS.values() if one.key in [one.column(header) for header in headers]]
    if not fitting:
        raise Wrong(
            "CSV 第一行不是可识别的表头，请使用模板中 单位、人员、网格 或 点位 的表头",
            "the first row holds no known headers; use those of the template",
        )
    return max(fitting, key=lambda one: sum(one.column(header) is not None for header in headers))


def _features(name: str, content: bytes) -> Iterator[Row]:
    try:
        document = json.loads(_text(content))
    except (ValueError, RecursionError) as error:
        raise Wrong("不是有效的 GeoJSON，请重新导出", "no valid GeoJSON; export it anew") from error
    features = document.get("features")
    if document.get("type") != "FeatureCollection" or not isinstance(features, list):
        raise Wrong("GeoJSON 应为 FeatureCollection，请重新导出", "expected a FeatureCollection; export it anew")
    if len(features) > MOST_ROWS:
        raise Wrong(f"最多 {MOST_ROWS} 个要素，请拆分", f"expected at most {MOST_ROWS} features; split it")
    sheet, datum = SHEETS["grids"], _declared(document)
    for number, feature in enumerate(features, start=1):
        properties = feature.get("properties") if isinstance(feature, dict) else None
        if not isinstance(properties, dict):
            raise Wrong(f"第 {number} 个要素没有 properties，请重新导出", f"feature {number} has no properties")
        known = {column.field: _cell(value).strip() for header, value in properties.items()
                 if (column := sheet.column(header))}  # fmt: skip
        known.pop("geometry", None)
        if datum and not known.get("datum"):
            known["datum"] = datum
        yield Row("grids", name, "features", number, known, feature.get("geometry"), is_feature=True)


def _declared(document: dict[str, Any]) -> str:
    """Return the datum that a file declares: `datum`, or the name within `crs`; empty if it says nothing."""
    crs = document.get("crs")
    properties = crs.get("properties") if isinstance(crs, dict) else None
    crs_name = str(properties.get("name", "")) if isinstance(properties, dict) else ""
    if document.get("datum"):
        return str(document["datum"])
    if not crs_name:
        return ""
    found = DATUM_OF_CRS.get(crs_name.lower().rsplit(":", 1)[-1]) or DATUMS.get(crs_name.lower())
    if found is None:
        raise Wrong(
            f"不支持坐标参考系“{crs_name[:60]}”，请转换为 CGCS2000（EPSG:4490）或 WGS-84（EPSG:4326）的经纬度",
            f"the coordinate system “{crs_name[:60]}” isn't known; convert to EPSG:4490 or EPSG:4326",
        )
    return found

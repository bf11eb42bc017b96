"""Writes a town as a workbook, which can be imported again, and its cells as GeoJSON."""

import io
from typing import Any

import shapely
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet
from shapely.geometry import shape

from service.domain.roles import ROLES
from service.intake.town_import.columns import SHEETS, Column, Sheet, Town
from service.intake.town_import.values import DECIMALS

__all__ = ["feature_collection", "template", "workbook"]

# What values are called in cells, by field.
WORDS: dict[str, dict[Any, str]] = {
    "kind": {"office": "街道", "community": "村社", "department": "部门", "team": "队伍"},
    "level": {2: "片区", 3: "村社", 4: "四级网格", 5: "五级网格"},
    "role": {role.value: zh for role, (zh, _en) in ROLES.items()},
    "is_active": {True: "是", False: "否"},
}
WIDTHS = {"geometry": 30, "standard": 40, "code": 20, "name": 24, "parent": 20, "unit": 20, "grid": 20}
LONGEST_CELL = 32767  # of Excel
HEADER_FILL = PatternFill("solid", start_color="0F6B5C")
OPTIONAL_FILL = PatternFill("solid", start_color="56615E")
WHITE = Font(color="FFFFFF", bold=True)
NOTES = (
    "填写说明",
    "1. 带“*”的列必须填写；表头请勿修改。其余列可以整列删除，删除的列在导入时保持原值。",
    "2. 上级单位、责任单位填写单位名称，须在“单位”表或系统中存在。",
    "3. 网格编码最多 15 位；边界可留空，以后用 GeoJSON 文件补充，或填写 WKT 多边形。",
    "4. 填写边界或经纬度时必须说明坐标系：CGCS2000、WGS-84（手机定位）或 GCJ-02（高德、腾讯地图）。",
    "5. 先“试运行”，系统列出全部错误；没有错误时再正式导入，要么全部成功，要么全部不变。",
)


def workbook(town: Town) -> bytes:
    """Return a workbook of a town with the sheets of the import."""
    book = Workbook()
    for index, sheet in enumerate(SHEETS.values()):
        page = book.create_sheet(sheet.zh, index)
        _head(page, sheet)
        for number, entry in enumerate(town[sheet.kind].values(), start=2):
            for place, column in enumerate(sheet.columns, start=1):
                _write(page, number, place, _text(column, entry[column.field]))
    return _saved(book)


def template() -> bytes:
    """Return an empty workbook with an example in each sheet, lists of choices, and notes."""
    book = Workbook()
    for index, sheet in enumerate(SHEETS.values()):
        page = book.create_sheet(sheet.zh, index)
        _head(page, sheet)
        for place, column in enumerate(sheet.columns, start=1):
            _write(page, 2, place, column.example)
    notes = book["Sheet"]
    notes.title = "说明"
    notes.column_dimensions["A"].width = 100
    for number, line in enumerate(NOTES, start=1):
        _write(notes, number, 1, line)
    book.move_sheet("说明", -len(SHEETS))
    book.active = 1
    units = book["单位"]
    for place, value in enumerate(("净巷街道办事处", "街道", "", "", "王五", ""), start=1):
        _write(units, 3, place, value)
    return _saved(book)


def feature_collection(town: Town, *, with_phones: bool) -> dict[str, Any]:
    """Return the cells that have a boundary as GeoJSON; each feature tells its datum."""
    fields = [column.field for column in SHEETS["grids"].columns if column.field != "geometry"]
    shown = [field for field in fields if with_phones or not field.endswith("phone")]
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {one: entry[one] for one in shown}, "geometry": entry["geometry"]}
            for entry in town["grids"].values()
            if entry["geometry"]
        ],
    }


def _head(page: Worksheet, sheet: Sheet) -> None:
    for place, column in enumerate(sheet.columns, start=1):
        cell = page.cell(1, place, column.zh + ("*" if column.required else ""))
        cell.font, cell.fill = WHITE, HEADER_FILL if column.required else OPTIONAL_FILL
        cell.alignment = Alignment(vertical="center")
        letter = get_column_letter(place)
        page.column_dimensions[letter].width = WIDTHS.get(column.field, 14)
        if column.choices:
            choices = DataValidation("list", formula1=f'"{",".join(column.choices)}"', allow_blank=True)
            choices.error, choices.errorTitle = "请从列表中选择", "无效的值"
            choices.showErrorMessage = True
            choices.add(f"{letter}2:{letter}20001")
            page.add_data_validation(choices)
    page.row_dimensions[1].height = 22
    page.freeze_panes = "B2"
    page.auto_filter.ref = f"A1:{get_column_letter(len(sheet.columns))}1"


def _write(page: Worksheet, row: int, column: int, text: str) -> None:
    """Write text as text: a name that begins with “=” is no formula, a code of digits no number."""
    if text:
        cell = page.cell(row, column)
        cell.value = ILLEGAL_CHARACTERS_RE.sub("", text)
        cell.data_type = "s"
        cell.number_format = "@"


def _text(column: Column, value: Any) -> str:
    if value is None or value == "":
        return ""
    if column.field == "geometry":
        text: str = shapely.to_wkt(shape(value), rounding_precision=DECIMALS)
        return text if len(text) <= LONGEST_CELL else ""  # such a boundary travels as GeoJSON only
    return str(WORDS.get(column.field, {}).get(value, value))


def _saved(book: Workbook) -> bytes:
    if "Sheet" in book.sheetnames:
        book.remove(book["Sheet"])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()

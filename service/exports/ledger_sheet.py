"""Reads an uploaded workbook's lines, and trusts nothing in it."""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import IO, Any

from openpyxl import load_workbook

from service.errors import ServiceError, invalid
from service.exports.ledger_excel import MOST_ROWS

__all__ = ["Formula", "SheetRow", "read_sheet"]

LARGEST_PART = 150_000_000  # bytes of XML, unpacked: 20,000 lines are about 60 MB
LARGEST_SUM = 300_000_000
MOST_PARTS = 5_000  # pictures are parts
HEADER_WITHIN = 10  # rows
MOST_COLUMNS = 60
SPARE = 1_000  # empty rows that drop-downs and borders leave behind
NEEDED = ("类别", "位置")


@dataclass(frozen=True)
class Formula:
    """A cell's value that would have to be calculated first."""

    text: str


@dataclass(frozen=True)
class SheetRow:
    """A line: its row in the sheet, and its cells by header; empty ones are missing."""

    number: int
    cells: dict[str, Any]


def read_sheet(file: IO[bytes]) -> tuple[frozenset[str], list[SheetRow]]:
    """Return the headers and the lines of a workbook's first sheet.

    Raises:
        ServiceError: It is no workbook, too large, or has no headers of the ledger.
    """
    _refuse_dangerous(file)
    try:
        return _read(file)
    except ServiceError:
        raise
    except Exception as error:  # openpyxl raises nearly everything on a damaged workbook
        raise _no_workbook() from error


def _refuse_dangerous(file: IO[bytes]) -> None:
    try:
        with zipfile.ZipFile(file) as parts:
            infos = parts.infolist()
            names = {info.filename for info in infos}
            sizes = [info.file_size for info in infos]
            if "xl/workbook.xml" not in names:
                raise _no_workbook()
            if len(infos) > MOST_PARTS or sum(sizes) > LARGEST_SUM or max(sizes) > LARGEST_PART:
                raise _too_large()
            if any(name.startswith("xl/externalLinks/") for name in names):
                raise invalid(
                    "external_links",
                    "工作簿引用了其他文件，请先断开外部链接再导入",
                    "the workbook refers to other files; break its external links first",
                )
            for info in infos:
                if info.filename.endswith((".xml", ".rels")):
                    with parts.open(info) as part:
                        if b"<!DOCTYPE" in part.read(1000):
                            raise _no_workbook()
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError) as error:
        raise _no_workbook() from error
    file.seek(0)


def _read(file: IO[bytes]) -> tuple[frozenset[str], list[SheetRow]]:
    book = load_workbook(file, read_only=True, keep_links=False)
    try:
        sheet: Any = book.worksheets[0]
        sheet.reset_dimensions()  # what the file says of its size may be wrong
        rows = enumerate(sheet.iter_rows(max_col=MOST_COLUMNS), 1)
        first, headers = _headers(islice(rows, HEADER_WITHIN))
        lines = []
        for number, row in enumerate(sheet.iter_rows(min_row=first + 1, max_col=MOST_COLUMNS), first + 1):
            if number - first > MOST_ROWS + SPARE:
                raise _too_large()
            cells = {headers[place]: _value(cell) for place, cell in enumerate(row) if place in headers}
            cells = {header: value for header, value in cells.items() if value not in (None, "")}
            if cells:
                lines.append(SheetRow(number, cells))
        return frozenset(headers.values()), lines
    finally:
        book.close()


def _headers(rows: Iterator[tuple[int, Any]]) -> tuple[int, dict[int, str]]:
    for number, row in rows:
        words = {place: str(cell.value).strip() for place, cell in enumerate(row) if cell.value is not None}
        if set(NEEDED) <= set(words.values()):
            return number, words
    raise invalid(
        "no_headers",
        f"前 {HEADER_WITHIN} 行没有台账表头，至少应有“类别”和“位置”两列",
        f"the first {HEADER_WITHIN} rows have no headers of the ledger; expected 类别 and 位置 at least",
    )


def _value(cell: Any) -> Any:
    value = cell.value
    if cell.data_type == "f":
        return Formula(str(value))
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else value


def _no_workbook() -> ServiceError:
    return invalid(
        "not_a_workbook",
        "文件不是有效的 Excel 工作簿（.xlsx），请用本系统导出的台账编辑后再导入",
        "the file is no Excel workbook (.xlsx); edit a ledger that was exported here and import that",
    )


def _too_large() -> ServiceError:
    return invalid(
        "workbook_too_large",
        f"工作簿过大：最多 {MOST_ROWS:,} 行，请分批导入",
        f"the workbook is too large: {MOST_ROWS:,} rows at most; import it in parts",
    )

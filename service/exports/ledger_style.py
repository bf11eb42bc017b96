"""How the ledger's worksheet looks and prints, and which values its cells offer."""

import io
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.drawing.image import Image
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from service.domain.lifecycle import STATES, State
from service.exports.ledger_columns import COLUMNS, EDITABLE, VERSION
from service.exports.ledger_lines import Line

__all__ = ["FIRST_ROW", "HEADER_ROW", "TITLE", "Sheet"]

TITLE = "环境卫生问题台账"
HEADER_ROW, FIRST_ROW = 3, 4
OPTIONS = "选项"  # hidden sheet of the drop-downs' values
TIMES = ("发现时间", "整改期限", "整改时间", "核查时间")
PICTURES = ("整改前照片", "整改后照片")
LETTERS = {column.header: get_column_letter(place) for place, column in enumerate(COLUMNS, 1)}
LAST = get_column_letter(len(COLUMNS) - 1)  # the last one that is seen
PICTURE_HEIGHT = 96  # points
STATE_COLOURS = {
    State.SUSPECTED: "5B4A9E",
    State.PENDING_DISPATCH: "7A5600",
    State.IN_PROGRESS: "1459A8",
    State.PENDING_VERIFICATION: "7B1FA2",
    State.RETURNED: "B3261E",
    State.CLOSED: "1B6E3A",
    State.CANCELLED: "56615E",
}
_LINE = Side(style="thin", color="B8C0BC")
_BORDER = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_WRAPPED = Alignment(wrap_text=True, vertical="center")
_CENTRED = Alignment(wrap_text=True, vertical="center", horizontal="center")


class Sheet:
    """The ledger's worksheet, written line by line; pictures wait in memory until the workbook is saved.

    Args:
        book: Write-only workbook.
        subtitle: Line below the title.
        count: Lines that will be appended.
        has_pictures: Whether the rows are made as high as a picture.
    """

    def __init__(self, book: Workbook, subtitle: str, count: int, *, has_pictures: bool) -> None:
        self._book, self._count, self._has_pictures = book, count, has_pictures
        for named in _styles():
            book.add_named_style(named)
        self._sheet: Any = book.create_sheet("台账")
        self._row = HEADER_ROW
        self._set_up()
        for text, style in ((TITLE, "台账标题"), (subtitle, "台账说明")):
            self._sheet.append([self._cell(text, style)])
        self._sheet.append(
            [self._cell(c.header, "台账可填表头" if c.header in EDITABLE else "台账表头") for c in COLUMNS]
        )

    def append(self, line: Line, pictures: list[bytes | None]) -> None:
        """Write a line; `pictures` are those before and after: b"" for none, None for one that can't be read."""
        self._row += 1
        values = dict(line.values)
        for header, picture in zip(PICTURES, pictures, strict=False):
            if picture is None:
                values[header] = "照片缺失"
            elif picture:
                self._place(picture, f"{LETTERS[header]}{self._row}")
        if self._has_pictures:
            self._sheet.row_dimensions[self._row].height = PICTURE_HEIGHT
        self._sheet.append([self._cell(values.get(c.header), _style_of(c.header)) for c in COLUMNS])

    def finish(self, units: list[str], handlers: list[str]) -> None:
        """Write what stands behind the lines: drop-downs, colours of states, the sheet of options."""
        last = FIRST_ROW + self._count + 200  # room for new lines
        options: Any = self._book.create_sheet(OPTIONS)
        options.sheet_state = "hidden"
        for place in range(max(len(units), len(handlers))):
            options.append(
                [self._cell(names[place] if place < len(names) else None, "台账文字") for names in (units, handlers)]
            )
        for header, names, column in (("责任单位", units, "A"), ("责任人", handlers, "B")):
            if names:
                self._offer(header, last, type="list", formula1=f"{OPTIONS}!${column}$1:${column}${len(names)}")
        self._offer("整改措施", last, type="textLength", operator="lessThanOrEqual", formula1="500")
        self._offer("整改期限", last, type="date", operator="greaterThan", formula1="36526")
        self._colour(last)

    def _set_up(self) -> None:
        sheet = self._sheet
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
        sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9  # A4
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
        sheet.page_margins.left = sheet.page_margins.right = 0.4
        sheet.print_options.horizontalCentered = True
        sheet.print_title_rows = f"{HEADER_ROW}:{HEADER_ROW}"
        sheet.oddFooter.center.text = "第 &P 页，共 &N 页"
        sheet.freeze_panes = f"B{FIRST_ROW}"
        sheet.auto_filter.ref = f"A{HEADER_ROW}:{LAST}{HEADER_ROW + max(self._count, 1)}"
        for row in (1, 2):
            sheet.merged_cells.add(f"A{row}:{LAST}{row}")
        for row, height in ((1, 30), (2, 20), (HEADER_ROW, 32)):
            sheet.row_dimensions[row].height = height
        for column in COLUMNS:
            sheet.column_dimensions[LETTERS[column.header]].width = column.width
        sheet.column_dimensions[LETTERS[VERSION]].hidden = True

    def _cell(self, value: Any, style: str) -> Any:
        cell = WriteOnlyCell(self._sheet, value)
        cell.style = style
        if isinstance(value, str):
            cell.data_type = "s"  # text that begins with = is no formula
            if value.startswith(("=", "+", "-", "@")):
                cell.quotePrefix = True  # nor becomes one when somebody edits the cell
        return cell

    def _place(self, picture: bytes, anchor: str) -> None:
        image = Image(io.BytesIO(picture))
        image.anchor = anchor
        self._sheet.add_image(image)

    def _offer(self, header: str, last: int, **rule: Any) -> None:
        validation = DataValidation(allow_blank=True, showErrorMessage=True, errorTitle=header, **rule)
        validation.error = f"“{header}”的内容无效，请从下拉列表选择或按要求填写"
        validation.add(f"{LETTERS[header]}{FIRST_ROW}:{LETTERS[header]}{last}")
        self._sheet.data_validations.append(validation)

    def _colour(self, last: int) -> None:
        area = f"{LETTERS['状态']}{FIRST_ROW}:{LETTERS['状态']}{last}"
        for state, colour in STATE_COLOURS.items():
            font = Font(bold=True, color=colour)
            rule = Rule(
                type="cellIs", operator="equal", formula=[f'"{STATES[state][0]}"'], dxf=DifferentialStyle(font=font)
            )
            self._sheet.conditional_formatting.add(area, rule)
        letter = LETTERS["是否超期"]
        red = DifferentialStyle(font=Font(bold=True, color="B3261E"))
        late = Rule(type="expression", formula=[f'LEFT({letter}{FIRST_ROW},2)="超期"'], dxf=red)
        self._sheet.conditional_formatting.add(f"{letter}{FIRST_ROW}:{letter}{last}", late)


def _style_of(header: str) -> str:
    if header in TIMES:
        return "台账时间"
    return "台账编号" if header in ("编号", VERSION) else "台账文字"


def _styles() -> list[NamedStyle]:
    return [
        NamedStyle("台账标题", font=Font(bold=True, size=18), alignment=_CENTRED),
        NamedStyle("台账说明", font=Font(color="56615E"), alignment=_WRAPPED),
        NamedStyle(
            "台账表头",
            font=Font(bold=True),
            fill=PatternFill("solid", fgColor="E7EAE7"),
            alignment=_CENTRED,
            border=_BORDER,
        ),
        NamedStyle(
            "台账可填表头",
            font=Font(bold=True, color="0F6B5C"),
            fill=PatternFill("solid", fgColor="DDF0EC"),
            alignment=_CENTRED,
            border=_BORDER,
        ),
        NamedStyle("台账文字", alignment=_WRAPPED, border=_BORDER, number_format="@"),
        NamedStyle("台账编号", alignment=_CENTRED, border=_BORDER, number_format="0"),
        NamedStyle("台账时间", alignment=_CENTRED, border=_BORDER, number_format="yyyy-mm-dd hh:mm"),
    ]

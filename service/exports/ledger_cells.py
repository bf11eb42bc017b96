"""What the cells of an imported ledger mean: names become ids, days become times; or a problem that names the cell."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.exports.ledger_columns import handler_labels, plain
from service.exports.ledger_sheet import Formula, SheetRow
from service.store.people import Unit
from service.store.places import Grid, Site

__all__ = ["CellError", "Names", "Problem", "moment_in", "text_in"]

DAY_ENDS = time(23, 59)  # a deadline that is a day is met on that day
PATTERNS = ("%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y年%m月%d日", "%Y年%m月%d日 %H:%M")


@dataclass(frozen=True)
class Problem:
    """What is wrong with a cell."""

    row: int
    column: str
    what_zh: str
    what_en: str

    @property
    def zh(self) -> str:
        """The sentence, such as `第 12 行 整改期限：应为日期，…`."""
        return f"第 {self.row} 行 {self.column}：{self.what_zh}"

    @property
    def en(self) -> str:
        """The same in English."""
        return f"row {self.row}, {self.column}: {self.what_en}"


class CellError(Exception):
    """A cell can't be taken; carries the problem."""

    def __init__(self, row: SheetRow, column: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.problem = Problem(row.number, column, zh, en)


class Names:
    """What things are called, read once per import."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @cached_property
    def labels(self) -> dict[int, str]:
        """Labels of active handlers, by user id."""
        return handler_labels(self._session)

    @cached_property
    def handlers(self) -> dict[str, int]:
        """Ids of active handlers, by label."""
        return {label: id_ for id_, label in self.labels.items()}

    @cached_property
    def units(self) -> dict[str, int]:
        """Ids of units, by name."""
        return {plain(name): id_ for name, id_ in self._session.execute(select(Unit.name, Unit.id))}

    @cached_property
    def sites(self) -> dict[str, int]:
        """Ids of sites, by name."""
        return {plain(name): id_ for name, id_ in self._session.execute(select(Site.name, Site.id))}

    @cached_property
    def grids(self) -> dict[str, int]:
        """Ids of grid cells, by code, and by name where no other is called so."""
        rows = self._session.execute(select(Grid.id, Grid.code, Grid.name)).all()
        called: dict[str, list[int]] = {}
        for id_, _, name in rows:
            called.setdefault(plain(name), []).append(id_)
        unique = {name: ids[0] for name, ids in called.items() if len(ids) == 1}
        return unique | {code: id_ for id_, code, _ in rows}


def text_in(row: SheetRow, column: str, longest: int) -> str:
    """Return a cell's text; "" where it is empty.

    Raises:
        CellError: It is a formula, or too long.
    """
    value = row.cells.get(column, "")
    if isinstance(value, Formula):
        raise CellError(row, column, "公式不能导入，请改为数值", "formulas aren't imported; paste the value instead")
    text = plain(_number(value) if isinstance(value, float) else str(value))
    if len(text) > longest:
        raise CellError(
            row,
            column,
            f"最多 {longest} 个字，现有 {len(text)} 个",
            f"expected {longest} characters at most, got {len(text)}",
        )
    return text


def moment_in(row: SheetRow, column: str, zone: ZoneInfo) -> datetime | None:
    """Return a cell's time, UTC; a day alone means its end. None where the cell is empty.

    Raises:
        CellError: It is no time.
    """
    value = row.cells.get(column)
    if value is None:
        return None
    found = value if isinstance(value, datetime) else _parsed(text_in(row, column, 100), value)
    if found is None or not 2000 <= found.year <= 2200:
        shown = text_in(row, column, 100)
        raise CellError(
            row,
            column,
            f"应为日期，如 2026-12-01，现为“{shown}”",
            f"expected a date such as 2026-12-01, got “{shown}”",
        )
    if found.time() == time():
        found = datetime.combine(found, DAY_ENDS)
    return found.replace(tzinfo=zone).astimezone(UTC)


def _parsed(text: str, value: Any) -> datetime | None:
    if isinstance(value, date):
        return datetime.combine(value, time())
    plain_text = text.replace("/", "-").replace("：", ":")
    for pattern in PATTERNS:
        try:
            return datetime.strptime(plain_text, pattern)
        except ValueError:
            continue
    return None


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() else str(value)

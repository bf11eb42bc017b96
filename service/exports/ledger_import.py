"""Takes an edited ledger back in: units, people, measures, deadlines and new lines; all of it or nothing."""

from dataclasses import dataclass, field
from typing import IO, Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from service.domain.roles import Actor
from service.errors import ServiceError, invalid
from service.exports.ledger_cells import CellError, Names, Problem, moment_in, text_in
from service.exports.ledger_columns import EDITABLE, VERSION, local_minute, plain, state_word
from service.exports.ledger_new_rows import add_row
from service.exports.ledger_sheet import SheetRow, read_sheet
from service.fields import LARGEST_ID
from service.state import Service
from service.store.changing import change
from service.store.issues import Issue
from service.store.visible import visible_issues

__all__ = ["LARGEST_BYTES", "MOST_CHANGES", "ImportResult", "import_ledger"]

LARGEST_BYTES = 50_000_000
MOST_CHANGES = 2_000  # in one go: meanwhile nobody else can write to SQLite
MOST_PROBLEMS = 200
CHUNK = 500
WHY = "台账导入"


@dataclass
class ImportResult:
    """What an import did, or would do.

    Attributes:
        is_applied: Whether it was done; never with problems.
        changed: Numbers of issues that are changed.
        unchanged: Lines that say what the database says.
        added: Lines without a number, which become suspected issues.
        problems: The first 200.
    """

    is_applied: bool = False
    changed: list[int] = field(default_factory=list)
    unchanged: int = 0
    added: int = 0
    problems: list[Problem] = field(default_factory=list)


class _Undo(Exception):  # noqa: N818 - no error: the transaction was a trial
    pass


def import_ledger(service: Service, actor: Actor, file: IO[bytes], *, dry_run: bool) -> ImportResult:
    """Change the database as an edited ledger says; on a dry run, or with any problem, leave it as it was.

    Raises:
        ServiceError: The file is none that can be read, or changes too much at once.
    """
    headers, rows = read_sheet(file)
    if VERSION not in headers and any("编号" in row.cells for row in rows):
        raise invalid(
            "no_versions",
            f"缺少隐藏的“{VERSION}”列，无法判断导出后是否有人修改，请重新导出后再编辑",
            f"the hidden column {VERSION} is missing; export the ledger again and edit that",
        )
    result = ImportResult()
    try:
        with service.database.write() as session:
            _apply(session, actor, headers, rows, service.settings.zone, result)
            if dry_run or result.problems:
                raise _Undo
    except _Undo:
        return result
    result.is_applied = True
    return result


def _apply(
    session: Session, actor: Actor, headers: frozenset[str], rows: list[SheetRow], zone: ZoneInfo, result: ImportResult
) -> None:
    names = Names(session)
    seen: set[int] = set()
    for first in range(0, len(rows), CHUNK):
        chunk = rows[first : first + CHUNK]
        issues = _issues(session, actor, chunk)
        for row in chunk:
            try:
                _take(session, actor, row, headers, issues, seen, names, zone, result)
            except CellError as error:
                result.problems.append(error.problem)
            if len(result.problems) >= MOST_PROBLEMS:
                return
            if len(result.changed) + result.added > MOST_CHANGES:
                raise invalid(
                    "too_many_changes",
                    f"一次最多修改或新增 {MOST_CHANGES:,} 行，请分批导入",
                    f"{MOST_CHANGES:,} lines at most are changed or added at once; import the file in parts",
                )


def _take(
    session: Session,
    actor: Actor,
    row: SheetRow,
    headers: frozenset[str],
    issues: dict[int, Issue],
    seen: set[int],
    names: Names,
    zone: ZoneInfo,
    result: ImportResult,
) -> None:
    if "编号" not in row.cells:
        add_row(session, actor, row, names, zone)
        result.added += 1
        return
    issue = _issue_of(row, issues, seen)
    wanted = _wanted(row, headers, issue, names, zone)
    if not wanted:
        result.unchanged += 1
        return
    try:
        change(session, actor, issue, wanted, WHY)
    except ServiceError as error:
        raise CellError(row, _column_of(error), error.zh, error.en) from error
    result.changed.append(issue.id)


def _issues(session: Session, actor: Actor, rows: list[SheetRow]) -> dict[int, Issue]:
    numbers = {number for row in rows if (number := _number(row.cells.get("编号"))) is not None}
    query = select(Issue).where(Issue.id.in_(numbers)).options(joinedload(Issue.unit), joinedload(Issue.handler))
    return {issue.id: issue for issue in session.scalars(visible_issues(query, actor))}


def _issue_of(row: SheetRow, issues: dict[int, Issue], seen: set[int]) -> Issue:
    number = _number(row.cells["编号"])
    issue = issues.get(number) if number is not None else None
    if issue is None:
        shown = text_in(row, "编号", 100)
        raise CellError(
            row, "编号", f"没有编号为“{shown}”的案件，或您无权修改", f"there is no issue {shown} that you may change"
        )
    if issue.id in seen:
        raise CellError(row, "编号", f"编号 {number} 在表中重复", f"number {number} is there twice")
    seen.add(issue.id)
    if _number(row.cells.get(VERSION)) != issue.version:
        raise CellError(
            row, "编号", "该案件在导出后已被修改，请重新导出", "the issue was changed since the export; export it again"
        )
    state = text_in(row, "状态", 20)
    if state and state != state_word(issue):
        raise CellError(
            row,
            "状态",
            f"不能在表格中修改，应为“{state_word(issue)}”",
            f"can't be changed here; it is {state_word(issue)}",
        )
    return issue


def _wanted(row: SheetRow, headers: frozenset[str], issue: Issue, names: Names, zone: ZoneInfo) -> dict[str, Any]:
    """Return what the line changes, by the names of `changing.change`."""
    wanted: dict[str, Any] = {}
    unit, handler, measure, deadline = (column if column in headers else "" for column in EDITABLE)
    if unit and (name := text_in(row, unit, 100)) != (plain(issue.unit.name) if issue.unit else ""):
        wanted["unit_id"] = _known(row, unit, name, names.units)
    if handler and (label := text_in(row, handler, 150)) != _label(issue, names):
        wanted["handler_id"] = _known(row, handler, label, names.handlers) if label else None
    if measure and (text := text_in(row, measure, 500)) != plain(issue.measure):
        wanted["measure"] = text
    if deadline:
        moment = moment_in(row, deadline, zone)
        if local_minute(moment, zone) != local_minute(issue.deadline, zone):
            if moment is None:
                raise CellError(row, deadline, "不能清空", "expected a date; a deadline can't be removed")
            wanted["deadline"] = moment
    return wanted


def _known(row: SheetRow, column: str, name: str, known: dict[str, int]) -> int:
    if not name:
        raise CellError(row, column, "不能清空", "can't be removed")
    if name not in known:
        raise CellError(row, column, f"没有“{name}”，请从下拉列表选择", f"there is no “{name}”; choose from the list")
    return known[name]


def _label(issue: Issue, names: Names) -> str:
    return plain(names.labels.get(issue.handler.id, issue.handler.name)) if issue.handler else ""


def _column_of(error: ServiceError) -> str:
    columns = {"unit_unknown": "责任单位", "unit": "责任单位", "not_a_handler": "责任人", "deadline_odd": "整改期限"}
    return columns.get(error.code, "状态" if error.code == "state" else "编号")


def _number(value: object) -> int | None:
    """Return a cell's whole number, which clerks' programs also write as text or as 17.0."""
    text = str(value).strip().removesuffix(".0")
    return int(text) if text.isascii() and text.isdecimal() and int(text) <= LARGEST_ID else None

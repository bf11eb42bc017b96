"""Lines without a number: a town's old ledger becomes suspected issues."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.codes import code_for
from service.domain.lifecycle import OPEN, STATES, State
from service.domain.roles import Actor
from service.exports.ledger_cells import CellError, Names, moment_in, text_in
from service.exports.ledger_sheet import SheetRow
from service.store.base import now
from service.store.issues import Issue
from service.store.messages import OutboxEvent
from service.store.steps import note
from vision.categories import CATEGORIES

__all__ = ["add_row"]

KINDS = {category.zh: category.name for category in CATEGORIES if category.is_problem}
LIVE = sorted({*OPEN, State.SUSPECTED})


def add_row(session: Session, actor: Actor, row: SheetRow, names: Names, zone: ZoneInfo) -> Issue:
    """Write a line as a suspected issue, and into its history where it came from.

    Raises:
        CellError: A cell can't be taken, or the issue is in the ledger already.
    """
    state = text_in(row, "状态", 20)
    if state not in ("", STATES[State.SUSPECTED][0]):
        raise CellError(row, "状态", "新增的行只能为空或“疑似”", "of a new line: empty or 疑似")
    kind = text_in(row, "类别", 30)
    if kind not in KINDS:
        raise CellError(
            row, "类别", f"应为{'、'.join(KINDS)}，现为“{kind}”", f"expected one of {', '.join(KINDS)}, got “{kind}”"
        )
    address = text_in(row, "位置", 256)
    if not address:
        raise CellError(row, "位置", "不能为空", "expected a place")
    found = moment_in(row, "发现时间", zone)
    _refuse_known(session, row, KINDS[kind], address, found)
    code = code_for(KINDS[kind])
    issue = Issue(
        category=KINDS[kind],
        standard=code.standard,
        code=code.code,
        code_name=code.name,
        address=address,
        grid_id=_looked_up(row, "网格", names.grids),
        site_id=_looked_up(row, "点位", names.sites),
        unit_id=_unit(row, names, actor),
        handler_id=_looked_up(row, "责任人", names.handlers),
        measure=text_in(row, "整改措施", 500),
        description=text_in(row, "备注", 500),
        found=found or now(),
        last_seen=found or now(),
        deadline=moment_in(row, "整改期限", zone),
        reporter_id=actor.id,
    )
    session.add(issue)
    session.flush()
    entry = note(session, issue, "import", actor, "台账导入", {"row": row.number})
    session.add(OutboxEvent(event="issue.import", issue_id=issue.id, detail={"history": entry.id}))
    return issue


def _refuse_known(session: Session, row: SheetRow, category: str, address: str, found: datetime | None) -> None:
    """A file that is imported twice mustn't double the ledger."""
    if found is not None and found > now() + timedelta(days=1):
        raise CellError(row, "发现时间", "不能晚于今天", "expected a day that has come")
    same = select(Issue.id).where(Issue.category == category, Issue.address == address)
    same = same.where(Issue.state.in_(LIVE)) if found is None else same.where(Issue.found == found)
    known = session.scalar(same.limit(1))
    if known is not None:
        raise CellError(
            row,
            "编号",
            f"该问题已在台账中，编号 {known}；如需修改请填写编号",
            f"the problem is in the ledger already, as number {known}",
        )


def _unit(row: SheetRow, names: Names, actor: Actor) -> int | None:
    unit = _looked_up(row, "责任单位", names.units)
    if unit is not None and not actor.covers(unit):
        raise CellError(row, "责任单位", "不在您的管辖范围", "it isn't among your units")
    return unit


def _looked_up(row: SheetRow, column: str, known: dict[str, int]) -> int | None:
    name = text_in(row, column, 150)
    if name and name not in known:
        raise CellError(row, column, f"没有“{name}”，请从下拉列表选择或先登记", f"there is no “{name}”")
    return known[name] if name else None

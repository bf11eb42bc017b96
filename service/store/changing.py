"""Changes of an issue's particulars outside its life cycle; the history keeps the old and the new value of each."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from service.domain.lifecycle import OPEN, State
from service.domain.roles import Actor
from service.errors import conflict, forbidden, invalid
from service.store.acting import checked_deadline, checked_handler, checked_unit
from service.store.base import now
from service.store.issues import Issue
from service.store.messages import OutboxEvent
from service.store.steps import note

__all__ = ["FIELDS", "change"]

# What may be changed, as people call it.
FIELDS: dict[str, tuple[str, str]] = {
    "address": ("地址", "Address"),
    "description": ("描述", "Description"),
    "measure": ("整改措施", "Measure"),
    "unit": ("责任单位", "Unit"),
    "handler": ("责任人", "Person responsible"),
    "deadline": ("截止时间", "Deadline"),
}
NEED_REASON = frozenset({"deadline", "unit_id"})


def change(session: Session, actor: Actor, issue: Issue, wanted: Mapping[str, Any], why: str = "") -> None:
    """Set some of `address, description, measure, handler_id, unit_id, deadline`, and note what changed.

    A new unit takes the person responsible away unless one of its own is named.

    Raises:
        ServiceError: The issue has ended, isn't of the person's unit, a reason is missing, or a value doesn't fit.
    """
    _check(actor, issue, wanted, why)
    changes: dict[str, list[str | None]] = {}
    for name in ("address", "description", "measure"):
        if name in wanted and wanted[name] != getattr(issue, name):
            changes[name] = [getattr(issue, name), wanted[name]]
            setattr(issue, name, wanted[name])
    _change_people(session, actor, issue, wanted, changes)
    if "deadline" in wanted and wanted["deadline"] != issue.deadline:
        deadline = checked_deadline(wanted["deadline"], now())
        changes["deadline"] = [_written(issue.deadline), _written(deadline)]
        issue.deadline = deadline
    if changes:
        entry = note(session, issue, "change", actor, why, {"changes": changes})
        session.add(OutboxEvent(event="issue.change", issue_id=issue.id, detail={"history": entry.id}))


def _check(actor: Actor, issue: Issue, wanted: Mapping[str, Any], why: str) -> None:
    if not actor.covers(issue.unit_id, issue.department_id):
        raise forbidden("unit", "该案件不属于您的单位", "the issue isn't one of your unit")
    if State(issue.state) not in OPEN | {State.SUSPECTED}:
        raise conflict("state", "已结束的案件不能修改", "an issue that has ended can't be changed")
    if NEED_REASON & wanted.keys() and not why:
        raise invalid(
            "reason_missing", "更改截止时间或责任单位须写明原因", "to change the deadline or the unit, say why"
        )


def _change_people(
    session: Session,
    actor: Actor,
    issue: Issue,
    wanted: Mapping[str, Any],
    changes: dict[str, list[str | None]],
) -> None:
    unit, handler = issue.unit, issue.handler
    if "unit_id" in wanted and wanted["unit_id"] != issue.unit_id:
        unit, handler = checked_unit(session, actor, wanted["unit_id"]), None
        changes["unit"] = [issue.unit.name if issue.unit else None, unit.name]
    if "handler_id" in wanted:
        handler = checked_handler(session, wanted["handler_id"], unit.id if unit else None)
    if handler is not issue.handler:
        changes["handler"] = [issue.handler.name if issue.handler else None, handler.name if handler else None]
    issue.unit_id, issue.handler_id = unit.id if unit else None, handler.id if handler else None


def _written(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None

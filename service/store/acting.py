"""What each step of the life cycle does to an issue, beyond its state; each in the caller's transaction."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.domain.lifecycle import OPEN, Action, State
from service.domain.roles import Actor, Permission, Role
from service.errors import ServiceError, conflict, forbidden, invalid
from service.settings import Settings
from service.store.base import now
from service.store.deadlines import deadline_for
from service.store.issues import Evidence, Issue
from service.store.people import Unit, User
from service.store.photos import Photo, PhotoState, Purpose
from service.store.steps import note, take_step

__all__ = [
    "answer",
    "cancel",
    "checked_deadline",
    "checked_handler",
    "checked_unit",
    "close",
    "dispatch",
    "escalate",
    "pending_after_photos",
    "send_back",
    "submit",
]


def dispatch(
    session: Session,
    settings: Settings,
    actor: Actor,
    issue: Issue,
    unit_id: int,
    *,
    handler_id: int | None = None,
    measure: str = "",
    deadline: datetime | None = None,
) -> None:
    """Give an issue to a unit, with a deadline by the rules unless one is given; an escalation ends.

    Raises:
        ServiceError: The step isn't allowed, or unit, handler or deadline don't fit.
    """
    at = now()
    due = checked_deadline(deadline, at) or deadline_for(session, settings, issue, at)
    detail = {
        "unit": _name(session, Unit, unit_id),
        "handler": _name(session, User, handler_id),
        "deadline": _written(due),
        "measure": measure,
        "from_department": issue.department.name if issue.department else "",
    }
    take_step(session, issue, Action.DISPATCH, actor, detail=detail)
    unit = checked_unit(session, actor, unit_id)
    handler = checked_handler(session, handler_id, unit.id)
    issue.unit_id, issue.handler_id, issue.measure = unit.id, handler.id if handler else None, measure
    issue.dispatched, issue.deadline = at, due
    issue.department_id = issue.escalated = issue.department_deadline = None


def submit(session: Session, actor: Actor, issue: Issue, remark: str) -> None:
    """Report that the place was put in order.

    Raises:
        ServiceError: The step isn't allowed, or a photo of it hasn't been looked at yet.
    """
    waiting = pending_after_photos(session, issue)
    try:
        take_step(session, issue, Action.SUBMIT, actor, remark)
    except ServiceError as error:
        if waiting and error.code == "after_photo_missing":
            raise _still_waiting() from error
        raise
    if waiting:
        raise _still_waiting()
    issue.submitted = now()


def close(session: Session, actor: Actor, issue: Issue, remark: str) -> None:
    """Strike an issue off; the history keeps what the comparison of the last photo said."""
    last = session.scalar(
        select(Evidence)
        .where(Evidence.issue_id == issue.id, Evidence.kind == "after")
        .order_by(Evidence.id.desc())
        .limit(1)
    )
    compared = (last.comparison or {}).get("verdict") if last else None
    take_step(session, issue, Action.CLOSE, actor, remark, {"detector": compared, "evidence_id": last and last.id})


def send_back(session: Session, actor: Actor, issue: Issue, why: str) -> None:
    """Return an issue for more work; photos taken so far no longer count."""
    take_step(session, issue, Action.RETURN, actor, why)
    issue.returns += 1
    issue.submitted = None


def escalate(
    session: Session,
    settings: Settings,
    actor: Actor,
    issue: Issue,
    department_id: int,
    why: str,
    *,
    measure: str = "",
) -> None:
    """Call the department that can solve an issue (街道吹哨、部门报到): its own clock starts, its handlers may submit.

    Raises:
        ServiceError: The step isn't allowed, or the unit is no department.
    """
    at = now()
    due = deadline_for(session, settings, issue, at, for_department=True)
    detail = {"department": _name(session, Unit, department_id), "deadline": _written(due), "measure": measure}
    take_step(session, issue, Action.ESCALATE, actor, why, detail)
    department = session.get(Unit, department_id)
    if department is None or department.kind != "department":
        raise invalid(
            "not_a_department", "吹哨对象须为部门类单位", "an issue is escalated to a unit of the kind department"
        )
    issue.department_id, issue.escalated, issue.department_deadline = department.id, at, due
    if measure:
        issue.measure = measure


def answer(session: Session, actor: Actor, issue: Issue, text: str) -> None:
    """Write the department's answer to an escalation into the history.

    Raises:
        ServiceError: The issue isn't escalated or has ended, or the person isn't of the department.
    """
    if issue.department_id is None or State(issue.state) not in OPEN:
        raise conflict("not_escalated", "该案件没有待回复的吹哨", "the issue isn't with a department")
    if not actor.may(Permission.RECTIFY) or not actor.covers(issue.department_id):
        raise forbidden("unit", "只有报到部门的经办人可以回复", "only the department's handlers may answer")
    note(session, issue, "department_answer", actor, text)


def cancel(session: Session, actor: Actor, issue: Issue, why: str) -> None:
    """Cancel an issue."""
    take_step(session, issue, Action.CANCEL, actor, why)


def pending_after_photos(session: Session, issue: Issue) -> int:
    """Return how many photos of the place afterwards are stored but not looked at yet."""
    waiting = select(func.count()).where(
        Photo.issue_id == issue.id,
        Photo.purpose == Purpose.AFTER,
        Photo.state.in_([PhotoState.QUEUED, PhotoState.WORKING]),
    )
    return session.scalar(waiting) or 0


def checked_unit(session: Session, actor: Actor, unit_id: int) -> Unit:
    """Return a unit that the person may give issues to.

    Raises:
        ServiceError: There is none, or it isn't among theirs.
    """
    unit = session.get(Unit, unit_id)
    if unit is None or not actor.covers(unit.id):
        raise invalid("unit_unknown", "没有这个单位，或不在您的管辖范围", "there is no such unit among yours")
    return unit


def checked_handler(session: Session, handler_id: int | None, unit_id: int | None) -> User | None:
    """Return the person responsible; None where none is named.

    Raises:
        ServiceError: They aren't an active handler of the unit.
    """
    if handler_id is None:
        return None
    user = session.get(User, handler_id)
    if user is None or not user.is_active or user.role != Role.HANDLER or user.unit_id != unit_id:
        raise invalid(
            "not_a_handler",
            "责任人须为该单位在用的经办人",
            "the person responsible has to be an active handler of the unit",
        )
    return user


def checked_deadline(deadline: datetime | None, at: datetime) -> datetime | None:
    """Return a deadline that a person set.

    Raises:
        ServiceError: It is over already, or more than five years away.
    """
    if deadline is not None and not 0 < (deadline - at).total_seconds() < 5 * 366 * 86400:
        raise invalid(
            "deadline_odd", "截止时间须晚于现在且不超过五年", "a deadline has to be later than now, within five years"
        )
    return deadline


def _name(session: Session, table: type[Unit] | type[User], row_id: int | None) -> str:
    """Return a name for the history, which keeps it as it was then; what doesn't exist is refused by the checks."""
    name: str | None = session.scalar(select(table.name).where(table.id == row_id))
    return name or ""


def _written(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _still_waiting() -> ServiceError:
    return conflict("photo_waiting", "照片正在识别，请稍候", "the photo is being looked at; wait a moment")

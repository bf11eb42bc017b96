"""Proposing slips: by the rules, once, and by hand."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.lifecycle import OPEN
from service.domain.roles import Actor
from service.domain.slips import COLOURS, Colour, Earned, Reason, SlipState, check_by_hand
from service.errors import ServiceError, conflict
from service.settings import Settings
from service.store.base import now
from service.store.issues import Issue
from service.store.rules import Slip
from service.store.slips.earning import earned, given_slips
from service.store.slips.recording import one_at_a_time, tell
from service.store.slips.table import rules_of

__all__ = ["propose_by_hand", "propose_due"]


def propose_due(session: Session, settings: Settings, at: datetime, only: Iterable[int] | None = None) -> list[Slip]:
    """Propose every slip that is due, once, however many servers do so at a time; needs a writing session.

    Args:
        session: Of `database.write()`.
        settings: For the town's zone.
        at: The present time.
        only: Ids of some hundred issues that are looked at; by default all open ones.
    """
    one_at_a_time(session)
    proposed = []
    for issue_id, found in earned(session, settings, at, only):
        slip = _propose(session, session.get_one(Issue, issue_id), found.rule.colour, _words(found), None)
        slip.rule_id, slip.proposed = found.rule.id, at
        proposed.append(slip)
    session.flush()
    return proposed


def propose_by_hand(
    session: Session, settings: Settings, issue: Issue, colour: Colour, reason: str, actor: Actor
) -> Slip:
    """Propose a slip; somebody else has to approve it.

    Raises:
        ServiceError: The issue is no longer open, or the order of colours doesn't allow it.
    """
    one_at_a_time(session)
    if issue.state not in OPEN:
        raise conflict("state", "案件未在办理中，不能督办", "the issue isn't open; there is nothing to urge")
    given = given_slips(session, settings, now(), select(Issue.id).where(Issue.id == issue.id))
    check_by_hand(colour, reason, given.get(issue.id, []), rules_of(session))
    return _propose(session, issue, colour, reason, actor)


def _propose(session: Session, issue: Issue, colour: Colour, reason: str, actor: Actor | None) -> Slip:
    unit_id = issue.department_id or issue.unit_id
    if unit_id is None:
        raise ServiceError(409, "unit_missing", "案件尚未明确责任单位", "the issue has no responsible unit yet")
    slip = Slip(
        issue_id=issue.id,
        unit_id=unit_id,
        colour=colour,
        reason=reason,
        state=SlipState.PROPOSED,
        proposed_by_id=actor.id if actor else None,
    )
    session.add(slip)
    session.flush()
    slip.issue = issue
    tell(session, slip, SlipState.PROPOSED, actor, reason)
    return slip


def _words(found: Earned) -> str:
    """Return the reason as it is written on the slip."""
    rule, measured = found.rule, f"{found.measured:.1f}".removesuffix(".0")
    limit = f"{rule.threshold:g}"
    if rule.reason == Reason.OVERDUE:
        return f"超过整改期限 {measured} 个工时（规定：满 {limit} 个工时督办）"
    if rule.reason == Reason.RETURNED:
        return f"整改核查未通过，已退回 {measured} 次（规定：满 {limit} 次督办）"
    if rule.reason == Reason.RECURRED:
        return f"同一地点问题 {rule.window_days:g} 天内反弹 {measured} 次（规定：满 {limit} 次督办）"
    before = COLOURS[rule.after][0][0] if rule.after else ""
    return f"{before}签发后 {measured} 个工时仍超期未整改（规定：满 {limit} 个工时督办）"

"""Deciding on proposed slips, answering issued ones, and their numbers."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.lifecycle import OPEN
from service.domain.roles import Actor
from service.domain.slips import SlipState
from service.errors import conflict, forbidden, not_found
from service.settings import Settings
from service.store.base import now
from service.store.issues import Issue
from service.store.rules import Slip
from service.store.slips.recording import one_at_a_time, tell
from service.store.visible import visible_issues

__all__ = ["answer", "approve", "drop", "numbers_of", "slip_for_decision"]

ISSUED = (SlipState.ISSUED, SlipState.ANSWERED)


def slip_for_decision(session: Session, actor: Actor, slip_id: int) -> Slip:
    """Return a slip on an issue that the person may see, held until the transaction ends.

    Raises:
        ServiceError: There is none.
    """
    one_at_a_time(session)
    query = visible_issues(select(Slip).join(Issue, Slip.issue_id == Issue.id).where(Slip.id == slip_id), actor)
    slip: Slip | None = session.scalar(query)
    if slip is None:
        raise not_found("督办单", "slip")
    return slip


def approve(session: Session, slip: Slip, actor: Actor, words: str) -> None:
    """Issue a proposed slip to its unit.

    Raises:
        ServiceError: It was decided already, or by hand of the same person.
    """
    _expect(slip, SlipState.PROPOSED)
    if slip.proposed_by_id == actor.id:
        raise forbidden(
            "four_eyes", "本人提出的督办单须由他人审批", "who proposed a slip can't approve it; somebody else has to"
        )
    if slip.issue.state not in OPEN:
        raise conflict("state", "案件已办结，不再签发督办单", "the issue was solved meanwhile; drop the slip")
    _decide(session, slip, SlipState.ISSUED, actor, words)


def drop(session: Session, slip: Slip, actor: Actor, why: str) -> None:
    """Drop a proposed slip; it isn't proposed again for the same cause.

    Raises:
        ServiceError: It was decided already.
    """
    _expect(slip, SlipState.PROPOSED)
    _decide(session, slip, SlipState.DROPPED, actor, why)


def answer(session: Session, slip: Slip, actor: Actor, words: str) -> None:
    """Write the unit's answer (整改回复).

    Raises:
        ServiceError: It wasn't issued, was answered already, or is another unit's.
    """
    if not actor.covers(slip.unit_id):
        raise forbidden("unit", "该督办单不是发给您的单位", "the slip isn't to your unit")
    _expect(slip, SlipState.ISSUED)
    slip.state, slip.answer, slip.answered = SlipState.ANSWERED, words, now()
    tell(session, slip, SlipState.ANSWERED, actor, words)


def numbers_of(session: Session, slips: Sequence[Slip], settings: Settings) -> dict[int, tuple[int, int]]:
    """Return year and number of the issued ones, by id: counted by colour and year, in the order of issue."""
    decided = [slip.decided for slip in slips if slip.decided is not None and slip.state != SlipState.DROPPED]
    if not decided:
        return {}
    first = datetime(min(decided).astimezone(settings.zone).year, 1, 1, tzinfo=settings.zone)
    rows = session.execute(
        select(Slip.id, Slip.colour, Slip.decided)
        .where(Slip.decided >= first, Slip.decided <= max(decided), Slip.state.in_(ISSUED))
        .order_by(Slip.decided, Slip.id)
    )
    counts: dict[tuple[str, int], int] = {}
    numbers = {}
    for slip_id, colour, at in rows:
        year = at.astimezone(settings.zone).year if at is not None else 0
        counts[colour, year] = counts.get((colour, year), 0) + 1
        numbers[slip_id] = (year, counts[colour, year])
    return {slip.id: numbers[slip.id] for slip in slips if slip.id in numbers}


def _decide(session: Session, slip: Slip, state: SlipState, actor: Actor, words: str) -> None:
    slip.state, slip.decided, slip.decided_by_id, slip.decision = state, now(), actor.id, words
    tell(session, slip, state, actor, words)


def _expect(slip: Slip, state: SlipState) -> None:
    if slip.state != state:
        raise conflict(
            "slip_state", "该督办单的状态已变化，请刷新后查看", f"the slip is {slip.state}; expected {state.value}"
        )

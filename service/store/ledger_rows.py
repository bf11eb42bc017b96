"""Pages of the ledger: issues with what a line shows of them, in a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from service.domain.lifecycle import Action
from service.domain.roles import Actor
from service.store.base import now
from service.store.issues import Evidence, HistoryEntry, Issue
from service.store.ledger import COUNTED, RUNNING, SLIPS_GIVEN, LedgerFilter, ledger_query
from service.store.people import Unit, User
from service.store.places import Grid, Site
from service.store.rules import Slip

__all__ = ["LedgerPage", "LedgerRow", "ledger_page", "ledger_rows"]

GRAVITY = ("white", "yellow", "red")


@dataclass(frozen=True)
class LedgerRow:
    """A line of the ledger.

    Attributes:
        issue: With its grid cell, site, units, handler.
        before: Id of the first photo; none where it was written by hand.
        after: Id of the last photo of the place afterwards.
        verdict: Who judged the rectification last, and when; closed or returned.
        slip: Colour of the gravest slip that was issued; empty: none.
        due: The deadline that counts.
        overdue: How long it is overdue; none: it isn't.
    """

    issue: Issue
    before: int | None
    after: int | None
    verdict: HistoryEntry | None
    slip: str
    due: datetime | None
    overdue: timedelta | None


@dataclass(frozen=True)
class LedgerPage:
    """A page of the ledger.

    Attributes:
        rows: Its lines.
        total: Issues on all pages; at most `COUNTED`.
        is_more: There are more than `total`.
    """

    rows: list[LedgerRow]
    total: int
    is_more: bool


def ledger_page(session: Session, wanted: LedgerFilter, actor: Actor, zone: ZoneInfo) -> LedgerPage:
    """Return the page of the ledger that is asked for."""
    query = ledger_query(wanted, actor, zone)
    first = (wanted.page - 1) * wanted.size
    # One scan tells both how many there are and which are on the page.
    ids = session.scalars(query.limit(COUNTED + 1)).all()
    rows = ledger_rows(session, ids[first : first + wanted.size])
    return LedgerPage(rows, min(len(ids), COUNTED), len(ids) > COUNTED)


def ledger_rows(session: Session, ids: Sequence[int]) -> list[LedgerRow]:
    """Return the lines of issues, in the order of their ids; at most some hundreds."""
    issues = {
        issue.id: issue
        for issue in session.scalars(
            select(Issue)
            .where(Issue.id.in_(ids))
            .options(
                joinedload(Issue.grid).load_only(Grid.code, Grid.name),  # without its polygon
                joinedload(Issue.site).load_only(Site.name),
                joinedload(Issue.unit).load_only(Unit.name),
                joinedload(Issue.department).load_only(Unit.name),
                joinedload(Issue.handler).load_only(User.name),
            )
        )
    }
    before, after = _photos(session, ids)
    verdicts, slips, at = _verdicts(session, ids), _slips(session, ids), now()
    return [
        _row(issues[number], before.get(number), after.get(number), verdicts.get(number), slips.get(number, ""), at)
        for number in ids
        if number in issues
    ]


def _row(
    issue: Issue, before: int | None, after: int | None, verdict: HistoryEntry | None, slip: str, at: datetime
) -> LedgerRow:
    due = issue.department_deadline or issue.deadline
    is_late = due is not None and due < at and issue.state in RUNNING
    return LedgerRow(issue, before, after, verdict, slip, due, at - due if due and is_late else None)


def _photos(session: Session, ids: Sequence[int]) -> tuple[dict[int, int], dict[int, int]]:
    """Return the first photo of each issue, and the last one of the place afterwards."""
    before: dict[int, int] = {}
    after: dict[int, int] = {}
    query = select(Evidence.issue_id, Evidence.kind, Evidence.photo_id).where(Evidence.issue_id.in_(ids))
    for issue, kind, photo in session.execute(query.order_by(Evidence.id)):
        if kind == "after":
            after[issue] = photo
        else:
            before.setdefault(issue, photo)
    return before, after


def _verdicts(session: Session, ids: Sequence[int]) -> dict[int, HistoryEntry]:
    judged = HistoryEntry.action.in_([Action.CLOSE, Action.RETURN])
    last = (
        select(func.max(HistoryEntry.id)).where(HistoryEntry.issue_id.in_(ids), judged).group_by(HistoryEntry.issue_id)
    )
    return {entry.issue_id: entry for entry in session.scalars(select(HistoryEntry).where(HistoryEntry.id.in_(last)))}


def _slips(session: Session, ids: Sequence[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    query = select(Slip.issue_id, Slip.colour).where(Slip.issue_id.in_(ids), Slip.state.in_(SLIPS_GIVEN))
    for issue, colour in session.execute(query):
        found[issue] = max(found.get(issue, "white"), colour, key=GRAVITY.index)
    return found

"""Which open issues have earned a slip: few queries for all of them, however many there are."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, or_, select
from sqlalchemy.orm import Session

from service.domain.lifecycle import OPEN, State
from service.domain.slips import Colour, Earned, Given, Reason, Rule, SlipFacts, SlipState, next_slip
from service.settings import Settings
from service.store.deadlines import calendar_of
from service.store.issues import Issue
from service.store.rules import Slip, SlipRule
from service.store.slips.clock import Clock
from service.store.slips.table import rules_of

__all__ = ["due_issues", "earned", "given_slips"]

AT_ONCE = 500  # ids in a query
LONGEST_CHAIN = 20
ISSUED = (SlipState.ISSUED, SlipState.ANSWERED)
WAITING = (State.PENDING_DISPATCH, State.IN_PROGRESS, State.RETURNED)  # for the unit
Candidate = Row[*tuple[Any, ...]]
Came = dict[int, tuple[datetime, int | None]]  # by issue: when it was found, and which one it follows


def due_issues(session: Session, settings: Settings, at: datetime) -> list[int]:
    """Return the ids of issues that have earned a slip; reads only."""
    return [issue_id for issue_id, _ in earned(session, settings, at)]


def earned(
    session: Session, settings: Settings, at: datetime, only: Iterable[int] | None = None
) -> Iterator[tuple[int, Earned]]:
    """Yield the ids of issues that have earned a slip, in order, and which; of `only` these, if given."""
    rules = rules_of(session)
    if not rules:
        return
    chosen = _candidates(rules, at)
    if only is not None:
        chosen = [*chosen, Issue.id.in_(list(only))]
    columns = (Issue.id, Issue.state, Issue.department_id, Issue.deadline, Issue.department_deadline, Issue.returns)
    rows = session.execute(select(*columns, Issue.found, Issue.recurrence_of_id).where(*chosen)).all()
    clock = Clock(calendar_of(session, settings), at)
    given = _given(session, clock, select(Issue.id).where(*chosen))
    came = _came(session, rows)
    for row in sorted(rows, key=lambda row: row.id):
        found = next_slip(_facts(clock, row, came, given.get(row.id, [])), rules)
        if found is not None:
            yield row.id, found


def given_slips(session: Session, settings: Settings, at: datetime, issues: Select[int]) -> dict[int, list[Given]]:
    """Return the slips that issues have already, by their ids."""
    return _given(session, Clock(calendar_of(session, settings), at), issues)


def _candidates(rules: Sequence[Rule], at: datetime) -> list[ColumnElement[bool]]:
    """Return what open issues have in common that a rule might fit and that have no slip after which nothing comes."""
    deadline_passed = and_(Issue.state.in_(WAITING), or_(Issue.deadline < at, Issue.department_deadline < at))
    returns = [rule.threshold for rule in rules if rule.reason == Reason.RETURNED]
    conditions = [deadline_passed, Issue.recurrence_of_id.is_not(None)]
    if returns:
        conditions.append(Issue.returns >= min(returns))
    is_red = and_(Slip.colour == Colour.RED, Slip.state.in_(ISSUED))
    is_over = exists().where(Slip.issue_id == Issue.id, or_(Slip.state == SlipState.PROPOSED, is_red))
    has_unit = or_(Issue.unit_id.is_not(None), Issue.department_id.is_not(None))
    return [Issue.state.in_(sorted(OPEN)), or_(*conditions), ~is_over, has_unit]


def _facts(clock: Clock, issue: Candidate, came: Came, given: Sequence[Given]) -> SlipFacts:
    # After an escalation the department's clock counts, and the slip goes to the department.
    deadline = issue.department_deadline if issue.department_id else issue.deadline
    waits = issue.state == State.PENDING_VERIFICATION
    return SlipFacts(
        issue.state in OPEN,
        waits,
        clock.since(deadline) if deadline is not None and not waits else 0.0,
        issue.returns,
        tuple(_recurred(issue.id, came, clock.at)),
        tuple(given),
    )


def _came(session: Session, rows: Iterable[Candidate]) -> Came:
    """Return issues and all those that they follow, at the same places."""
    came: Came = {row.id: (row.found, row.recurrence_of_id) for row in rows}
    for _ in range(LONGEST_CHAIN):
        missing = {before for _, before in came.values() if before is not None} - came.keys()
        if not missing:
            break
        ids = sorted(missing)
        for first in range(0, len(ids), AT_ONCE):
            chunk = ids[first : first + AT_ONCE]
            query = select(Issue.id, Issue.found, Issue.recurrence_of_id).where(Issue.id.in_(chunk))
            came.update({row.id: (row.found, row.recurrence_of_id) for row in session.execute(query)})
    return came


def _recurred(issue_id: int, came: Came, at: datetime) -> Iterator[float]:
    """Yield how many days ago the problem came back: each issue that follows a closed one of its place."""
    found, before = came[issue_id]
    for _ in range(LONGEST_CHAIN):
        if before is None:
            return
        yield (at - found) / timedelta(days=1)
        if before not in came:
            return
        found, before = came[before]


def _given(session: Session, clock: Clock, issues: Select[int]) -> dict[int, list[Given]]:
    columns = (Slip.issue_id, Slip.colour, Slip.reason, Slip.state, Slip.decided)
    rows = session.execute(
        select(*columns, SlipRule.reason.label("cause"))
        .outerjoin(SlipRule, Slip.rule_id == SlipRule.id)
        .where(Slip.issue_id.in_(issues))
        .order_by(Slip.id)
    )
    given: dict[int, list[Given]] = {}
    for row in rows:
        hours = clock.since(row.decided) if row.decided is not None else 0.0
        found = Given(Colour(row.colour), row.cause or row.reason, SlipState(row.state), hours)
        given.setdefault(row.issue_id, []).append(found)
    return given

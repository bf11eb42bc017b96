"""The numbers of the overview, counted by the database; each of what the person may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from service.domain.lifecycle import OPEN, State
from service.domain.roles import Actor
from service.store.base import now
from service.store.issues import Issue
from service.store.ledger import due_time, is_overdue
from service.store.people import Unit
from service.store.visible import visible_issues

__all__ = [
    "DayCount",
    "Tiles",
    "UnitCount",
    "by_category",
    "by_grid",
    "by_unit",
    "open_points",
    "tiles",
    "trend",
    "worst_overdue",
]

TREND_DAYS = 30
WORST = 10
LIVE = sorted({*OPEN, State.SUSPECTED})
MOST_POINTS = 300  # on the map


@dataclass(frozen=True)
class Tiles:
    """How the town stands now.

    Attributes:
        states: Issues by state, of those that are suspected or open.
        overdue: Open ones whose deadline passed.
        closed: Struck off since the month began, in the town's time zone.
        in_time: Share of those whose rectification was submitted before the deadline, of those that had one, 0..1;
            None: none had one.
    """

    states: dict[State, int]
    overdue: int
    closed: int
    in_time: float | None


@dataclass(frozen=True)
class DayCount:
    """What happened on a day of the town.

    Attributes:
        start: Its midnight.
        found: Issues found on it, without cancelled ones.
        closed: Issues struck off on it.
    """

    start: datetime
    found: int
    closed: int


@dataclass(frozen=True)
class UnitCount:
    """How a unit stands: open and overdue issues, and those struck off since the month began, see `Tiles`."""

    id: int
    name: str
    open: int
    overdue: int
    closed: int
    in_time: float | None


def tiles(session: Session, actor: Actor, zone: ZoneInfo) -> Tiles:
    """Return how the town stands."""
    query = select(Issue.state, func.count(), _sum(is_overdue(now()))).where(Issue.state.in_(LIVE))
    live = session.execute(visible_issues(query, actor).group_by(Issue.state)).all()
    closed = select(func.count(), _sum(_in_time()), func.count(due_time())).where(*_closed_since(_month(zone)))
    count, in_time, with_deadline = session.execute(visible_issues(closed, actor)).one()
    return Tiles(
        {State(state): found for state, found, _ in live},
        sum(late for *_, late in live),
        count,
        _share(in_time, with_deadline),
    )


def trend(session: Session, actor: Actor, zone: ZoneInfo) -> list[DayCount]:
    """Return the last 30 days, today last."""
    today = now().astimezone(zone).date()
    starts = [datetime.combine(today - timedelta(days=n), time(), zone) for n in range(TREND_DAYS - 1, -1, -1)]
    found = _per_day(session, Issue.found, [Issue.state != State.CANCELLED], starts, actor)
    closed = _per_day(session, Issue.ended, [Issue.state == State.CLOSED], starts, actor)
    return [DayCount(start, found.get(n, 0), closed.get(n, 0)) for n, start in enumerate(starts)]


def by_category(session: Session, actor: Actor) -> dict[str, int]:
    """Return how many issues of each category are open, most first."""
    query = select(Issue.category, func.count()).where(Issue.state.in_(sorted(OPEN)))
    rows = session.execute(visible_issues(query, actor).group_by(Issue.category)).all()
    return dict(sorted(((category, count) for category, count in rows), key=lambda row: (-row[1], row[0])))


def by_grid(session: Session, actor: Actor) -> dict[int, int]:
    """Return how many issues are open in each grid cell, by its id; cells without any are missing."""
    query = select(Issue.grid_id, func.count()).where(Issue.state.in_(sorted(OPEN)), Issue.grid_id.is_not(None))
    rows = session.execute(visible_issues(query, actor).group_by(Issue.grid_id))
    return {row.grid_id: row[1] for row in rows}


def by_unit(session: Session, actor: Actor, zone: ZoneInfo) -> list[UnitCount]:
    """Return the responsible units that have open issues or struck some off this month, most overdue first."""
    unit = func.coalesce(Issue.unit_id, 0)  # of the column itself, SQLite would read all issues by unit
    query = select(unit, func.count(), _sum(is_overdue(now()))).where(Issue.state.in_(sorted(OPEN))).group_by(unit)
    standing = {id_: (count, late) for id_, count, late in session.execute(visible_issues(query, actor))}
    done_query = select(unit, func.count(), _sum(_in_time()), func.count(due_time())).group_by(unit)
    closed = session.execute(visible_issues(done_query.where(*_closed_since(_month(zone))), actor))
    done = {id_: (count, _share(in_time, whole)) for id_, count, in_time, whole in closed}
    names = session.execute(select(Unit.id, Unit.name).where(Unit.id.in_(standing.keys() | done.keys())))
    units = [UnitCount(id_, name, *standing.get(id_, (0, 0)), *done.get(id_, (0, None))) for id_, name in names]
    return sorted(units, key=lambda unit: (-unit.overdue, -unit.open, unit.name))


def worst_overdue(session: Session, actor: Actor) -> list[int]:
    """Return the ids of the issues that are overdue for longest."""
    query = visible_issues(select(Issue.id).where(is_overdue(now())), actor)
    return list(session.scalars(query.order_by(due_time(), Issue.id).limit(WORST)))


def open_points(session: Session, actor: Actor) -> Sequence[tuple[int, str, float, float, str]]:
    """Return (id, category, latitude, longitude, datum) of those of the newest open issues that have a point."""
    newest = visible_issues(select(Issue.id).where(Issue.state.in_(sorted(OPEN))), actor)
    ids = session.scalars(newest.order_by(Issue.found.desc()).limit(MOST_POINTS)).all()  # of an index, without rows
    query = select(Issue.id, Issue.category, Issue.latitude, Issue.longitude, Issue.datum).where(Issue.id.in_(ids))
    rows = session.execute(query.where(Issue.latitude.is_not(None), Issue.longitude.is_not(None)).order_by(Issue.id))
    return [(row.id, row.category, float(row.latitude), float(row.longitude), row.datum) for row in rows]


def _per_day(
    session: Session, column: Any, conditions: list[ColumnElement[bool]], starts: list[datetime], actor: Actor
) -> dict[int, int]:
    # Days of a zone aren't of one length, and databases differ in how they know zones: their bounds are given.
    day = case(*((column < start, n) for n, start in enumerate(starts[1:])), else_=len(starts) - 1).label("day")
    query = select(day, func.count()).where(column >= starts[0], *conditions)
    return {row.day: row[1] for row in session.execute(visible_issues(query, actor).group_by(day))}


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _in_time() -> ColumnElement[bool]:
    return func.coalesce(Issue.submitted, Issue.ended) <= due_time()


def _closed_since(start: datetime) -> list[ColumnElement[bool]]:
    return [Issue.state == State.CLOSED, Issue.ended >= start]


def _month(zone: ZoneInfo) -> datetime:
    return datetime.combine(now().astimezone(zone).date().replace(day=1), time(), zone).astimezone(UTC)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None

"""The queue of suspected issues, and which open ones may be the same problem."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload, selectinload

from service.domain.lifecycle import OPEN, State
from service.domain.roles import Actor
from service.store.issues import Evidence, Issue
from service.store.places import Grid
from service.store.trees import below
from service.store.visible import issue_for, visible_issues

__all__ = ["Near", "SuspectFilter", "count_suspects", "possible_duplicates", "suspects"]

MOST_DUPLICATES = 6  # shown of an issue
Candidate = Row[*tuple[Any, ...]]
STATES = (State.SUSPECTED, *sorted(OPEN))  # that others can be merged into
COLUMNS = (
    *(Issue.id, Issue.state, Issue.category, Issue.code_name, Issue.found, Issue.last_seen),
    *(Issue.site_id, Issue.grid_id),
)


@dataclass(frozen=True)
class SuspectFilter:
    """Which suspected issues are wanted; what is None doesn't narrow.

    Attributes:
        unit_ids: Of one of these responsible units.
        grid_id: In this cell or one below it.
        least, most: Confidence, 0..1, both included.
    """

    category: str | None = None
    unit_ids: frozenset[int] | None = None
    grid_id: int | None = None
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True)
class Near:
    """An issue at the same place as another one, and so perhaps the same problem.

    Attributes:
        is_hinted: Whether the comparison of photos named it, without being sure.
        photo_id: Of its first photo.
    """

    id: int
    state: str
    category: str
    code_name: str
    found: datetime
    last_seen: datetime
    is_same_site: bool
    is_hinted: bool
    photo_id: int | None


def suspects(
    session: Session, actor: Actor, wanted: SuspectFilter, after: int | None = None, limit: int = 50
) -> Sequence[Issue]:
    """Return suspected issues that a person may see, oldest first, with evidence, photos and places loaded.

    Args:
        session: Of the database.
        actor: Who asks.
        wanted: Narrows them.
        after: Number of the issue that the page before ended with, whatever has become of it.
        limit: At most so many.

    Raises:
        ServiceError: There is no issue `after` that the person may see.
    """
    query = _narrowed(select(Issue), actor, wanted)
    if after is not None:
        found = issue_for(session, actor, after).found
        query = query.where(or_(Issue.found > found, and_(Issue.found == found, Issue.id > after)))
    query = query.order_by(Issue.found, Issue.id).limit(limit)
    places = (joinedload(Issue.unit), joinedload(Issue.grid), joinedload(Issue.site), joinedload(Issue.reporter))
    evidence = selectinload(Issue.evidence).joinedload(Evidence.photo)
    return session.scalars(query.options(*places, evidence)).all()


def count_suspects(session: Session, actor: Actor, wanted: SuspectFilter) -> int:
    """Return how many there are in all."""
    return session.scalar(_narrowed(select(func.count()).select_from(Issue), actor, wanted)) or 0


def possible_duplicates(session: Session, actor: Actor, issues: Iterable[Issue]) -> dict[int, list[Near]]:
    """Return, by an issue's number, suspected and open ones that may be the same, likeliest first.

    First comes the one that the comparison of photos named, then those at the same site or in the same cell.
    """
    of_page = list(issues)
    sites = {issue.site_id for issue in of_page} - {None}
    cells = {issue.grid_id for issue in of_page} - {None}
    hints = {issue.id: _hinted(issue) for issue in of_page}
    near: dict[tuple[str, int | None], list[Candidate]] = defaultdict(list)
    for row in _last_seen(session, actor, Issue.site_id, sites):
        near["site", row.site_id].append(row)
    for row in _last_seen(session, actor, Issue.grid_id, cells):
        near["grid", row.grid_id].append(row)
    likeliest = {
        issue.id: _likeliest(issue, [*near["site", issue.site_id], *near["grid", issue.grid_id]]) for issue in of_page
    }
    photos = _first_photos(session, {row.id for rows in likeliest.values() for row in rows})
    return {
        issue.id: [
            Near(
                row.id,
                row.state,
                row.category,
                row.code_name,
                row.found,
                row.last_seen,
                is_same_site=row.site_id is not None and row.site_id == issue.site_id,
                is_hinted=row.id in hints[issue.id],
                photo_id=photos.get(row.id),
            )
            for row in likeliest[issue.id]
        ]
        for issue in of_page
    }


def _last_seen(
    session: Session, actor: Actor, place: InstrumentedAttribute[int | None], places: Collection[int | None]
) -> Sequence[Candidate]:
    """Return the last seen issues of each place and category."""
    if not places:
        return []
    rank = func.row_number().over(partition_by=(place, Issue.category), order_by=(Issue.last_seen.desc(), Issue.id))
    query = select(*COLUMNS, rank.label("rank")).where(place.in_(places), Issue.state.in_(STATES))
    ranked = visible_issues(query, actor).subquery()
    return session.execute(select(ranked).where(ranked.c.rank <= MOST_DUPLICATES + 1)).all()


def _named(session: Session, actor: Actor, ids: Collection[int]) -> Sequence[Candidate]:
    query = select(*COLUMNS).where(Issue.id.in_(ids), Issue.state.in_(STATES))
    return session.execute(visible_issues(query, actor)).all() if ids else []


def _hinted(issue: Issue) -> frozenset[int]:
    """Return the numbers of issues that the comparisons of an issue's photos named."""
    comparisons = [evidence.comparison or {} for evidence in issue.evidence]
    return frozenset(one["issue_id"] for one in comparisons if "issue_id" in one)


def _first_photos(session: Session, ids: Collection[int]) -> dict[int, int]:
    first = select(func.min(Evidence.id)).where(Evidence.issue_id.in_(ids)).group_by(Evidence.issue_id)
    rows = session.execute(select(Evidence.issue_id, Evidence.photo_id).where(Evidence.id.in_(first)))
    return {row.issue_id: row.photo_id for row in rows}


def _likeliest(issue: Issue, near: Iterable[Candidate]) -> list[Candidate]:
    others = list({row.id: row for row in near if row.id != issue.id}.values())
    others.sort(
        key=lambda row: (
            row.category != issue.category,
            row.site_id is None or row.site_id != issue.site_id,
            abs(row.last_seen - issue.last_seen),
            row.id,
        )
    )
    return others[:MOST_DUPLICATES]


def _narrowed(query: Select[Any], actor: Actor, wanted: SuspectFilter) -> Select[Any]:
    conditions: list[ColumnElement[bool]] = [Issue.state == State.SUSPECTED]
    if wanted.category is not None:
        conditions.append(Issue.category == wanted.category)
    if wanted.unit_ids is not None:
        conditions.append(Issue.unit_id.in_(wanted.unit_ids))
    if wanted.grid_id is not None:
        conditions.append(Issue.grid_id.in_(below(Grid, wanted.grid_id)))
    if wanted.least is not None:
        conditions.append(Issue.confidence >= wanted.least)
    if wanted.most is not None:
        conditions.append(Issue.confidence <= wanted.most)
    return visible_issues(query.where(*conditions), actor)

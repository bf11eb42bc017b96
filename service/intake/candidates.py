"""Where and when a photo was taken, and the known issues that it may show."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, select
from sqlalchemy.orm import Session

from service.domain.datum import Datum, Point, from_wgs84, point_of
from service.domain.duplicates import NEAR_METRES, SAME_ROUND, Known, Sighting, is_candidate, nearness, oldest
from service.domain.lifecycle import OPEN, State
from service.intake.places import locate
from service.store.issues import Issue
from service.store.photos import Photo
from vision.footage.grouping import kind_of

__all__ = ["candidates", "lock_place", "sighting_of", "time_of"]

SQUARE = 0.01  # degrees of the squares that photos with coordinates are locked by
REACH = NEAR_METRES / 100_000  # degrees, at least `NEAR_METRES` of latitude; twice as many of longitude up to 60°
STATES = (State.SUSPECTED, State.CLOSED, *sorted(OPEN))
MOST_EACH = 200  # issues of a site, a cell or a spot that count: the last seen
COLUMNS = (
    *(Issue.id, Issue.state, Issue.category, Issue.found, Issue.last_seen, Issue.ended, Issue.presence),
    *(Issue.site_id, Issue.grid_id, Issue.latitude, Issue.longitude, Issue.datum, Issue.reporter_id),
)


def time_of(photo: Photo) -> datetime:
    """Return when a photo was taken, as far as that is known; a camera's clock that runs ahead doesn't count."""
    return photo.received if photo.captured is None else min(photo.captured, photo.received)


def sighting_of(session: Session, photo: Photo) -> Sighting:
    """Return where, when and by whom a photo was taken; its grid cell is the stated one, the site's, or the point's."""
    grid_id = photo.grid_id or (photo.site.grid_id if photo.site else None)
    if grid_id is None and photo.latitude is not None and photo.longitude is not None:
        cell = locate(session, photo.latitude, photo.longitude, photo.datum)
        grid_id = cell.id if cell else None
    point = point_of(photo.latitude, photo.longitude, photo.datum)
    return Sighting(time_of(photo), photo.site_id, grid_id, point, photo.reporter_id)


def candidates(session: Session, sighting: Sighting) -> list[Known]:
    """Return the issues that a photo may show by place and time, the surest places and latest sights first."""
    recent = select(*COLUMNS).where(Issue.state.in_(STATES), Issue.last_seen >= oldest(sighting.at))
    recent = recent.order_by(Issue.last_seen.desc()).limit(MOST_EACH)
    # A query for each way to be at the place: of conditions joined by "or", databases may use no index at all.
    rows = {row.id: row for place in _places(sighting) for row in session.execute(recent.where(place))}
    found = [known for row in rows.values() if is_candidate(sighting, known := _known(row))]
    found.sort(key=lambda issue: issue.last_seen, reverse=True)
    return sorted(found, key=lambda issue: not getattr(nearness(sighting, issue), "is_strong", False))


def lock_place(session: Session, sighting: Sighting) -> None:
    """Let no other transaction record something at this place until this one ends.

    On SQLite one transaction writes at a time anyway. What two photos of one place have in common is their site, their
    cell, or a square that both are within reach of; keys are taken in order, so that nobody waits in a circle.
    """
    if session.get_bind().dialect.name != "postgresql":
        return
    keys = {(1, sighting.site_id), (2, sighting.grid_id)}
    if sighting.point is not None:
        for north in (-REACH, REACH):
            for east in (-2 * REACH, 2 * REACH):
                row = int((sighting.point.latitude + north + 90) / SQUARE)
                keys.add((3, row * 36_001 + int((sighting.point.longitude + east + 180) / SQUARE)))
    elif sighting.site_id is None and sighting.grid_id is None:
        keys.add((4, sighting.reporter_id))
    for kind, number in sorted((kind, number) for kind, number in keys if number is not None):
        session.execute(select(func.pg_advisory_xact_lock(kind, number)))


def _places(sighting: Sighting) -> list[ColumnElement[bool]]:
    """Return conditions of which an issue at the place meets one; each has an index."""
    found: list[ColumnElement[bool]] = []
    if sighting.site_id is not None:
        found.append(Issue.site_id == sighting.site_id)
    if sighting.grid_id is not None:
        found.append(Issue.grid_id == sighting.grid_id)
    if sighting.point is not None:  # the border of a cell may be near
        found += [_around(sighting.point, datum) for datum in (Datum.WGS_84, Datum.GCJ_02)]
    if not found:
        nowhere = and_(Issue.grid_id.is_(None), Issue.site_id.is_(None), Issue.latitude.is_(None))
        time = Issue.last_seen.between(sighting.at - SAME_ROUND, sighting.at + SAME_ROUND)
        found.append(and_(nowhere, time, Issue.reporter_id == sighting.reporter_id))
    return found


def _around(point: Point, datum: Datum) -> ColumnElement[bool]:
    """Return the condition that an issue's coordinates, if they are of a datum, are within reach of a point."""
    north, east = (float(degrees[0]) for degrees in from_wgs84(*point.arrays, datum))
    return and_(
        Issue.latitude.between(north - REACH, north + REACH),
        Issue.longitude.between(east - 2 * REACH, east + 2 * REACH),
    )


def _known(issue: Row[*tuple[Any, ...]]) -> Known:
    return Known(
        issue.id,
        State(issue.state),
        kind_of(issue.category) or issue.category,
        issue.found,
        issue.last_seen,
        issue.ended,
        issue.presence,
        issue.site_id,
        issue.grid_id,
        point_of(issue.latitude, issue.longitude, issue.datum),
        issue.reporter_id,
    )

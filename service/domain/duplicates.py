"""Whether something that was found is a known issue: rules on place, kind and time. What it looks like comes on top."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from service.domain.datum import Point, distance
from service.domain.lifecycle import OPEN, State

__all__ = [
    "NEAR_METRES",
    "SAME_ROUND",
    "Known",
    "Nearness",
    "Sighting",
    "is_candidate",
    "is_recurrence",
    "nearness",
    "oldest",
]

# A phone is 5 to 10 m off under the open sky and 20 to 30 m between houses, and one steps back to take a photo.
NEAR_METRES = 30.0
# Without any place the same person's photos of one working day are compared.
SAME_ROUND = timedelta(hours=12)
# After two weeks unseen a suspicion that nobody has confirmed is stale, and what lies there is likely other waste.
SUSPECTED_WITHIN = timedelta(days=14)
# An open issue was confirmed and not put in order: what is seen there is that one until somebody closes it.
OPEN_WITHIN = timedelta(days=90)
# A quarter, the span of contests and reports: what is back within it is a recurrence.
RECURRED_WITHIN = timedelta(days=90)


class Nearness(StrEnum):
    """How sure it is that two things are in one place."""

    SITE = "site"  # one named site
    NEAR = "near"  # within `NEAR_METRES`
    CELL = "cell"  # somewhere in one grid cell: only the look can tell
    ROUND = "round"  # nobody knows where; one person's round: only the look can tell

    @property
    def is_strong(self) -> bool:
        """Whether it is one place even if the look can't say so; more than one thing may lie there."""
        return self in (Nearness.SITE, Nearness.NEAR)


@dataclass(frozen=True)
class Sighting:
    """Where, when and by whom a photo was taken.

    Attributes:
        at: When it was taken, else received.
        point: In WGS-84, of the photo itself.
    """

    at: datetime
    site_id: int | None
    grid_id: int | None
    point: Point | None
    reporter_id: int | None


@dataclass(frozen=True)
class Known:
    """What is to be known of an issue.

    Attributes:
        kind: `vision.footage.grouping.kind_of` its category.
        point: In WGS-84.
    """

    id: int
    state: State
    kind: str
    found: datetime
    last_seen: datetime
    ended: datetime | None
    presence: str
    site_id: int | None
    grid_id: int | None
    point: Point | None
    reporter_id: int | None


def oldest(at: datetime) -> datetime:
    """Return the time before which nothing matters that was last seen; a closed issue's end comes later still."""
    return at - OPEN_WITHIN - RECURRED_WITHIN


def nearness(sighting: Sighting, known: Known) -> Nearness | None:
    """Return how sure it is that both are in one place; None if they aren't.

    A named site counts for more than GPS. Two points that are too far apart are two places even within one cell, unless
    one of them stands for a site, which may be larger.
    """
    one_site = sighting.site_id is not None and known.site_id is not None
    if one_site:
        return Nearness.SITE if sighting.site_id == known.site_id else None
    if sighting.point is not None and known.point is not None:
        if distance(sighting.point, known.point) <= NEAR_METRES:
            return Nearness.NEAR
        if sighting.site_id is None and known.site_id is None:
            return None
    if sighting.grid_id is not None and sighting.grid_id == known.grid_id:
        return Nearness.CELL
    placeless = not any((sighting.site_id, sighting.grid_id, sighting.point, known.site_id, known.grid_id, known.point))
    if placeless and sighting.reporter_id is not None and sighting.reporter_id == known.reporter_id:
        return Nearness.ROUND if abs(sighting.at - known.last_seen) <= SAME_ROUND else None
    return None


def is_candidate(sighting: Sighting, known: Known) -> bool:
    """Whether what a photo shows may be this issue, or this issue back again, by place and time."""
    if nearness(sighting, known) is None:
        return False
    if is_recurrence(sighting, known):
        return True
    within = {State.SUSPECTED: SUSPECTED_WITHIN, State.CLOSED: OPEN_WITHIN, **dict.fromkeys(OPEN, OPEN_WITHIN)}
    window = within.get(known.state)
    return window is not None and known.found - window <= sighting.at <= known.last_seen + window


def is_recurrence(sighting: Sighting, known: Known) -> bool:
    """Whether it would be a closed issue that is back: the photo was taken after it was closed, and not too long."""
    return (
        known.state is State.CLOSED
        and known.ended is not None
        and known.ended < sighting.at <= known.ended + RECURRED_WITHIN
    )

"""Which photos people have judged in full, and what they said is on them: the next training's labels."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from service.domain.lifecycle import Action, State
from service.domain.review import Reason
from service.store.issues import Evidence, HistoryEntry, Issue
from service.store.photos import Photo
from service.store.places import Grid, Site
from vision.categories import PROBLEMS
from vision.datasets.labels import Split

__all__ = ["Judged", "JudgedPhoto", "judged_photos", "split_of_place"]

FINEST_SPLIT_LEVEL = 4  # a photo may be located in a five-level cell, its neighbour only in the cell above it
VAL_PERCENT = 20
VERDICTS = (Action.CONFIRM, Action.REJECT, "merged")
Marked = tuple[str, tuple[float, ...]]  # category, box
SEEN_KINDS = ("first", "again")  # of the others, no person judges boxes


@dataclass(frozen=True)
class JudgedPhoto:
    """A photo whose every suspicion a person has judged.

    Attributes:
        sha256, content_type, width, height: As stored; the size is upright.
        boxes: (category, (x1, y1, x2, y2)) in pixels of the upright photo; none on a hard negative.
        place: Photos of one place share it.
    """

    sha256: str
    content_type: str
    width: int
    height: int
    boxes: tuple[Marked, ...]
    place: str

    @property
    def split(self) -> Split:
        """`train` or `val`, by place."""
        return split_of_place(self.place)


@dataclass(frozen=True)
class Judged:
    """What there is to learn from.

    Attributes:
        photos: Judged in full.
        annotated: Problem categories that somebody judged at least once; the others, and bins, nobody was asked about.
        left_out: How many photos weren't judged in full, by reason: `suspected` (an issue on it waits for review),
            `unseen` (added by the program after the review), `unclear` (rejected without saying whether the thing is
            there), `unmarked` (nobody said where on the photo it is).
    """

    photos: tuple[JudgedPhoto, ...]
    annotated: frozenset[str]
    left_out: Counter[str]


class _Verdict(NamedTuple):
    at: datetime
    reason: str  # of the rejection, else empty


def split_of_place(place: str) -> Split:
    """Return the side on which all photos of a place are, always the same."""
    number = int(hashlib.sha256(place.encode()).hexdigest()[:8], 16)
    return "val" if number % 100 < VAL_PERCENT else "train"


def judged_photos(session: Session, since: datetime | None = None) -> Judged:
    """Return the photos that were judged in full, the last verdict on them not before `since`."""
    verdicts = _verdicts(session)
    places = _Places(session)
    photos: list[JudgedPhoto] = []
    annotated: set[str] = set()
    left_out: Counter[str] = Counter()
    for rows in _by_photo(session):
        said = [_say(row, verdicts.get(row.issue_id)) for row in rows]
        if since is not None and not any(
            row.issue_id in verdicts and verdicts[row.issue_id].at >= since for row in rows
        ):
            continue
        problem = next((one for one in said if isinstance(one, str)), None)
        if problem:
            left_out[problem] += 1
            continue
        boxes: dict[Marked, None] = dict.fromkeys(box for one in said if not isinstance(one, str) for box in one)
        annotated |= {category for row in rows for category in _asked_about(row)}
        first = rows[0]
        place = places.of(rows)
        photos.append(JudgedPhoto(first.sha256, first.content_type, first.width, first.height, tuple(boxes), place))
    return Judged(tuple(photos), frozenset(annotated & PROBLEMS), left_out)


def _verdicts(session: Session) -> dict[int, _Verdict]:
    """Return the last verdict on each issue."""
    entries = session.execute(
        select(HistoryEntry.issue_id, HistoryEntry.at, HistoryEntry.action, HistoryEntry.detail)
        .where(HistoryEntry.action.in_(VERDICTS))
        .order_by(HistoryEntry.id)
    )
    return {
        issue_id: _Verdict(at, (detail or {}).get("reason", "") if action == Action.REJECT else "")
        for issue_id, at, action, detail in entries
    }


def _by_photo(session: Session) -> Iterator[list[Row[Any]]]:
    query = (
        select(
            Evidence.issue_id,
            Evidence.boxes,
            Evidence.corrected,
            Evidence.added,
            Issue.state,
            Issue.category,
            Issue.grid_id.label("issue_grid"),
            Photo.id,
            Photo.sha256,
            Photo.content_type,
            Photo.width,
            Photo.height,
            Photo.grid_id,
            Photo.site_id,
        )
        .join(Issue, Issue.id == Evidence.issue_id)
        .join(Photo, Photo.id == Evidence.photo_id)
        .where(Evidence.kind.in_(SEEN_KINDS))
        .order_by(Photo.id, Evidence.id)
    )
    rows = session.execute(query.execution_options(yield_per=1000))
    for _, group in groupby(rows, key=lambda row: row.id):
        yield list(group)


def _say(row: Row[Any], verdict: _Verdict | None) -> list[Marked] | str:
    """Return the boxes that a person stands for, or why nobody does."""
    boxes = row.boxes if row.corrected is None else row.corrected
    marked = [(box["category"], tuple(box["box"])) for box in boxes if box["category"] in PROBLEMS]
    if row.state == State.SUSPECTED:
        return "suspected"
    if verdict and verdict.reason:
        is_there = Reason(verdict.reason).is_thing_there
        if is_there is None:
            return "unclear"
        if not is_there:
            return []
    elif row.corrected is None and (verdict is None or row.added > verdict.at):
        return "unseen"
    return marked if marked or row.corrected is not None else "unmarked"


def _asked_about(row: Row[Any]) -> list[str]:
    return [row.category, *(box["category"] for box in (*row.boxes, *(row.corrected or ())))]


class _Places:
    """Names places, so that photos of one place have one name."""

    def __init__(self, session: Session) -> None:
        cells = session.execute(select(Grid.id, Grid.code, Grid.level, Grid.parent_id))
        self._cells: dict[int, Any] = {row.id: row for row in cells}
        self._sites = {row.id: row for row in session.execute(select(Site.id, Site.name, Site.grid_id))}

    def of(self, rows: Iterable[Row[Any]]) -> str:
        """Return the cell of a photo, by itself, its site or its issues; else its site; else nothing but itself."""
        rows = list(rows)
        photo = rows[0]
        site = self._sites.get(photo.site_id)
        cells = (photo.grid_id, site.grid_id if site else None, *(row.issue_grid for row in rows))
        cell = next((self._cells[one] for one in cells if one in self._cells), None)
        while cell and cell.level > FINEST_SPLIT_LEVEL and self._level_above(cell) >= FINEST_SPLIT_LEVEL:
            cell = self._cells[cell.parent_id]
        if cell:
            return f"grid-{cell.code}"
        return f"site-{site.name}" if site else f"photo-{photo.sha256[:16]}"

    def _level_above(self, cell: Any) -> int:
        above = self._cells.get(cell.parent_id)
        return above.level if above else 0

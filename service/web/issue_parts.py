"""What an issue's page is made of, besides the issue: photos before and after, the map, choices for its forms."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.datum import point_of
from service.domain.roles import Actor, Role
from service.store.issues import Evidence, Issue
from service.store.people import Unit, User
from service.store.places import Grid
from service.web.cell_map import CellMap, cell_map
from service.web.history_words import VERDICTS

__all__ = ["Pair", "departments", "evidence_words", "handlers", "map_of", "pair_of", "units"]

Frame = tuple[float, float, float, float]  # x, y, width, height
MOST_NEIGHBOURS = 60
MOST_ZOOM = 3.0  # beyond it, too little of one photo would be seen
KINDS: dict[str, tuple[str, str]] = {
    "first": ("首次发现", "First found"),
    "again": ("仍在", "Still there"),
    "gone": ("已消失", "Gone"),
    "after": ("整改后", "Afterwards"),
}


@dataclass(frozen=True)
class Pair:
    """The photo of the problem, and the one of the place afterwards.

    Attributes:
        verdict: Of their comparison: gone, still, unclear; empty where they weren't compared.
        before_frame, after_frame: Where each is drawn: x, y, width, height in pixels of the photo before.
        is_aligned: Whether the place lies on top of itself; else the photo afterwards is fitted in.
    """

    before: Evidence
    after: Evidence
    verdict: str
    before_frame: Frame
    after_frame: Frame
    is_aligned: bool


def pair_of(issue: Issue) -> Pair | None:
    """Return the last photo afterwards with the one that it was compared with, else the last of the problem."""
    afterwards = [item for item in issue.evidence if item.kind == "after"]
    earlier = [item for item in issue.evidence if item.kind in ("first", "again")]
    if not afterwards or not earlier:
        return None
    after, comparison = afterwards[-1], afterwards[-1].comparison or {}
    compared = [item for item in earlier if item.photo_id == comparison.get("photo_id")]
    before = (compared or earlier)[-1]
    aligned = _aligned(before, after, comparison.get("box")) if compared else None
    own = (0.0, 0.0, float(before.photo.width), float(before.photo.height))
    verdict = str(comparison.get("verdict", ""))
    return Pair(before, after, verdict, own, aligned or _fitted(before, after), aligned is not None)


def _fitted(before: Evidence, after: Evidence) -> Frame:
    width, height = before.photo.width, before.photo.height
    scale = min(width / after.photo.width, height / after.photo.height)
    wide, tall = after.photo.width * scale, after.photo.height * scale
    return (width - wide) / 2, (height - tall) / 2, wide, tall


def _aligned(before: Evidence, after: Evidence, there: Sequence[float] | None) -> Frame | None:
    """Lay the photo afterwards so that `there`, the problem's place on it, covers the problem; None if it can't be."""
    boxes = [item["box"] for item in before.corrected or before.boxes]
    if not there or not boxes:
        return None
    here = [min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)]
    area, area_there = ((box[2] - box[0]) * (box[3] - box[1]) for box in (here, there))
    if min(area, area_there) <= 0:
        return None
    scale = (area / area_there) ** 0.5
    if not 1 / MOST_ZOOM < scale * after.photo.width / before.photo.width < MOST_ZOOM:
        return None
    left, top = ((here[i] + here[i + 2]) / 2 - scale * (there[i] + there[i + 2]) / 2 for i in (0, 1))
    return round(left, 1), round(top, 1), round(after.photo.width * scale, 1), round(after.photo.height * scale, 1)


def evidence_words(issue: Issue, evidence: Evidence) -> tuple[str, str]:
    """Return what a photo tells: first found, still there, gone, back again; afterwards: the comparison's verdict."""
    if evidence.kind == "first" and issue.recurrence_of_id is not None:
        return "复现", "Back again"
    zh, en = KINDS.get(evidence.kind, (evidence.kind, evidence.kind))
    verdict = VERDICTS.get(str((evidence.comparison or {}).get("verdict", "")))
    if evidence.kind == "after" and verdict:
        return f"{zh}：{verdict[0]}", f"{en}: {verdict[1]}"
    return zh, en


def map_of(session: Session, issue: Issue) -> CellMap | None:
    """Return the map of an issue's grid cell with its neighbours; None where the cell has no outline."""
    grid = issue.grid
    if grid is None or not grid.geometry:
        return None
    beside = select(Grid).where(Grid.parent_id == grid.parent_id, Grid.level == grid.level, Grid.id != grid.id)
    neighbours = session.scalars(beside.order_by(Grid.id).limit(MOST_NEIGHBOURS)).all() if grid.parent_id else []
    point = point_of(issue.latitude, issue.longitude, issue.datum)
    return cell_map((grid.geometry, grid.datum), [(other.geometry, other.datum) for other in neighbours], point)


def units(session: Session, actor: Actor) -> Sequence[Unit]:
    """Return the units that a person may give issues to."""
    query = select(Unit).order_by(Unit.kind, Unit.id)
    if actor.unit_ids is not None:
        query = query.where(Unit.id.in_(actor.unit_ids))
    return session.scalars(query).all()


def departments(session: Session) -> Sequence[Unit]:
    """Return the departments that issues are escalated to."""
    return session.scalars(select(Unit).where(Unit.kind == "department").order_by(Unit.name)).all()


def handlers(session: Session, of: Sequence[Unit]) -> list[dict[str, Any]]:
    """Return the active handlers of units: id, name, unit_id."""
    query = select(User.id, User.name, User.unit_id).where(
        User.role == Role.HANDLER, User.is_active, User.unit_id.in_([unit.id for unit in of])
    )
    return [dict(row) for row in session.execute(query.order_by(User.name)).mappings()]

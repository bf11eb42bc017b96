"""An issue that a person reports by hand, or a program for them: suspected, until somebody confirms it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.roles import Actor
from service.errors import forbidden, invalid
from service.store.base import now
from service.store.issues import Evidence, Issue
from service.store.messages import OutboxEvent
from service.store.photos import Photo
from service.store.places import Grid, Site
from service.store.steps import note
from vision.categories import PROBLEMS

__all__ = ["Report", "report", "unit_of"]


@dataclass(frozen=True)
class Report:
    """What was seen, and where: a site, a grid cell, a point or an address.

    Attributes:
        category: Of vision.categories, a problem.
        severity: 1 minor, 2 ordinary, 3 grave.
        datum: Of the point: WGS-84, CGCS2000 or GCJ-02.
        photo_ids: Photos that the person uploaded before.
    """

    category: str
    description: str = ""
    address: str = ""
    severity: int = 2
    site_id: int | None = None
    grid_id: int | None = None
    latitude: float | None = None
    longitude: float | None = None
    datum: str = "WGS-84"
    photo_ids: Sequence[int] = ()


def report(session: Session, actor: Actor | None, told: Report) -> Issue:
    """Add a suspected issue with its evidence and history; without an actor nobody is known to have reported it.

    Raises:
        ServiceError: The category is none, the place is missing or unknown, or a photo isn't the person's.
    """
    from service.domain.codes import code_for

    if told.category not in PROBLEMS:
        expected = ", ".join(sorted(PROBLEMS))
        raise invalid("category_unknown", f"类别须为：{expected}", f"expected a category of: {expected}")
    issue = Issue(category=told.category, severity=told.severity, description=told.description, address=told.address)
    code = code_for(told.category)
    issue.standard, issue.code, issue.code_name = code.standard, code.code, code.name
    photos = _photos(session, actor, told.photo_ids)
    _place(session, issue, told, next((photo for photo in photos if photo.grid_id or photo.latitude is not None), None))
    times = [photo.captured or photo.received for photo in photos] or [now()]
    issue.found, issue.last_seen = min(times), max(times)
    issue.reporter_id = actor.id if actor else None
    session.add(issue)
    session.flush()
    for photo in photos:
        boxes = [box for box in photo.boxes or [] if box["category"] == issue.category]
        at = photo.captured or photo.received
        session.add(Evidence(issue_id=issue.id, photo_id=photo.id, kind="first", boxes=boxes, at=at))
        issue.confidence = max([issue.confidence, *(box["score"] for box in boxes)])
    entry = note(session, issue, "report", actor, told.description)
    session.add(OutboxEvent(event="issue.report", issue_id=issue.id, detail={"history": entry.id}))
    return issue


def _place(session: Session, issue: Issue, told: Report, photo: Photo | None) -> None:
    from service.intake.places import locate

    site = session.get(Site, told.site_id) if told.site_id is not None else None
    grid = session.get(Grid, told.grid_id) if told.grid_id is not None else None
    if (told.site_id is not None and site is None) or (told.grid_id is not None and grid is None):
        raise invalid("place_unknown", "没有这个点位或网格", "there is no such site or grid cell")
    if (told.latitude is None) != (told.longitude is None):
        raise invalid("point_incomplete", "经度和纬度须同时填写", "a point has a latitude and a longitude")
    if told.latitude is not None and told.longitude is not None:
        issue.latitude, issue.longitude, issue.datum = told.latitude, told.longitude, told.datum
        grid = grid or (site.grid if site else None) or locate(session, told.latitude, told.longitude, told.datum)
    elif site is not None:
        issue.latitude, issue.longitude, issue.datum = site.latitude, site.longitude, site.datum
        grid = grid or site.grid
    elif grid is None and photo is not None:
        issue.latitude, issue.longitude, issue.datum = photo.latitude, photo.longitude, photo.datum
        grid = photo.grid
    elif grid is None and not told.address:
        raise invalid(
            "place_missing",
            "须填写地址，或选择点位、网格、坐标之一，或附上带定位的照片",
            "say where: an address, a site, a grid cell, a point, or a photo with one",
        )
    issue.site_id, issue.grid_id = site.id if site else None, grid.id if grid else None
    issue.unit_id = unit_of(grid)
    issue.address = told.address or (site.name if site else grid.name if grid else "")


def unit_of(grid: Grid | None) -> int | None:
    """Return the unit that answers for a cell: its own, else that of the next one above with any."""
    passed: set[int] = set()  # an import may have made a circle
    while grid is not None and grid.unit_id is None and grid.id not in passed:
        passed.add(grid.id)
        grid = grid.parent
    return grid.unit_id if grid is not None else None


def _photos(session: Session, actor: Actor | None, photo_ids: Sequence[int]) -> Sequence[Photo]:
    if not photo_ids:
        return []
    wanted = sorted(set(photo_ids))
    mine = select(Photo).where(Photo.id.in_(wanted), Photo.reporter_id == (actor.id if actor else None))
    found = session.scalars(mine.order_by(Photo.id)).all()
    if len(found) < len(wanted):
        raise forbidden("not_your_photo", "只能附上自己上传的照片", "only photos that you uploaded can be attached")
    return found

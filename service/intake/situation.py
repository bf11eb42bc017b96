"""What the database says of what a sender claims: the issue, the site, the grid cell, and so the place."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from service.domain.lifecycle import STATES, State
from service.domain.roles import Actor, Permission
from service.errors import conflict, forbidden, invalid
from service.intake.sent import Sent
from service.store.places import Grid, Site
from service.store.visible import issue_for
from vision.images import Gps

__all__ = ["Situation", "situation_of"]


@dataclass(frozen=True)
class Situation:
    """What holds for all photos of a request.

    Attributes:
        found: When the issue was found that they show put in order.
        point: Where they were taken, by form or site.
        site_id, grid_id: As the form says.
        site_grid_id: The site's grid cell.
    """

    found: datetime | None = None
    point: Gps | None = None
    site_id: int | None = None
    grid_id: int | None = None
    site_grid_id: int | None = None

    def place(self, session: Session, own: Gps | None) -> dict[str, Any]:
        """Return the place's columns of a photo, given the point that the photo itself knows."""
        from service.intake.places import locate

        point = own or self.point
        grid_id = self.grid_id
        if grid_id is None and point is not None:
            cell = locate(session, point.latitude, point.longitude, point.datum)
            grid_id = cell.id if cell else None
        return {
            "latitude": point.latitude if point else None,
            "longitude": point.longitude if point else None,
            "datum": point.datum if point else "",
            "site_id": self.site_id,
            "grid_id": grid_id or self.site_grid_id,
        }


def situation_of(session: Session, actor: Actor, sent: Sent) -> Situation:
    """Check what was sent against the database.

    Raises:
        ServiceError: There is no such site, grid cell or issue, or the issue takes no photos of this person now.
    """
    site = session.get(Site, sent.site_id) if sent.site_id else None
    if sent.site_id and site is None:
        raise invalid("site_unknown", "没有这个点位，请重新选择", "there is no such site; choose another")
    if sent.grid_id and session.get(Grid, sent.grid_id) is None:
        raise invalid("grid_unknown", "没有这个网格，请重新选择", "there is no such grid cell; choose another")
    point = None
    if sent.latitude is not None and sent.longitude is not None:
        point = Gps(sent.latitude, sent.longitude, sent.datum)
    elif site and site.latitude is not None and site.longitude is not None:
        point = Gps(site.latitude, site.longitude, site.datum)
    found = _rectified(session, actor, sent.issue_id) if sent.issue_id else None
    return Situation(found, point, sent.site_id, sent.grid_id, site.grid_id if site else None)


def _rectified(session: Session, actor: Actor, issue_id: int) -> datetime:
    """Return when the issue was found, if the person may show that it was put in order."""
    issue = issue_for(session, actor, issue_id)
    if not actor.may(Permission.RECTIFY):
        raise forbidden("role", "您的角色不能上传整改后照片", "your role may not send photos of a rectification")
    if not actor.covers(issue.unit_id, issue.department_id):
        raise forbidden("unit", "该案件不属于您的单位", "the issue isn't one of your unit")
    if issue.state not in (State.IN_PROGRESS, State.RETURNED):
        zh, en = STATES[State(issue.state)]
        raise conflict(
            "state",
            f"案件处于“{zh}”，不能上传整改后照片",
            f"the issue is {en.lower()}; no photos of a rectification are taken now",
        )
    return issue.found

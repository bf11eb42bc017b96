"""The first page: how the town stands, the last 30 days, the map, what is late."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from service.api.dependencies import Reading, TheService, allow
from service.domain.roles import Actor, Permission
from service.store import statistics
from service.store.ledger_rows import ledger_rows
from service.web.overview_map import TownMap, town_map
from service.web.pages import show

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
CLASSES = (0, 1, 3, 6, 11)  # open issues from which a cell is drawn darker
SMALLEST_ROOM = 11.0  # units around a number


@router.get("/")
def overview(
    request: Request, service: TheService, session: Reading, actor: Annotated[Actor, allow(Permission.SEE_ISSUES)]
) -> HTMLResponse:
    """Show the overview of what the person may see."""
    zone = service.settings.zone
    drawing = town_map(session)
    return show(
        request,
        "overview.jinja",
        actor,
        tiles=statistics.tiles(session, actor, zone),
        trend=statistics.trend(session, actor, zone),
        categories=statistics.by_category(session, actor),
        units=statistics.by_unit(session, actor, zone),
        late=ledger_rows(session, statistics.worst_overdue(session, actor)),
        drawing=drawing,
        counts=statistics.by_grid(session, actor),
        points=_points(session, actor, drawing),
        classes=CLASSES,
        class_of=lambda count: sum(count >= first for first in CLASSES) - 1,
        smallest_room=SMALLEST_ROOM,
    )


def _points(session: Session, actor: Actor, drawing: TownMap | None) -> list[tuple[int, str, float, float]]:
    """Return (id, category, x, y) of open issues on the drawing."""
    if drawing is None:
        return []
    found = statistics.open_points(session, actor)
    places = [(id_, kind, drawing.place(latitude, longitude, datum)) for id_, kind, latitude, longitude, datum in found]
    return [(id_, kind, *place) for id_, kind, place in places if place is not None]

"""The review page."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.api.dependencies import Reading, allow
from service.api.review_models import ProblemName
from service.domain.lifecycle import STATES
from service.domain.review import REASONS
from service.domain.roles import Actor, Permission
from service.fields import Id
from service.store.people import Unit
from service.store.places import Grid
from service.web.language import language_of
from service.web.pages import show
from vision.categories import CATEGORIES

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
MOST_CELLS = 2000  # offered by the filter; more than a town has


@router.get("/review")
def review_page(
    request: Request,
    actor: Annotated[Actor, allow(Permission.REVIEW)],
    session: Reading,
    category: Annotated[ProblemName | None, Query()] = None,
    unit: Annotated[Id | None, Query()] = None,
    grid: Annotated[Id | None, Query()] = None,
    least: Annotated[float | None, Query(ge=0, le=1, allow_inf_nan=False)] = None,
    most: Annotated[float | None, Query(ge=0, le=1, allow_inf_nan=False)] = None,
) -> HTMLResponse:
    """Show suspected issues one at a time, or many at once."""
    english = language_of(request) == "en"
    problems = [c for c in CATEGORIES if c.is_problem]
    names = {c.name: c.name.replace("_", " ") if english else c.zh for c in problems}
    chosen = {"category": category, "unit": unit, "grid": grid, "least": least, "most": most}
    return show(
        request,
        "review.jinja",
        actor,
        problems=problems,
        reasons=[(reason.value, texts[english]) for reason, texts in REASONS.items()],
        units=_units(session, actor),
        cells=_cells(session, actor),
        chosen=chosen,
        words={
            "filter": {key: value for key, value in chosen.items() if value is not None},
            "names": names,
            "order": list(names),  # of the keys 1 to 6
            "colours": {c.name: c.colour for c in problems},
            "states": {state.value: texts[english] for state, texts in STATES.items()},
            "zone": str(request.app.state.service.settings.zone),
        },
    )


def _units(session: Session, actor: Actor) -> list[Unit]:
    query = select(Unit).order_by(Unit.id).limit(MOST_CELLS)
    if actor.unit_ids is not None:
        query = query.where(Unit.id.in_(actor.unit_ids))
    return list(session.scalars(query))


def _cells(session: Session, actor: Actor) -> list[Grid]:
    query = select(Grid).order_by(Grid.code).limit(MOST_CELLS)
    if actor.unit_ids is not None:
        query = query.where(Grid.unit_id.in_(actor.unit_ids))
    return list(session.scalars(query))

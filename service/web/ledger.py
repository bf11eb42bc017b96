"""The ledger's page: filters in the address, a table or cards, export and import."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import select

from service.api.dependencies import Reading, TheService, allow
from service.domain.lifecycle import STATES
from service.domain.roles import Actor, Permission
from service.exports.ledger_columns import handler_labels
from service.exports.ledger_words import SEVERITIES
from service.store.ledger import LedgerFilter, Sort
from service.store.ledger_rows import ledger_page
from service.store.people import Unit
from service.store.places import Grid, Site
from service.web.pages import show
from vision.categories import CATEGORIES

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
LOWEST_OFFERED = 4  # grid levels that the form lists; 650 cells of level five are reached by the map
MOST_OFFERED = 500  # sites


@router.get("/ledger")
def ledger(
    request: Request,
    service: TheService,
    session: Reading,
    actor: Annotated[Actor, allow(Permission.SEE_ISSUES)],
    wanted: Annotated[LedgerFilter, Query()],
) -> HTMLResponse:
    """Show a page of the ledger."""
    grids = session.execute(
        select(Grid.id, Grid.name, Grid.level)
        .where((Grid.level < LOWEST_OFFERED) | (Grid.id == (wanted.grid or 0)))
        .order_by(Grid.level, Grid.id)
    )
    return show(
        request,
        "ledger.jinja",
        actor,
        wanted=wanted,
        found=ledger_page(session, wanted, actor, service.settings.zone),
        link=lambda **changes: "?" + urlencode(wanted.query(**changes), doseq=True),
        states=list(STATES),
        categories=[category.name for category in CATEGORIES if category.is_problem],
        severities=SEVERITIES,
        sorts=list(Sort),
        units=session.execute(select(Unit.id, Unit.name).order_by(Unit.id)).all(),
        grids=grids.all(),
        sites=session.execute(select(Site.id, Site.name).order_by(Site.name).limit(MOST_OFFERED)).all(),
        handlers=handler_labels(session),
    )

"""Pages of advertisers' dossiers."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from service.api.dependencies import Reading, TheService, allow
from service.api.postings import list_dossiers, one_dossier
from service.domain.roles import Actor, Permission
from service.fields import PathId
from service.web.pages import show

__all__ = ["router"]

router = APIRouter(prefix="/postings", include_in_schema=False)
SIZE = 50


@router.get("")
def postings_page(
    request: Request,
    service: TheService,
    session: Reading,
    actor: Annotated[Actor, allow(Permission.REVIEW)],
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> HTMLResponse:
    """Show the numbers, the most frequent first."""
    found = list_dossiers(session, actor, page, SIZE)
    is_on = service.settings.read_postings
    return show(request, "postings.jinja", actor, dossiers=found, page=page, is_full=len(found) == SIZE, is_on=is_on)


@router.get("/{dossier_id}")
def dossier_page(
    request: Request, session: Reading, actor: Annotated[Actor, allow(Permission.REVIEW)], dossier_id: PathId
) -> HTMLResponse:
    """Show one advertiser's postings across town."""
    return show(request, "posting_dossier.jinja", actor, dossier=one_dossier(session, actor, dossier_id))

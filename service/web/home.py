"""The account page."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from service.api.dependencies import CurrentActor, Reading
from service.store.people import User
from service.web.pages import show

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.get("/account")
def account(request: Request, session: Reading, actor: CurrentActor) -> HTMLResponse:
    """Show who one is: password, language and keys of programs."""
    return show(request, "account.jinja", actor, user=session.get_one(User, actor.id))

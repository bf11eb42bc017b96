"""Pages of administrators: people, and the model."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import select

from service.api.dependencies import Reading, TheService, allow
from service.api.model import show_model
from service.api.town_fields import PageNumber
from service.api.users import list_users
from service.domain.roles import Actor, Permission, Role
from service.fields import ShortText
from service.store.people import Unit
from service.web.pages import show

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

PEOPLE_PER_PAGE = 50
Administrator = Annotated[Actor, allow(Permission.MANAGE)]


@router.get("/admin")
def admin_page(
    request: Request,
    session: Reading,
    actor: Administrator,
    search: Annotated[ShortText, Query()] = "",
    page: PageNumber = 1,
) -> HTMLResponse:
    """Show the people, and the way to rules, messages and the model."""
    people = list_users(session, search=search, page=page, size=PEOPLE_PER_PAGE)
    units = session.scalars(select(Unit).order_by(Unit.id)).all()
    last = max(1, -(-people.total // PEOPLE_PER_PAGE))
    values: dict[str, Any] = {
        "people": people,
        "units": units,
        "roles": list(Role),
        "search": search,
        "page": page,
        "last": last,
    }
    return show(request, "admin.jinja", actor, **values)


@router.get("/admin/model")
def model_page(request: Request, service: TheService, actor: Administrator) -> HTMLResponse:
    """Show which model looks at the photos, and let one choose another."""
    return show(request, "admin_model.jinja", actor, model=show_model(service))

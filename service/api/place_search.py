"""Sites and grid cells in one list, to choose from by a few letters."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel
from sqlalchemy import Select, literal, or_, select, union_all

from service.api.dependencies import Reading
from service.api.photos import MayUpload
from service.fields import ShortText
from service.store.places import Grid, Site

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["town"])


class Place(BaseModel):
    """A site or a grid cell."""

    kind: Literal["site", "grid"]
    id: int
    name: str
    code: str


class PlacePage(BaseModel):
    """A page of places: sites first, then grid cells from the finest level up."""

    places: list[Place]
    next_page: int | None


@router.get("/places")
def find_places(
    session: Reading,
    actor: MayUpload,  # noqa: ARG001 - whoever may upload
    q: Annotated[ShortText, Query(description="Part of a name, or a code's beginning; empty: all.")] = "",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
    size: Annotated[int, Query(ge=1, le=200)] = 20,
) -> PlacePage:
    """Find sites and grid cells by name or code."""
    rows = session.execute(_matching(q).offset((page - 1) * size).limit(size + 1)).all()
    places = [Place(kind=row.kind, id=row.id, name=row.name, code=row.code) for row in rows[:size]]
    return PlacePage(places=places, next_page=page + 1 if len(rows) > size else None)


def _matching(q: str) -> Select[str, int, str, str]:
    sites = select(
        literal("site").label("kind"), Site.id, Site.name, literal("").label("code"), literal(9).label("fineness")
    ).where(Site.name.contains(q, autoescape=True))
    grids = select(literal("grid").label("kind"), Grid.id, Grid.name, Grid.code, Grid.level.label("fineness")).where(
        or_(Grid.name.contains(q, autoescape=True), Grid.code.startswith(q, autoescape=True))
    )
    both = union_all(sites, grids).subquery()
    return select(both.c.kind, both.c.id, both.c.name, both.c.code).order_by(
        both.c.fineness.desc(), both.c.name, both.c.id
    )

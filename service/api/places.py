"""Grid cells and sites: everybody may choose among them, administrators keep the sites."""

from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import Select, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service.api.dependencies import CurrentActor, Reading, Writing, allow
from service.api.town_fields import Name, PageNumber, PageSize
from service.domain.roles import Actor, Permission
from service.errors import conflict, invalid, not_found
from service.fields import Id, LongText, PathId, ShortText
from service.store.places import Grid, Site

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["town"])
UNKNOWN: dict[int | str, dict[str, Any]] = {404: {"description": "There is no such grid cell."}}
SIGNED_IN = allow(Permission.SEE_ISSUES)  # everybody's

Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Datum = Literal["CGCS2000", "WGS-84", "GCJ-02"]


class GridOut(BaseModel):
    """A cell; phones are shown to whoever supervises."""

    id: int
    code: str
    name: str
    level: int
    parent_id: int | None
    unit_id: int | None
    head: str
    head_phone: str | None
    contact: str
    contact_phone: str | None
    datum: str


class GridWithGeometry(GridOut):
    """A cell with its boundary, a GeoJSON Polygon or MultiPolygon."""

    geometry: dict[str, Any] | None


class Grids(BaseModel):
    """A page of cells."""

    total: int
    items: list[GridOut]


class NewSite(BaseModel):
    """A site to be added; give both coordinates, or neither."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "东门农贸市场", "grid_id": 1, "standard": "垃圾桶盖闭合"}]},
    )

    name: Name
    grid_id: Id | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    datum: Datum = "WGS-84"
    standard: LongText = ""


class SiteChange(BaseModel):
    """What is to be changed of a site; what is left out stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"standard": "墙面无小广告"}]})

    name: Name | None = None
    grid_id: Id | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    datum: Datum | None = None
    standard: LongText | None = None

    @model_validator(mode="after")
    def _both(self) -> Self:
        if ("latitude" in self.model_fields_set) != ("longitude" in self.model_fields_set):
            raise ValueError("give both latitude and longitude, or neither")
        return self


class SiteOut(BaseModel):
    """A place that is inspected again and again."""

    id: int
    name: str
    grid_id: int | None
    latitude: float | None
    longitude: float | None
    datum: str
    standard: str


class Sites(BaseModel):
    """A page of sites."""

    total: int
    items: list[SiteOut]


@router.get("/grids")
def list_grids(
    session: Reading,
    actor: CurrentActor,
    search: Annotated[ShortText, Query()] = "",
    level: Annotated[int | None, Query(ge=2, le=5)] = None,
    parent_id: Annotated[Id | None, Query()] = None,
    unit_id: Annotated[Id | None, Query()] = None,
    page: PageNumber = 1,
    size: PageSize = 200,
) -> Grids:
    """Return cells by level and code, whose code, name or head contains a word."""
    query = select(Grid)
    if search:
        columns = (Grid.code, Grid.name, Grid.head)
        query = query.where(or_(*(column.contains(search, autoescape=True) for column in columns)))
    for column, wanted in ((Grid.level, level), (Grid.parent_id, parent_id), (Grid.unit_id, unit_id)):
        if wanted is not None:
            query = query.where(column == wanted)
    found = session.scalars(query.order_by(Grid.level, Grid.code).limit(size).offset((page - 1) * size))
    return Grids(total=_count(session, query), items=[GridOut(**_grid(grid, actor)) for grid in found])


@router.get("/grids/{grid_id}")
def show_grid(session: Reading, actor: CurrentActor, grid_id: PathId) -> GridWithGeometry:
    """Return a cell with its boundary."""
    grid = _one_grid(session, grid_id)
    return GridWithGeometry(**_grid(grid, actor), geometry=grid.geometry)


@router.get("/sites", dependencies=[SIGNED_IN])
def list_sites(
    session: Reading,
    search: Annotated[ShortText, Query()] = "",
    grid_id: Annotated[Id | None, Query()] = None,
    page: PageNumber = 1,
    size: PageSize = 200,
) -> Sites:
    """Return sites by name, whose name contains a word."""
    query = select(Site)
    if search:
        query = query.where(Site.name.contains(search, autoescape=True))
    if grid_id is not None:
        query = query.where(Site.grid_id == grid_id)
    found = session.scalars(query.order_by(Site.name).limit(size).offset((page - 1) * size))
    return Sites(total=_count(session, query), items=[_site(site) for site in found])


@router.get("/sites/{site_id}", dependencies=[SIGNED_IN])
def show_site(session: Reading, site_id: PathId) -> SiteOut:
    """Return a site."""
    return _site(_one_site(session, site_id))


@router.post("/sites", status_code=201, responses=UNKNOWN, dependencies=[allow(Permission.MANAGE)])
def add_site(session: Writing, new: NewSite) -> SiteOut:
    """Add a site."""
    if new.grid_id is not None:
        _one_grid(session, new.grid_id)
    site = Site(**new.model_dump())
    session.add(site)
    _saved(session, site)
    return _site(site)


@router.patch("/sites/{site_id}", dependencies=[allow(Permission.MANAGE)])
def change_site(session: Writing, site_id: PathId, change: SiteChange) -> SiteOut:
    """Change a site."""
    site = _one_site(session, site_id)
    given = change.model_dump(exclude_unset=True)
    if given.get("grid_id") is not None:
        _one_grid(session, given["grid_id"])
    for field, value in given.items():
        if value is not None or field in ("grid_id", "latitude", "longitude"):
            setattr(site, field, value)
    _saved(session, site)
    return _site(site)


@router.delete("/sites/{site_id}", status_code=204, dependencies=[allow(Permission.MANAGE)])
def delete_site(session: Writing, site_id: PathId) -> None:
    """Delete a site of which there are no photos or issues."""
    session.delete(_one_site(session, site_id))
    try:
        session.flush()
    except IntegrityError as error:
        zh = "该点位已有照片或案件，不能删除"
        raise conflict("in_use", zh, "the site has photos or issues; it can't be deleted") from error


def _count(session: Session, query: Select[Any]) -> int:
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0


def _one_grid(session: Session, grid_id: int) -> Grid:
    found = session.get(Grid, grid_id)
    if found is None:
        raise not_found("网格", "cell")
    return found


def _one_site(session: Session, site_id: int) -> Site:
    found = session.get(Site, site_id)
    if found is None:
        raise not_found("点位", "site")
    return found


def _saved(session: Session, site: Site) -> None:
    if (site.latitude is None) != (site.longitude is None):
        raise invalid("coordinates", "纬度和经度须同时填写", "give both latitude and longitude, or neither")
    try:
        session.flush()
    except IntegrityError as error:
        raise conflict(
            "name_taken", "已有同名点位，请换一个名称", "there is a site of that name; choose another"
        ) from error


def _grid(grid: Grid, actor: Actor) -> dict[str, Any]:
    shown = actor.may(Permission.SUPERVISE)
    fields = ("id", "code", "name", "level", "parent_id", "unit_id", "head", "contact", "datum")
    phones = {name: getattr(grid, name) if shown else None for name in ("head_phone", "contact_phone")}
    return {name: getattr(grid, name) for name in fields} | phones


def _site(site: Site) -> SiteOut:
    return SiteOut.model_validate(site, from_attributes=True)

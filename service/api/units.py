"""Units: everybody may choose among them, administrators keep them."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, JsonValue
from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service.api.dependencies import CurrentActor, Reading, Writing, allow
from service.api.town_fields import Name, PageNumber, PageSize, Phone
from service.domain.roles import Permission
from service.errors import conflict, invalid, not_found
from service.fields import Id, PathId, ShortText
from service.store.people import Unit
from service.store.trees import units_below

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/units", tags=["town"])
UNKNOWN: dict[int | str, dict[str, Any]] = {404: {"description": "There is no such parent."}}

Kind = Literal["office", "community", "department", "team"]
EXAMPLE: dict[str, JsonValue] = {"name": "东门社区", "kind": "community", "parent_id": 1, "head": "张三"}


class NewUnit(BaseModel):
    """A unit to be added."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    name: Name
    kind: Kind = "community"
    code: Annotated[ShortText, Field(max_length=18)] = ""
    parent_id: Id | None = None
    head: Annotated[ShortText, Field(max_length=50)] = ""
    phone: Phone = ""


class UnitChange(BaseModel):
    """What is to be changed of a unit; what is left out stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"head": "李四"}]})

    name: Name | None = None
    kind: Kind | None = None
    code: Annotated[ShortText, Field(max_length=18)] | None = None
    parent_id: Id | None = None
    head: Annotated[ShortText, Field(max_length=50)] | None = None
    phone: Phone | None = None


class UnitOut(BaseModel):
    """A unit; its head's phone is shown to whoever supervises."""

    id: int
    name: str
    kind: str
    code: str
    parent_id: int | None
    head: str
    phone: str | None


class Units(BaseModel):
    """A page of units."""

    total: int
    items: list[UnitOut]


@router.get("")
def list_units(
    session: Reading,
    actor: CurrentActor,
    search: Annotated[ShortText, Query()] = "",
    page: PageNumber = 1,
    size: PageSize = 200,
) -> Units:
    """Return units by number, whose name or head contains a word."""
    query = select(Unit)
    if search:
        query = query.where(
            or_(Unit.name.contains(search, autoescape=True), Unit.head.contains(search, autoescape=True))
        )
    found = session.scalars(query.order_by(Unit.id).limit(size).offset((page - 1) * size))
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    shown = actor.may(Permission.SUPERVISE)
    return Units(total=total, items=[_out(unit, with_phone=shown) for unit in found])


@router.get("/{unit_id}")
def show_unit(session: Reading, actor: CurrentActor, unit_id: PathId) -> UnitOut:
    """Return a unit."""
    return _out(_unit(session, unit_id), with_phone=actor.may(Permission.SUPERVISE))


@router.post("", status_code=201, responses=UNKNOWN, dependencies=[allow(Permission.MANAGE)])
def add_unit(session: Writing, new: NewUnit) -> UnitOut:
    """Add a unit."""
    if new.parent_id is not None:
        _unit(session, new.parent_id)
    unit = Unit(**new.model_dump())
    session.add(unit)
    _saved(session)
    return _out(unit, with_phone=True)


@router.patch("/{unit_id}", dependencies=[allow(Permission.MANAGE)])
def change_unit(session: Writing, unit_id: PathId, change: UnitChange) -> UnitOut:
    """Change a unit."""
    unit = _unit(session, unit_id)
    given = change.model_dump(exclude_unset=True)
    parent_id = given.get("parent_id")
    if parent_id is not None:
        _unit(session, parent_id)
        if parent_id in units_below(session, unit_id):
            raise invalid("circle", "上级单位不能是自己或自己的下级", "a unit can't lie below itself")
    for field, value in given.items():
        if value is not None or field == "parent_id":
            setattr(unit, field, value)
    _saved(session)
    return _out(unit, with_phone=True)


@router.delete("/{unit_id}", status_code=204, dependencies=[allow(Permission.MANAGE)])
def delete_unit(session: Writing, unit_id: PathId) -> None:
    """Delete a unit that nothing refers to."""
    session.delete(_unit(session, unit_id))
    try:
        session.flush()
    except IntegrityError as error:
        raise conflict(
            "in_use",
            "该单位仍有下级、人员、网格或案件，不能删除",
            "the unit still has units, people, cells or issues; it can't be deleted",
        ) from error


def _unit(session: Session, unit_id: int) -> Unit:
    found = session.get(Unit, unit_id)
    if found is None:
        raise not_found("单位", "unit")
    return found


def _saved(session: Session) -> None:
    try:
        session.flush()
    except IntegrityError as error:
        raise conflict(
            "name_taken", "已有同名单位，请换一个名称", "there is a unit of that name; choose another"
        ) from error


def _out(unit: Unit, *, with_phone: bool) -> UnitOut:
    return UnitOut(
        id=unit.id,
        name=unit.name,
        kind=unit.kind,
        code=unit.code,
        parent_id=unit.parent_id,
        head=unit.head,
        phone=unit.phone if with_phone else None,
    )

"""People who sign in: administrators add them, change what they may do, and shut them out."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, JsonValue
from sqlalchemy import delete, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service.api.dependencies import Reading, TheService, Writing, allow
from service.api.tokens import NewToken, TokenId, TokenOut, TokenShown, drop_token, issue_token, tokens_of
from service.api.town_fields import PageNumber, PageSize, PersonName, Phone, Username
from service.domain.roles import Permission, Role
from service.errors import conflict, not_found
from service.fields import Id, PathId, ShortText
from service.state import Service
from service.store.people import LoginLink, Unit, User
from service.store.sign_in import end_sessions, make_link

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/users", tags=["people"], dependencies=[allow(Permission.MANAGE)])

EXAMPLE: dict[str, JsonValue] = {"username": "zhangsan", "name": "张三", "role": "handler", "unit_id": 2, "phone": ""}


class NewUser(BaseModel):
    """A person to be added."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    username: Username
    name: PersonName
    role: Role
    unit_id: Id | None = None  # none: the whole town
    phone: Phone = ""


class UserChange(BaseModel):
    """What is to be changed of a person; what is left out stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"role": "verifier"}]})

    name: PersonName | None = None
    role: Role | None = None
    unit_id: Id | None = None
    phone: Phone | None = None
    is_active: bool | None = None


class UserOut(BaseModel):
    """A person."""

    id: int
    username: str
    name: str
    phone: str
    role: Role
    unit_id: int | None
    unit: str | None
    is_active: bool
    has_password: bool
    created: datetime


class NewUserOut(UserOut):
    """A new person, with the link that signs them in once; it is shown only now."""

    link: str


class Users(BaseModel):
    """A page of people."""

    total: int
    items: list[UserOut]


class LinkOut(BaseModel):
    """A link that signs a person in once; it is shown only now."""

    link: str


@router.get("")
def list_users(
    session: Reading,
    search: Annotated[ShortText, Query()] = "",
    role: Role | None = None,
    unit_id: Annotated[Id | None, Query()] = None,
    page: PageNumber = 1,
    size: PageSize = 50,
) -> Users:
    """Return people by name, whose name or user name contains a word."""
    query = select(User)
    if search:
        query = query.where(
            or_(User.name.contains(search, autoescape=True), User.username.contains(search, autoescape=True))
        )
    if role:
        query = query.where(User.role == role)
    if unit_id:
        query = query.where(User.unit_id == unit_id)
    found = session.scalars(query.order_by(User.is_active.desc(), User.id).limit(size).offset((page - 1) * size))
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    return Users(total=total, items=[UserOut(**_out(user)) for user in found])


@router.post("", status_code=201, responses={404: {"description": "There is no such unit."}})
def add_user(request: Request, service: TheService, session: Writing, new: NewUser) -> NewUserOut:
    """Add a person; the answer holds a link that signs them in once."""
    _check_unit(session, new.unit_id)
    user = User(**new.model_dump())
    session.add(user)
    try:
        session.flush()
    except IntegrityError as error:
        raise conflict("name_taken", "登录名已被使用，请换一个", "the user name is taken; choose another") from error
    return NewUserOut(**_out(user), link=_link(request, service, session, user))


@router.patch("/{user_id}")
def change_user(session: Writing, user_id: PathId, change: UserChange) -> UserOut:
    """Change a person; it holds from their next request on. Whoever is deactivated is signed out at once."""
    user = _user(session, user_id)
    given = change.model_dump(exclude_unset=True)
    _check_unit(session, given.get("unit_id"))
    for field, value in given.items():
        if value is not None or field == "unit_id":
            setattr(user, field, value)
    session.flush()
    _keep_an_administrator(session)
    if not user.is_active:
        end_sessions(session, user.id)
        session.execute(delete(LoginLink).where(LoginLink.user_id == user.id))
    return UserOut(**_out(user))


@router.post("/{user_id}/link", status_code=201)
def new_link(request: Request, service: TheService, session: Writing, user_id: PathId) -> LinkOut:
    """Return a new link that signs a person in once; earlier ones no longer do."""
    user = _user(session, user_id)
    if not user.is_active:
        raise conflict("inactive", "该人员已停用，请先启用", "the person is deactivated; activate them first")
    return LinkOut(link=_link(request, service, session, user))


@router.delete("/{user_id}/password", status_code=204)
def forget_password(session: Writing, user_id: PathId) -> None:
    """Forget a password that its owner forgot: they sign in by a new link and set another."""
    user = _user(session, user_id)
    user.password_hash = ""
    end_sessions(session, user.id)


@router.delete("/{user_id}/sessions", status_code=204)
def end_user_sessions(session: Writing, user_id: PathId) -> None:
    """Sign a person out of every browser."""
    end_sessions(session, _user(session, user_id).id)


@router.get("/{user_id}/tokens")
def list_tokens(session: Reading, user_id: PathId) -> list[TokenOut]:
    """Return what is known of the keys of a person's programs."""
    return tokens_of(session, _user(session, user_id))


@router.post("/{user_id}/tokens", status_code=201)
def add_token(session: Writing, user_id: PathId, new: NewToken) -> TokenShown:
    """Make a key for a program that acts for a person; it is shown only now."""
    return issue_token(session, _user(session, user_id), new)


@router.delete("/{user_id}/tokens/{token_id}", status_code=204)
def delete_token(session: Writing, user_id: PathId, token_id: TokenId) -> None:
    """Make a key useless."""
    drop_token(session, _user(session, user_id), token_id)


def _user(session: Session, user_id: int) -> User:
    found = session.get(User, user_id)
    if found is None:
        raise not_found("人员", "person")
    return found


def _check_unit(session: Session, unit_id: int | None) -> None:
    if unit_id is not None and session.get(Unit, unit_id) is None:
        raise not_found("单位", "unit")


def _keep_an_administrator(session: Session) -> None:
    """Refuse to leave the town without an administrator.

    The rows are locked, so that two administrators can't demote each other at the same moment.
    """
    query = select(User.id).where(User.role == Role.ADMIN, User.is_active)
    if not session.scalars(query.with_for_update()).all():
        raise conflict(
            "last_admin",
            "这是最后一名在用的管理员，不能停用或改变角色，请先指定另一名",
            "this is the last active administrator; appoint another one first",
        )


def _link(request: Request, service: Service, session: Session, user: User) -> str:
    base = service.settings.public_url or str(request.base_url)
    return f"{base.rstrip('/')}/login/{make_link(session, user)}"


def _out(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "username": user.username,
        "name": user.name,
        "phone": user.phone,
        "role": user.role,
        "unit_id": user.unit_id,
        "unit": user.unit.name if user.unit else None,
        "is_active": user.is_active,
        "has_password": bool(user.password_hash),
        "created": user.created,
    }

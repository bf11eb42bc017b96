"""One's own account: password, language, keys of programs."""

from typing import Annotated, Literal

from fastapi import APIRouter, Request
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import delete
from sqlalchemy.orm import Session

from service.api.dependencies import CurrentActor, Reading, TheService, Writing
from service.api.tokens import NewToken, TokenId, TokenOut, TokenShown, drop_token, issue_token, tokens_of
from service.domain.roles import Actor
from service.errors import ServiceError, forbidden
from service.state import Service
from service.store.people import LoginLink, LoginSession, User
from service.store.sign_in import SESSION_COOKIE, find_session, hash_password, password_user

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/account", tags=["account"])
_failed = MovingWindowRateLimiter(MemoryStorage())


class PasswordChange(BaseModel):
    """A new password, and the present one where there is one."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"password": "a new long one", "current": "the old long one"}]}
    )

    password: Annotated[str, Field(max_length=200)]
    current: Annotated[str, Field(max_length=200)] | None = None


class LanguageChange(BaseModel):
    """Language of pages and sentences."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"language": "en"}]})

    language: Literal["zh", "en"]


class Done(BaseModel):
    """Tells that it was done."""

    status: Literal["ok"] = "ok"


@router.put(
    "/password",
    responses={403: {"description": "The current password is wrong."}, 429: {"description": "Wrong too often."}},
)
def change_password(request: Request, service: TheService, actor: CurrentActor, change: PasswordChange) -> Done:
    """Set a password; every other browser of this person is signed out."""
    _check_current(service, actor, change.current or "")
    hashed = hash_password(change.password)  # takes a while: not while the database is being written
    with service.database.write() as session:
        session.get_one(User, actor.id).password_hash = hashed
        present = find_session(session, request.cookies.get(SESSION_COOKIE, ""))
        others = delete(LoginSession).where(LoginSession.user_id == actor.id)
        session.execute(others.where(LoginSession.token_hash != present.token_hash) if present else others)
        session.execute(delete(LoginLink).where(LoginLink.user_id == actor.id))
    return Done()


@router.put("/language")
def change_language(session: Writing, actor: CurrentActor, change: LanguageChange) -> Done:
    """Set the language of one's pages, wherever one signs in."""
    session.get_one(User, actor.id).language = change.language
    return Done()


@router.get("/tokens")
def list_tokens(session: Reading, actor: CurrentActor) -> list[TokenOut]:
    """Return what is known of the keys of one's programs."""
    return tokens_of(session, _me(session, actor))


@router.post("/tokens", status_code=201)
def add_token(session: Writing, actor: CurrentActor, new: NewToken) -> TokenShown:
    """Make a key for a program that acts for oneself; it is shown only now."""
    return issue_token(session, _me(session, actor), new)


@router.delete("/tokens/{token_id}", status_code=204)
def delete_token(session: Writing, actor: CurrentActor, token_id: TokenId) -> None:
    """Make one of one's keys useless."""
    drop_token(session, _me(session, actor), token_id)


def _me(session: Session, actor: Actor) -> User:
    return session.get_one(User, actor.id)


def _check_current(service: Service, actor: Actor, current: str) -> None:
    """Ask for the present password: an open browser alone mustn't be enough to take an account over.

    Raises:
        ServiceError: It is wrong, or was too often.
    """
    limit, who = parse(service.settings.login_rate), str(actor.id)
    if not _failed.test(limit, who):
        raise ServiceError(
            429,
            "too_many_logins",
            "密码错误次数过多，请一分钟后再试",
            "too many wrong passwords; try again in a minute",
        )
    with service.database.read() as session:
        user = _me(session, actor)
        is_right = not user.password_hash or password_user(session, user.username, current) is not None
    if not is_right:
        _failed.hit(limit, who)
        raise forbidden("password_wrong", "当前密码不正确，请重新输入", "the current password is wrong; type it again")

"""Signing in and out."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from sqlalchemy.orm import Session

from service.api.dependencies import CurrentActor, TheService, Writing
from service.errors import ServiceError, forbidden
from service.state import Service
from service.store.people import User
from service.store.sign_in import SESSION_COOKIE, SESSION_DAYS, end_sessions, password_user, start_session, use_link
from service.web.language import COOKIE
from service.web.pages import show

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
WIDER = 5  # times as many failures of one name from everywhere, and from one address with all names
_failed = MovingWindowRateLimiter(MemoryStorage())


@router.get("/login")
def login_page(request: Request, next_page: Annotated[str, Query(alias="next")] = "/") -> HTMLResponse:
    """Show the form."""
    return show(request, "login.jinja", next_page=next_page)


@router.post("/login")
def login(
    request: Request,
    service: TheService,
    username: Annotated[str, Form(max_length=50)],
    password: Annotated[str, Form(max_length=200)],
    next_page: Annotated[str, Form(alias="next", max_length=500)] = "/",
) -> Response:
    """Sign in with name and password."""
    _from_own_page(request)
    counted = _counted(request, service, username)
    if not all(_failed.test(limit, *who) for limit, who in counted):
        raise ServiceError(
            429, "too_many_logins", "登录失败次数过多，请一分钟后再试", "too many failed logins; try again in a minute"
        )
    with service.database.read() as session:  # takes a while: not while the database is being written
        user = password_user(session, username, password)
    if user is None:
        for limit, who in counted:
            _failed.hit(limit, *who)
        return show(request, "login.jinja", status=401, next_page=next_page, is_wrong=True, username=username)
    with service.database.write() as session:
        return _signed_in(service, session, user, next_page)


def _counted(request: Request, service: Service, username: str) -> list[tuple[RateLimitItem, tuple[str, ...]]]:
    """Return what failed logins are counted by: name and address; each alone, which has to be let more through.

    The address is the connection's: uvicorn takes X-Forwarded-For from a proxy on this machine only.
    """
    limit = parse(service.settings.login_rate)
    wide = type(limit)(limit.amount * WIDER, limit.multiples)
    address = request.client.host if request.client else ""
    return [(limit, ("both", username, address)), (wide, ("name", username)), (wide, ("address", address))]


@router.get("/login/{token}")
def link_page(request: Request, token: str) -> HTMLResponse:
    """Ask before a link is used: mail scanners and chats open links on their own."""
    return show(request, "login_link.jinja", token=token)


@router.post("/login/{token}")
def login_by_link(request: Request, service: TheService, session: Writing, token: str) -> Response:
    """Sign in with a one-time link."""
    _from_own_page(request)
    return _signed_in(service, session, use_link(session, token), "/account")


@router.post("/logout")
def logout(request: Request, actor: CurrentActor, session: Writing) -> Response:
    """Sign this browser out."""
    end_sessions(session, actor.id, request.cookies.get(SESSION_COOKIE, ""))
    response = RedirectResponse("/login", status_code=303)
    response.delete_cookie(SESSION_COOKIE)
    return response


@router.get("/language/{language}")
def choose_language(request: Request, language: str) -> Response:
    """Remember the language in this browser, and go back."""
    response = RedirectResponse(_local(urlsplit(request.headers.get("referer", "/")).path), status_code=303)
    response.set_cookie(COOKIE, "en" if language == "en" else "zh", max_age=365 * 86400, samesite="lax")
    return response


def _signed_in(service: Service, session: Session, user: User, next_page: str) -> Response:
    token, _ = start_session(session, user)
    response = RedirectResponse(_local(next_page), status_code=303)
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=SESSION_DAYS * 86400,
        httponly=True,
        samesite="lax",
        secure=service.settings.cookies_are_secure,
    )
    return response


def _local(path: str) -> str:
    """Return a path of this service only: a link mustn't send people elsewhere after they signed in."""
    parts = urlsplit(path)
    is_local = path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    return path if is_local else "/"


def _from_own_page(request: Request) -> None:
    """Refuse forms of foreign pages, which could sign people in as somebody else."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise forbidden("csrf", "请从本系统页面登录", "sign in from this service's own page")

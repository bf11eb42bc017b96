"""What routes ask for: the service, a database session, and the person who acts."""

import hmac
from collections.abc import Callable, Iterator
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from service.domain.roles import Actor, Permission, Role
from service.errors import ServiceError, forbidden
from service.state import Service
from service.store.people import User
from service.store.sign_in import SESSION_COOKIE, find_session, token_user
from service.store.trees import units_below

__all__ = ["CurrentActor", "Reading", "TheService", "Writing", "actor_of", "allow"]

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


TheService = Annotated[Service, Depends(_service)]


def _reading(service: TheService) -> Iterator[Session]:
    with service.database.read() as session:
        yield session


def _writing(service: TheService) -> Iterator[Session]:
    with service.database.write() as session:
        yield session


# `scope="function"`: the commit comes before the answer, not after it.
Reading = Annotated[Session, Depends(_reading, scope="function")]
Writing = Annotated[Session, Depends(_writing, scope="function")]


def _actor(request: Request, service: TheService) -> Actor:
    with service.database.read() as session:
        actor = _signed_in(request, session)
    request.state.actor = actor  # for the page that says what went wrong
    return actor


CurrentActor = Annotated[Actor, Depends(_actor)]


def allow(permission: Permission) -> Any:
    """Return the dependency of a route that needs a permission; its value is the actor."""
    return Depends(_allowed(permission))


def _allowed(permission: Permission) -> Callable[[Actor], Actor]:
    def allowed(actor: CurrentActor) -> Actor:
        if not actor.may(permission):
            raise forbidden("role", "您的角色无权进行此操作", f"your role may not do this ({permission})")
        return actor

    return allowed


def _signed_in(request: Request, session: Session) -> Actor:
    """Return who sends a request: by key, or by cookie and then, if it changes anything, with the session's token.

    Raises:
        ServiceError: Nobody is signed in, or a foreign page may have sent the request.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        user = token_user(session, token.strip())
        if user is None:
            raise ServiceError(401, "token_unknown", "密钥无效或已过期", "the key is unknown or has expired")
        return actor_of(session, user)
    found = find_session(session, request.cookies.get(SESSION_COOKIE, ""))
    if found is None:
        raise ServiceError(401, "not_signed_in", "请先登录", "sign in first")
    request.state.csrf_token = found.csrf_token
    request.state.language = found.user.language
    sent = request.headers.get("x-csrf-token", "")
    if request.method not in SAFE and not hmac.compare_digest(sent.encode(), found.csrf_token.encode()):
        raise forbidden("csrf", "页面已过期，请刷新后重试", "the page is out of date; reload it and try again")
    return actor_of(session, found.user)


def actor_of(session: Session, user: User) -> Actor:
    """Return a user as the rules see them."""
    unit_ids = None if user.unit_id is None else units_below(session, user.unit_id)
    return Actor(user.id, user.name, Role(user.role), unit_ids)

"""Signing in: passwords, one-time links, the cookies' sessions and programs' tokens. Only hashes are stored."""

import hashlib
import secrets
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from service.errors import ServiceError, invalid
from service.store.base import now
from service.store.people import ApiToken, LoginLink, LoginSession, User

__all__ = [
    "SESSION_COOKIE",
    "end_sessions",
    "find_session",
    "hash_password",
    "make_link",
    "make_token",
    "password_user",
    "start_session",
    "token_user",
    "use_link",
]

SESSION_COOKIE = "cleanlane_session"
SESSION_DAYS = 14
LINK_HOURS = 24
SHORTEST_PASSWORD = 10

_hasher = PasswordHasher()
# Compared against where there is no such user, so that the time taken doesn't tell which names exist.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$8GdEmk5DEd4ItRGm9dHSfSSHGZz8hPTBjCwPwvUlp1M"


def hash_password(password: str) -> str:
    """Return what is stored of a password (Argon2id).

    Raises:
        ServiceError: It is too short.
    """
    if len(password) < SHORTEST_PASSWORD:
        raise invalid(
            "password_short",
            f"密码至少 {SHORTEST_PASSWORD} 个字符",
            f"a password has {SHORTEST_PASSWORD} characters or more",
        )
    return _hasher.hash(password)


def password_user(session: Session, username: str, password: str) -> User | None:
    """Return the active user of that name and password; takes as long where there is none."""
    user = session.scalar(select(User).where(User.username == username, User.is_active))
    try:
        _hasher.verify(user.password_hash if user and user.password_hash else _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return None
    return user if user and user.password_hash else None


def start_session(session: Session, user: User) -> tuple[str, LoginSession]:
    """Sign a user in; returns the cookie's value, which is new at every sign-in, and the session."""
    session.execute(delete(LoginSession).where(LoginSession.expires < now()))
    token = secrets.token_urlsafe(32)
    started = LoginSession(
        token_hash=_hash(token),
        user_id=user.id,
        csrf_token=secrets.token_urlsafe(32),
        expires=now() + timedelta(days=SESSION_DAYS),
    )
    session.add(started)
    return token, started


def find_session(session: Session, token: str) -> LoginSession | None:
    """Return the session of a cookie, if it is valid and its user active."""
    found = session.get(LoginSession, _hash(token))
    return found if found and found.expires > now() and found.user.is_active else None


def end_sessions(session: Session, user_id: int, token: str | None = None) -> None:
    """Sign a user out: of one browser, or everywhere."""
    ended = delete(LoginSession).where(LoginSession.user_id == user_id)
    session.execute(ended if token is None else ended.where(LoginSession.token_hash == _hash(token)))


def make_link(session: Session, user: User) -> str:
    """Return the token of a link that signs a user in once; earlier ones of theirs no longer do."""
    session.execute(delete(LoginLink).where(LoginLink.user_id == user.id))
    token = secrets.token_urlsafe(32)
    session.add(LoginLink(token_hash=_hash(token), user_id=user.id, expires=now() + timedelta(hours=LINK_HOURS)))
    return token


def use_link(session: Session, token: str) -> User:
    """Return the user of a link and make it useless.

    Raises:
        ServiceError: It was used, is too old, or never was.
    """
    used = session.execute(
        update(LoginLink)
        .where(LoginLink.token_hash == _hash(token), LoginLink.used.is_(None), LoginLink.expires > now())
        .values(used=now())
        .returning(LoginLink.user_id)
    ).scalar()
    user = session.get(User, used) if used is not None else None
    if user is None or not user.is_active:
        raise ServiceError(
            403,
            "link_useless",
            "链接已使用或已过期，请向管理员索取新链接",
            "the link was used or is too old; ask for a new one",
        )
    return user


def make_token(session: Session, user: User, name: str) -> str:
    """Return a new key of a program that acts for a user."""
    token = secrets.token_urlsafe(32)
    session.add(ApiToken(token_hash=_hash(token), user_id=user.id, name=name))
    return token


def token_user(session: Session, token: str) -> User | None:
    """Return the active user of a program's key."""
    found = session.get(ApiToken, _hash(token))
    valid = found is not None and (found.expires is None or found.expires > now()) and found.user.is_active
    return found.user if found is not None and valid else None


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

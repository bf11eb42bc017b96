"""Keys of programs that act for people: made, listed, revoked. A key itself is shown once and never kept."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.errors import not_found
from service.fields import ShortText
from service.store.base import now
from service.store.people import ApiToken, User
from service.store.sign_in import make_token

__all__ = ["NewToken", "TokenId", "TokenOut", "TokenShown", "drop_token", "issue_token", "tokens_of"]

ID_LENGTH = 16  # of the hash's hexadecimal digits
TokenId = Annotated[str, Path(pattern="^[0-9a-f]{16}$")]


class NewToken(BaseModel):
    """A key to be made."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "数据大屏", "days": 365}]})

    name: Annotated[ShortText, Field(min_length=1)]
    days: Annotated[int, Field(ge=1, le=3650)] | None = None  # none: until it is revoked


class TokenOut(BaseModel):
    """What is known of a key."""

    id: str
    name: str
    created: datetime
    expires: datetime | None


class TokenShown(TokenOut):
    """A new key; it is shown only now."""

    token: str


def tokens_of(session: Session, user: User) -> list[TokenOut]:
    """Return what is known of a user's keys, the oldest first."""
    found = session.scalars(select(ApiToken).where(ApiToken.user_id == user.id).order_by(ApiToken.created).limit(200))
    return [_out(token) for token in found]


def issue_token(session: Session, user: User, new: NewToken) -> TokenShown:
    """Make a key."""
    token = make_token(session, user, new.name)
    session.flush()
    latest = select(ApiToken).where(ApiToken.user_id == user.id).order_by(ApiToken.created.desc())
    made = session.scalars(latest).first()
    assert made is not None  # noqa: S101 - just made
    made.expires = now() + timedelta(days=new.days) if new.days else None
    return TokenShown(**_out(made).model_dump(), token=token)


def drop_token(session: Session, user: User, token_id: str) -> None:
    """Make a user's key useless.

    Raises:
        ServiceError: They have none of that id.
    """
    mine = select(ApiToken).where(ApiToken.user_id == user.id, ApiToken.token_hash.startswith(token_id))
    found = session.scalars(mine).first()
    if found is None:
        raise not_found("密钥", "key")
    session.delete(found)


def _out(token: ApiToken) -> TokenOut:
    return TokenOut(id=token.token_hash[:ID_LENGTH], name=token.name, created=token.created, expires=token.expires)

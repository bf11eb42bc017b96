"""Tables of units, people and how they prove who they are."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.store.base import Base, UtcTime, now

__all__ = ["ApiToken", "LoginLink", "LoginSession", "Unit", "User"]


class Unit(Base):
    """责任单位: the street office, a village or community, a department, a team."""

    __tablename__ = "units"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    kind: Mapped[str] = mapped_column(String(20), default="community")  # office, community, department, team
    code: Mapped[str] = mapped_column(String(18), default="")  # 主管部门代码 of GB/T 47678.5
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("units.id", deferrable=True), index=True)
    head: Mapped[str] = mapped_column(String(50), default="")
    phone: Mapped[str] = mapped_column(String(30), default="")

    parent: Mapped["Unit | None"] = relationship(remote_side="Unit.id")


class User(Base):
    """A person who signs in."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(50), unique=True)
    name: Mapped[str] = mapped_column(String(50))
    phone: Mapped[str] = mapped_column(String(30), default="")
    role: Mapped[str] = mapped_column(String(20))  # a Role
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"), index=True)  # none: the whole town
    password_hash: Mapped[str] = mapped_column(String(200), default="")  # empty: signs in by link only
    is_active: Mapped[bool] = mapped_column(default=True)
    language: Mapped[str] = mapped_column(String(5), default="zh")
    created: Mapped[datetime] = mapped_column(UtcTime, default=now)

    unit: Mapped[Unit | None] = relationship()


class LoginSession(Base):
    """A browser that is signed in; the cookie's token is kept as a hash only."""

    __tablename__ = "login_sessions"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    csrf_token: Mapped[str] = mapped_column(String(64))
    expires: Mapped[datetime] = mapped_column(UtcTime)

    user: Mapped[User] = relationship()


class LoginLink(Base):
    """A link that signs in once."""

    __tablename__ = "login_links"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    expires: Mapped[datetime] = mapped_column(UtcTime)
    used: Mapped[datetime | None] = mapped_column(UtcTime)

    user: Mapped[User] = relationship()


class ApiToken(Base):
    """A key of a program that acts for a person: `Authorization: Bearer …`, or Open311's `api_key`."""

    __tablename__ = "api_tokens"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    created: Mapped[datetime] = mapped_column(UtcTime, default=now)
    expires: Mapped[datetime | None] = mapped_column(UtcTime)

    user: Mapped[User] = relationship()

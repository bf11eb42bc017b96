"""Tables of the town's rules: deadlines, slips, and single settings."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.store.base import Base, UtcTime, now
from service.store.issues import Issue
from service.store.people import Unit, User

__all__ = ["DeadlineRule", "Setting", "Slip", "SlipRule"]


class DeadlineRule(Base):
    """How long an issue of a category and severity may take."""

    __tablename__ = "deadline_rules"

    id: Mapped[int] = mapped_column(primary_key=True)
    category: Mapped[str] = mapped_column(String(30), default="")  # empty: every one without a rule of its own
    severity: Mapped[int | None]  # none: every one
    amount: Mapped[float]
    clock: Mapped[str] = mapped_column(String(20))  # working_hours, working_days, hours, days
    for_department: Mapped[bool] = mapped_column(default=False)  # the clock of a department after escalation


class SlipRule(Base):
    """When a slip (督办单) is proposed."""

    __tablename__ = "slip_rules"

    id: Mapped[int] = mapped_column(primary_key=True)
    colour: Mapped[str] = mapped_column(String(10))  # white, yellow, red
    reason: Mapped[str] = mapped_column(
        String(20)
    )  # overdue, returned, recurred, slipped (a slip of `after` was given)
    threshold: Mapped[float]  # working hours overdue, returns, recurrences; slipped: working hours since
    window_days: Mapped[float] = mapped_column(default=30.0)  # in which recurrences are counted
    after: Mapped[str] = mapped_column(String(10), default="")  # colour that has to have been given before
    is_active: Mapped[bool] = mapped_column(default=True)


class Slip(Base):
    """督办单: a white, yellow or red slip to a unit about an issue."""

    __tablename__ = "slips"
    __table_args__ = (Index("ix_slips_state_proposed", "state", "proposed"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id"), index=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"), index=True)
    colour: Mapped[str] = mapped_column(String(10))
    rule_id: Mapped[int | None] = mapped_column(ForeignKey("slip_rules.id"))
    reason: Mapped[str] = mapped_column(String(300))
    state: Mapped[str] = mapped_column(String(10), default="proposed")  # proposed, issued, dropped, answered
    proposed: Mapped[datetime] = mapped_column(UtcTime, default=now)
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # none: by a rule
    decided: Mapped[datetime | None] = mapped_column(UtcTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decision: Mapped[str] = mapped_column(String(300), default="")
    answer: Mapped[str] = mapped_column(String(500), default="")
    answered: Mapped[datetime | None] = mapped_column(UtcTime)

    issue: Mapped[Issue] = relationship()
    unit: Mapped[Unit | None] = relationship()
    proposed_by: Mapped[User | None] = relationship(foreign_keys=[proposed_by_id])
    decided_by: Mapped[User | None] = relationship(foreign_keys=[decided_by_id])


class Setting(Base):
    """A setting that is changed while the service runs, such as the model or the working hours."""

    __tablename__ = "settings"

    key: Mapped[str] = mapped_column(String(50), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)
    changed: Mapped[datetime] = mapped_column(UtcTime, default=now, onupdate=now)

"""Tables of webhooks and of messages on their way."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.store.base import Base, UtcTime, now

__all__ = ["Delivery", "OutboxEvent", "Webhook"]


class Webhook(Base):
    """An address that is told of events."""

    __tablename__ = "webhooks"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    kind: Mapped[str] = mapped_column(String(10), default="generic")  # generic, wecom, dingtalk
    url: Mapped[str] = mapped_column(String(500))
    secret: Mapped[str] = mapped_column(String(200), default="")
    events: Mapped[list[str]] = mapped_column(JSON, default=list)  # empty: all
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))  # only its issues
    is_active: Mapped[bool] = mapped_column(default=True)


class OutboxEvent(Base):
    """Something that happened, written in the transaction that made it happen."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcTime, default=now)
    event: Mapped[str] = mapped_column(String(30))  # issue.confirm, issue.dispatch, slip.issued, photo.parked, …
    issue_id: Mapped[int | None] = mapped_column(ForeignKey("issues.id"))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    is_spread: Mapped[bool] = mapped_column(default=False, index=True)  # deliveries were made of it


class Delivery(Base):
    """One message to one webhook."""

    __tablename__ = "deliveries"
    __table_args__ = (Index("ix_deliveries_state_due", "state", "due"), UniqueConstraint("webhook_id", "outbox_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"), index=True)
    outbox_id: Mapped[int] = mapped_column(ForeignKey("outbox.id"))
    state: Mapped[str] = mapped_column(String(10), default="queued")  # queued, working, sent, given_up
    due: Mapped[datetime] = mapped_column(UtcTime, default=now)
    attempts: Mapped[int] = mapped_column(default=0)
    status: Mapped[int | None]  # HTTP
    error: Mapped[str] = mapped_column(String(300), default="")
    sent: Mapped[datetime | None] = mapped_column(UtcTime)

    webhook: Mapped[Webhook] = relationship()
    outbox: Mapped[OutboxEvent] = relationship()

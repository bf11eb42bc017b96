"""Tables of photos, which are the queue as well, and of requests that were answered."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.store.base import Base, UtcTime, now
from service.store.people import User
from service.store.places import Grid, Site

__all__ = ["AnsweredRequest", "Photo", "PhotoState", "Purpose"]


class PhotoState(StrEnum):
    """Where a photo stands in the queue."""

    QUEUED = "queued"
    WORKING = "working"
    DONE = "done"
    PARKED = "parked"  # was tried too often or can't be read; `error` says why


class Purpose(StrEnum):
    """Why a photo was taken."""

    INSPECTION = "inspection"
    AFTER = "after"  # shows the place of `issue_id` after it was put in order
    EVENT = "event"  # a frame of patrol footage; `given` says what it shows


class Photo(Base):
    """A photo, stored as it came under the hash of its bytes; the same bytes are never stored or looked at twice."""

    __tablename__ = "photos"
    __table_args__ = (
        Index("ix_photos_due", "state", "due"),
        Index("ix_photos_reporter_received", "reporter_id", "received"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))  # as the sender called the file
    content_type: Mapped[str] = mapped_column(String(30))  # by content
    byte_count: Mapped[int]
    width: Mapped[int]  # upright
    height: Mapped[int]
    purpose: Mapped[str] = mapped_column(String(20), default=Purpose.INSPECTION)
    issue_id: Mapped[int | None] = mapped_column(ForeignKey("issues.id", use_alter=True, deferrable=True), index=True)
    reporter_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    received: Mapped[datetime] = mapped_column(UtcTime, default=now, index=True)
    captured: Mapped[datetime | None] = mapped_column(UtcTime)  # without a zone in the photo: the town's is assumed
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    datum: Mapped[str] = mapped_column(String(10), default="")
    grid_id: Mapped[int | None] = mapped_column(ForeignKey("grids.id"), index=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"), index=True)
    note: Mapped[str] = mapped_column(String(500), default="")
    given: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # an event of events.json, taken as it is

    state: Mapped[str] = mapped_column(String(10), default=PhotoState.QUEUED)
    due: Mapped[datetime] = mapped_column(UtcTime, default=now)  # queued: not before; working: given up after
    claim: Mapped[str] = mapped_column(String(32), default="")  # of the worker that has it; a result needs the same
    attempts: Mapped[int] = mapped_column(default=0)
    error_code: Mapped[str] = mapped_column(String(30), default="")
    error: Mapped[str] = mapped_column(String(500), default="")
    boxes: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON)  # of vision.inference.results.Box; all categories
    model: Mapped[str] = mapped_column(String(100), default="")  # name and first 12 digits of the hash
    finished: Mapped[datetime | None] = mapped_column(UtcTime)

    reporter: Mapped[User] = relationship()
    grid: Mapped[Grid | None] = relationship()
    site: Mapped[Site | None] = relationship()


class AnsweredRequest(Base):
    """A request with an `Idempotency-Key`, and what was answered: the same answer is given again."""

    __tablename__ = "answered_requests"
    __table_args__ = (UniqueConstraint("user_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    key: Mapped[str] = mapped_column(String(100))
    fingerprint: Mapped[str] = mapped_column(String(64))  # of what was sent
    answer: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(UtcTime, default=now, index=True)

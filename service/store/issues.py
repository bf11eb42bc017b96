"""Tables of issues, their evidence and their history."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.domain.lifecycle import State
from service.store.base import Base, UtcTime, now
from service.store.people import Unit, User
from service.store.photos import Photo
from service.store.places import Grid, Site

__all__ = ["Evidence", "HistoryEntry", "Issue"]


class Issue(Base):
    """案件: a problem in one place, from suspicion to strike-off."""

    __tablename__ = "issues"
    __table_args__ = (
        # Few, and with all that the ledger and the overview ask for, so that no row is looked up only to be left out.
        # None on a unit or a person alone: SQLite would collect half the ledger through it, and sort that.
        Index(
            "ix_issues_found",
            *("found", "id", "state", "category", "severity", "unit_id", "department_id", "reporter_id", "grid_id"),
            *("site_id", "handler_id", "recurrence_of_id", "deadline", "department_deadline"),
        ),
        Index(
            "ix_issues_state_found",
            *("state", "found", "id", "unit_id", "department_id", "reporter_id", "grid_id", "category"),
            *("deadline", "department_deadline"),
        ),
        Index(
            "ix_issues_state_ended",
            *("state", "ended", "unit_id", "department_id", "reporter_id"),
            *("submitted", "deadline", "department_deadline"),
        ),
        # What a photo may show, by its place: its grid cell, its site, its coordinates.
        Index("ix_issues_grid_state_seen", "grid_id", "state", "last_seen"),
        Index("ix_issues_site_state_seen", "site_id", "state", "last_seen"),
        Index("ix_issues_latitude_longitude", "latitude", "longitude"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)  # its number in the ledger
    state: Mapped[str] = mapped_column(String(20), default=State.SUSPECTED)
    category: Mapped[str] = mapped_column(String(30))  # of vision.categories
    standard: Mapped[str] = mapped_column(String(40), default="")  # such as GB/T 47678.5-2026
    code: Mapped[str] = mapped_column(String(20), default="")  # in the standard: 06010
    code_name: Mapped[str] = mapped_column(String(50), default="")  # 暴露垃圾
    severity: Mapped[int] = mapped_column(default=1)  # 1 minor, 2 ordinary, 3 grave
    confidence: Mapped[float] = mapped_column(default=0.0)  # best score of its evidence, 0..1

    grid_id: Mapped[int | None] = mapped_column(ForeignKey("grids.id"))
    site_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"))
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    datum: Mapped[str] = mapped_column(String(10), default="")
    address: Mapped[str] = mapped_column(String(256), default="")
    description: Mapped[str] = mapped_column(String(500), default="")
    reporter_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    found: Mapped[datetime] = mapped_column(UtcTime, default=now)  # first photo's time
    last_seen: Mapped[datetime] = mapped_column(UtcTime, default=now)
    presence: Mapped[str] = mapped_column(String(10), default="there")  # by the last photo: there, gone
    recurrence_of_id: Mapped[int | None] = mapped_column(
        ForeignKey("issues.id", deferrable=True)
    )  # a closed one that is back again
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("issues.id", deferrable=True))

    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))  # responsible
    department_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))  # escalated to
    handler_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # person responsible
    measure: Mapped[str] = mapped_column(String(500), default="")
    dispatched: Mapped[datetime | None] = mapped_column(UtcTime)
    deadline: Mapped[datetime | None] = mapped_column(UtcTime)
    submitted: Mapped[datetime | None] = mapped_column(UtcTime)
    escalated: Mapped[datetime | None] = mapped_column(UtcTime)
    department_deadline: Mapped[datetime | None] = mapped_column(UtcTime)  # the department's own clock
    ended: Mapped[datetime | None] = mapped_column(UtcTime)  # closed or cancelled
    returns: Mapped[int] = mapped_column(default=0)  # times that it was returned
    is_hard_negative: Mapped[bool] = mapped_column(default=False)  # rejected: there is no such thing on the photo
    version: Mapped[int] = mapped_column(default=1)  # two people can't overwrite each other

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012

    grid: Mapped[Grid | None] = relationship()
    site: Mapped[Site | None] = relationship()
    unit: Mapped[Unit | None] = relationship(foreign_keys=[unit_id])
    department: Mapped[Unit | None] = relationship(foreign_keys=[department_id])
    handler: Mapped[User | None] = relationship(foreign_keys=[handler_id])
    reporter: Mapped[User | None] = relationship(foreign_keys=[reporter_id])
    evidence: Mapped[list["Evidence"]] = relationship(back_populates="issue", order_by="Evidence.id")
    history: Mapped[list["HistoryEntry"]] = relationship(order_by="HistoryEntry.id")


class Evidence(Base):
    """A photo that tells of an issue, and where on it."""

    __tablename__ = "evidence"
    __table_args__ = (Index("ix_evidence_issue_kind", "issue_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id"))
    photo_id: Mapped[int] = mapped_column(ForeignKey("photos.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))  # first, again, gone (nothing left there), after (rectification)
    boxes: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)  # of vision.inference.results.Box
    corrected: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON)  # boxes as a person drew them; score 1
    corrected_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    comparison: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # with the earlier photo, see domain.comparison
    at: Mapped[datetime] = mapped_column(UtcTime, default=now)  # when the photo was taken, else received
    added: Mapped[datetime] = mapped_column(UtcTime, default=now)

    issue: Mapped[Issue] = relationship(back_populates="evidence")
    photo: Mapped[Photo] = relationship(foreign_keys=[photo_id])


class HistoryEntry(Base):
    """Who did what to an issue, when and why. Rows are only ever added; triggers of the database see to it."""

    __tablename__ = "history"

    id: Mapped[int] = mapped_column(primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcTime, default=now)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # none: the program
    user_name: Mapped[str] = mapped_column(String(50), default="")  # as it was then
    action: Mapped[str] = mapped_column(String(30))  # an Action, or found, again, gone, change, slip, …
    from_state: Mapped[str] = mapped_column(String(20), default="")
    to_state: Mapped[str] = mapped_column(String(20), default="")
    why: Mapped[str] = mapped_column(Text, default="")
    detail: Mapped[dict[str, Any] | None] = mapped_column(JSON)

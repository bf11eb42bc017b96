"""Tables of what was read on postings."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.store.base import Base, UtcTime, now
from service.store.issues import Evidence

__all__ = ["AdvertisedNumber", "PostingReading"]


class PostingReading(Base):
    """What was read on the postings of one piece of evidence."""

    __tablename__ = "posting_readings"

    id: Mapped[int] = mapped_column(primary_key=True)
    evidence_id: Mapped[int] = mapped_column(ForeignKey("evidence.id"), unique=True)
    text: Mapped[str] = mapped_column(Text, default="")
    confidence: Mapped[float] = mapped_column(default=0.0)
    at: Mapped[datetime] = mapped_column(UtcTime, default=now)

    evidence: Mapped[Evidence] = relationship()
    numbers: Mapped[list["AdvertisedNumber"]] = relationship(back_populates="reading")


class AdvertisedNumber(Base):
    """A phone number on a posting; all with one number form an advertiser's dossier."""

    __tablename__ = "advertised_numbers"
    __table_args__ = (UniqueConstraint("reading_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    reading_id: Mapped[int] = mapped_column(ForeignKey("posting_readings.id"), index=True)
    number: Mapped[str] = mapped_column(String(20), index=True)  # E.164, such as +8613812345678
    as_written: Mapped[str] = mapped_column(String(50), default="")

    reading: Mapped[PostingReading] = relationship(back_populates="numbers")

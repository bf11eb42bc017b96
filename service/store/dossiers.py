"""Dossiers of advertisers: all postings across town that show one phone number."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.domain.roles import Actor
from service.store.issues import Evidence, Issue
from service.store.postings import AdvertisedNumber, PostingReading
from service.store.visible import visible_issues

__all__ = ["Dossier", "Posting", "dossiers", "number_of", "postings_of"]


class Dossier(NamedTuple):
    """A number and how often it was seen; `id` is that of one of its rows, so that no address shows the number."""

    id: int
    number: str
    issues: int
    cells: int
    first: datetime
    last: datetime


class Posting(NamedTuple):
    """One posting of a dossier."""

    evidence_id: int
    issue_id: int
    state: str
    address: str
    at: datetime
    text: str
    as_written: str


def dossiers(session: Session, actor: Actor, page: int, size: int) -> Sequence[Dossier]:
    """Return the numbers that the person's issues show, the most frequent first."""
    count = func.count(func.distinct(Issue.id))
    query = (
        select(
            func.min(AdvertisedNumber.id),
            AdvertisedNumber.number,
            count,
            func.count(func.distinct(Issue.grid_id)),
            func.min(Evidence.at),
            func.max(Evidence.at),
        )
        .join(PostingReading, AdvertisedNumber.reading_id == PostingReading.id)
        .join(Evidence, PostingReading.evidence_id == Evidence.id)
        .join(Issue, Evidence.issue_id == Issue.id)
        .group_by(AdvertisedNumber.number)
        .order_by(count.desc(), AdvertisedNumber.number)
        .limit(size)
        .offset((page - 1) * size)
    )
    return [Dossier._make(row) for row in session.execute(visible_issues(query, actor))]


def number_of(session: Session, id_: int) -> str | None:
    """Return the number of a dossier."""
    return session.scalar(select(AdvertisedNumber.number).where(AdvertisedNumber.id == id_))


def postings_of(session: Session, actor: Actor, number: str, limit: int = 200) -> Sequence[Posting]:
    """Return the postings with a number that the person may see, the latest first."""
    query = (
        select(
            Evidence.id,
            Issue.id,
            Issue.state,
            Issue.address,
            Evidence.at,
            PostingReading.text,
            AdvertisedNumber.as_written,
        )
        .join(PostingReading, AdvertisedNumber.reading_id == PostingReading.id)
        .join(Evidence, PostingReading.evidence_id == Evidence.id)
        .join(Issue, Evidence.issue_id == Issue.id)
        .where(AdvertisedNumber.number == number)
        .order_by(Evidence.at.desc())
        .limit(limit)
    )
    return [Posting._make(row) for row in session.execute(visible_issues(query, actor))]

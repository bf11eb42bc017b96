"""Advertisers' dossiers as data; numbers are masked for roles that needn't see them."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from service.api.dependencies import Reading, allow
from service.domain.phone_numbers import display, mask
from service.domain.roles import Actor, Permission
from service.errors import not_found
from service.fields import PathId
from service.store.dossiers import Dossier, Posting, dossiers, number_of, postings_of

__all__ = ["DossierOut", "PostingOut", "dossier_out", "posting_out", "router"]

router = APIRouter(prefix="/api/v1/postings", tags=["postings"])


class DossierOut(BaseModel):
    """A number, and where and when it was seen."""

    id: int
    number: str
    issues: int
    cells: int
    first: datetime
    last: datetime


class PostingOut(BaseModel):
    """One posting."""

    evidence_id: int
    issue_id: int
    state: str
    address: str
    at: datetime
    text: str


class DossierWithPostings(DossierOut):
    """A dossier with its postings, the latest first."""

    postings: list[PostingOut]


def dossier_out(dossier: Dossier, actor: Actor) -> DossierOut:
    """Return a dossier as a person may see it."""
    shown = display(dossier.number) if actor.may(Permission.SEE_NUMBERS) else mask(dossier.number)
    return DossierOut(**dossier._asdict() | {"number": shown})


def posting_out(posting: Posting, number: str, actor: Actor) -> PostingOut:
    """Return a posting as a person may see it; what was read shows the numbers, too."""
    text = posting.text if actor.may(Permission.SEE_NUMBERS) else _masked(posting, number)
    return PostingOut(**{**posting._asdict(), "text": text})


@router.get("")
def list_dossiers(
    session: Reading,
    actor: Annotated[Actor, allow(Permission.REVIEW)],
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
    size: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[DossierOut]:
    """List the numbers read on postings, the most frequent first."""
    return [dossier_out(dossier, actor) for dossier in dossiers(session, actor, page, size)]


@router.get("/{dossier_id}")
def one_dossier(
    session: Reading, actor: Annotated[Actor, allow(Permission.REVIEW)], dossier_id: PathId
) -> DossierWithPostings:
    """Give one advertiser's dossier."""
    number = number_of(session, dossier_id)
    postings = postings_of(session, actor, number) if number else []
    if number is None or not postings:
        raise not_found("档案", "dossier")
    times = [posting.at for posting in postings]
    issues = {posting.issue_id for posting in postings}
    places = {posting.address for posting in postings}
    head = dossier_out(Dossier(dossier_id, number, len(issues), len(places), min(times), max(times)), actor)
    return DossierWithPostings(
        **head.model_dump(), postings=[posting_out(posting, number, actor) for posting in postings]
    )


def _masked(posting: Posting, number: str) -> str:
    """Leave out every line with three digits or more in it: another number may stand there, written otherwise."""
    lines = (line for line in posting.text.splitlines() if sum(c.isdigit() for c in line) < 3)
    return "\n".join([*lines, mask(number)])

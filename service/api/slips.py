"""Slips (督办单): proposed by rule or by hand, approved by somebody else, answered by the unit."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from service.api.dependencies import Reading, TheService, Writing, allow
from service.domain.roles import Actor, Permission
from service.domain.slips import Colour, SlipState
from service.fields import LARGEST_ID, LongText, PathId
from service.settings import Settings
from service.store import slips as store
from service.store.issues import Issue
from service.store.rules import Slip
from service.store.visible import issue_for, visible_issues

__all__ = ["SlipOut", "router", "slips_out", "visible_slips"]

router = APIRouter(prefix="/api/v1", tags=["slips"])
Supervisor = Annotated[Actor, allow(Permission.SUPERVISE)]
SHORTS = {Colour.WHITE: "白", Colour.YELLOW: "黄", Colour.RED: "红"}
Words = Annotated[LongText, StringConstraints(max_length=300)]
Reason = Annotated[Words, StringConstraints(min_length=1)]


class SlipOut(BaseModel):
    """A slip.

    `number` is written as it stands on the sheet, and empty until the slip is issued.
    """

    id: int
    issue: int
    unit_id: int | None
    unit: str
    colour: Colour
    number: str
    reason: str
    state: SlipState
    category: str
    place: str
    deadline: datetime | None
    proposed: datetime
    proposed_by: str
    proposed_by_id: int | None
    decided: datetime | None
    decided_by: str
    decision: str
    answer: str
    answered: datetime | None


class SlipPage(BaseModel):
    """A page of slips, the newest first."""

    total: int
    slips: list[SlipOut]


class Proposal(BaseModel):
    """A slip proposed by hand."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"colour": "white", "reason": "市场北门垃圾堆积，群众多次反映"}}
    )

    colour: Colour
    reason: Reason


class Note(BaseModel):
    """What the one who approves has to say."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"note": "限两个工作日内整改到位"}})

    note: Words | None = None


class Why(BaseModel):
    """Why a slip is dropped."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"why": "因台风停工，已另行延期"}})

    why: Reason


class Answer(BaseModel):
    """What the unit answers (整改回复)."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"text": "已清运垃圾并增设两个垃圾桶"}})

    text: Annotated[LongText, StringConstraints(min_length=1)]


@router.get("/slips")
def list_slips(
    actor: Annotated[Actor, allow(Permission.SEE_ISSUES)],
    session: Reading,
    service: TheService,
    state: SlipState | None = None,
    colour: Colour | None = None,
    unit: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    size: Annotated[int, Query(ge=1, le=200)] = 50,
) -> SlipPage:
    """List slips of issues that one may see; proposed and dropped ones are shown to supervisors only."""
    query = visible_slips(actor, state, colour, unit)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = session.scalars(query.order_by(Slip.id.desc()).limit(size).offset((page - 1) * size)).all()
    return SlipPage(total=total, slips=slips_out(session, list(rows), service.settings))


@router.post("/issues/{issue_id}/slips", status_code=201, responses={409: {"description": "The order of colours."}})
def propose(issue_id: PathId, body: Proposal, actor: Supervisor, session: Writing, service: TheService) -> SlipOut:
    """Propose a slip by hand; somebody else has to approve it."""
    issue = issue_for(session, actor, issue_id)
    slip = store.propose_by_hand(session, service.settings, issue, body.colour, body.reason, actor)
    return _one(session, slip, service.settings)


@router.post("/slips/{slip_id}/approve", responses={409: {"description": "It was decided already."}})
def approve(slip_id: PathId, body: Note, actor: Supervisor, session: Writing, service: TheService) -> SlipOut:
    """Issue a proposed slip to its unit; not by the one who proposed it."""
    slip = store.slip_for_decision(session, actor, slip_id)
    store.approve(session, slip, actor, body.note or "")
    return _one(session, slip, service.settings)


@router.post("/slips/{slip_id}/drop", responses={409: {"description": "It was decided already."}})
def drop(slip_id: PathId, body: Why, actor: Supervisor, session: Writing, service: TheService) -> SlipOut:
    """Drop a proposed slip."""
    slip = store.slip_for_decision(session, actor, slip_id)
    store.drop(session, slip, actor, body.why)
    return _one(session, slip, service.settings)


@router.post("/slips/{slip_id}/answer", responses={409: {"description": "It isn't to be answered (any more)."}})
def answer(
    slip_id: PathId,
    body: Answer,
    actor: Annotated[Actor, allow(Permission.RECTIFY)],
    session: Writing,
    service: TheService,
) -> SlipOut:
    """Answer a slip, as its unit's handler."""
    slip = store.slip_for_decision(session, actor, slip_id)
    store.answer(session, slip, actor, body.text)
    return _one(session, slip, service.settings)


def visible_slips(
    actor: Actor, state: SlipState | None = None, colour: Colour | None = None, unit: int | None = None
) -> Select[Slip]:
    """Return the query of the slips that a person may see."""
    query = visible_issues(select(Slip).join(Issue, Slip.issue_id == Issue.id), actor)
    if not actor.may(Permission.SUPERVISE):
        query = query.where(Slip.state.in_([SlipState.ISSUED, SlipState.ANSWERED]))
    if state is not None:
        query = query.where(Slip.state == state)
    if colour is not None:
        query = query.where(Slip.colour == colour)
    if unit is not None:
        query = query.where(Slip.unit_id == unit)
    return query.options(
        joinedload(Slip.unit),
        joinedload(Slip.proposed_by),
        joinedload(Slip.decided_by),
        joinedload(Slip.issue).options(joinedload(Issue.site), joinedload(Issue.grid)),
    )


def slips_out(session: Session, slips: list[Slip], settings: Settings) -> list[SlipOut]:
    """Return slips as they are answered."""
    numbers = store.numbers_of(session, slips, settings)
    return [_out(slip, numbers.get(slip.id)) for slip in slips]


def _one(session: Session, slip: Slip, settings: Settings) -> SlipOut:
    session.flush()
    return slips_out(session, [slip], settings)[0]


def _out(slip: Slip, number: tuple[int, int] | None) -> SlipOut:
    issue, colour = slip.issue, Colour(slip.colour)
    parts = [issue.grid.name if issue.grid else "", issue.site.name if issue.site else "", issue.address]
    return SlipOut(
        id=slip.id,
        issue=slip.issue_id,
        unit_id=slip.unit_id,
        unit=slip.unit.name if slip.unit else "",
        colour=colour,
        number=f"净督〔{number[0]}〕{SHORTS[colour]} 第 {number[1]} 号" if number else "",
        reason=slip.reason,
        state=SlipState(slip.state),
        category=issue.category,
        place=" ".join(part for part in parts if part == issue.address or (part and part not in issue.address)),
        deadline=issue.department_deadline if issue.department_id else issue.deadline,
        proposed=slip.proposed,
        proposed_by=slip.proposed_by.name if slip.proposed_by else "",
        proposed_by_id=slip.proposed_by_id,
        decided=slip.decided,
        decided_by=slip.decided_by.name if slip.decided_by else "",
        decision=slip.decision,
        answer=slip.answer,
        answered=slip.answered,
    )

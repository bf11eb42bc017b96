"""The page of an issue, and its sheet for the printer."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.api.dependencies import Reading, TheService, allow
from service.domain.deadlines import CLOCKS
from service.domain.lifecycle import OPEN, State, possible
from service.domain.roles import Actor, Permission
from service.domain.slips import COLOURS, SlipState
from service.fields import PathId
from service.state import Service
from service.store.acting import pending_after_photos
from service.store.base import now
from service.store.deadlines import due_for
from service.store.issues import Issue
from service.store.rules import Slip
from service.store.steps import facts_of
from service.store.visible import issue_for
from service.web.history_words import VERDICTS, action_words, detail_lines
from service.web.issue_parts import departments, evidence_words, handlers, map_of, pair_of, units
from service.web.language import language_of
from service.web.pages import show

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
Viewer = Annotated[Actor, allow(Permission.SEE_ISSUES)]
SEVERITIES = {1: ("轻微", "Minor"), 2: ("一般", "Ordinary"), 3: ("严重", "Grave")}


@router.get("/issues/{issue_id}")
def issue_page(
    request: Request, actor: Viewer, service: TheService, session: Reading, issue_id: PathId
) -> HTMLResponse:
    """Show an issue with its photos, history and the steps that the person can take."""
    issue = issue_for(session, actor, issue_id)
    facts = facts_of(session, issue)
    may_change = actor.may(Permission.SUPERVISE) and actor.covers(*facts.unit_ids)
    choices = units(session, actor) if actor.may(Permission.DISPATCH) else []
    return show(
        request,
        "issue.jinja",
        actor,
        **_words(request, service, session, issue),
        slips=_slips(session, actor, issue),
        possible=possible(actor, facts),
        can_urge=may_change and issue.state in OPEN,
        after_photos=facts.after_photos,
        waiting=pending_after_photos(session, issue),
        can_submit=_is_handler(actor, issue) and issue.state in (State.IN_PROGRESS, State.RETURNED),
        can_answer=issue.department_id is not None and issue.state in OPEN and _answers(actor, issue),
        can_change=may_change and issue.state in OPEN | {State.SUSPECTED},
        units=choices,
        handlers=handlers(session, choices),
        departments=departments(session) if actor.may(Permission.SUPERVISE) else [],
        due=_due(session, service, issue),
        department_due=_due(session, service, issue, for_department=True),
        clocks=CLOCKS,
        offset=_offset(service),
    )


@router.get("/issues/{issue_id}/sheet")
def issue_sheet(
    request: Request, actor: Viewer, service: TheService, session: Reading, issue_id: PathId
) -> HTMLResponse:
    """Show an issue as a sheet of A4 (案件处置单)."""
    issue = issue_for(session, actor, issue_id)
    return show(request, "issue_sheet.jinja", actor, printed=now(), **_words(request, service, session, issue))


def _words(request: Request, service: Service, session: Session, issue: Issue) -> dict[str, Any]:
    """Return what both pages show of an issue."""
    language = language_of(request)
    moment = now()
    return {
        "colours": COLOURS,
        "issue": issue,
        "pair": pair_of(issue),
        "cell": map_of(session, issue),
        "severity": SEVERITIES.get(issue.severity, (str(issue.severity),) * 2)[language == "en"],
        "is_overdue": issue.state in OPEN and issue.deadline is not None and issue.deadline < moment,
        "is_department_overdue": (
            issue.state in OPEN and issue.department_deadline is not None and issue.department_deadline < moment
        ),
        "is_open": issue.state in OPEN,
        "evidence_word": lambda item: evidence_words(issue, item)[language == "en"],
        "verdict_word": lambda verdict: VERDICTS.get(verdict, ("未比对", "not compared"))[language == "en"],
        "action_word": lambda action: action_words(action)[language == "en"],
        "lines": lambda entry: detail_lines(entry, language, service.settings.zone),
    }


def _slips(session: Session, actor: Actor, issue: Issue) -> Sequence[Slip]:
    """Return the issue's slips; those that wait for approval are for supervisors."""
    shown = [SlipState.ISSUED, SlipState.ANSWERED, *[SlipState.PROPOSED] * actor.may(Permission.SUPERVISE)]
    return session.scalars(select(Slip).where(Slip.issue_id == issue.id, Slip.state.in_(shown)).order_by(Slip.id)).all()


def _due(session: Session, service: Service, issue: Issue, *, for_department: bool = False) -> Any:
    return due_for(session, service.settings, issue.category, issue.severity, now(), for_department=for_department)


def _is_handler(actor: Actor, issue: Issue) -> bool:
    return actor.may(Permission.RECTIFY) and actor.covers(issue.unit_id, issue.department_id)


def _answers(actor: Actor, issue: Issue) -> bool:
    return actor.may(Permission.RECTIFY) and actor.covers(issue.department_id)


def _offset(service: Service) -> str:
    """Return the town's distance from UTC, such as +08:00, for times that people type."""
    text = now().astimezone(service.settings.zone).strftime("%z")
    return f"{text[:3]}:{text[3:]}"

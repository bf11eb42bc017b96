"""The steps of an issue's life cycle after its confirmation, each by its own address."""

from typing import Annotated

from fastapi import APIRouter

from service.api.dependencies import TheService, Writing, allow
from service.api.issue_models import AnswerBody, DispatchBody, EscalateBody, IssueView, NoteBody, ReasonBody
from service.api.issues import shown
from service.domain.roles import Actor, Permission
from service.fields import PathId
from service.store import acting
from service.store.visible import issue_for

__all__ = ["router"]

router = APIRouter(
    prefix="/api/v1/issues/{issue_id}",
    tags=["issues"],
    responses={
        403: {"description": "Your role or unit doesn't allow the step, or you handled the issue yourself."},
        404: {"description": "There is no such issue, or you may not see it."},
        409: {"description": "The issue's state doesn't allow the step, or a photo is missing."},
    },
)
Dispatcher = Annotated[Actor, allow(Permission.DISPATCH)]
Handler = Annotated[Actor, allow(Permission.RECTIFY)]
Verifier = Annotated[Actor, allow(Permission.VERIFY)]
Supervisor = Annotated[Actor, allow(Permission.SUPERVISE)]


@router.post("/dispatch")
def dispatch(
    actor: Dispatcher, service: TheService, session: Writing, issue_id: PathId, body: DispatchBody
) -> IssueView:
    """Give an issue to a unit; without a deadline the town's rules set one."""
    issue = issue_for(session, actor, issue_id)
    acting.dispatch(session, service.settings, actor, issue, **body.model_dump())
    return shown(session, actor, issue_id)


@router.post("/submit")
def submit(actor: Handler, session: Writing, issue_id: PathId, body: NoteBody) -> IssueView:
    """Report an issue as put in order; a photo of the place afterwards has to be there."""
    acting.submit(session, actor, issue_for(session, actor, issue_id), body.note)
    return shown(session, actor, issue_id)


@router.post("/close")
def close(actor: Verifier, session: Writing, issue_id: PathId, body: NoteBody) -> IssueView:
    """Strike an issue off the ledger; never by who handled it."""
    acting.close(session, actor, issue_for(session, actor, issue_id), body.note)
    return shown(session, actor, issue_id)


@router.post("/return")
def send_back(actor: Verifier, session: Writing, issue_id: PathId, body: ReasonBody) -> IssueView:
    """Return an issue for more work; photos so far no longer count."""
    acting.send_back(session, actor, issue_for(session, actor, issue_id), body.why)
    return shown(session, actor, issue_id)


@router.post("/escalate")
def escalate(
    actor: Supervisor, service: TheService, session: Writing, issue_id: PathId, body: EscalateBody
) -> IssueView:
    """Call the department that can solve an issue; its own clock starts."""
    issue = issue_for(session, actor, issue_id)
    acting.escalate(session, service.settings, actor, issue, **body.model_dump())
    return shown(session, actor, issue_id)


@router.post("/department-answer")
def answer(actor: Handler, session: Writing, issue_id: PathId, body: AnswerBody) -> IssueView:
    """Note a department's answer to an escalation."""
    acting.answer(session, actor, issue_for(session, actor, issue_id), body.text)
    return shown(session, actor, issue_id)


@router.post("/cancel")
def cancel(actor: Supervisor, session: Writing, issue_id: PathId, body: ReasonBody) -> IssueView:
    """Cancel an issue."""
    acting.cancel(session, actor, issue_for(session, actor, issue_id), body.why)
    return shown(session, actor, issue_id)

"""Issues: one with all that belongs to it, a report by hand, and changes of particulars."""

from typing import Annotated

from fastapi import APIRouter
from sqlalchemy.orm import Session

from service.api.dependencies import Reading, Writing, allow
from service.api.issue_models import ChangeBody, IssueView, ReportBody, issue_view
from service.domain.lifecycle import possible
from service.domain.roles import Actor, Permission
from service.fields import PathId
from service.store.acting import pending_after_photos
from service.store.changing import change
from service.store.reporting import Report, report
from service.store.steps import facts_of
from service.store.visible import issue_for

__all__ = ["router", "shown"]

router = APIRouter(prefix="/api/v1/issues", tags=["issues"])


@router.get("/{issue_id}", responses={404: {"description": "There is none, or you may not see it."}})
def read_issue(actor: Annotated[Actor, allow(Permission.SEE_ISSUES)], session: Reading, issue_id: PathId) -> IssueView:
    """Return an issue with its evidence, its history and the steps that you can take."""
    return shown(session, actor, issue_id)


@router.post("", status_code=201, responses={403: {"description": "A photo isn't yours."}})
def report_issue(actor: Annotated[Actor, allow(Permission.UPLOAD)], session: Writing, body: ReportBody) -> IssueView:
    """Report a problem by hand; it is suspected until a reviewer confirms it."""
    issue = report(session, actor, Report(**body.model_dump()))
    return shown(session, actor, issue.id)


@router.patch("/{issue_id}", responses={409: {"description": "The issue has ended."}})
def change_issue(
    actor: Annotated[Actor, allow(Permission.SUPERVISE)], session: Writing, issue_id: PathId, body: ChangeBody
) -> IssueView:
    """Change particulars of an issue; the history keeps old and new values."""
    change(session, actor, issue_for(session, actor, issue_id), body.wanted(), body.why)
    return shown(session, actor, issue_id)


def shown(session: Session, actor: Actor, issue_id: int) -> IssueView:
    """Return an issue as it is now, as the person may see it.

    Raises:
        ServiceError: There is none that they may see.
    """
    session.flush()
    session.expire_all()
    issue = issue_for(session, actor, issue_id)
    return issue_view(issue, possible(actor, facts_of(session, issue)), pending_after_photos(session, issue))

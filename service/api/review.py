"""The review of suspected issues."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from sqlalchemy.orm.exc import StaleDataError

from service.api.dependencies import Reading, TheService, Writing, allow
from service.api.review_models import (
    Bulk,
    BulkAnswer,
    BulkResult,
    Confirmation,
    DrawnBoxes,
    EvidenceAnswer,
    Merging,
    NewCategory,
    ProblemName,
    Rejection,
    Reviewed,
    SuspectAnswer,
    SuspectPage,
)
from service.domain.review import Reason
from service.domain.roles import Actor, Permission
from service.errors import ServiceError, conflict, invalid
from service.fields import Id, PathId
from service.store import review
from service.store.suspects import SuspectFilter, count_suspects, possible_duplicates, suspects
from service.store.trees import units_below
from service.store.visible import issue_for
from service.web.language import language_of

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["review"])
Reviewer = Annotated[Actor, allow(Permission.REVIEW)]
Share = Annotated[float | None, Query(ge=0, le=1, allow_inf_nan=False)]
STEP_ERRORS: dict[int | str, dict[str, Any]] = {
    403: {"description": "Role or unit don't allow it."},
    404: {"description": "No such issue that the person may see."},
    409: {"description": "The issue's state doesn't allow it, or somebody else has just changed it."},
}


@router.get("/review", responses={404: {"description": "No issue `after`."}})
def list_suspects(
    actor: Reviewer,
    session: Reading,
    after: Annotated[Id | None, Query(description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    category: Annotated[ProblemName | None, Query()] = None,
    unit: Annotated[Id | None, Query(description="This unit and those below it.")] = None,
    grid: Annotated[Id | None, Query(description="This cell and those below it.")] = None,
    least: Annotated[Share, Query(description="Lowest confidence.")] = None,
    most: Annotated[Share, Query(description="Highest confidence.")] = None,
) -> SuspectPage:
    """List suspected issues, oldest first, with evidence and possible duplicates."""
    units = units_below(session, unit) if unit is not None else None
    wanted = SuspectFilter(category, units, grid, least, most)
    found = suspects(session, actor, wanted, after, limit + 1)
    page = found[:limit]
    near = possible_duplicates(session, actor, page)
    return SuspectPage(
        issues=[SuspectAnswer.of(issue, near[issue.id]) for issue in page],
        next=page[-1].id if len(found) > limit else None,
        left=count_suspects(session, actor, wanted),
    )


@router.post("/issues/{issue_id}/confirm", responses=STEP_ERRORS)
def confirm(actor: Reviewer, session: Writing, issue_id: PathId, said: Confirmation) -> Reviewed:
    """Confirm a suspected issue: it waits for dispatch (立案)."""
    issue = issue_for(session, actor, issue_id)
    review.confirm(session, issue, actor, said.category, said.severity, said.note)
    return Reviewed.model_validate(issue)


@router.post("/issues/{issue_id}/reject", responses=STEP_ERRORS)
def reject(actor: Reviewer, session: Writing, issue_id: PathId, said: Rejection) -> Reviewed:
    """Reject a suspected issue (不立案)."""
    issue = issue_for(session, actor, issue_id)
    review.reject(session, issue, actor, said.reason, said.why)
    return Reviewed.model_validate(issue)


@router.post("/issues/{issue_id}/merge", responses=STEP_ERRORS)
def merge(actor: Reviewer, session: Writing, issue_id: PathId, said: Merging) -> Reviewed:
    """Merge an issue into another one that tells of the same problem (并案)."""
    return Reviewed.model_validate(review.merge(session, issue_id, said.into, actor, said.why))


@router.patch("/issues/{issue_id}/category", responses=STEP_ERRORS)
def change_category(actor: Reviewer, session: Writing, issue_id: PathId, said: NewCategory) -> Reviewed:
    """Give an issue another category; its standard's code follows."""
    issue = issue_for(session, actor, issue_id)
    review.change_category(session, issue, actor, said.category)
    return Reviewed.model_validate(issue)


@router.put("/issues/{issue_id}/evidence/{evidence_id}/boxes", responses=STEP_ERRORS)
def correct_boxes(
    actor: Reviewer, session: Writing, issue_id: PathId, evidence_id: PathId, said: DrawnBoxes
) -> EvidenceAnswer:
    """Replace the boxes of a photo by corrected ones, which become labels of the next training."""
    issue = issue_for(session, actor, issue_id)
    return EvidenceAnswer.of(review.correct_boxes(session, issue, actor, evidence_id, said.as_boxes()))


@router.post("/review/bulk")
def bulk(request: Request, actor: Reviewer, service: TheService, said: Bulk) -> BulkAnswer:
    """Confirm or reject several issues, each on its own: one that fails doesn't stop the rest."""
    reason = said.reason
    if said.action == "reject" and reason is None:
        raise invalid("reason_missing", "驳回须选择原因", "a rejection needs a reason")
    results = []
    for issue_id in said.ids:
        try:
            _decide(service, actor, issue_id, said, reason)
            results.append(BulkResult(id=issue_id, ok=True))
        except ServiceError as error:
            message = error.en if language_of(request) == "en" else error.zh
            results.append(BulkResult(id=issue_id, ok=False, code=error.code, message=message))
    done = sum(result.ok for result in results)
    return BulkAnswer(results=results, done=done, failed=len(results) - done)


def _decide(service: TheService, actor: Actor, issue_id: int, said: Bulk, reason: Reason | None) -> None:
    try:
        with service.database.write() as session:
            issue = issue_for(session, actor, issue_id)
            if reason is not None and said.action == "reject":
                review.reject(session, issue, actor, reason, said.why)
            else:
                review.confirm(session, issue, actor, severity=said.severity, why=said.why)
    except StaleDataError as error:
        raise conflict("overtaken", "其他人刚刚修改了该案件", "somebody else has just changed the issue") from error

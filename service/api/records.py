"""Records of the city-management standards, for the systems above a town's."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from service.api.dependencies import Reading, allow
from service.domain.lifecycle import State
from service.domain.roles import Actor, Permission
from service.exports.gbt import FIELDS, STANDARDS, Fault, Record, Standard, record_of
from service.store.issues import Issue
from service.store.visible import visible_issues
from vision.inference.table import text_cell

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/records", tags=["standards"])
MOST = 200  # records of one answer
NEVER = (State.SUSPECTED, State.CANCELLED)  # a record is of something that a person confirmed

TheStandard = Annotated[Standard, Query(description="The standard that the records follow.")]
After = Annotated[int, Query(ge=0, le=2**31 - 1, description="Number of the last issue of the answer before.")]
Since = Annotated[datetime | None, Query(description="Only issues found since then.")]


class IssueRecord(BaseModel):
    """An issue's record, or what keeps it from being one."""

    issue_id: int
    record: Record | None = None
    faults: list[Fault] = []


class Records(BaseModel):
    """Records in order of number; `next` is what to ask on with, none at the end."""

    standard: str
    records: list[IssueRecord]
    next: int | None


@router.get("")
def list_records(
    session: Reading,
    actor: Annotated[Actor, allow(Permission.EXPORT)],
    standard: TheStandard = STANDARDS[0],
    after: After = 0,
    since: Since = None,
) -> Records:
    """Give records of confirmed issues, each field checked; what doesn't fit is said field by field."""
    found = _issues(session, actor, after, since)
    records = [_record(issue, standard) for issue in found]
    return Records(standard=standard, records=records, next=found[-1].id if len(found) == MOST else None)


@router.get(".csv", response_class=Response)
def records_as_csv(
    session: Reading,
    actor: Annotated[Actor, allow(Permission.EXPORT)],
    standard: TheStandard = STANDARDS[0],
    after: After = 0,
    since: Since = None,
) -> Response:
    """Give the valid ones of the same records as CSV with the standard's titles."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(FIELDS.values())
    for issue in _issues(session, actor, after, since):
        record = record_of(issue, standard)
        if isinstance(record, Record):
            writer.writerow(text_cell(value) for value in record.model_dump().values())
    headers = {"Content-Disposition": 'attachment; filename="records.csv"'}
    return Response(text.getvalue().encode("utf-8-sig"), media_type="text/csv", headers=headers)


def _issues(session: Session, actor: Actor, after: int, since: datetime | None) -> Sequence[Issue]:
    query = select(Issue).where(Issue.id > after, Issue.state.not_in(NEVER)).order_by(Issue.id).limit(MOST)
    if since is not None:
        query = query.where(Issue.found >= (since if since.tzinfo else since.astimezone()))
    loaded = query.options(joinedload(Issue.unit), joinedload(Issue.department), joinedload(Issue.grid))
    return session.scalars(visible_issues(loaded, actor)).all()


def _record(issue: Issue, standard: Standard) -> IssueRecord:
    found = record_of(issue, standard)
    if isinstance(found, Record):
        return IssueRecord(issue_id=issue.id, record=found)
    return IssueRecord(issue_id=issue.id, faults=found)

"""Issues as service requests of GeoReport v2."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from service.api.open311.services import service_code
from service.domain.codes import Code
from service.domain.datum import point_of
from service.domain.lifecycle import STATES, Action, State
from service.store.issues import HistoryEntry, Issue

__all__ = ["published", "request_of", "with_status"]

ENDED = (State.CLOSED, State.CANCELLED)


def published() -> Select[Any]:
    """Return the query of issues that outsiders see: what people confirmed or reported, not what a program suspects."""
    by_people = (
        select(HistoryEntry.id)
        .where(HistoryEntry.issue_id == Issue.id, HistoryEntry.action.in_([Action.CONFIRM, "report"]))
        .exists()
    )
    return select(Issue).where(by_people).options(joinedload(Issue.unit), joinedload(Issue.department))


def with_status(query: Select[Any], statuses: set[str]) -> Select[Any]:
    """Narrow a query to `open` or `closed` requests; both or none: all."""
    if statuses == {"closed"}:
        return query.where(Issue.state.in_(ENDED))
    if statuses == {"open"}:
        return query.where(Issue.state.not_in(ENDED))
    return query


def request_of(issue: Issue, zone: ZoneInfo, media_url: str | None) -> dict[str, Any]:
    """Return an issue as a service request; times with their zone, the point in WGS-84."""
    point = point_of(issue.latitude, issue.longitude, issue.datum)
    unit = issue.department or issue.unit
    updated = issue.ended or issue.submitted or issue.escalated or issue.dispatched or issue.found
    return {
        "service_request_id": str(issue.id),
        "status": "closed" if issue.state in ENDED else "open",
        "status_notes": STATES[State(issue.state)][0],
        "service_name": issue.code_name,
        "service_code": service_code(Code(issue.standard, issue.code, issue.code_name)),
        "description": issue.description,
        "agency_responsible": unit.name if unit else None,
        "service_notice": None,
        "requested_datetime": _iso(issue.found, zone),
        "updated_datetime": _iso(updated, zone),
        "expected_datetime": _iso(issue.department_deadline or issue.deadline, zone),
        "address": issue.address or None,
        "address_id": str(issue.site_id) if issue.site_id else None,
        "zipcode": None,
        "lat": point.latitude if point else None,
        "long": point.longitude if point else None,
        "media_url": media_url,
    }


def _iso(moment: datetime | None, zone: ZoneInfo) -> str | None:
    return moment.astimezone(zone).isoformat(timespec="seconds") if moment else None

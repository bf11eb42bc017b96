"""The endpoint for FixMyStreet and the like: Open311 GeoReport v2 at `/open311/v2`, JSON and XML."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.api.dependencies import Reading, TheService
from service.api.open311.documents import answer, complaint
from service.api.open311.posting import BODY, post
from service.api.open311.requests import published, request_of, with_status
from service.api.open311.services import category_of_service, services
from service.intake.pictures import photo_link
from service.state import Service
from service.store.base import now
from service.store.issues import Evidence, Issue
from service.store.sign_in import token_user

__all__ = ["router"]

XML: dict[str, Any] = {"content": {"text/xml": {}}}
router = APIRouter(prefix="/open311/v2", tags=["open311"])
REFUSED: dict[int | str, dict[str, Any]] = {
    403: {"description": "The key is missing or unknown."},
    404: {"description": "There is none."},
}
TOO_MUCH: dict[int | str, dict[str, Any]] = {
    413: {"description": "The body is too large."},
    422: {"description": "The place or the kind of problem is none of this town's."},
}
As = Annotated[Literal["json", "xml"], Path(description="json or xml")]
Key = Annotated[str, Query(max_length=100, description="A key; not needed with CLEANLANE_OPEN311_PUBLIC.")]
LARGEST_ID = 2**31 - 1
MOST = 200  # requests in one answer
DAYS = 90  # that are looked back where no dates are given


@router.get("/discovery.{form}", responses={200: XML})
def discovery(request: Request, service: TheService, form: As) -> Response:
    """Tell where the endpoint is and what it speaks."""
    base = service.settings.public_url.rstrip("/") or str(request.base_url).rstrip("/")
    row = {
        "changeset": "2026-11-26T00:00:00+08:00",
        "contact": base,
        "key_service": "管理员在“管理”页发放 Given by the administrator",
        "endpoints": [
            {
                "specification": "http://wiki.open311.org/GeoReport_v2",
                "url": f"{base}/open311/v2",
                "changeset": "2026-11-26T00:00:00+08:00",
                "type": "production",
                "formats": [{"format": "text/xml"}, {"format": "application/json"}],
            }
        ],
    }
    return answer([row], form, "discoveries", "discovery")


@router.get("/services.{form}", responses={200: XML})
def list_services(form: As) -> Response:
    """List what can be reported."""
    return answer(list(services()), form, "services", "service")


@router.get("/services/{code:path}.{form}", responses={200: XML, 404: REFUSED[404]})
def service_definition(code: str, form: As) -> Response:
    """Define a service: none asks for attributes of its own."""
    if category_of_service(code) is None:
        return complaint(404, "service_code: there is no such service", form)
    return answer([{"service_code": code, "attributes": []}], form, "service_definitions", "service_definition")


@router.get("/requests.{form}", responses={200: XML, 403: REFUSED[403]})
def list_requests(
    request: Request,
    service: TheService,
    session: Reading,
    form: As,
    service_request_id: Annotated[str, Query(max_length=2000, description="Numbers, with commas between.")] = "",
    service_code: Annotated[str, Query(max_length=500, description="Codes, with commas between.")] = "",
    start_date: datetime | None = None,
    end_date: datetime | None = None,
    status: Annotated[str, Query(pattern=r"^((open|closed)(,(open|closed))?)?$")] = "",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
    api_key: Key = "",
) -> Response:
    """List requests, newest first; without numbers or dates those of the last 90 days."""
    if not _may_read(service, session, api_key):
        return complaint(403, "api_key: missing or unknown", form)
    query = with_status(published(), set(status.split(",")) - {""})
    if service_request_id:
        numbers = [text.strip() for text in service_request_id.split(",")]
        query = query.where(Issue.id.in_([int(n) for n in numbers if n.isdecimal() and int(n) <= LARGEST_ID]))
    else:
        start, end = _dates(start_date, end_date)
        query = query.where(Issue.found >= start, Issue.found <= end)
    if service_code:
        query = query.where(Issue.category.in_([category_of_service(code) or "" for code in service_code.split(",")]))
    found = session.scalars(query.order_by(Issue.id.desc()).limit(MOST).offset((page - 1) * MOST)).all()
    return _answer(request, service, session, found, form)


@router.get("/requests/{number}.{form}", responses={200: XML, **REFUSED})
def one_request(
    request: Request, service: TheService, session: Reading, number: str, form: As, api_key: Key = ""
) -> Response:
    """Give one request."""
    if not _may_read(service, session, api_key):
        return complaint(403, "api_key: missing or unknown", form)
    known = number.isdecimal() and int(number) <= LARGEST_ID
    found = session.scalars(published().where(Issue.id == int(number))).all() if known else []
    if not found:
        return complaint(404, "service_request_id: there is no such request", form)
    return _answer(request, service, session, found, form)


@router.post("/requests.{form}", status_code=201, responses={201: XML, **REFUSED, **TOO_MUCH}, openapi_extra=BODY)
async def post_request(request: Request, service: TheService, form: As) -> Response:
    """Report a problem; form-encoded, as GeoReport v2 has it. It waits for review like all that is suspected."""
    return await post(request, service, form)


def _answer(request: Request, service: Service, session: Session, found: Sequence[Issue], form: str) -> Response:
    photos = _photos(session, [issue.id for issue in found])
    base = service.settings.public_url or str(request.base_url).rstrip("/")
    links = {issue: photo_link(service, photo, base) for issue, photo in photos.items()}
    rows = [request_of(issue, service.settings.zone, links.get(issue.id)) for issue in found]
    return answer(rows, form, "service_requests", "request")


def _photos(session: Session, issues: list[int]) -> dict[int, int]:
    """Return the first photo of each issue."""
    query = select(Evidence.issue_id, Evidence.photo_id).where(Evidence.issue_id.in_(issues))
    rows = session.execute(query.order_by(Evidence.id.desc())).all()
    return {issue: photo for issue, photo in rows}  # noqa: C416 - the last one wins: the first piece of evidence


def _dates(start: datetime | None, end: datetime | None) -> tuple[datetime, datetime]:
    start, end = (moment.replace(tzinfo=moment.tzinfo or UTC) if moment else None for moment in (start, end))
    end = end or (start + timedelta(days=DAYS) if start else now())
    return start or end - timedelta(days=DAYS), end


def _may_read(service: Service, session: Session, key: str) -> bool:
    return service.settings.open311_public or token_user(session, key) is not None

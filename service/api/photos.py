"""Photos: sending them, and what became of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import select

from service.api.admission import Admission, TheAdmission, read_body
from service.api.dependencies import Reading, TheService, allow
from service.api.document import Refusal
from service.domain.roles import Actor, Permission
from service.errors import invalid
from service.fields import PathId
from service.intake.answers import Outcome, RequestKey
from service.intake.receiving import fingerprint, receive
from service.intake.sent import Sent, read_form
from service.intake.uploads import Limits, MultipartReader
from service.state import Service
from service.store.issues import Evidence, Issue
from service.store.photos import Photo, PhotoState, Purpose
from service.store.visible import photo_for, visible_issues, visible_photos
from service.web.language import language_of

__all__ = [
    "PROBLEMS",
    "FileAnswer",
    "IdempotencyKey",
    "MayUpload",
    "UploadAnswer",
    "answer_of",
    "refuse_early",
    "router",
]

router = APIRouter(prefix="/api/v1", tags=["photos"])
MayUpload = Annotated[Actor, allow(Permission.UPLOAD)]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=100,
        pattern=r"^[\x21-\x7e]+$",
        description="Any text, new for each upload: a repeated request with it is answered as the first.",
    ),
]


class FileAnswer(BaseModel):
    """What became of one file."""

    name: str
    outcome: Literal["accepted", "duplicate", "refused"]
    duplicate: bool = Field(description="The same bytes are there already, as the photo `id`.")
    id: int | None = Field(description="Of the photo; null if it was refused.")
    state: str | None = Field(description="Of the photo, where the sender may see it.")
    code: str | None = Field(description="Why it was refused, for programs.")
    message: str | None = Field(description="The same for people.")


class UploadAnswer(BaseModel):
    """What became of a request's files; with a 202 those accepted are stored and queued."""

    files: list[FileAnswer]
    code: str | None = Field(default=None, description="If all were refused: why the first one was.")
    message: str | None = None


class PhotoRow(BaseModel):
    """A photo in a list."""

    id: int
    name: str
    purpose: Purpose
    state: PhotoState
    received: datetime
    captured: datetime | None
    width: int
    height: int
    site_id: int | None
    grid_id: int | None
    error_code: str
    error: str


class PhotoDetails(PhotoRow):
    """All that is known of a photo."""

    content_type: str
    byte_count: int
    sha256: str
    reporter_id: int
    note: str
    latitude: float | None
    longitude: float | None
    datum: str
    site: str | None
    grid: str | None
    boxes: list[dict[str, Any]] | None = Field(description="Of the detector; null before it looked.")
    model: str
    finished: datetime | None
    issues: list[int] = Field(description="Issues that it is evidence of, as far as one may see them.")


class PhotoPage(BaseModel):
    """A page of photos, newest first."""

    photos: list[PhotoRow]
    next_page: int | None


BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["files"],
                    "properties": {
                        "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
                        **Sent.model_json_schema()["properties"],
                    },
                },
                "example": {"files": ["(a photo)"], "site_id": 7, "note": "垃圾桶旁", "purpose": "inspection"},
            }
        },
    }
}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    408: {"description": "The upload was cut off."},
    409: {"description": "The key came with something else, or the issue takes no photos now."},
    413: {"model": UploadAnswer | Refusal, "description": "Too large."},
    415: {"model": UploadAnswer | Refusal, "description": "No photo, or no multipart body."},
    422: {"model": UploadAnswer | Refusal, "description": "Nothing was accepted."},
    429: {"model": UploadAnswer | Refusal, "description": "Too many photos; Retry-After says when to go on."},
}


@router.post("/photos", status_code=202, response_model=UploadAnswer, responses=PROBLEMS, openapi_extra=BODY)
async def send_photos(
    request: Request, service: TheService, admission: TheAdmission, actor: MayUpload, key: IdempotencyKey = None
) -> JSONResponse:
    """Take photos in: the answer tells of each; what is accepted is stored and queued by then."""
    early = refuse_early(request, admission, actor)
    if early is not None:
        return early
    async with admission.turns:
        with _reader(request, service, admission, actor) as reader:
            await read_body(request, reader)
            outcomes = await run_in_threadpool(_received, service, actor, reader, key)
    return answer_of(request, outcomes, admission.wait_seconds(actor.id))


def refuse_early(request: Request, admission: Admission, actor: Actor) -> JSONResponse | None:
    """Answer who has sent too much already, before anything is read."""
    why = admission.check(actor.id)
    if why is None:
        return None
    message = why.en if language_of(request) == "en" else why.zh
    headers = {"Retry-After": str(admission.wait_seconds(actor.id) or 1)}
    return JSONResponse({"code": why.code, "message": message}, why.status, headers)


def answer_of(request: Request, outcomes: Sequence[Outcome], wait_seconds: int) -> JSONResponse:
    """Return the answer: 202 if anything was accepted or there already, else the status that all share, else 422."""
    is_english = language_of(request) == "en"
    files = [
        FileAnswer(
            name=outcome.name,
            outcome=outcome.outcome,
            duplicate=outcome.outcome == "duplicate",
            id=outcome.photo_id,
            state=outcome.state or None,
            code=outcome.code or None,
            message=(outcome.en if is_english else outcome.zh) or None,
        )
        for outcome in outcomes
    ]
    answer = UploadAnswer(files=files)
    statuses = {outcome.status for outcome in outcomes}
    status = 202 if 202 in statuses else statuses.pop() if len(statuses) == 1 else 422
    if status != 202:
        answer.code, answer.message = files[0].code, files[0].message
    headers = {"Retry-After": str(wait_seconds or 1)} if status == 429 else None
    return JSONResponse(answer.model_dump(mode="json"), status, headers)


@router.get("/photos")
def list_photos(
    session: Reading,
    actor: MayUpload,
    state: PhotoState | None = None,
    purpose: Purpose | None = None,
    since: Annotated[AwareDatetime | None, Query(description="Received then or later.")] = None,
    mine: Annotated[bool, Query(description="Only one's own.")] = False,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
    size: Annotated[int, Query(ge=1, le=200)] = 50,
) -> PhotoPage:
    """List photos that one sent or may see, newest first."""
    query = visible_photos(select(Photo), actor)
    if state is not None:
        query = query.where(Photo.state == state)
    if purpose is not None:
        query = query.where(Photo.purpose == purpose)
    if since is not None:
        query = query.where(Photo.received >= since)
    if mine:
        query = query.where(Photo.reporter_id == actor.id)
    query = query.order_by(Photo.received.desc(), Photo.id.desc()).offset((page - 1) * size).limit(size + 1)
    photos = list(session.scalars(query))
    rows = [PhotoRow.model_validate(photo, from_attributes=True) for photo in photos[:size]]
    return PhotoPage(photos=rows, next_page=page + 1 if len(photos) > size else None)


@router.get("/photos/{photo_id}", responses={404: {"description": "None that one may see."}})
def show_photo(session: Reading, actor: MayUpload, photo_id: PathId) -> PhotoDetails:
    """Tell all that is known of a photo."""
    photo = photo_for(session, actor, photo_id)
    told = select(Issue.id).join(Evidence, Evidence.issue_id == Issue.id).where(Evidence.photo_id == photo.id)
    issues = session.scalars(visible_issues(told.distinct().order_by(Issue.id), actor))
    columns = {
        name: getattr(photo, name) for name in PhotoDetails.model_fields if name not in ("site", "grid", "issues")
    }
    site, grid = photo.site, photo.grid
    return PhotoDetails(
        **columns, site=site.name if site else None, grid=grid.name if grid else None, issues=list(issues)
    )


def _reader(request: Request, service: Service, admission: Admission, actor: Actor) -> MultipartReader:
    settings = service.settings
    limits = Limits(settings.max_photo_bytes, settings.max_photos_per_request, lambda: admission.count(actor.id))
    return MultipartReader(request.headers.get("content-type", ""), service.photos.incoming(), limits)


def _received(service: Service, actor: Actor, reader: MultipartReader, key: str | None) -> list[Outcome]:
    if not reader.files:
        raise invalid("no_files", "请至少选择一张照片（字段 files）", "choose at least one photo (field files)")
    request = RequestKey(actor.id, key, fingerprint(reader.files, reader.fields)) if key else None
    return receive(service, actor, reader.files, read_form(reader.fields), request)

"""Results of patrol footage."""

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from service.api.admission import TheAdmission, read_body
from service.api.dependencies import TheService
from service.api.photos import PROBLEMS, IdempotencyKey, MayUpload, UploadAnswer, answer_of, refuse_early
from service.domain.roles import Actor
from service.errors import invalid
from service.intake.answers import Outcome, RequestKey
from service.intake.footage import MAX_ARCHIVE_BYTES, MAX_FRAMES, receive_footage
from service.intake.receiving import fingerprint
from service.intake.sent import read_form
from service.intake.uploads import Limits, MultipartReader
from service.state import Service

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["photos"])
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["files"],
                    "properties": {
                        "files": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                            "description": "A zip of events.json and frames/, or these as single files.",
                        },
                        "site_id": {"type": "integer"},
                        "grid_id": {"type": "integer"},
                        "note": {"type": "string", "maxLength": 500},
                    },
                },
                "example": {"files": ["(a zip archive)"], "grid_id": 12},
            }
        },
    }
}


@router.post("/events", status_code=202, response_model=UploadAnswer, responses=PROBLEMS, openapi_extra=BODY)
async def send_events(
    request: Request, service: TheService, admission: TheAdmission, actor: MayUpload, key: IdempotencyKey = None
) -> JSONResponse:
    """Take the result of footage in: the answer names each event by its id."""
    early = refuse_early(request, admission, actor)
    if early is not None:
        return early
    async with admission.turns:
        limits = Limits(MAX_ARCHIVE_BYTES, MAX_FRAMES + 1)
        content_type = request.headers.get("content-type", "")
        with MultipartReader(content_type, service.photos.incoming(), limits) as reader:
            await read_body(request, reader)
            outcomes = await run_in_threadpool(_received, service, actor, reader, key)
    admission.count(actor.id)
    return answer_of(request, outcomes, admission.wait_seconds(actor.id))


def _received(service: Service, actor: Actor, reader: MultipartReader, key: str | None) -> list[Outcome]:
    if not reader.files:
        raise invalid("no_files", "请选择要上传的文件（字段 files）", "choose the files to send (field files)")
    request = RequestKey(actor.id, key, fingerprint(reader.files, reader.fields)) if key else None
    outcomes = receive_footage(service, actor, reader.files, read_form(reader.fields), request)
    if not outcomes:
        raise invalid("no_events", "events.json 中没有事件", "there are no events in events.json")
    return outcomes

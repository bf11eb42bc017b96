"""Progress of one's photos, as server-sent events."""

import json
from collections.abc import AsyncIterator

import anyio
from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from sse_starlette import EventSourceResponse, ServerSentEvent

from service.api.dependencies import TheService
from service.api.photos import MayUpload
from service.intake.progress import Progress

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["photos"])
SECONDS = 1.0


@router.get(
    "/photos/progress",
    response_class=EventSourceResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "An event whenever something changes."}},
)
async def photo_progress(service: TheService, actor: MayUpload) -> EventSourceResponse:
    """Tell how far one's photos of today are: events `progress`, data `{counts, photos}`; first all, then changes."""
    ending = anyio.Event()
    return EventSourceResponse(
        _events(Progress(service, actor.id), ending),
        headers={"X-Accel-Buffering": "no"},
        ping=15,
        shutdown_event=ending,
        shutdown_grace_period=3 * SECONDS,
    )


async def _events(progress: Progress, ending: anyio.Event) -> AsyncIterator[ServerSentEvent]:
    while not ending.is_set():
        seen = await run_in_threadpool(progress.look)
        if seen is not None:
            yield ServerSentEvent(json.dumps(seen, ensure_ascii=False), event="progress")
        with anyio.move_on_after(SECONDS):
            await ending.wait()

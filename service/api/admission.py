"""How many uploads are read at a time, and how many photos a person may send in a while."""

import asyncio
import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.requests import ClientDisconnect

from service.errors import ServiceError
from service.intake.answers import forget_old_answers
from service.intake.uploads import MultipartReader, remove_stale
from service.settings import Settings
from service.state import Service

__all__ = ["Admission", "TheAdmission", "read_body", "router"]

PIECE = 256 * 1024  # bytes that are parsed, hashed and written in one go, away from the event loop
IDLE_SECONDS = 30  # after which a sender that sends nothing loses its turn


class Admission:
    """Lets bodies in, and counts photos; one for each application."""

    def __init__(self, settings: Settings) -> None:
        self.turns = asyncio.Semaphore(settings.max_uploads_at_once)
        self._rate = parse(settings.upload_rate)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def count(self, user_id: int) -> ServiceError | None:
        """Count one photo of a person; returns why it isn't taken if it is one too many."""
        return None if self._limiter.hit(self._rate, str(user_id)) else self._too_many(user_id)

    def check(self, user_id: int) -> ServiceError | None:
        """Return why a person may send nothing now, if that is so."""
        return None if self._limiter.test(self._rate, str(user_id)) else self._too_many(user_id)

    def wait_seconds(self, user_id: int) -> int:
        """Return after how many whole seconds a person may send again."""
        reset, left = self._limiter.get_window_stats(self._rate, str(user_id))
        return 0 if left else max(1, math.ceil(reset - time.time()))

    def _too_many(self, user_id: int) -> ServiceError:
        seconds = max(1, self.wait_seconds(user_id))
        return ServiceError(
            429,
            "too_many_photos",
            f"上传过于频繁，请 {seconds} 秒后再试",
            f"too many photos; try again in {seconds} seconds",
        )


@asynccontextmanager
async def _tidied(app: FastAPI) -> AsyncIterator[None]:
    """Before the first request, remove what a kill left behind."""
    service: Service = app.state.service
    await run_in_threadpool(remove_stale, service.photos.incoming())
    await run_in_threadpool(_forget, service)
    yield


def _forget(service: Service) -> None:
    with service.database.write() as session:
        forget_old_answers(session)


router = APIRouter(lifespan=_tidied)


async def _admission(request: Request) -> Admission:
    state = request.app.state
    if not hasattr(state, "admission"):
        state.admission = Admission(state.service.settings)
    admission: Admission = state.admission
    return admission


TheAdmission = Annotated[Admission, Depends(_admission)]


async def read_body(request: Request, reader: MultipartReader) -> None:
    """Feed a request's body to a reader, in pieces: memory stays small, and the event loop free.

    Raises:
        ServiceError: The sender stopped sending, or sent what isn't taken.
    """
    stream = request.stream()
    pieces: list[bytes] = []
    size = 0
    while True:
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                piece = await anext(stream, None)
        except (TimeoutError, ClientDisconnect) as error:
            raise ServiceError(
                408, "cut_off", "上传中断，请重新上传", "the upload was cut off; send it again"
            ) from error
        if piece:
            pieces.append(piece)
            size += len(piece)
        if pieces and (piece is None or size >= PIECE):
            await run_in_threadpool(reader.feed, b"".join(pieces))
            pieces, size = [], 0
        if piece is None:
            break
    reader.finish()

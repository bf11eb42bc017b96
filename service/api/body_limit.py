"""Refuses bodies that are larger than their route needs, before they are read into memory."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["BodyLimit"]

ORDINARY = 2_000_000  # bytes of JSON or of a form
STREAMED = frozenset({"/api/v1/photos", "/api/v1/events"})  # read piece by piece; they count for themselves
FILES = {"/api/v1/ledger/import": 52_000_000, "/api/v1/town/import": 42_000_000}


class BodyLimit:
    """An ASGI middleware; a length that is told is judged at once, one that isn't while the body comes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; whoever reads its body gets an HTTPException (413) at the limit."""
        if scope["type"] != "http" or scope["path"] in STREAMED:
            await self._app(scope, receive, send)
            return
        limit = FILES.get(scope["path"], ORDINARY)
        told = dict(scope["headers"]).get(b"content-length", b"")
        is_refused = told.isdigit() and int(told[:20]) > limit
        read = 0

        async def counted() -> Message:
            nonlocal read
            if is_refused:
                raise _too_large(limit)
            message = await receive()
            read += len(message.get("body", b""))
            if read > limit:
                raise _too_large(limit)
            return message

        await self._app(scope, counted, send)


def _too_large(limit: int) -> HTTPException:
    detail = f"the request is larger than {limit // 1_000_000} MB and wasn't taken"
    return HTTPException(413, detail, {"Connection": "close"})  # what is left of the body isn't read

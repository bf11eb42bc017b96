"""Watches every request: its log line, its place in the metrics, a number to find it by, and the safe headers."""

import time
import uuid
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.operations.logs import logger

__all__ = ["Observing", "RequestMetrics"]

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=()",
}
QUIET = frozenset({"/healthz", "/readyz", "/metrics"})  # asked every few seconds


class RequestMetrics:
    """Counters of requests; `registry` is what `/metrics` shows."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ["method", "route", "status"]
        self.requests = Counter("cleanlane_requests", "Requests answered.", labels, registry=self.registry)
        self.seconds = Histogram(
            "cleanlane_request_seconds", "Seconds until the answer was sent.", ["route"], registry=self.registry
        )


class Observing:
    """An ASGI middleware around the whole application.

    Args:
        app: What it surrounds.
        metrics: Where requests are counted.
    """

    def __init__(self, app: ASGIApp, metrics: RequestMetrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and watch its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status, number = time.perf_counter(), 500, uuid.uuid4().hex[:12]

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _complete(MutableHeaders(scope=message), scope["path"], number)
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception:
            logger().exception("request failed", request=number, path=scope["path"])
            raise
        finally:
            self._count(scope, status, time.perf_counter() - started, number)

    def _count(self, scope: Scope, status: int, seconds: float, number: str) -> None:
        route: Any = scope.get("route")
        path = getattr(route, "path", "other")  # never the path itself: numbers in it would be series of their own
        self._metrics.requests.labels(scope["method"], path, status).inc()
        self._metrics.seconds.labels(path).observe(seconds)
        if scope["path"] not in QUIET:
            logger().info(
                "request", request=number, method=scope["method"], path=path, status=status, ms=round(seconds * 1000, 1)
            )


def _complete(headers: MutableHeaders, path: str, number: str) -> None:
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    headers["X-Request-ID"] = number
    if not path.startswith("/static/"):
        headers.setdefault("Cache-Control", "no-store")

"""A real HTTP receiver in a thread: it checks signatures, remembers what came, and answers as it is told."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from service.messages.signature import DELIVERY, SIGNATURE, TIMESTAMP, verify

__all__ = ["SECRET", "Answer", "Came", "Receiver"]

SECRET = "a secret that only the two know"  # noqa: S105 - of the tests


@dataclass(frozen=True)
class Came:
    """A message as it came."""

    delivery: str
    body: dict[str, Any]
    is_genuine: bool
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]


@dataclass(frozen=True)
class Answer:
    """What the receiver answers, after how many seconds."""

    status: int = 200
    body: bytes = b"{}"
    wait: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)


class Receiver:
    """A receiver on a port of this machine, while it is entered."""

    def __init__(self, answer: Callable[[Came], Answer] = lambda _came: Answer(), port: int = 0) -> None:
        self.answer, self.came = answer, list[Came]()
        self._port = port

    def __enter__(self) -> Self:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                came = receiver.read(self, body)
                receiver.came.append(came)
                answer = receiver.answer(came)
                time.sleep(answer.wait)
                try:
                    self.send_response(answer.status)
                    for name, value in answer.headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(answer.body)))
                    self.end_headers()
                    self.wfile.write(answer.body)
                except OSError:
                    self.close_connection = True  # the sender didn't wait so long

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._port}/hook"

    def read(self, request: BaseHTTPRequestHandler, body: bytes) -> Came:
        """Return what a request carries."""
        parts, headers = urlsplit(request.path), request.headers
        is_genuine = verify(SECRET, headers.get(TIMESTAMP, ""), body, headers.get(SIGNATURE, ""), time.time())
        return Came(
            headers.get(DELIVERY, ""),
            json.loads(body),
            is_genuine,
            parts.path,
            parse_qs(parts.query),
            dict(headers.items()),
        )

    def counts(self) -> Counter[str]:
        """Return how often each delivery came."""
        return Counter(came.delivery for came in self.came)

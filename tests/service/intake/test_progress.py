"""Progress of one's photos, from a real server."""

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from service.intake.progress import Progress
from service.state import Service
from service.store.base import now
from service.store.photos import Photo, PhotoState
from tests.service.intake.sending import jpeg, send
from tests.service.load.serving import serving
from tests.service.town import Town

Client = Callable[[str], TestClient]
BOX = {"category": "garbage_pile", "score": 0.9, "box": [4.0, 3.0, 30.0, 20.0]}
BIN = BOX | {"category": "bin"}


def finish(service: Service, photo_id: int) -> None:
    with service.database.write() as session:
        photo = session.get_one(Photo, photo_id)
        photo.state, photo.boxes, photo.finished = PhotoState.DONE, [BOX, BOX, BIN], now()


def test_looks(any_service: Service, any_town: Town, any_client_of: Client) -> None:
    me = any_town.users["east_reporter"]
    progress = Progress(any_service, me)
    nothing = dict.fromkeys(PhotoState, 0)
    assert progress.look() == {"counts": nothing, "photos": []}
    assert progress.look() is None
    files = send(any_client_of("east_reporter"), jpeg(1), jpeg(2)).json()["files"]
    send(any_client_of("admin"), jpeg(3))  # somebody else's
    seen = progress.look()
    assert seen is not None
    assert seen["counts"] == nothing | {"queued": 2}
    assert sorted(photo["id"] for photo in seen["photos"]) == sorted(file["id"] for file in files)
    finish(any_service, files[0]["id"])
    seen = progress.look()
    assert seen is not None
    assert seen["photos"] == [
        {
            "id": files[0]["id"],
            "name": "0.jpg",
            "state": "done",
            "found": [{"category": "garbage_pile", "zh": "暴露垃圾", "en": "garbage pile", "count": 2}],
            "error_code": "",
            "error": "",
        }
    ]
    with any_service.database.write() as session:
        for file in files:
            session.get_one(Photo, file["id"]).received = now() - timedelta(days=1, hours=1)
    assert Progress(any_service, me).look() == {"counts": nothing, "photos": []}


def told(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


def test_stream(service: Service, town: Town, client_of: Client) -> None:
    """Tells of changes, lets a client go, and ends when the server is told to end."""
    photo_id = send(client_of("east_reporter"), jpeg(1)).json()["files"][0]["id"]
    headers = {"Authorization": f"Bearer {town.tokens['east_reporter']}"}
    with serving(service.settings) as (url, server):
        address = f"{url}/api/v1/photos/progress"
        with httpx.stream("GET", address, headers=headers, trust_env=False, timeout=10) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            events = told(answer.iter_lines())
            assert next(events)["counts"]["queued"] == 1
            threading.Timer(0.3, finish, (service, photo_id)).start()
            changed = next(events)
            assert (changed["counts"]["done"], changed["photos"][0]["state"]) == (1, "done")
        assert httpx.get(f"{url}/healthz", trust_env=False).status_code == 200
        with httpx.stream("GET", address, headers=headers, trust_env=False, timeout=10) as answer:
            lines = answer.iter_lines()
            next(told(lines))
            start = time.monotonic()
            server.send_signal(signal.SIGTERM)
            for _ in lines:
                pass
            server.wait(5)
            assert time.monotonic() - start < 4


@pytest.mark.parametrize(("who", "status"), [("", 401)])
def test_stream_needs_signing_in(client_of: Client, who: str, status: int) -> None:
    assert client_of(who).get("/api/v1/photos/progress").status_code == status

"""Sends many photos at once to a real server, and tells whether all arrived and how it answered meanwhile.

`python -m tests.service.load.upload_load [--count 500] [--bytes 3000000] [--url … --token …]`
"""

import asyncio
import hashlib
import multiprocessing
import os
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Annotated

import httpx
import numpy as np
import simplejpeg
import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from service.settings import Settings
from service.state import Service
from service.store.photos import Photo
from service.store.tables import Base
from tests.service.load.serving import serving
from tests.service.town import build_town
from vision.datasets.scenes import SceneKind, draw_scene

BOUNDARY = "cleanlane-load"
PIECE = 65_536


class Photos:
    """Distinct photos of one size: the same drawn JPEG and filling, each with bytes of its own at its end."""

    def __init__(self, size: int) -> None:
        pixels = draw_scene(seed=1, kind=SceneKind.OVERFLOWING_BINS, size=(1280, 960))[0]
        drawn = simplejpeg.encode_jpeg(np.ascontiguousarray(pixels), quality=90)
        self._common = drawn + os.urandom(max(0, size - len(drawn) - 16))
        self._hash = hashlib.sha256(self._common)
        self._run = os.urandom(8)

    def hash(self, number: int) -> str:
        """Return the hash of one's bytes."""
        whole = self._hash.copy()
        whole.update(self._own(number))
        return whole.hexdigest()

    def body(self, number: int) -> tuple[int, AsyncIterator[bytes]]:
        """Return the length and the pieces of a multipart body with one of them."""
        head = (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="{number}.jpg"\r\n'
            "Content-Type: image/jpeg\r\n\r\n"
        ).encode()
        tail = f"\r\n--{BOUNDARY}--\r\n".encode()

        async def pieces() -> AsyncIterator[bytes]:
            yield head
            for start in range(0, len(self._common), PIECE):
                yield self._common[start : start + PIECE]
            yield self._own(number) + tail

        return len(head) + len(self._common) + 16 + len(tail), pieces()

    def _own(self, number: int) -> bytes:
        return self._run + number.to_bytes(8, "big")


@dataclass
class Seen:
    """What was measured."""

    statuses: Counter[str]
    seconds: float
    health: list[float]  # seconds that each answer of /healthz took; infinite where none came
    lost: int
    peak_megabytes: float


def poll(url: str, stop: Event, answers: "Queue[list[tuple[float, float]]]") -> None:
    """Ask for /healthz twenty times a second until told to stop; gives back when each was asked, and what it took."""
    taken = []
    with httpx.Client(trust_env=False, timeout=30) as client:
        while not stop.is_set():
            start = time.monotonic()
            try:
                client.get(f"{url}/healthz").raise_for_status()
                taken.append((start, time.monotonic() - start))
            except httpx.HTTPError:
                taken.append((start, float("inf")))
            time.sleep(max(0.0, 0.05 - (time.monotonic() - start)))
    answers.put(taken)


async def send_all(url: str, token: str, photos: Photos, count: int) -> Counter[str]:
    """Send all photos at once, each over a connection of its own; returns how often each answer came."""
    limits = httpx.Limits(max_connections=count, max_keepalive_connections=0)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}

    async def send(client: httpx.AsyncClient, number: int) -> str:
        length, pieces = photos.body(number)
        try:
            answer = await client.post(f"{url}/api/v1/photos", content=pieces, headers={"Content-Length": str(length)})
        except httpx.HTTPError as error:
            return type(error).__name__
        return answer.json()["files"][0]["outcome"] if answer.status_code == 202 else f"HTTP {answer.status_code}"

    async with httpx.AsyncClient(trust_env=False, timeout=600, limits=limits, headers=headers) as client:
        return Counter(await asyncio.gather(*(send(client, number) for number in range(count))))


def measure(url: str, token: str, photos: Photos, count: int) -> tuple[Counter[str], float, list[float]]:
    """Return answers, seconds, and what /healthz took meanwhile, as another process saw it."""
    context = multiprocessing.get_context("spawn")
    stop, answers = context.Event(), context.Queue()
    poller = context.Process(target=poll, args=(url, stop, answers))
    poller.start()
    time.sleep(2)
    start = time.monotonic()
    statuses = asyncio.run(send_all(url, token, photos, count))
    seconds = time.monotonic() - start
    stop.set()
    health = [taken for at, taken in answers.get(timeout=60) if start <= at < start + seconds]
    poller.join()
    return statuses, seconds, health


def run_own_server(count: int, size: int) -> Seen:
    """Start a server in an empty folder, and look afterwards whether all photos are in its table and on the disk."""
    photos = Photos(size)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        settings = Settings(data=Path(folder), workers=0, upload_rate=f"{2 * count}/minute")
        service = Service.open(settings)
        stack.callback(service.close)
        Base.metadata.create_all(service.database.engine)
        with service.database.write() as session:
            token = build_town(session).tokens["east_reporter"]
        url, server = stack.enter_context(serving(settings))
        statuses, seconds, health = measure(url, token, photos, count)
        peak = peak_megabytes(server.pid)
        sent = {photos.hash(number) for number in range(count)}
        with service.database.read() as session:
            rows = set(session.scalars(select(Photo.sha256)))
        whole = {sha256 for sha256 in rows if hashlib.sha256(service.photos.read(sha256)).hexdigest() == sha256}
        return Seen(statuses, seconds, health, len(sent - whole), peak)


def peak_megabytes(pid: int) -> float:
    """Return the most memory that a process has had."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) / 1024


def table(seen: Seen, count: int, size: int) -> Table:
    """Return what was measured, to be printed."""
    milliseconds = np.array(seen.health) * 1000
    shown = Table("", f"{count} x {size / 1e6:g} MB")
    for what, value in [
        ("answers", ", ".join(f"{name} {number}" for name, number in seen.statuses.most_common())),
        ("lost (row or file missing)", str(seen.lost)),
        ("uploads/s", f"{count / seen.seconds:.1f}"),
        ("seconds", f"{seen.seconds:.1f}"),
        ("/healthz p50, p95, max", " / ".join(f"{x:.0f} ms" for x in np.percentile(milliseconds, [50, 95, 100]))),
        ("/healthz answers", f"{len(milliseconds)}"),
        ("server's peak memory", f"{seen.peak_megabytes:.0f} MB"),
    ]:
        shown.add_row(what, value)
    return shown


def main(
    count: int = 500,
    size: Annotated[int, typer.Option("--bytes")] = 3_000_000,
    url: str = "",
    token: str = "",
) -> None:
    """Send, and print what came of it."""
    if not url:
        seen = run_own_server(count, size)
    else:
        statuses, seconds, health = measure(url, token, Photos(size), count)
        seen = Seen(statuses, seconds, health, count - statuses["accepted"], float("nan"))
    Console().print(table(seen, count, size))


if __name__ == "__main__":
    typer.run(main)

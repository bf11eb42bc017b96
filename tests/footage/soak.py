"""Hours of watching, with cameras that lose their power now and then: `python -m tests.footage.soak --minutes 120`.

Memory, open files and threads must not grow, and each camera's heap, which comes and goes, must stay one event.
"""

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import av
import cv2
import numpy as np

from tests.footage.cameras import RtspServer, missing_for_rtsp
from vision.datasets.scenes import SceneKind, draw_scene
from vision.errors import UserError
from vision.footage.result import EventFile, load_events
from vision.images import NDArrayImage

SIZE, RATE = (640, 360), 5
CYCLE, THERE = 60, 40  # seconds after which the clip begins anew, and for how many of them the heap lies there
SETTINGS = "sampling: {interval: 1, dense_interval: 1}\nevents: {gone_after: 10}\ncameras:\n"
MB = 1024 * 1024


class Usage(NamedTuple):
    """What the command and its children have."""

    bytes: int
    files: int
    threads: int
    processes: int


@dataclass
class Soak:
    """The command at work, and what was seen of it."""

    process: subprocess.Popen[bytes]
    out: Path
    began: float
    usages: list[Usage]

    def tell(self) -> None:
        """Print a line."""
        usage = usage_of(self.process.pid)
        self.usages.append(usage)
        print(  # noqa: T201
            f"{time.monotonic() - self.began:6.0f} s  {usage.bytes // MB:5} MB  {usage.files:4} files  "
            f"{usage.threads:4} threads  {usage.processes} processes  {len(events(self.out)):3} events",
            flush=True,
        )


def main() -> None:
    """Draw the clip, watch it with the command line, and cut the camera's power meanwhile."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=120)
    parser.add_argument("--restarts", type=int, default=10)
    parser.add_argument("--cameras", type=int, default=1)
    parser.add_argument("--device", default="auto")
    given = parser.parse_args()
    if missing := missing_for_rtsp():
        sys.exit(missing)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        camera = RtspServer(draw_street(folder / "clip.h264"))
        names = [f"camera {number}" for number in range(1, given.cameras + 1)]
        config = folder / "cameras.yaml"
        config.write_text(SETTINGS + "".join(f"  - {{name: {name}, source: '{camera.url}'}}\n" for name in names))
        command = [sys.executable, "-m", "cleanlane.cli", "footage", "--device", given.device]
        command += ["--config", str(config), "--out", str(folder / "out")]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            soak = Soak(process, folder / "out", time.monotonic(), [])
            _watch(soak, camera, given.minutes * 60, given.restarts)
            signalled = time.monotonic()
            process.send_signal(signal.SIGINT)
            code = process.wait()
            took = time.monotonic() - signalled
        camera.kill()
        _sum_up(soak, given.restarts, given.cameras, took, code)


def draw_street(path: Path) -> Path:
    """Write a street in which a heap comes and goes, and someone walks by all the time."""
    clean = draw_scene(seed=0, kind=SceneKind.CLEAN_STREET, size=SIZE)[0]
    heap = draw_scene(seed=1, kind=SceneKind.GARBAGE_HEAP, size=SIZE)[0]
    dirty = clean.copy()
    dirty[250:344, 230:440] = cv2.resize(heap[172:, 150:570], (210, 94), interpolation=cv2.INTER_AREA)
    with av.open(str(path), "w") as output:
        options = {"profile": "baseline", "preset": "veryfast", "crf": "23", "g": str(RATE), "threads": "1"}
        stream = output.add_stream("libx264", rate=RATE, options=options)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for pixels in _pictures(clean, dirty):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(pixels)))
        output.mux(stream.encode())
    return path


def _pictures(clean: NDArrayImage, dirty: NDArrayImage) -> Iterator[NDArrayImage]:
    for index in range(CYCLE * RATE):
        picture = (dirty if index < THERE * RATE else clean).copy()
        x = index * 4 % SIZE[0]
        cv2.rectangle(picture, (x, 90), (x + 16, 150), (40, 50, 90), -1)
        yield np.ascontiguousarray(picture)


def events(out: Path) -> list[str]:
    """Return the events' cameras so far."""
    try:
        return [event.camera for event in load_events(out / "events.json").events]
    except UserError:  # there is no file yet
        return []


def usage_of(pid: int) -> Usage:
    """Return what a process and its children have; zeros where they have just ended."""
    usages = [_own_usage(each) for each in (pid, *_children(pid))]
    return Usage(*(sum(values) for values in zip(*usages, strict=True)))


def _own_usage(pid: int) -> Usage:
    folder = Path(f"/proc/{pid}")
    try:
        status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
        resident = int(status["VmRSS"].split()[0]) * 1024
        return Usage(resident, len(list((folder / "fd").iterdir())), int(status["Threads"]), 1)
    except (OSError, KeyError):
        return Usage(0, 0, 0, 0)


def _children(pid: int) -> list[int]:
    return [int(child) for task in Path(f"/proc/{pid}/task").glob("*/children") for child in task.read_text().split()]


def _watch(soak: Soak, camera: RtspServer, seconds: float, restarts: int) -> None:
    chance = random.Random(1)  # noqa: S311
    cuts = sorted(chance.uniform(0.05, 0.95) * seconds for _ in range(restarts))
    told = soak.began
    while (now := time.monotonic()) < soak.began + seconds and soak.process.poll() is None:
        if now >= told + 60:
            soak.tell()
            told += 60
        if cuts and now >= soak.began + cuts[0]:
            cuts.pop(0)
            camera.kill()
            time.sleep(chance.uniform(0, 30))
            camera.start()
        time.sleep(0.5)
    soak.tell()


def _sum_up(soak: Soak, restarts: int, cameras: int, took: float, code: int) -> None:
    file: EventFile = load_events(soak.out / "events.json")
    sizes = [usage.bytes // MB for usage in soak.usages]
    print("memory after 1 minute, at the end, at most:", sizes[0], sizes[-1], max(sizes), "MB")  # noqa: T201
    for name, first, last in zip(Usage._fields, soak.usages[0], soak.usages[-1], strict=True):
        if name != "bytes":
            print(f"{name} after 1 minute, at the end: {first} {last}")  # noqa: T201
    print(f"restarts: {restarts}; cameras' notes: {[camera.note for camera in file.cameras]}")  # noqa: T201
    print(f"events expected: {cameras}, found: {len(file.events)}")  # noqa: T201
    for event in file.events:
        print(f"  {event.camera}: {event.category}, {len(event.visits)} visits, {event.observation_count} observations")  # noqa: T201
    print(f"from SIGINT to the end: {took:.2f} s, exit code {code}")  # noqa: T201


if __name__ == "__main__":
    main()

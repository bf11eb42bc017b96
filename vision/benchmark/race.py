"""The race: every contestant in a process of its own, in rounds, so that a slow minute of the machine hits all."""

import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from vision.benchmark.process import run_module
from vision.benchmark.surroundings import surroundings
from vision.inference.choice import Choice, candidates_of
from vision.inference.machine import cores
from vision.inference.published import files_of

__all__ = ["Entry", "Measured", "Race", "entries", "has_ultralytics", "race"]

PACKAGES = ("onnxruntime", "openvino", "opencv-python-headless", "simplejpeg", "ultralytics", "torch")


@dataclass(frozen=True)
class Entry:
    """Who runs.

    Attributes:
        name: For people.
        contestant: Key of `CONTESTANTS`.
        options: What that takes.
    """

    name: str
    contestant: str
    options: dict[str, Any]


@dataclass
class Measured:
    """What an entry took, one value a round.

    Attributes:
        photos_per_second: From the first photo to the last result, without the start.
        cpu_ms: Time of all threads on the cores, for each photo.
        first_result_seconds: From the start of the process to the first photo's result.
        peak_mb: Largest resident size of the process in megabytes.
        stages: Of each stage (ms a photo): median, 95th percentile, and the mean of the calling thread's own work.
    """

    entry: Entry
    photos_per_second: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    first_result_seconds: list[float] = field(default_factory=list)
    peak_mb: list[float] = field(default_factory=list)
    stages: dict[str, tuple[float, float, float]] = field(default_factory=dict)

    @property
    def speed(self) -> float:
        """Median photos per second."""
        return statistics.median(self.photos_per_second)


@dataclass(frozen=True)
class Race:
    """A finished race on one set of photos.

    Attributes:
        floor: Photos per second if scaled decoding and the network alone kept every core busy.
    """

    photos: int
    megabytes: float
    rounds: int
    measured: list[Measured]
    floor: float

    def as_dict(self) -> dict[str, Any]:
        """Return everything for JSON, with machine and versions."""
        return {**surroundings(PACKAGES), **asdict(self)}


def entries(choice: Choice, model: Path | None, weights: Path | None, exported: Path | None, tiles: str) -> list[Entry]:
    """Return who runs: what `auto` has chosen first, then our other variants, the others, and the floor's two halves.

    Args:
        choice: What `auto` has chosen.
        model: As for `Detector`.
        weights: Checkpoint for Ultralytics; None leaves it out.
        exported: Ultralytics' own export of it.
        tiles: As for `cleanlane screen`.
    """
    base = {
        "model": None if model is None else str(model),
        "file": str(files_of(model)[0].path.resolve()),
        "tiles": tiles,
    }
    chosen = {**base, "device": str(choice.device), "precision": choice.precision}
    found = [
        Entry(f"screen, {choice.device} {choice.precision}", "report", chosen),
        Entry(f"detect, {choice.device} {choice.precision}", "detections", chosen),
    ]
    for device, precision in candidates_of(model):
        if (device, precision) != (str(choice.device), choice.precision):
            options = {**base, "device": device, "precision": precision}
            found.append(Entry(f"detect, {device} {precision}", "detections", options))
    found.append(Entry("plain loop", "plain_loop", base))
    if weights is not None:
        torch = {"weights": str(weights), "save": False}
        found.append(Entry("ultralytics, torch", "ultralytics", {**torch, "every_core": False}))
        saving = {**torch, "every_core": False, "save": True}
        found.append(Entry("ultralytics with pictures", "ultralytics", saving))
        found.append(Entry("ultralytics, every core", "ultralytics", {**torch, "every_core": True}))
    if exported is not None:
        its_own = {"weights": str(exported), "every_core": False, "save": False}
        found.append(Entry("ultralytics, its own ONNX", "ultralytics", its_own))
    found.append(Entry("one thread only decoding", "decode_only", base))
    found.append(Entry("one thread only inferring", "model_only", chosen))
    return found


def race(who: Sequence[Entry], photos: Sequence[Path], rounds: int, progress: Callable[[str], None]) -> Race:
    """Run everyone `rounds` times, in turn.

    Args:
        progress: Called with the name of each run before it starts.

    Raises:
        UserError: A contestant failed; the message has its last words.
    """
    measured = [Measured(entry) for entry in who]
    stages: dict[str, dict[str, list[list[float]]]] = {}
    for _ in range(rounds):
        for one in measured:
            progress(one.entry.name)
            answer = _run(one.entry, photos)
            one.photos_per_second.append(answer["photos"] / answer["seconds"])
            one.cpu_ms.append(1000 * answer["cpu_seconds"] / answer["photos"])
            one.first_result_seconds.append(answer["first_result_seconds"])
            one.peak_mb.append(answer["peak_mb"])
            for stage, (wall, cpu) in answer["stages"].items():
                kept = stages.setdefault(one.entry.name, {}).setdefault(stage, [[], []])
                kept[0] += wall
                kept[1] += cpu
    for one in measured:
        one.stages = {
            stage: (1000 * float(np.median(wall)), 1000 * float(np.percentile(wall, 95)), 1000 * float(np.mean(cpu)))
            for stage, (wall, cpu) in stages.get(one.entry.name, {}).items()
        }
    halves = [statistics.median(m.cpu_ms) for m in measured if m.entry.contestant in ("decode_only", "model_only")]
    floor = 1000 * cores() / sum(halves)
    megabytes = sum(path.stat().st_size for path in photos) / 1e6
    return Race(len(photos), megabytes, rounds, measured, floor)


def _run(entry: Entry, photos: Sequence[Path]) -> dict[str, Any]:
    order = {
        "contestant": entry.contestant,
        "options": entry.options,
        "photos": [str(path) for path in photos],
        "started": time.time(),
    }
    answer: dict[str, Any] = json.loads(run_module(entry.name, "vision.benchmark.worker", given=json.dumps(order)))
    return answer


def has_ultralytics() -> bool:
    """Return whether Ultralytics can be raced here."""
    return find_spec("ultralytics") is not None

"""Let a contestant look at every photo: what it finds and what that costs, kept on disk so that it can go on."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from vision.categories import NAMES
from vision.datasets.labels import LabelledPhoto
from vision.detections import Detections
from vision.evaluation.contestants.contestant import Contestant
from vision.evaluation.record import Cost, StageTime
from vision.inference.peak_memory import peak_memory_mb
from vision.inference.results import Fraction, Strict
from vision.inference.stages import StageClock, untimed
from vision.unfinished import restore

__all__ = ["look"]

Milliseconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Took(Strict):
    total_ms: Milliseconds
    stage_ms: dict[str, Milliseconds]
    peak_memory_mb: float = Field(gt=0, description="Of the process, so far.")


class _Look(Strict):
    """A line of the file: what was found on one photo, and what it took."""

    photo: str
    boxes: tuple[tuple[float, float, float, float], ...]
    scores: tuple[Fraction, ...]
    categories: tuple[str, ...]
    took: _Took

    def found(self) -> Detections:
        """Raises ValueError if the lists don't fit each other or a name isn't ours."""
        return Detections.of(self.boxes, self.scores, [NAMES.index(name) for name in self.categories])


_Done = tuple[Detections, _Took]


def look(
    contestant: Contestant,
    photos: Sequence[LabelledPhoto],
    kept: Path,
    settings: Mapping[str, str],
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> tuple[list[Detections], Cost]:
    """Detect on each photo, one at a time, and time every stage.

    Args:
        contestant: Who looks.
        photos: To be looked at; at least one.
        kept: A JSON Lines file: first the settings, then a line per photo in the order of `photos`. What an
            interrupted run has left there isn't done again; from a damaged line on everything is.
        settings: What the finds depend on: the model, the options, the photos.
        progress: Told how many photos of how many are done.

    Returns:
        Detections of each photo, the same to the last bit whether a run was interrupted or not; and the cost.

    Raises:
        UserError: `kept` belongs to a run with other settings, or can't be written.
        PhotoError: A photo can't be read.
    """
    names = [photo.name for photo in photos]
    done: list[_Done] = []

    def restored(line: bytes, _offset: int) -> bool:
        one = _read(names[len(done)], line) if len(done) < len(names) else None
        done.extend([] if one is None else [one])
        return one is not None

    with restore(kept, settings, restored) as file:
        progress(len(done), len(photos))
        left = list(zip(names, photos, strict=True))[len(done) :]
        if left:
            contestant.detect(contestant.read(left[0][1].path), untimed)  # the first one also pays for the start
        for name, photo in left:
            found, took = _look(contestant, photo.path)
            file.write(_line(name, found, took))
            file.flush()
            done.append((found, took))
            progress(len(done), len(photos))
    return [found for found, _ in done], _cost([took for _, took in done])


def _read(name: str, line: bytes) -> _Done | None:
    """Return a line's content; None if a kill or a crash damaged it, or it isn't that photo's."""
    try:
        kept = _Look.model_validate_json(line)
        return (kept.found(), kept.took) if kept.photo == name else None
    except ValueError:
        return None


def _line(name: str, found: Detections, took: _Took) -> bytes:
    kept = _Look(
        photo=name,
        boxes=tuple(tuple(box) for box in found.boxes.tolist()),
        scores=tuple(found.scores.tolist()),
        categories=tuple(found.names[i] for i in found.categories),
        took=took,
    )
    return kept.model_dump_json().encode() + b"\n"


def _look(contestant: Contestant, path: Path) -> _Done:
    clock, started = StageClock(), time.perf_counter()
    with clock("decode"):
        photo = contestant.read(path)
    found = contestant.detect(photo, clock)
    seconds = time.perf_counter() - started
    stages = {stage: 1000 * sum(walls) for stage, (walls, _) in clock.seconds.items()}
    return found, _Took(total_ms=1000 * seconds, stage_ms=stages, peak_memory_mb=peak_memory_mb())


def _cost(took: Sequence[_Took]) -> Cost:
    stages = dict.fromkeys(stage for one in took for stage in one.stage_ms)
    return Cost(
        photos=len(took),
        total=_time([one.total_ms for one in took]),
        stages={stage: _time([one.stage_ms.get(stage, 0.0) for one in took]) for stage in stages},
        peak_memory_mb=max(one.peak_memory_mb for one in took),
    )


def _time(ms: Sequence[float]) -> StageTime:
    p50, p95 = np.percentile(ms, [50, 95])
    return StageTime(p50=float(p50), p95=float(p95))

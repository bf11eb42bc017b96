"""Screen photos: read and decode ahead on threads, detect in batches, keep the order."""

import hashlib
import itertools
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from vision.categories import category_of
from vision.detections import Detections
from vision.errors import PhotoError
from vision.images import NDArrayImage, Photo
from vision.inference.detector import Detector
from vision.inference.results import Box, Failure, GpsPoint, PhotoResult
from vision.inference.sources import PhotoFile

__all__ = ["Screened", "screen"]

Item = TypeVar("Item")
Output = TypeVar("Output")


@dataclass(frozen=True, eq=False)
class Screened:
    """A photo's result, and its pixels (possibly at a reduced scale) if it could be read."""

    result: PhotoResult
    image: NDArrayImage | None = None


@dataclass(frozen=True, eq=False)
class _Loaded:
    name: str
    sha256: str | None
    outcome: Photo | PhotoError | PhotoResult  # the last if it was known from an earlier run


def screen(
    photos: Iterable[PhotoFile],
    detector: Detector,
    finish: Callable[[Screened], Output],
    known: Callable[[str, str], PhotoResult | None] = lambda _name, _sha256: None,
    batch: int = 8,
) -> Iterator[Output]:
    """Screen photos lazily and in order; memory holds a few batches, however many photos there are.

    Args:
        photos: What to screen.
        detector: Its thresholds decide the verdicts.
        finish: Called on a worker thread with each result, for what is slow: drawing, encoding.
        known: Returns the result that a (name, sha256) had in an earlier run, if any; it isn't computed again.
        batch: Photos per inference.

    Yields:
        What `finish` returned, in the order of `photos`.
    """
    with ThreadPoolExecutor(max(2, os.cpu_count() or 1), "cleanlane-photo") as pool:
        loaded = _ordered_map(pool, lambda photo: _load(photo, detector, known), photos, 2 * batch)
        yield from _ordered_map(pool, finish, _detect(loaded, detector, batch), 2 * batch)


def _ordered_map(
    pool: ThreadPoolExecutor, function: Callable[[Item], Output], items: Iterable[Item], ahead: int
) -> Iterator[Output]:
    """Map on the pool with at most `ahead` results waiting, so that a slow consumer holds back the work."""
    waiting: deque[Future[Output]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) >= ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def _load(photo: PhotoFile, detector: Detector, known: Callable[[str, str], PhotoResult | None]) -> _Loaded:
    sha256 = None
    try:
        data = photo.read()
        sha256 = hashlib.sha256(data).hexdigest()
        earlier = known(photo.name, sha256)
        return _Loaded(photo.name, sha256, earlier or detector.read(data, photo.name))
    except PhotoError as error:
        return _Loaded(photo.name, sha256, error)


def _detect(loaded: Iterator[_Loaded], detector: Detector, batch: int) -> Iterator[Screened]:
    while chunk := list(itertools.islice(loaded, batch)):
        detections = iter(detector.detect_batch([p.outcome for p in chunk if isinstance(p.outcome, Photo)]))
        for one in chunk:
            if isinstance(one.outcome, Photo):
                yield Screened(_result(one, one.outcome, next(detections)), one.outcome.pixels)
            elif isinstance(one.outcome, PhotoResult):
                yield Screened(one.outcome)
            else:
                failure = Failure(reason=one.outcome.reason, message=str(one.outcome))
                yield Screened(PhotoResult(path=one.name, sha256=one.sha256, verdict="unreadable", failure=failure))


def _result(loaded: _Loaded, photo: Photo, detections: Detections) -> PhotoResult:
    boxes = tuple(
        Box(category=name, score=round(score, 4), box=(x1, y1, x2, y2))
        for (x1, y1, x2, y2), score, name in _rounded(detections)
        if x1 < x2 and y1 < y2
    )
    gps = None
    if photo.gps:
        gps = GpsPoint(latitude=photo.gps.latitude, longitude=photo.gps.longitude, datum=photo.gps.datum)
    return PhotoResult(
        path=loaded.name,
        sha256=loaded.sha256,
        verdict="needs_visit" if any(category_of(box.category).is_problem for box in boxes) else "clean",
        width=photo.width,
        height=photo.height,
        captured=photo.captured,
        gps=gps,
        boxes=boxes,
    )


def _rounded(detections: Detections) -> Iterator[tuple[list[float], float, str]]:
    """Yield each detection with its box in tenths of a pixel, which is more than a model knows."""
    for box, score, name in detections:
        yield [round(float(side), 1) for side in box], score, name

"""Screen photos: read → decode → letterbox → infer → suppress → finish, overlapping, in order, in little memory."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

from vision.categories import category_of
from vision.detections import Detections
from vision.errors import PhotoError
from vision.images import NDArrayImage, Photo, read_photo
from vision.inference.boxes import boxes_of
from vision.inference.detector import Detector
from vision.inference.machine import cores
from vision.inference.reading import PATIENCE, ReadPhoto, read_ahead
from vision.inference.results import Failure, GpsPoint, PhotoResult
from vision.inference.sources import PhotoFile
from vision.inference.stages import Clock, ordered_map, untimed
from vision.inference.views import View

__all__ = ["Screened", "screen"]

Output = TypeVar("Output")


@dataclass(frozen=True, eq=False)
class Screened:
    """A photo's result, and what there is to see of it if it was read in this run.

    Attributes:
        image: Upright pixels, possibly at a reduced scale.
        shown: The same as the network saw it, smaller.
    """

    result: PhotoResult
    image: NDArrayImage | None = None
    shown: NDArrayImage | None = None


@dataclass(frozen=True, eq=False)
class _Decoded:
    read: ReadPhoto
    outcome: Photo | PhotoError | PhotoResult  # the last if it was known from an earlier run
    views: list[View]


def screen(
    photos: Iterable[PhotoFile],
    detector: Detector,
    finish: Callable[[Screened], Output],
    known: Callable[[str, str | None], PhotoResult | None] = lambda _name, _sha256: None,
    *,
    patience: float = PATIENCE,
    clock: Clock = untimed,
) -> Iterator[Output]:
    """Screen photos lazily and in order; memory holds a few photos for each core, however many there are.

    Args:
        photos: What to screen.
        detector: Its thresholds decide the verdicts; its `streams` are the inferences at a time.
        finish: Called on a worker thread with each result, for what is slow: drawing, encoding.
        known: Returns the result that a (name, sha256) had in an earlier run, if any; it isn't computed again.
        patience: Seconds after which a file that can't be read is given up.
        clock: Times the stages.

    Yields:
        What `finish` returned, in the order of `photos`.
    """

    def decode(photo: ReadPhoto) -> _Decoded:
        return _decode(photo, detector, known, clock)

    def infer(batch: list[_Decoded]) -> list[Screened]:
        return _infer(batch, detector, clock)

    def timed(screened: Screened) -> Output:
        with clock("finish"):
            return finish(screened)

    workers, batch = cores(), detector.choice.runner.batch
    ahead = 2 * max(workers, batch)
    with ThreadPoolExecutor(workers, "cleanlane-photo") as pool, ThreadPoolExecutor(detector.streams) as own:
        # On the processor all stages share its cores: more threads than cores would only get in each other's way.
        shared = detector.choice.device.on_cpu and detector.streams >= workers
        decoded = ordered_map(pool, decode, read_ahead(photos, patience, clock), ahead)
        batches = iter(lambda: list(itertools.islice(decoded, batch)), [])
        inferred = ordered_map(pool if shared else own, infer, batches, 2 * detector.streams)
        yield from ordered_map(pool, timed, itertools.chain.from_iterable(inferred), ahead)


def _decode(
    photo: ReadPhoto, detector: Detector, known: Callable[[str, str | None], PhotoResult | None], clock: Clock
) -> _Decoded:
    if isinstance(photo.data, PhotoError):
        return _Decoded(photo, photo.data, [])
    light = replace(photo, data=b"")  # the file's bytes are not needed any more
    if earlier := known(photo.name, photo.sha256):
        return _Decoded(light, earlier, [])
    try:
        with clock("decode"):
            decoded = read_photo(photo.data, photo.name, detector.least_side)
    except PhotoError as error:
        return _Decoded(light, error, [])
    with clock("letterbox"):
        return _Decoded(light, decoded, detector.prepare(decoded))


def _infer(batch: list[_Decoded], detector: Detector, clock: Clock) -> list[Screened]:
    with clock("infer"):
        outputs = iter(detector.infer([view for one in batch for view in one.views]))
    screened = []
    for one in batch:
        if isinstance(one.outcome, Photo):
            with clock("suppress"):
                found = detector.detections(one.outcome, one.views, list(itertools.islice(outputs, len(one.views))))
                result = _result(one.read, one.outcome, found)
            screened.append(Screened(result, one.outcome.pixels, one.views[0].shown))
        elif isinstance(one.outcome, PhotoResult):
            screened.append(Screened(one.outcome))
        else:
            failure = Failure(reason=one.outcome.reason, message=str(one.outcome))
            result = PhotoResult(path=one.read.name, sha256=one.read.sha256, verdict="unreadable", failure=failure)
            screened.append(Screened(result))
    return screened


def _result(read: ReadPhoto, photo: Photo, detections: Detections) -> PhotoResult:
    boxes = tuple(boxes_of(detections, photo.width, photo.height))
    gps = None
    if photo.gps:
        gps = GpsPoint(latitude=photo.gps.latitude, longitude=photo.gps.longitude, datum=photo.gps.datum)
    return PhotoResult(
        path=read.name,
        sha256=read.sha256,
        verdict="needs_visit" if any(category_of(box.category).is_problem for box in boxes) else "clean",
        width=photo.width,
        height=photo.height,
        captured=photo.captured,
        gps=gps,
        boxes=boxes,
    )

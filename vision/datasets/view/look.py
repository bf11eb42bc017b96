"""A first look at every photo: a thumbnail, its brightness and, with a model, what that finds; kept in a journal."""

import functools
import hashlib
import io
import itertools
import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from vision.datasets.labels import LabelledPhoto
from vision.detections import Detections
from vision.errors import PhotoError
from vision.images import path_text, photo_bytes, read_photo
from vision.inference.annotate import thumbnail
from vision.inference.detector import Detector
from vision.inference.journal import Entry, Journal
from vision.inference.results import Failure, PhotoResult
from vision.inference.screen import Screened, screen
from vision.inference.sources import PhotoFile

__all__ = ["LOWEST_SCORE", "Look", "look_at"]

LOWEST_SCORE = 0.02  # what a model sees less of than this it doesn't see
AHEAD = 64  # photos read ahead, so that memory stays flat


@dataclass(frozen=True, eq=False)
class Look:
    """What was seen of one photo.

    Attributes:
        thumbnail: WebP, or None if unreadable.
        brightness: Mean luma of the thumbnail, 0..255, Y' = 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601); None if
            unreadable.
        predictions: Best score first, in pixels of the label file's size of the photo; empty without a model.
        failure: Why it is unreadable, or None.
    """

    thumbnail: bytes | None
    brightness: float | None
    predictions: Detections
    failure: str | None = None


def look_at(
    photos: Sequence[LabelledPhoto],
    folder: Path,
    detector: Detector | None,
    side: int = 240,
    progress: Callable[[], None] = lambda: None,
) -> list[Look]:
    """Look at each photo; what an earlier call with the same model and side saw is taken from its journal.

    Args:
        photos: What to look at.
        folder: Where the journal lies.
        detector: Finds boxes, with a threshold as low as `LOWEST_SCORE`; None for thumbnails only.
        side: Longest side of the thumbnails in pixels.
        progress: Called after each photo.
    """
    model = None if detector is None else {"sha256": detector.model.sha256, "iou": detector.iou, "low": LOWEST_SCORE}
    settings = {"format": "cleanlane-view", "version": 1, "model": model, "thumbnail": side}
    suffix = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:12]
    names = detector.model.names if detector else ()
    looks = []
    with Journal(folder / f".look-{suffix}.jsonl", settings) as journal:
        earlier = frozenset(journal)
        for photo, entry in zip(photos, _entries(photos, detector, side, journal), strict=True):
            key = entry.result.path, entry.result.sha256
            if key not in earlier:
                journal.append(entry)
            looks.append(_look(photo, journal.read(key) if key in earlier else entry, names))
            progress()
    return looks


def _entries(
    photos: Sequence[LabelledPhoto], detector: Detector | None, side: int, journal: Journal
) -> Iterator[Entry]:
    """Yield each photo's entry, in order; without its thumbnail if the journal holds it."""
    files = [
        PhotoFile(f"{p.source}/{path_text(Path(p.path.name))}", functools.partial(photo_bytes, p.path)) for p in photos
    ]

    def known(name: str, sha256: str | None) -> PhotoResult | None:
        return journal.read((name, sha256)).result if (name, sha256) in journal else None

    def finish(screened: Screened) -> Entry:
        image = screened.image
        return Entry(screened.result, None if image is None else thumbnail(image, side))

    if detector is not None:
        yield from screen(files, detector, finish, known)
        return
    pool = ThreadPoolExecutor(max(2, os.cpu_count() or 1), "cleanlane-look")
    try:
        remaining = iter(files)
        while batch := list(itertools.islice(remaining, AHEAD)):
            yield from pool.map(lambda file: finish(_decoded(file, side, known)), batch)
    finally:
        pool.shutdown(cancel_futures=True)


def _decoded(file: PhotoFile, side: int, known: Callable[[str, str | None], PhotoResult | None]) -> Screened:
    """Read a photo for its thumbnail only."""
    sha256 = None
    try:
        data = file.read()
        sha256 = hashlib.sha256(data).hexdigest()
        if earlier := known(file.name, sha256):
            return Screened(earlier)
        photo = read_photo(data, file.name, at_least=side)
    except PhotoError as error:
        failure = Failure(reason=error.reason, message=str(error))
        return Screened(PhotoResult(path=file.name, sha256=sha256, verdict="unreadable", failure=failure))
    result = PhotoResult(path=file.name, sha256=sha256, verdict="clean", width=photo.width, height=photo.height)
    return Screened(result, photo.pixels)


def _look(photo: LabelledPhoto, entry: Entry, names: tuple[str, ...]) -> Look:
    result = entry.result
    width, height = result.width or 0, result.height or 0
    boxes = np.array([found.box for found in result.boxes], np.float32).reshape(-1, 4)
    if width and height:
        boxes = boxes * np.array([photo.width / width, photo.height / height] * 2, np.float32)
    scores = [found.score for found in result.boxes]
    predictions = Detections.of(boxes, scores, [names.index(found.category) for found in result.boxes], names)
    brightness = None
    if entry.thumbnail is not None:
        with Image.open(io.BytesIO(entry.thumbnail)) as picture:
            brightness = round(float(np.asarray(picture.convert("L")).mean()), 1)
    failure = result.failure.message if result.failure else None
    return Look(entry.thumbnail, brightness, predictions, failure)

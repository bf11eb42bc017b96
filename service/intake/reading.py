"""Reads text and phone numbers on postings with RapidOCR; off by default (`CLEANLANE_READ_POSTINGS=1`)."""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from service.domain.phone_numbers import Number, numbers_in
from service.operations.logs import logger
from service.state import Service
from service.store.issues import Evidence, Issue
from service.store.photos import Photo
from service.store.postings import AdvertisedNumber, PostingReading
from vision.errors import MissingExtraError, PhotoError
from vision.images import NDArrayImage, read_photo

if TYPE_CHECKING:
    pass

__all__ = ["Reader", "Reading", "read_next", "watch"]

MARGIN = 0.08  # of a box's size that is taken in around it: boxes may cut off a last digit
LEAST_SIDE = 640  # pixels; smaller crops are enlarged, as the networks were trained on larger letters
PAUSE = 5.0  # seconds between two looks for new evidence
BATCH = 20


@dataclass(frozen=True)
class Reading:
    """What was read: lines from top to bottom, their mean confidence 0..1, and the phone numbers in them."""

    lines: Sequence[str] = ()
    confidence: float = 0.0
    numbers: Sequence[Number] = field(default_factory=list)


class Reader:
    """RapidOCR with the models that its wheel brings.

    Raises:
        MissingExtraError: The extra `ocr` isn't installed.
    """

    def __init__(self) -> None:
        try:
            from rapidocr import RapidOCR
        except ModuleNotFoundError as error:
            raise MissingExtraError(str(error.name), "ocr") from error
        self._ocr: RapidOCR = RapidOCR(params={"Global.log_level": "warning"})
        logging.getLogger("RapidOCR").setLevel(logging.ERROR)  # it warns of every picture without text

    def read(self, pixels: NDArrayImage, boxes: Sequence[Sequence[float]]) -> Reading:
        """Read what the boxes (x1, y1, x2, y2 in pixels) of a picture (h, w, 3) show."""
        lines: list[str] = []
        scores: list[float] = []
        for box in boxes:
            found: Any = self._ocr(_crop(pixels, box)[:, :, ::-1])  # BGR
            lines += found.txts or ()
            scores += found.scores or ()
        return Reading(lines, float(np.mean(scores)) if scores else 0.0, numbers_in(lines))


def watch(service: Service, stopping: threading.Event) -> None:
    """Read new postings until told to stop."""
    reader = Reader()
    while not stopping.is_set():
        if not read_next(service, reader):
            stopping.wait(PAUSE)


def read_next(service: Service, reader: Reader) -> int:
    """Read some postings that weren't read yet; returns how many there were."""
    read = PostingReading.evidence_id == Evidence.id
    with service.database.read() as session:
        waiting = session.execute(
            select(Evidence.id, Photo.sha256, Evidence.boxes, Evidence.corrected)
            .join(Issue, Evidence.issue_id == Issue.id)
            .join(Photo, Evidence.photo_id == Photo.id)
            .outerjoin(PostingReading, read)
            .where(Issue.category == "illegal_posting", Evidence.kind.in_(["first", "again"]))
            .where(PostingReading.id.is_(None))
            .order_by(Evidence.id)
            .limit(BATCH)
        ).all()
    for evidence, sha256, boxes, corrected in waiting:
        corners = [box["box"] for box in (boxes if corrected is None else corrected)]
        _save(service, evidence, _read(service, reader, sha256, corners))
    return len(waiting)


def _read(service: Service, reader: Reader, sha256: str, boxes: Sequence[Sequence[float]]) -> Reading:
    try:
        photo = read_photo(service.photos.read(sha256))
    except (PhotoError, FileNotFoundError) as error:
        logger().warning("posting can't be read", photo=sha256[:12], error=str(error))
        return Reading()
    return reader.read(photo.pixels, boxes)


def _save(service: Service, evidence: int, reading: Reading) -> None:
    row = PostingReading(evidence_id=evidence, text="\n".join(reading.lines), confidence=reading.confidence)
    row.numbers = [AdvertisedNumber(number=n.e164, as_written=n.as_written[:50]) for n in reading.numbers]
    try:
        with service.database.write() as session:
            session.add(row)
    except IntegrityError:  # another process was quicker
        logger().info("posting was read already", evidence=evidence)


def _crop(pixels: NDArrayImage, box: Sequence[float]) -> NDArrayImage:
    import cv2

    x1, y1, x2, y2 = box
    dx, dy = MARGIN * (x2 - x1), MARGIN * (y2 - y1)
    height, width = pixels.shape[:2]
    left, top = max(0, int(x1 - dx)), max(0, int(y1 - dy))
    crop = pixels[top : min(height, int(y2 + dy) + 1), left : min(width, int(x2 + dx) + 1)]
    scale = LEAST_SIDE / max(crop.shape[:2])
    enlarge = partial(cv2.resize, dsize=None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    return np.ascontiguousarray(enlarge(crop) if scale > 1 else crop)

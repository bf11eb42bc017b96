"""Photos of places that are visited again: taken anew, put in order, and handed to the service."""

import hashlib
import io
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image
from sqlalchemy import select

from service.intake import suspecting
from service.state import Service
from service.store.issues import Issue
from service.store.photos import Photo
from vision.categories import PROBLEMS
from vision.detections import Detections, NDArrayBoxes
from vision.images import NDArrayImage
from vision.inference.results import Box

__all__ = ["START", "add_photo", "boxes_of", "cleared", "handle", "issues", "taken_again"]

START = datetime(2026, 9, 1, 8, tzinfo=UTC)


def boxes_of(labels: Detections, score: float = 0.8) -> list[Box]:
    """Return labels as the detector would have found them."""
    return [
        Box(
            category=name,
            score=score,
            box=(round(float(x1), 1), round(float(y1), 1), round(float(x2), 1), round(float(y2), 1)),
        )
        for (x1, y1, x2, y2), _, name in labels
    ]


def taken_again(
    pixels: NDArrayImage, labels: Detections, seed: int, strength: float = 1.0
) -> tuple[NDArrayImage, Detections]:
    """Return a photo as another visit would have it: from a step beside, in other light, saved again."""
    rng = np.random.default_rng(seed)
    height, width = pixels.shape[:2]
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    zoom, shift = rng.uniform(0.85, 1.2) ** strength, strength * rng.uniform(-0.08, 0.08, 2) * (width, height)
    moved = (corners - corners.mean(axis=0)) * zoom + corners.mean(axis=0) + shift
    moved += strength * rng.uniform(-0.05, 0.05, (4, 2)) * (width, height)
    to = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
    seen = cv2.warpPerspective(pixels, to, (width, height), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REFLECT)
    light = 255 * (seen / 255.0) ** rng.uniform(0.7, 1.4) ** strength * rng.uniform(0.8, 1.2)
    light += rng.normal(0, rng.uniform(1, 5), seen.shape)
    buffer = io.BytesIO()
    Image.fromarray(np.clip(light, 0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=int(rng.integers(60, 90)))
    points = labels.boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2)
    there = np.concatenate([points, np.ones((len(points), 4, 1))], axis=2) @ to.T
    there = there[..., :2] / there[..., 2:]
    boxes = np.concatenate([there.min(axis=1), there.max(axis=1)], axis=1)
    inside = np.clip(boxes, 0, [width, height, width, height])
    kept = np.prod(inside[:, 2:] - inside[:, :2], axis=1) > 0.5 * np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    found = Detections.of(inside[kept], labels.scores[kept], labels.categories[kept], labels.names)
    return np.asarray(Image.open(buffer)), found


def cleared(pixels: NDArrayImage, boxes: NDArrayBoxes) -> NDArrayImage:
    """Return a photo with what lies in the boxes (n, 4) painted over by what is around them."""
    factor = 320 / max(pixels.shape[:2])
    small = cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    mask = np.zeros(small.shape[:2], np.uint8)
    for x1, y1, x2, y2 in np.round(boxes * factor).astype(int):
        mask[max(y1 - 2, 0) : y2 + 2, max(x1 - 2, 0) : x2 + 2] = 255
    painted = cv2.inpaint(small, mask, 3, cv2.INPAINT_TELEA)
    size = (pixels.shape[1], pixels.shape[0])
    painted, covered = cv2.resize(painted, size), cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST)
    return np.where(covered[..., None] > 0, painted, pixels)


def add_photo(service: Service, pixels: NDArrayImage, reporter_id: int, **columns: Any) -> int:
    """Store a photo as if it was received and claimed; return its id. The same pixels may come again: bytes follow."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=90)
    data = buffer.getvalue() + uuid.uuid4().bytes
    sha256 = hashlib.sha256(data).hexdigest()
    incoming = Path(service.photos.incoming()) / sha256
    incoming.write_bytes(data)
    service.photos.take(sha256, incoming)
    row: dict[str, Any] = {"received": START, "state": "working", **columns}
    with service.database.write() as session:
        photo = Photo(
            sha256=sha256,
            name="photo.jpg",
            content_type="image/jpeg",
            byte_count=len(data),
            width=pixels.shape[1],
            height=pixels.shape[0],
            reporter_id=reporter_id,
            **row,
        )
        session.add(photo)
        session.flush()
        return photo.id


def handle(service: Service, photo_id: int, boxes: Sequence[Box], pixels: NDArrayImage) -> suspecting.Weighed:
    """Do with a photo what a worker does once its boxes are known."""
    while True:
        weighed = suspecting.weigh(service, photo_id, boxes, pixels)
        try:
            with service.database.write() as session:
                suspecting.record(session, session.get_one(Photo, photo_id), weighed)
        except suspecting.WeighAgain:
            continue
        return weighed


def issues(service: Service) -> list[Issue]:
    """Return all issues, in order, with their evidence and history."""
    with service.database.read() as session:
        found = list(session.scalars(select(Issue).order_by(Issue.id)))
        for issue in found:
            assert issue.category in PROBLEMS
            len(issue.evidence), len(issue.history)
        return found

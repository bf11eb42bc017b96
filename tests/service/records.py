"""Puts photos and issues straight into a service, as its own parts would have written them."""

import hashlib
import io
from datetime import datetime
from typing import Any

from PIL import Image
from sqlalchemy.orm import Session

from service.domain.lifecycle import State
from service.state import Service
from service.store.base import now
from service.store.issues import Evidence, Issue
from service.store.photos import Photo, PhotoState
from tests.service.town import Town
from vision.images import NDArrayImage

__all__ = ["PILE", "add_evidence", "add_issue", "box", "store_photo"]

PILE: dict[str, Any] = {
    "category": "garbage_pile",
    "standard": "GB/T 47678.5-2026",
    "code": "06010",
    "code_name": "暴露垃圾",
}  # what the standard calls a heap


def box(category: str, *corners: float, score: float = 0.8) -> dict[str, Any]:
    """Return a box as it is stored."""
    return {"category": category, "score": score, "box": list(corners)}


def store_photo(service: Service, image: NDArrayImage, reporter: int, file_format: str = "JPEG", **columns: Any) -> int:
    """Store a photo (height, width, 3) that was looked at, file and row; returns its id."""
    data = io.BytesIO()
    Image.fromarray(image).save(data, file_format)
    sha256 = hashlib.sha256(data.getvalue()).hexdigest()
    received = service.photos.incoming() / sha256
    received.write_bytes(data.getvalue())
    service.photos.take(sha256, received)
    values: dict[str, Any] = {
        "name": f"{sha256[:8]}.{file_format.lower()}",
        "content_type": f"image/{file_format.lower()}",
        "state": PhotoState.DONE,
    }
    photo = Photo(
        sha256=sha256,
        byte_count=len(data.getvalue()),
        width=image.shape[1],
        height=image.shape[0],
        reporter_id=reporter,
        **(values | columns),
    )
    with service.database.write() as session:
        session.add(photo)
        session.flush()
        return photo.id


def add_issue(
    session: Session,
    town: Town,
    photo_id: int | None = None,
    boxes: list[dict[str, Any]] | None = None,
    found: datetime | None = None,
    **columns: Any,
) -> Issue:
    """Add an issue of the eastern community, suspected unless `columns` says otherwise, with a photo as evidence."""
    values: dict[str, Any] = {
        "state": State.SUSPECTED,
        "category": "garbage_pile",
        "confidence": 0.8,
        "unit_id": town.east,
        "grid_id": town.east_cell,
    }
    when = found or now()
    issue = Issue(found=when, last_seen=when, **(values | columns))
    session.add(issue)
    session.flush()
    if photo_id is not None:
        add_evidence(session, issue, photo_id, boxes)
    return issue


def add_evidence(
    session: Session, issue: Issue, photo_id: int, boxes: list[dict[str, Any]] | None = None, kind: str = "first"
) -> Evidence:
    """Add a photo to an issue; without boxes, one of the issue's category."""
    shown = [box(issue.category, 100, 100, 300, 260)] if boxes is None else boxes
    evidence = Evidence(issue_id=issue.id, photo_id=photo_id, kind=kind, boxes=shown, at=issue.found)
    session.add(evidence)
    session.flush()
    return evidence

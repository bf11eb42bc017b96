"""How far the photos are that a person sent today."""

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.state import Service
from service.store.base import now
from service.store.photos import Photo, PhotoState
from vision.categories import category_of

__all__ = ["Progress", "found_on"]

WATCHED = 300  # newest photos of the day whose changes are told


class Progress:
    """Watches one person's photos of today, in the town's zone.

    Args:
        service: Where they are.
        user_id: Whose.
    """

    def __init__(self, service: Service, user_id: int) -> None:
        self._service, self._user_id = service, user_id
        self._told: dict[int, tuple[str, str]] = {}
        self._is_first = True

    def look(self) -> dict[str, Any] | None:
        """Return counts by state, and photos that changed since the last look; None if nothing did."""
        with self._service.database.read() as session:
            midnight = now().astimezone(self._service.settings.zone).replace(hour=0, minute=0, second=0, microsecond=0)
            mine = (Photo.reporter_id == self._user_id, Photo.received >= midnight)
            newest = select(Photo.id, Photo.state, Photo.error_code).where(*mine).order_by(Photo.received.desc())
            states = {row.id: (row.state, row.error_code) for row in session.execute(newest.limit(WATCHED))}
            changed = [photo_id for photo_id, state in states.items() if self._told.get(photo_id) != state]
            if not changed and not self._is_first:
                return None
            self._told, self._is_first = states, False
            return {"counts": _counts(session, midnight, self._user_id), "photos": _described(session, changed)}


def _counts(session: Session, midnight: datetime, user_id: int) -> dict[str, int]:
    counted = (
        select(Photo.state, func.count())
        .where(Photo.reporter_id == user_id, Photo.received >= midnight)
        .group_by(Photo.state)
    )
    found = {str(state): int(count) for state, count in session.execute(counted)}
    return dict.fromkeys(map(str, PhotoState), 0) | found


def _described(session: Session, ids: list[int]) -> list[dict[str, Any]]:
    photos = session.scalars(select(Photo).where(Photo.id.in_(ids)).order_by(Photo.id))
    return [
        {
            "id": photo.id,
            "name": photo.name,
            "state": photo.state,
            "found": found_on(photo),
            "error_code": photo.error_code,
            "error": photo.error,
        }
        for photo in photos
    ]


def found_on(photo: Photo) -> list[dict[str, Any]]:
    """Return the problems that were found on a photo: category, its names, how many."""
    counts = Counter(str(box["category"]) for box in photo.boxes or ())
    return [
        {"category": name, "zh": category_of(name).zh, "en": name.replace("_", " "), "count": count}
        for name, count in counts.most_common()
        if category_of(name).is_problem
    ]

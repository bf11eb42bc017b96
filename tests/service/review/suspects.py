"""Suspected issues on drawn photos."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from service.state import Service
from service.store.base import now
from service.store.issues import Issue
from tests.service.records import add_issue, store_photo
from tests.service.town import Town
from vision.datasets.scenes import SceneKind, draw_scene
from vision.images import NDArrayImage

__all__ = ["photo_of", "suspect"]


def photo_of(service: Service, town: Town, seed: int, **columns: Any) -> int:
    """Store a drawn photo, 640 by 480; returns its id."""
    return store_photo(service, _scene(seed), town.users["east_reporter"], **columns)


@cache
def _scene(seed: int) -> NDArrayImage:
    return draw_scene(seed=seed, kind=SceneKind.OVERFLOWING_BINS, size=(640, 480))[0]


def suspect(service: Service, town: Town, seed: int = 1, hours_ago: float = 0, **columns: Any) -> Issue:
    """Add a suspected issue with a photo of its own, found so long ago."""
    photo_id = columns.pop("photo_id", None) or photo_of(service, town, seed, grid_id=town.east_cell)
    found: datetime = now() - timedelta(hours=hours_ago)
    with service.database.write() as session:
        return add_issue(session, town, photo_id, found=found, **columns)

"""The queue of photos, as those who look after it see it."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel
from sqlalchemy import func, select

from service.api.dependencies import Reading, Writing, allow
from service.domain.roles import Actor, Permission
from service.errors import conflict
from service.fields import PathId
from service.intake.queue import requeue
from service.store.base import now
from service.store.photos import Photo, PhotoState
from service.store.visible import photo_for, visible_photos

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["queue"])


class ParkedPhoto(BaseModel):
    """A photo that was given up, and why."""

    id: int
    name: str
    received: datetime
    attempts: int
    error_code: str
    error: str


class QueueState(BaseModel):
    """How the queue stands."""

    counts: dict[PhotoState, int]
    oldest_waiting_seconds: float | None
    parked: list[ParkedPhoto]
    parked_total: int


class PhotoQueued(BaseModel):
    """Where a photo stands in the queue."""

    id: int
    state: PhotoState


@router.get("/queue")
def queue_state(
    session: Reading,
    actor: Annotated[Actor, allow(Permission.REVIEW)],
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, le=10**6)] = 0,
) -> QueueState:
    """Tell how many photos wait, are worked on, are done or parked; and the parked ones, latest first."""
    mine = visible_photos(select(Photo), actor)
    counted = mine.with_only_columns(Photo.state, func.count()).group_by(Photo.state)
    counts = {PhotoState(state): count for state, count in session.execute(counted)}
    waiting = mine.where(Photo.state.in_([PhotoState.QUEUED, PhotoState.WORKING]))
    oldest = session.scalar(waiting.with_only_columns(func.min(Photo.received)))
    parked = mine.where(Photo.state == PhotoState.PARKED)
    page = session.scalars(parked.order_by(Photo.finished.desc(), Photo.id.desc()).limit(limit).offset(offset))
    return QueueState(
        counts={state: counts.get(state, 0) for state in PhotoState},
        oldest_waiting_seconds=(now() - oldest).total_seconds() if oldest else None,
        parked=[ParkedPhoto.model_validate(photo, from_attributes=True) for photo in page],
        parked_total=counts.get(PhotoState.PARKED, 0),
    )


@router.post("/photos/{photo_id}/retry", responses={409: {"description": "The photo isn't parked."}})
def retry(photo_id: PathId, session: Writing, actor: Annotated[Actor, allow(Permission.SUPERVISE)]) -> PhotoQueued:
    """Put a parked photo back into the queue."""
    photo = photo_for(session, actor, photo_id)
    if photo.state != PhotoState.PARKED:
        raise conflict("not_parked", "只有已搁置的照片可以重试", "only a parked photo can be tried again")
    requeue(photo)
    return PhotoQueued(id=photo.id, state=PhotoState(photo.state))

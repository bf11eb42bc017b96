"""Pages for uploading, and for one's own photos."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import select

from service.api.dependencies import Reading, TheService
from service.api.photos import MayUpload
from service.intake.progress import found_on
from service.store.photos import Photo, PhotoState
from service.store.visible import visible_photos
from service.web.pages import show

__all__ = ["PHOTO_STATES", "router"]

router = APIRouter(include_in_schema=False)
PAGE = 24
# What the states are called, in Chinese and English.
PHOTO_STATES: dict[PhotoState, tuple[str, str]] = {
    PhotoState.QUEUED: ("排队中", "Queued"),
    PhotoState.WORKING: ("识别中", "Being looked at"),
    PhotoState.DONE: ("已完成", "Done"),
    PhotoState.PARKED: ("无法识别", "Can't be read"),
}


@router.get("/upload")
def upload_page(request: Request, service: TheService, actor: MayUpload) -> HTMLResponse:
    """Show the page that sends photos."""
    return show(request, "upload.jinja", actor, max_bytes=service.settings.max_photo_bytes)


@router.get("/photos")
def photos_page(
    request: Request,
    session: Reading,
    actor: MayUpload,
    state: PhotoState | None = None,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> HTMLResponse:
    """Show one's own photos, newest first."""
    query = visible_photos(select(Photo), actor).where(Photo.reporter_id == actor.id)
    if state is not None:
        query = query.where(Photo.state == state)
    query = query.order_by(Photo.received.desc(), Photo.id.desc()).offset((page - 1) * PAGE).limit(PAGE + 1)
    photos = list(session.scalars(query))
    return show(
        request,
        "photos.jinja",
        actor,
        photos=photos[:PAGE],
        has_more=len(photos) > PAGE,
        page=page,
        state=state,
        states=PHOTO_STATES,
        found_on=found_on,
    )

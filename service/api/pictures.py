"""Photos' files and pictures."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.api.dependencies import Reading, TheService, allow
from service.domain.roles import Actor, Permission
from service.errors import ServiceError, not_found
from service.fields import PathId
from service.intake.pictures import boxes_of, linked_photo, picture, small_picture
from service.store.issues import Evidence, Issue
from service.store.photos import Photo
from service.store.visible import photo_for, visible_issues
from vision.inference.results import Box

__all__ = ["router"]

router = APIRouter(tags=["photos"])
MaySee = Annotated[Actor, allow(Permission.SEE_ISSUES)]
Side = Annotated[int, Query(ge=64, le=4096, description="Pixels of the longest side, at most.")]
WithBoxes = Annotated[bool, Query(description="1: boxes are drawn in.")]
FOREVER = "private, max-age=31536000, immutable"
ANEW = "private, no-cache"
NONE: dict[int | str, dict[str, Any]] = {404: {"description": "None that one may see."}}
JPEG: dict[int | str, dict[str, Any]] = {
    **NONE,
    200: {"content": {"image/jpeg": {}}, "description": "The picture."},
    304: {"description": "The browser has it."},
    422: {"description": "It can't be decoded."},
}


@router.get("/api/v1/photos/{photo_id}/file", response_class=Response, responses=NONE)
def file(service: TheService, session: Reading, actor: MaySee, photo_id: PathId) -> Response:
    """Return a photo's bytes as they came, to be saved."""
    photo = photo_for(session, actor, photo_id)
    try:
        data = service.photos.read(photo.sha256)
    except FileNotFoundError as error:
        raise ServiceError(503, "photo_missing", "照片文件暂不可用", "the photo's file is missing") from error
    plain = f"photo-{photo.id}.{photo.content_type.partition('/')[2]}"
    headers = {
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(photo.name, safe='')}",
        "Cache-Control": FOREVER,
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return Response(data, media_type=photo.content_type, headers=headers)


@router.get("/api/v1/photos/{photo_id}/picture", response_class=Response, responses=JPEG)
def photo_picture(
    request: Request,
    service: TheService,
    session: Reading,
    actor: MaySee,
    photo_id: PathId,
    side: Side = 1600,
    boxes: WithBoxes = False,
) -> Response:
    """Return a photo as JPEG, upright, with what the detector found or without."""
    photo = _freed(session, photo_for(session, actor, photo_id))
    drawn = boxes_of(photo.boxes) if boxes else []
    return _cached(request, _tag(photo, side, drawn), boxes, lambda: picture(service, photo, side, drawn))


@router.get("/api/v1/photos/{photo_id}/thumbnail", response_class=Response, responses=JPEG)
def photo_thumbnail(
    request: Request, service: TheService, session: Reading, actor: MaySee, photo_id: PathId
) -> Response:
    """Return a small JPEG of a photo."""
    photo = _freed(session, photo_for(session, actor, photo_id))
    return _cached(request, photo.sha256[:16], False, lambda: small_picture(service, photo))


@router.get("/api/v1/evidence/{evidence_id}/picture", response_class=Response, responses=JPEG)
def evidence_picture(
    request: Request,
    service: TheService,
    session: Reading,
    actor: MaySee,
    evidence_id: PathId,
    side: Side = 1600,
    boxes: WithBoxes = True,
) -> Response:
    """Return the photo of a piece of evidence, with its boxes, as a person corrected them, or without."""
    seen = visible_issues(select(Issue.id), actor)
    evidence = session.scalar(select(Evidence).where(Evidence.id == evidence_id, Evidence.issue_id.in_(seen)))
    if evidence is None:
        raise not_found("证据", "evidence")
    stored = evidence.boxes if evidence.corrected is None else evidence.corrected
    photo = _freed(session, evidence.photo)
    drawn = boxes_of(stored) if boxes else []
    return _cached(request, _tag(photo, side, drawn), boxes, lambda: picture(service, photo, side, drawn))


@router.get("/photo/{token}", response_class=Response, include_in_schema=False)
def linked_picture(request: Request, service: TheService, session: Reading, token: str) -> Response:
    """Show a photo to whoever has a link to it."""
    photo = session.get(Photo, linked_photo(service, token))
    if photo is None:
        raise not_found("照片", "photo")
    _freed(session, photo)
    return _cached(request, _tag(photo, 1600, ()), True, lambda: picture(service, photo))


def _freed(session: Session, photo: Photo) -> Photo:
    """Give the connection back before pictures are drawn, which takes long."""
    session.expunge(photo)
    session.rollback()
    return photo


def _tag(photo: Photo, side: int, boxes: Sequence[Box]) -> str:
    drawn = "".join(box.model_dump_json() for box in boxes)
    return hashlib.sha256(f"{photo.sha256} {side} {drawn}".encode()).hexdigest()[:16]


def _cached(request: Request, tag: str, may_change: bool, make: Callable[[], bytes]) -> Response:
    headers = {"ETag": f'"{tag}"', "Cache-Control": ANEW if may_change else FOREVER}
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(make(), media_type="image/jpeg", headers=headers)

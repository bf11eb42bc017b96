"""Pictures of stored photos, for people: upright, of a size that a page wants, with boxes or without."""

import io
import threading
from collections.abc import Sequence

from itsdangerous import BadSignature, SignatureExpired

from service.errors import ServiceError, not_found
from service.state import Service
from service.store.photos import Photo
from vision.errors import PhotoError
from vision.files import replacing
from vision.images import Photo as DecodedPhoto
from vision.images import read_photo
from vision.inference.annotate import draw_boxes, thumbnail
from vision.inference.results import Box

__all__ = ["boxes_of", "linked_photo", "photo_link", "picture", "small_picture"]

LINK_SECONDS = 7 * 86400
QUALITY = 88
# A large PNG takes half a gigabyte while it is decoded: pages full of pictures wait rather than fill the memory.
_decoding = threading.BoundedSemaphore(2)


def picture(service: Service, photo: Photo, side: int = 1600, boxes: Sequence[Box] = ()) -> bytes:
    """Return a JPEG of a photo, upright.

    Args:
        service: Where it lies.
        photo: Its row.
        side: Pixels that the longest side is scaled down to; a smaller photo keeps its size.
        boxes: Drawn in with their labels; in pixels of the upright photo, best score first.

    Raises:
        ServiceError: Its file can't be decoded, or isn't there.
    """
    with _decoding:
        decoded = _decoded(service, photo, side)
        drawn = draw_boxes(decoded.pixels, boxes, (decoded.width, decoded.height), side)
    buffer = io.BytesIO()
    drawn.save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()


def small_picture(service: Service, photo: Photo) -> bytes:
    """Return a JPEG of a photo, 400 pixels long, without boxes; made once and kept in the data folder.

    Raises:
        ServiceError: Its file can't be decoded, or isn't there.
    """
    path = service.settings.data / "thumbnails" / photo.sha256[:2] / f"{photo.sha256}.jpg"
    try:
        return path.read_bytes()
    except FileNotFoundError:
        pass
    with _decoding:
        made = thumbnail(_decoded(service, photo, 400).pixels)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as unfinished:
        unfinished.write_bytes(made)
    return made


def boxes_of(stored: Sequence[object] | None) -> list[Box]:
    """Return boxes as a table keeps them, best score first."""
    return sorted((Box.model_validate(box) for box in stored or ()), key=lambda box: -box.score)


def photo_link(service: Service, photo_id: int, base_url: str) -> str:
    """Return an address that shows a photo for seven days to everybody who has it, without signing in."""
    return f"{base_url.rstrip('/')}/photo/{service.signer.dumps(photo_id)}"


def linked_photo(service: Service, token: str) -> int:
    """Return the id of the photo that a link shows.

    Raises:
        ServiceError: The link is too old, or none of ours.
    """
    try:
        photo_id = service.signer.loads(token, max_age=LINK_SECONDS)
    except SignatureExpired as error:
        raise ServiceError(
            410, "link_expired", "链接已过期，请登录系统查看", "the link has expired; sign in to see the photo"
        ) from error
    except BadSignature as error:
        raise not_found("照片", "photo") from error
    return int(photo_id)


def _decoded(service: Service, photo: Photo, side: int) -> DecodedPhoto:
    try:
        return read_photo(service.photos.read(photo.sha256), photo.name, at_least=side)
    except FileNotFoundError as error:
        raise ServiceError(
            503,
            "photo_missing",
            "照片文件暂不可用，请联系管理员",
            "the photo's file is missing; tell the administrator",
        ) from error
    except PhotoError as error:
        raise ServiceError(
            422,
            error.reason,
            "照片已损坏，无法显示；可下载原文件",
            "the photo is damaged and can't be shown; download it",
        ) from error

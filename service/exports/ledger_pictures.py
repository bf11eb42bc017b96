"""Pictures of the ledger's workbook: as small as a cell."""

from service.state import Service
from vision.errors import UserError
from vision.images import read_photo
from vision.inference.annotate import thumbnail

__all__ = ["SIDE", "small_picture"]

SIDE = 160  # pixels of the longer side


def small_picture(service: Service, sha256: str) -> bytes | None:
    """Return a JPEG of a stored photo; None: it is gone or can't be read. An empty hash means no photo: b""."""
    if not sha256:
        return b""
    try:
        photo = read_photo(service.photos.read(sha256), at_least=SIDE)
    except (FileNotFoundError, UserError):
        return None
    return thumbnail(photo.pixels, SIDE)

"""Photos beside labels: their size from the header alone, what EXIF says about turning, and copies made upright."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageOps

from vision.datasets.formats.raw import NDArrayPoints
from vision.errors import PhotoError
from vision.images import MAX_PIXELS, path_text, prepare_pillow, read_photo_file

__all__ = ["SUFFIXES", "PhotoSize", "copy_upright", "photos_below", "read_size", "turn_points"]

SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".heic", ".heif", ".avif", ".mpo"}
)
TURNED_BY_FORMAT = ("HEIF", "AVIF")  # every decoder turns them, by a box of the format, not by EXIF


@dataclass(frozen=True)
class PhotoSize:
    """Size of a photo.

    Attributes:
        width, height: In pixels, upright.
        orientation: EXIF orientation 1 to 8: how the stored pixels lie.
    """

    width: int
    height: int
    orientation: int = 1

    @property
    def stored(self) -> tuple[int, int]:
        """Width and height of the pixels as stored."""
        return (self.height, self.width) if self.orientation in (5, 6, 7, 8) else (self.width, self.height)


def read_size(path: Path, decode: bool = False) -> PhotoSize:
    """Return a photo's size from its header, or from decoding all of it.

    Raises:
        PhotoError: It is missing, no photo, or damaged as far as it was read.
    """
    if not path.is_file():
        raise PhotoError("missing", f"{path_text(path)}: there is no such file")
    try:
        if decode:
            read_photo_file(path)
        with Image.open(path, formats=prepare_pillow()) as image:
            size = image.size
            # not the reader's own getexif(): that of PNG decodes the whole photo
            orientation = Image.Image.getexif(image).get(ExifTags.Base.Orientation, 1)
            if image.format in TURNED_BY_FORMAT or orientation not in range(1, 9):
                orientation = 1
            turned = orientation in (5, 6, 7, 8) and image.format != "TIFF"  # Pillow gives a TIFF's upright size
    except PhotoError:
        raise
    except Exception as error:
        raise PhotoError("not_an_image", f"{path_text(path)}: expected a photo, but it can't be read") from error
    if size[0] * size[1] > MAX_PIXELS:
        raise PhotoError("too_large", f"{path_text(path)}: more than {MAX_PIXELS // 10**6} million pixels")
    return PhotoSize(*(size[::-1] if turned else size), orientation)


def turn_points(points: NDArrayPoints, size: PhotoSize) -> NDArrayPoints:
    """Turn points (n, 2) from pixels of the photo as stored to pixels of the upright photo.

    The meaning of the eight orientations: Exif 2.32, tag 274.
    """
    width, height = size.stored
    x, y = points[:, 0], points[:, 1]
    turned = {
        2: (width - x, y),
        3: (width - x, height - y),
        4: (x, height - y),
        5: (y, x),
        6: (height - y, x),
        7: (height - y, width - x),
        8: (y, width - x),
    }.get(size.orientation, (x, y))
    return np.stack(turned, axis=1)


def photos_below(folder: Path) -> Iterator[Path]:
    """Yield every photo below a folder, by name, in sorted order; hidden files are left out."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES:
                yield Path(place, name)


def copy_upright(path: Path, to: Path) -> None:
    """Save a photo with upright pixels and no orientation, as JPEG, PNG or WebP by the suffix of `to`.

    Raises:
        PhotoError: It can't be decoded.
    """
    try:
        with Image.open(path, formats=prepare_pillow()) as image:
            upright = ImageOps.exif_transpose(image)
            options = {"icc_profile": image.info.get("icc_profile"), "exif": upright.getexif()}
            if to.suffix.lower() in (".jpg", ".jpeg"):
                upright.save(to, "JPEG", quality=95, subsampling=0, **options)
            elif to.suffix.lower() == ".webp":
                upright.save(to, "WEBP", quality=95, method=2, **options)
            else:
                upright.save(to, "PNG", **options)
    except Exception as error:
        raise PhotoError("truncated", f"{path_text(path)}: can't be saved upright ({error})") from error

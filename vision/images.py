"""The only place where bytes become pixels: upright RGB, capture time and GPS."""

import functools
import io
import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import simplejpeg
from PIL import ExifTags, Image, UnidentifiedImageError

from vision.errors import PhotoError

__all__ = [
    "MAX_PIXELS",
    "Gps",
    "NDArrayImage",
    "Photo",
    "PhotoFacts",
    "path_text",
    "photo_bytes",
    "photo_facts",
    "prepare_pillow",
    "read_photo",
    "read_photo_file",
]

NDArrayImage = npt.NDArray[np.uint8]  # (h, w, 3) RGB, upright

# Nothing else is tried: some of Pillow's readers start other programs on what they are given.
FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "HEIF", "AVIF", "TIFF", "GIF", "BMP")
MAX_PIXELS = 250_000_000  # phones make up to 200 MP; beyond this a file is taken for a decompression bomb


@dataclass(frozen=True)
class Gps:
    """A point as the camera recorded it, in degrees of the named datum."""

    latitude: float
    longitude: float
    datum: str = "WGS-84"


@dataclass(frozen=True, eq=False)
class Photo:
    """A decoded photo.

    Attributes:
        pixels: (h, w, 3) uint8 RGB, upright; may be smaller than width x height if a reduced scale was asked for.
        width, height: Size of the full photo in pixels, upright.
        captured: When it was taken; without a zone where the camera recorded none.
        gps: Where it was taken.
    """

    pixels: NDArrayImage
    width: int
    height: int
    captured: datetime | None = None
    gps: Gps | None = None


@dataclass(frozen=True)
class PhotoFacts:
    """What a photo's header says; the pixels may be damaged all the same.

    Attributes:
        format: One of `FORMATS`, by content.
        width, height: Pixels, upright.
        captured: When it was taken; without a zone where the camera recorded none.
        gps: Where it was taken.
    """

    format: str
    width: int
    height: int
    captured: datetime | None = None
    gps: Gps | None = None


def photo_facts(path: Path, max_pixels: int = MAX_PIXELS) -> PhotoFacts:
    """Read a photo's header only: nothing is decoded, however large the picture claims to be.

    Raises:
        PhotoError: `empty`, `not_an_image` or `too_large`.
        OSError: The file can't be read.
    """
    name = path_text(path)
    if not path.stat().st_size:
        raise PhotoError("empty", f"{name}: the file is empty")
    formats = prepare_pillow()
    try:
        with Image.open(path, formats=formats) as image:
            return _facts(image, name, max_pixels)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PhotoError("too_large", f"{name}: more than {MAX_PIXELS // 10**6} million pixels") from error
    except PhotoError:
        raise
    except Exception as error:
        raise PhotoError(
            "not_an_image", f"{name}: expected a photo, but the content is no known image format"
        ) from error


def _facts(image: Image.Image, name: str, max_pixels: int) -> PhotoFacts:
    width, height = image.size
    if width * height > max_pixels:
        raise PhotoError("too_large", f"{name}: {width}x{height} is more than {max_pixels} pixels")
    exif = _exif(image, may_decode=False)
    turns_itself = image.format in ("HEIF", "TIFF")  # its size is upright already
    if exif.get(ExifTags.Base.Orientation, 1) in (5, 6, 7, 8) and not turns_itself:
        width, height = height, width
    return PhotoFacts(str(image.format), width, height, _captured(exif), _gps(exif))


def read_photo_file(path: Path, at_least: int | None = None) -> Photo:
    """Read a photo from a file; see `read_photo`.

    Raises:
        PhotoError: Also with reason `missing`, if the file can't be read.
    """
    return read_photo(photo_bytes(path), path_text(path), at_least)


def photo_bytes(path: Path) -> bytes:
    """Return a file's bytes; never waits for a pipe or a device.

    Raises:
        PhotoError: With reason `missing`, if it can't be read.
    """
    try:
        if path.exists() and not path.is_file():
            raise PhotoError("missing", f"{path_text(path)}: is no regular file, or a folder that can't be opened")
        return path.read_bytes()
    except OSError as error:
        raise PhotoError("missing", f"{path_text(path)}: the file can't be read ({error.strerror})") from error


def path_text(path: Path) -> str:
    """Return a path as text; on Linux a name may be any bytes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def read_photo(data: bytes, name: str = "photo", at_least: int | None = None) -> Photo:
    """Decode JPEG, MPO, PNG, WebP, HEIC/HEIF, AVIF, TIFF, GIF (first frame) or BMP by content, not by name.

    Args:
        data: The file's bytes.
        name: What error messages call it.
        at_least: The pixels may be reduced by a whole factor as long as the longest side keeps so many of them.

    Raises:
        PhotoError: `empty`, `not_an_image`, `too_large`, `truncated` or `unsupported`.
    """
    if not data:
        raise PhotoError("empty", f"{name}: the file is empty")
    formats = prepare_pillow()
    try:
        with Image.open(io.BytesIO(data), formats=formats) as image:
            return _decode(data, image, name, at_least)
    except PhotoError:
        raise
    except UnidentifiedImageError as error:
        raise PhotoError(
            "not_an_image", f"{name}: expected a photo, but the content is no known image format"
        ) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PhotoError("too_large", f"{name}: more than {MAX_PIXELS // 10**6} million pixels") from error
    except MemoryError as error:
        raise PhotoError("too_large", f"{name}: there is not enough memory to decode it") from error
    except Exception as error:
        raise PhotoError("truncated", f"{name}: the file is damaged or cut off ({error})") from error


@functools.cache
def prepare_pillow() -> tuple[str, ...]:
    """Set Pillow up, and return those of our formats that this build of it reads."""
    import pillow_heif

    pillow_heif.register_heif_opener()
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.filterwarnings("error", category=Image.DecompressionBombWarning)
    warnings.filterwarnings("ignore", module="PIL", category=UserWarning)  # damaged metadata is dealt with here
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _decode(data: bytes, image: Image.Image, name: str, at_least: int | None) -> Photo:
    if image.width * image.height > MAX_PIXELS:
        raise PhotoError("too_large", f"{name}: {image.width}x{image.height} is more than {MAX_PIXELS} pixels")
    full = image.size
    exif = _exif(image)
    orientation = exif.get(ExifTags.Base.Orientation, 1)
    pixels = _jpeg_pixels(data, image, at_least)
    if pixels is None:
        pixels = _pixels(image, name, at_least)
        orientation = _exif(image).get(ExifTags.Base.Orientation, 1)  # decoding turns some formats upright already
    turned = orientation in (5, 6, 7, 8)
    width, height = full[::-1] if turned else full
    return Photo(_turned(pixels, orientation), width, height, _captured(exif), _gps(exif))


def _jpeg_pixels(data: bytes, image: Image.Image, at_least: int | None) -> NDArrayImage | None:
    """Decode an ordinary JPEG straight into an array, faster than Pillow does; None if Pillow has to do it."""
    if image.format not in ("JPEG", "MPO") or image.mode != "RGB" or image.info.get("adobe_transform") == 0:
        return None
    width, height = _least_size(image, at_least)
    try:
        pixels: NDArrayImage = simplejpeg.decode_jpeg(data, min_width=width, min_height=height)
    except ValueError:  # damaged, or only odd: Pillow's judgement and words count
        return None
    return pixels


def _least_size(image: Image.Image, at_least: int | None) -> tuple[int, int]:
    """Return width and height that a reduced decoding must keep."""
    scale = 1.0 if at_least is None else min(at_least / max(image.size), 1)
    return max(1, round(image.width * scale)), max(1, round(image.height * scale))


def _pixels(image: Image.Image, name: str, at_least: int | None) -> NDArrayImage:
    if at_least is not None and image.format in ("JPEG", "MPO"):
        image.draft(None, _least_size(image, at_least))
    image.load()
    rgb = _rgb(image, name)
    if at_least is not None and max(rgb.size) >= 2 * at_least:
        rgb = rgb.reduce(max(rgb.size) // at_least)  # full-size pixels would fill the memory of a small machine
    return np.asarray(rgb)


def _rgb(image: Image.Image, name: str) -> Image.Image:
    """Convert to RGB, on white where it is transparent."""
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PNG"):
        return _from_sixteen_bits(image, name)
    if image.mode in ("I", "F"):
        raise PhotoError("unsupported", f"{name}: 32-bit pixels are not supported; save it with 8 or 16 bits")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        on_white = Image.new("RGB", image.size, "white")
        on_white.paste(rgba, mask=rgba.getchannel("A"))
        return on_white
    return image.convert("RGB")


def _from_sixteen_bits(image: Image.Image, name: str) -> Image.Image:
    """Scale 0..65535 to 0..255; Pillow itself would clip."""
    tags = getattr(image, "tag_v2", {})  # of a TIFF
    bits, photometric = tags.get(258, (16,)), tags.get(262, 1)
    if bits != (16,) or image.mode.endswith("S"):
        raise PhotoError(
            "unsupported", f"{name}: pixels of {bits[0]} bits are not supported; save it with 8 or 16 bits"
        )
    grey = (np.asarray(image).astype(np.float64) / 257).clip(0, 255).astype(np.uint8)
    return Image.fromarray(255 - grey if photometric == 0 else grey).convert("RGB")  # 0: white is zero


def _turned(pixels: NDArrayImage, orientation: int) -> NDArrayImage:
    """Undo what the EXIF orientation says was done to the picture."""
    if orientation in (5, 7):
        pixels = cv2.transpose(pixels)
        orientation = {5: 1, 7: 3}[orientation]
    if orientation in (2, 4):
        pixels = cv2.flip(pixels, {2: 1, 4: 0}[orientation])
    how = {3: cv2.ROTATE_180, 6: cv2.ROTATE_90_CLOCKWISE, 8: cv2.ROTATE_90_COUNTERCLOCKWISE}.get(orientation)
    return pixels if how is None else cv2.rotate(pixels, how)


def _exif(image: Image.Image, *, may_decode: bool = True) -> dict[int, Any]:
    """Return the tags of the main, Exif and GPS directories (the last under its own key); damaged ones are left out."""
    tags: dict[int, Any] = {}
    try:
        # A PNG may have its EXIF behind the pixels, and Pillow's reader of it then decodes them.
        exif = image.getexif() if may_decode else Image.Image.getexif(image)
        tags.update(exif)
        tags.update(exif.get_ifd(ExifTags.IFD.Exif))
        tags[ExifTags.IFD.GPSInfo] = exif.get_ifd(ExifTags.IFD.GPSInfo)
    except Exception:  # noqa: BLE001 - a photo with damaged metadata is still a photo
        return tags
    return tags


def _captured(exif: Mapping[int, Any]) -> datetime | None:
    text = exif.get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime)
    zone = exif.get(ExifTags.Base.OffsetTimeOriginal) or ""
    for candidate, pattern in (
        (f"{text}{zone}".strip(), "%Y:%m:%d %H:%M:%S%z"),
        (str(text).strip(), "%Y:%m:%d %H:%M:%S"),
    ):
        try:
            return datetime.strptime(candidate.rstrip("\0"), pattern)
        except ValueError:
            continue
    return None


def _gps(exif: Mapping[int, Any]) -> Gps | None:
    tags = exif.get(ExifTags.IFD.GPSInfo) or {}
    try:
        latitude = _degrees(tags[ExifTags.GPS.GPSLatitude], tags[ExifTags.GPS.GPSLatitudeRef], "S")
        longitude = _degrees(tags[ExifTags.GPS.GPSLongitude], tags[ExifTags.GPS.GPSLongitudeRef], "W")
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    if not (abs(latitude) <= 90 and abs(longitude) <= 180) or latitude == longitude == 0:  # phones write 0/0 for "none"
        return None
    datum = str(tags.get(ExifTags.GPS.GPSMapDatum, "")).strip("\0 ") or "WGS-84"
    return Gps(round(latitude, 7), round(longitude, 7), datum)


def _degrees(parts: tuple[Any, Any, Any], reference: str, negative: str) -> float:
    degrees, minutes, seconds = map(float, parts)
    value = degrees + minutes / 60 + seconds / 3600
    return -value if str(reference).strip("\0 ").upper() == negative else value

"""Pictures for people: photos with their boxes drawn in, and thumbnails."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np
import simplejpeg
from PIL import Image, ImageDraw, ImageFont
from pylopdf_fonts_zh_cn import sans_path

from vision.categories import category_of
from vision.images import NDArrayImage
from vision.inference.results import Box

__all__ = ["draw_boxes", "thumbnail"]

CROWD = 20  # boxes above which labels are set smaller
THUMBNAIL_BYTES = 20_000


class Plate(NamedTuple):
    """A rectangle in pixels of the drawn image."""

    x1: float
    y1: float
    x2: float
    y2: float

    def overlap(self, other: "Plate") -> float:
        """Return the shared area in square pixels."""
        width = min(self.x2, other.x2) - max(self.x1, other.x1)
        height = min(self.y2, other.y2) - max(self.y1, other.y1)
        return max(width, 0) * max(height, 0)


def draw_boxes(
    image: NDArrayImage, boxes: Sequence[Box], size: tuple[int, int] | None = None, longest_side: int = 1600
) -> Image.Image:
    """Return a copy of a photo with boxes and labels such as `暴露垃圾 87%` drawn in.

    Args:
        image: (h, w, 3) uint8 RGB, upright; stays as it is.
        boxes: In pixels of the full photo, best score first: the first ones get the best places for their labels.
        size: (width, height) of the full photo, if `image` was decoded at a reduced scale.
        longest_side: Pixels that the copy is scaled down to; a smaller photo keeps its size.
    """
    picture = _scaled(image, longest_side)
    scale = max(picture.size) / max(size or image.shape[:2])
    outlines = [Plate(*(value * scale for value in found.box)) for found in boxes]
    draw = ImageDraw.Draw(picture)
    line = max(2, round(max(picture.size) / 400))
    for found, outline in reversed(list(zip(boxes, outlines, strict=True))):
        # A pale rim keeps the colour visible on ground of the same colour.
        draw.rectangle(_grown(outline, 1), outline="#ffffff", width=line + 2)
        draw.rectangle(outline, outline=category_of(found.category).colour, width=line)
    _draw_labels(draw, boxes, outlines)
    return picture


def thumbnail(image: NDArrayImage, longest_side: int = 400) -> bytes:
    """Return a small JPEG of a photo without boxes, of about 20 KB at most; WebP would be a third smaller, and slow.

    Args:
        image: (h, w, 3) uint8 RGB, upright.
        longest_side: Pixels that it is scaled down to, or less where a photo is so busy that it would need
            many more bytes; a smaller photo keeps its size.
    """
    scale = min(1.0, longest_side / max(image.shape[:2]))
    encoded = b""
    # Foliage and gravel need far more bytes than a wall, and look better small than smeared.
    for quality, share in ((60, 1.0), (45, 1.0), (45, 0.75), (35, 0.6)):
        size = [max(1, round(side * scale * share)) for side in image.shape[1::-1]]
        how = cv2.INTER_AREA if scale * share < 0.5 else cv2.INTER_LINEAR
        picture = image if scale * share == 1 else cv2.resize(image, size, interpolation=how)
        encoded = simplejpeg.encode_jpeg(np.ascontiguousarray(picture), quality=quality, colorsubsampling="420")
        if len(encoded) <= THUMBNAIL_BYTES:
            break
    return encoded


def _scaled(image: NDArrayImage, longest_side: int) -> Image.Image:
    picture = Image.fromarray(image)
    picture.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS)
    return picture


def _draw_labels(draw: ImageDraw.ImageDraw, boxes: Sequence[Box], outlines: Sequence[Plate]) -> None:
    """Draw the labels over all outlines, each where it hides the least of the earlier ones."""
    width, height = draw.im.size
    size = max(12, round(max(width, height) / (50 if len(boxes) <= CROWD else 85)))
    font, pad = _font(size), max(2, size // 5)
    placed: list[Plate] = []
    for found, outline in zip(boxes, outlines, strict=True):
        category = category_of(found.category)
        text = f"{category.zh} {found.score:.0%}"
        extent = (font.getlength(text) + 2 * pad, size * 1.2 + pad)
        plate = min(
            (_kept_inside(place, width, height) for place in _places(outline, *extent)),
            key=lambda place: sum(place.overlap(other) for other in placed),
        )
        placed.append(plate)
        draw.rectangle(_grown(plate, 1), fill="#ffffff")
        draw.rectangle(plate, fill=category.colour)
        middle = (plate.y1 + plate.y2) / 2
        draw.text((plate.x1 + pad, middle), text, fill="#ffffff", font=font, anchor="lm")


def _places(outline: Plate, width: float, height: float) -> Iterator[Plate]:
    """Yield the places for a label of a box, the most natural first."""
    left, right = outline.x1, outline.x2 - width
    above, below = outline.y1 - height, outline.y2
    top, bottom = outline.y1, outline.y2 - height
    beside = outline.x1 - width, outline.x2
    corners = [(left, above), (left, top), (right, above), (left, below), (right, below), (right, top)]
    corners += [(x, y) for y in (top, bottom) for x in beside] + [(left, bottom), (right, bottom)]
    for x, y in corners:
        yield Plate(x, y, x + width, y + height)


def _kept_inside(plate: Plate, width: int, height: int) -> Plate:
    x = max(1.0, min(plate.x1, width - 2 - (plate.x2 - plate.x1)))
    y = max(1.0, min(plate.y1, height - 2 - (plate.y2 - plate.y1)))
    return Plate(x, y, x + plate.x2 - plate.x1, y + plate.y2 - plate.y1)


def _grown(plate: Plate, by: float) -> Plate:
    return Plate(plate.x1 - by, plate.y1 - by, plate.x2 + by, plate.y2 + by)


@lru_cache(maxsize=16)
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(sans_path(), size)

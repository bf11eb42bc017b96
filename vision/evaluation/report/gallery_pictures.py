"""Pictures for the report's gallery: the place of a mistake, and the whole photo while there is room for it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import cv2
import numpy as np
import simplejpeg

from vision.datasets.labels import LabelledPhoto
from vision.errors import PhotoError
from vision.evaluation.record import Mistake
from vision.images import NDArrayImage, read_photo_file
from vision.pages import data_uri

__all__ = ["Shot", "View", "shots", "view_of"]

SIDE, WHOLE_SIDE = 480, 1000  # pixels of the longer side
SHAPE = 4 / 3  # of the cards
SHARE = 0.4  # of the view that a mistake fills at least, so that one sees what it is about
QUALITY = 70
WHOLE_BYTES = 4_000_000  # of whole photos; phones give up on very large pages

Corners = tuple[float, float, float, float]


class View(NamedTuple):
    """A part of a photo, in its pixels."""

    x: int
    y: int
    width: int
    height: int


class Shot(NamedTuple):
    """The pictures of a mistake, nothing drawn on them.

    Attributes:
        near: Its place as a data URI.
        view: What part of the photo `near` shows.
        whole: Position of the whole photo in the list of those, None where there is no room for it.
        size: Width and height of the photo, in the pixels of the boxes.
    """

    near: str
    view: View
    whole: int | None
    size: tuple[int, int]


def shots(mistakes: Sequence[Mistake], photos: Mapping[str, LabelledPhoto]) -> tuple[list[Shot | None], list[str]]:
    """Return the pictures of each mistake, and the whole photos, each once.

    Args:
        mistakes: What they are about.
        photos: By "source/file name".

    Returns:
        A shot for each mistake, None where the photo isn't among `photos` or can't be read any more; and data URIs.
    """
    found: list[Shot | None] = []
    wholes: list[str] = []
    places: dict[str, int] = {}
    left = WHOLE_BYTES
    for mistake in mistakes:
        photo = photos.get(mistake.photo)
        view = None if photo is None else _view(photo, mistake)
        pixels = None if photo is None or view is None else _pixels(photo, view)
        if photo is None or view is None or pixels is None:
            found.append(None)
            continue
        if mistake.photo not in places and left > 0:
            whole = _jpeg(pixels, WHOLE_SIDE)
            left -= len(whole)
            places[mistake.photo] = len(wholes)
            wholes.append(whole)
        near = _jpeg(_cut(pixels, view, pixels.shape[1] / photo.width), SIDE)
        found.append(Shot(near, view, places.get(mistake.photo), (photo.width, photo.height)))
    return found, wholes


def view_of(corners: Sequence[Corners], width: int, height: int) -> View:
    """Return the part of a photo of `width` x `height` pixels to show for boxes (xyxy).

    It is 4:3 where the photo has room for that, holds all boxes, and is the whole photo unless the boxes are small.
    """
    x1, y1 = max(0.0, min(box[0] for box in corners)), max(0.0, min(box[1] for box in corners))
    x2, y2 = min(width, max(box[2] for box in corners)), min(height, max(box[3] for box in corners))
    high = max(y2 - y1, (x2 - x1) / SHAPE, 24) / SHARE
    if high * SHAPE >= width or high >= height:
        return View(0, 0, width, height)
    size = round(high * SHAPE), round(high)
    x = round(min(max((x1 + x2 - size[0]) / 2, 0), width - size[0]))
    y = round(min(max((y1 + y2 - size[1]) / 2, 0), height - size[1]))
    return View(x, y, *size)


def _view(photo: LabelledPhoto, mistake: Mistake) -> View:
    boxes = [mistake.box] if mistake.truth_box is None else [mistake.box, mistake.truth_box]
    return view_of(boxes, photo.width, photo.height)


def _pixels(photo: LabelledPhoto, view: View) -> NDArrayImage | None:
    """Return the photo in no more detail than its view needs; None if it is gone."""
    needed = SIDE / max(view.width, view.height) * max(photo.width, photo.height)
    try:
        return read_photo_file(photo.path, max(WHOLE_SIDE, round(needed))).pixels
    except PhotoError:
        return None


def _cut(pixels: NDArrayImage, view: View, scale: float) -> NDArrayImage:
    x, y, width, height = (round(value * scale) for value in view)
    return pixels[y : y + max(1, height), x : x + max(1, width)]


def _jpeg(pixels: NDArrayImage, longest_side: int) -> str:
    """Return a data URI of the picture, scaled down where it is larger."""
    scale = longest_side / max(pixels.shape[:2])
    if scale < 1:
        size = [max(1, round(side * scale)) for side in pixels.shape[1::-1]]
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    jpeg = simplejpeg.encode_jpeg(np.ascontiguousarray(pixels), quality=QUALITY, colorsubsampling="420")
    return data_uri(jpeg)

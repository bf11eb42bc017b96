"""Small things in big photos, made from labelled ones: sheets of 12 megapixels with twenty photos on each."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import simplejpeg

from vision.datasets.labels import LabelledPhoto
from vision.detections import Detections
from vision.images import read_photo_file

__all__ = ["COLUMNS", "ROWS", "SHEET", "write_sheets"]

SHEET = (4000, 3000)  # width and height in pixels
COLUMNS, ROWS = 5, 4
QUALITY = 95


def write_sheets(photos: Sequence[LabelledPhoto], folder: Path) -> list[LabelledPhoto]:
    """Write the photos as sheets and return these with the labels at their new places.

    Photos of different sources never share a sheet: they don't label the same categories.
    """
    sheets: list[LabelledPhoto] = []
    for source in dict.fromkeys(photo.source for photo in photos):
        iterator = iter([photo for photo in photos if photo.source == source])
        while chunk := list(islice(iterator, COLUMNS * ROWS)):
            sheets.append(_sheet(chunk, folder / f"{source}-{len(sheets):03}.jpg"))
    return sheets


def _sheet(photos: list[LabelledPhoto], path: Path) -> LabelledPhoto:
    pixels = np.full((SHEET[1], SHEET[0], 3), 114, np.uint8)
    boxes, categories = [], []
    for photo, (x, y, width, height) in zip(photos, _cells(), strict=False):
        scale = min(width / photo.width, height / photo.height)
        size = (int(photo.width * scale), int(photo.height * scale))
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        pixels[y : y + size[1], x : x + size[0]] = cv2.resize(
            read_photo_file(photo.path).pixels, size, interpolation=how
        )
        boxes.append(photo.labels.boxes * np.float32(scale) + np.array([x, y] * 2, np.float32))
        categories.append(photo.labels.categories)
    path.write_bytes(simplejpeg.encode_jpeg(pixels, quality=QUALITY, colorsubsampling="420"))
    every = np.concatenate(categories)
    labels = Detections.of(np.concatenate(boxes), np.ones(len(every)), every, photos[0].labels.names)
    first = photos[0]
    return LabelledPhoto(path, first.source, first.split, *SHEET, labels, first.annotated)


def _cells() -> Iterator[tuple[int, int, int, int]]:
    """Yield left, top, width and height of each place on a sheet."""
    width, height = SHEET[0] // COLUMNS, SHEET[1] // ROWS
    for row in range(ROWS):
        for column in range(COLUMNS):
            yield column * width, row * height, width, height

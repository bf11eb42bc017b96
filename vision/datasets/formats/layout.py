"""What the formats share: names of splits, where photos lie, lists of categories, numbers of unknown origin."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vision.datasets.formats.documents import LinesDocument
from vision.datasets.formats.photo_files import SUFFIXES
from vision.datasets.formats.raw import NDArrayPoints
from vision.datasets.labels import LabelledPhoto, Source, Split

__all__ = [
    "ROUNDING",
    "SPLIT_FOLDERS",
    "category_names",
    "corners_of",
    "declared_names",
    "drawn_outline",
    "first_file",
    "number",
    "photo_of",
    "points_of",
    "split_of",
    "whole",
]

SPLIT_FOLDERS: dict[str, Split] = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
}
NAME_FILES = ("classes.txt", "labels.txt")
ROUNDING = 1.0  # pixels by which an outline may miss its box and still be its outline


def split_of(parts: Iterable[str]) -> Split | None:
    """Return the split that a folder's or a file's name says, the first that says one."""
    return next((SPLIT_FOLDERS[part.lower()] for part in parts if part.lower() in SPLIT_FOLDERS), None)


def first_file(candidates: Sequence[Path]) -> Path:
    """Return the first path that is a file, or the first one if none is."""
    return next((path for path in candidates if path.is_file()), candidates[0])


def photo_of(stem: Path) -> Path | None:
    """Return the photo whose name is `stem` and an image suffix."""
    for suffix in sorted(SUFFIXES):
        for spelled in (suffix, suffix.upper()):
            path = stem.with_name(stem.name + spelled)
            if path.is_file():
                return path
    return None


def declared_names(folder: Path) -> tuple[str, ...] | None:
    """Return the categories that classes.txt or labels.txt lists, one a line; None if there is no such file.

    Names such as `__ignore__` and `_background_`, which LabelMe puts first, are no categories.
    """
    for name in NAME_FILES:
        if (folder / name).is_file():
            lines = (line for _, line in LinesDocument(folder / name).lines)
            return tuple(dict.fromkeys(line for line in lines if not (line.startswith("_") and line.endswith("_"))))
    return None


def category_names(source: Source) -> tuple[str, ...]:
    """Return every category of a source, in the order of its labels' names."""
    names = dict.fromkeys(name for photo in source.photos for name in photo.labels.names)
    return tuple(dict.fromkeys([*names, *sorted(source.annotated)]))


def number(value: Any) -> float:
    """Return a JSON value or a text as a number.

    Raises:
        ValueError: It is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"expected a number, got {value!r}")
    try:
        return float(value)
    except (ValueError, OverflowError):
        raise ValueError(f"expected a number, got {value!r}") from None


def whole(value: Any) -> int:
    """Return a size in pixels, 0 where none is stated or it is no number."""
    try:
        size = number(value)
    except ValueError:
        return 0
    return int(size) if math.isfinite(size) and size > 0 else 0


def points_of(values: Any) -> NDArrayPoints:
    """Return x, y pairs as (n, 2).

    Raises:
        ValueError: They are no list of pairs of numbers.
    """
    if not isinstance(values, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in values):
        raise ValueError("expected a list of points [x, y]")
    return np.array([[number(x), number(y)] for x, y in values], np.float64).reshape(-1, 2)


def corners_of(points: NDArrayPoints) -> NDArrayPoints:
    """Return the left top and right bottom corner (2, 2) of points (n, 2)."""
    return np.stack([points.min(axis=0), points.max(axis=0)])


def drawn_outline(photo: LabelledPhoto, index: int) -> NDArrayPoints | None:
    """Return the outline of a box for a format that holds either of the two.

    None where there is none, or where it misses the box by more than a pixel: the box is what counts.
    """
    outline = photo.polygons[index] if photo.polygons else None
    if outline is None:
        return None
    missed = np.abs(corners_of(outline.astype(np.float64)).ravel() - photo.labels.boxes[index]).max()
    return outline.astype(np.float64) if missed <= ROUNDING else None

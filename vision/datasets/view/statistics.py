"""Figures of a labelled data set: what is in it, how large, where, how bright."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vision.categories import NAMES
from vision.datasets.labels import LabelledPhoto

__all__ = ["BINS", "Bins", "SourceFigures", "Statistics", "statistics"]


@dataclass(frozen=True)
class Bins:
    """Edges of the histograms: a bin holds its lower edge, not its upper one; the outer bins hold the rest.

    Attributes:
        side: Box size as the square root of its area, pixels; half octaves.
        aspect: Width / height of boxes; half octaves.
        brightness: Mean luma of photos, 0..255.
        boxes: Boxes per photo.
        grid: Cells along each side of the heat map of box centres.
        coco: Areas that part COCO's small, medium and large boxes, square pixels of the photo (COCO detection
            evaluation).
        relative: Sides that part small, medium and large boxes, as square root of box area / photo area.
    """

    side: tuple[float, ...] = tuple(round(2 ** (i / 2), 3) for i in range(4, 21))
    aspect: tuple[float, ...] = tuple(round(2 ** (i / 2), 3) for i in range(-6, 7))
    brightness: tuple[float, ...] = tuple(range(0, 257, 16))
    boxes: tuple[float, ...] = (0, 1, 2, 3, 4, 5, 7, 10, 20, 50)
    grid: int = 16
    coco: tuple[float, float] = (32**2, 96**2)
    relative: tuple[float, float] = (0.05, 0.2)


BINS = Bins()


@dataclass(frozen=True)
class SourceFigures:
    """One source.

    Attributes:
        annotated: Categories that the source labels at all.
        boxes: Boxes by category; None where the source neither annotates the category nor has any box of it.
        photos_with: Photos that show at least one such box; None likewise.
    """

    source: str
    photos: int
    splits: dict[str, int]
    annotated: list[str]
    boxes: dict[str, int | None]
    photos_with: dict[str, int | None]


@dataclass(frozen=True)
class Statistics:
    """Figures of a set of photos.

    Attributes:
        side, aspect: By category, boxes per bin of `bins`.
        coco, relative: By category, small, medium and large boxes.
        centres: (grid, grid) boxes whose centre lies in a cell, row by row from the top of the photo.
        brightness: Photos per bin; unreadable ones are left out.
        boxes_per_photo: Photos per bin.
    """

    photos: int
    boxes: int
    sources: list[SourceFigures]
    side: dict[str, list[int]]
    aspect: dict[str, list[int]]
    coco: dict[str, list[int]]
    relative: dict[str, list[int]]
    centres: list[list[int]]
    brightness: list[int]
    boxes_per_photo: list[int]
    bins: Bins = BINS

    def as_dict(self) -> dict[str, Any]:
        """Return plain dictionaries and lists for JSON."""
        return asdict(self)


def statistics(photos: Sequence[LabelledPhoto], brightness: Sequence[float | None]) -> Statistics:
    """Count what `photos` hold.

    Args:
        photos: Labels with CleanLane's names.
        brightness: Mean luma of each photo, 0..255; None if unreadable.
    """
    boxes = np.concatenate([p.labels.boxes for p in photos] or [np.empty((0, 4), np.float32)])
    names = np.array([name for p in photos for _, _, name in p.labels], np.str_)
    frames = np.array([(p.width, p.height) for p in photos for _ in range(len(p.labels))], np.float64).reshape(-1, 2)
    sides = (boxes[:, 2:] - boxes[:, :2]).astype(np.float64)
    area = sides.prod(axis=1)
    columns, rows = np.clip((boxes[:, :2] + boxes[:, 2:]) / 2 / frames * BINS.grid, 0, BINS.grid - 1).astype(int).T
    centres = np.zeros((BINS.grid, BINS.grid), int)
    np.add.at(centres, (rows, columns), 1)
    relative = np.sqrt(area / frames.prod(axis=1))
    measured = np.array([value for value in brightness if value is not None])
    return Statistics(
        photos=len(photos),
        boxes=len(boxes),
        sources=[_source([p for p in photos if p.source == s]) for s in dict.fromkeys(p.source for p in photos)],
        side=_by_category(names, np.sqrt(area), BINS.side),
        aspect=_by_category(names, sides[:, 0] / np.maximum(sides[:, 1], 1e-6), BINS.aspect),
        coco=_by_category(names, area, (0, *BINS.coco, np.inf)),
        relative=_by_category(names, relative, (0, *BINS.relative, np.inf)),
        centres=centres.tolist(),
        brightness=_histogram(measured, BINS.brightness),
        boxes_per_photo=_histogram(np.array([len(p.labels) for p in photos]), (*BINS.boxes, np.inf)),
    )


def _source(photos: Sequence[LabelledPhoto]) -> SourceFigures:
    boxes = Counter(name for p in photos for _, _, name in p.labels)
    photos_with = Counter(name for p in photos for name in {name for _, _, name in p.labels})
    annotated = {name for p in photos for name in p.annotated}
    return SourceFigures(
        source=photos[0].source,
        photos=len(photos),
        splits=dict(Counter(str(p.split) for p in photos)),
        annotated=[name for name in NAMES if name in annotated],
        boxes={name: boxes[name] if name in annotated or boxes[name] else None for name in NAMES},
        photos_with={name: photos_with[name] if name in annotated or boxes[name] else None for name in NAMES},
    )


def _by_category(
    names: npt.NDArray[np.str_], values: npt.NDArray[np.float64], edges: Sequence[float]
) -> dict[str, list[int]]:
    return {name: _histogram(values[names == name], edges) for name in NAMES}


def _histogram(values: npt.NDArray[np.generic], edges: Sequence[float]) -> list[int]:
    """Count values per bin; what lies beyond the outer edges goes to the outer bins."""
    bins = np.clip(np.searchsorted(np.asarray(edges), values, side="right") - 1, 0, len(edges) - 2)
    counts: list[int] = np.bincount(bins, minlength=len(edges) - 1).tolist()
    return counts

"""Detections as boxes for files and databases: in tenths of a pixel, which is more than a model knows."""

from collections.abc import Iterable

from vision.detections import Detections
from vision.inference.results import Box

__all__ = ["box_within", "boxes_of"]


def boxes_of(detections: Detections, width: int, height: int) -> list[Box]:
    """Return detections as boxes within an upright photo of that size, without those that nothing is left of."""
    boxes = (box_within(name, score, corners, width, height) for corners, score, name in detections)
    return [box for box in boxes if box is not None]


def box_within(category: str, score: float, corners: Iterable[float], width: int, height: int) -> Box | None:
    """Return the part of a box (x1, y1, x2, y2) that lies within a photo of that size; None if there is none."""
    limits = (width, height, width, height)
    x1, y1, x2, y2 = (round(min(max(float(side), 0.0), limit), 1) for side, limit in zip(corners, limits, strict=True))
    return Box(category=category, score=round(score, 4), box=(x1, y1, x2, y2)) if x1 < x2 and y1 < y2 else None

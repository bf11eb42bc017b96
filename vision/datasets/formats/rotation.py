"""Boxes that a labelling tool let people turn."""

import math

import numpy as np

from vision.datasets.formats.raw import NDArrayPoints

__all__ = ["enclosing"]


def enclosing(corners: NDArrayPoints, degrees: float, about: NDArrayPoints) -> NDArrayPoints:
    """Return the corners (2, 2) of the upright box round a box (2, 2) turned clockwise about a point (2,)."""
    if not math.isfinite(degrees):
        raise ValueError(f"expected an angle, got {degrees}")
    (x1, y1), (x2, y2) = corners
    points = np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]]) - about
    angle = math.radians(degrees)
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    turned = points @ turn + about
    return np.stack([turned.min(axis=0), turned.max(axis=0)])

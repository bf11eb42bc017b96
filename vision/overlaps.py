"""How much the boxes of two lists overlap."""

import numpy as np
import numpy.typing as npt

from vision.detections import NDArrayBoxes

__all__ = ["NDArrayOverlaps", "overlaps", "shared_areas"]

NDArrayOverlaps = npt.NDArray[np.float32]  # (m, n)


def overlaps(first: NDArrayBoxes, second: NDArrayBoxes) -> tuple[NDArrayOverlaps, NDArrayOverlaps]:
    """Compare every box of one list with every box of another.

    Args:
        first: (m, 4) xyxy in pixels.
        second: (n, 4) xyxy in pixels.

    Returns:
        (m, n) intersection over union, and (m, n) intersection over the smaller box (the Szymkiewicz-Simpson overlap
        coefficient: 1 where one box lies within the other). Both are 0 for boxes without area.
    """
    shared = shared_areas(first, second)
    area_a, area_b = _areas(first)[:, None], _areas(second)[None, :]
    union, smaller = area_a + area_b - shared, np.minimum(area_a, area_b)
    zero = np.zeros_like(shared)
    return (
        np.divide(shared, union, out=zero.copy(), where=union > 0),
        np.divide(shared, smaller, out=zero, where=smaller > 0),
    )


def shared_areas(first: NDArrayBoxes, second: NDArrayBoxes) -> NDArrayOverlaps:
    """Return the (m, n) square pixels that boxes (m, 4) and (n, 4) share."""
    a, b = first[:, None, :], second[None, :, :]
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    return np.asarray(np.maximum(sides, 0).prod(axis=-1))


def _areas(boxes: NDArrayBoxes) -> npt.NDArray[np.float32]:
    return np.asarray(np.maximum(boxes[:, 2:] - boxes[:, :2], 0).prod(axis=-1))

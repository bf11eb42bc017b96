"""Whether two pictures show the same thing: keypoints around it, laid over each other."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from vision.alignment import Features, features, overlay
from vision.detections import NDArrayBoxes
from vision.footage.grouping import linked
from vision.images import NDArrayImage

__all__ = ["Appearance", "appearance_of", "looks_alike"]

AROUND = 0.6  # of the box's size that is taken in on each side: what lies there tells places apart
LEAST = 0.2  # of the picture's sides that is taken in at least
ENOUGH = 14  # keypoints that agree; two streets with the same bins have fewer
OUTSIDE = 0.2  # of those that lie beside the thing if they lie evenly: the same poster hangs on many walls
FILLED = 0.5  # share of the crop from which on a thing leaves too little beside it


@dataclass(frozen=True, eq=False)
class Appearance:
    """A thing and what is around it.

    Attributes:
        around: Keypoints of the crop.
        box: (4,) the thing's corners in pixels of the crop as the keypoints have it.
        height: Of the whole picture, in the same pixels.
    """

    around: Features
    box: NDArrayBoxes
    height: float


def appearance_of(pixels: NDArrayImage, box: NDArrayBoxes) -> Appearance:
    """Describe the thing in `box` (4,), in pixels of the picture (h, w, 3)."""
    height, width = pixels.shape[:2]
    size = np.maximum(box[2:] - box[:2], 1)
    margin = np.maximum(AROUND * size, (LEAST * np.array([width, height]) - size) / 2)
    x1, y1 = np.maximum(np.floor(box[:2] - margin), 0).astype(int)
    x2, y2 = np.minimum(np.ceil(box[2:] + margin), [width, height]).astype(int)
    around = features(np.ascontiguousarray(pixels[y1:y2, x1:x2]))
    scale = around.grey.shape[1] / (x2 - x1)
    return Appearance(around, ((box - np.array([x1, y1] * 2)) * scale).astype(np.float32), height * scale)


def looks_alike(first: Appearance, second: Appearance, kinds: Iterable[str]) -> int:
    """Return how many keypoints say that both are one problem in one place; 0 if too few do.

    Args:
        first, second: What is compared.
        kinds: Of problem, that both may be.
    """
    found = overlay(first.around, second.around)
    if found is None or len(found.points) < ENOUGH:
        return 0
    beside = ((found.points < first.box[:2]) | (found.points > first.box[2:])).any(axis=1).mean()
    share = np.prod(first.box[2:] - first.box[:2]) / np.prod(first.around.grey.shape)
    if share < FILLED and beside < OUTSIDE * (1 - share):
        return 0
    corners = first.box[[0, 1, 2, 1, 2, 3, 0, 3]].reshape(4, 2) @ found.affine[:, :2].T + found.affine[:, 2]
    mapped = np.concatenate([corners.min(axis=0), corners.max(axis=0)])
    one = any(linked(kind, mapped, second.box, second.height) for kind in kinds)
    return len(found.points) if one else 0

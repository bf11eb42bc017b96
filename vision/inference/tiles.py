"""Small things in big photos: overlapping tiles beside the whole, and one detection per thing at the end."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vision.detections import Detections, NDArrayBoxes
from vision.images import Photo
from vision.inference.postprocess import MAX_DETECTIONS, suppress

__all__ = ["MAX_TILES", "OVERLAP", "Window", "columns_for", "least_side", "merge", "windows"]

OVERLAP = 0.2  # of a tile's side: what is smaller lies whole in at least one tile, what is larger the whole photo shows
MAX_TILES = 4  # along the longer side, of `auto`: 12 tiles for a photo of 4:3
REDUCTION = 2  # pixels of the photo for one of the network's, in a tile of `auto`
EDGE = 0.015  # of a tile's side: a box that comes so close to a seam is cut by it
SAME = 0.5  # intersection over union above which two boxes show one thing; extents differ between scales
PART = 0.8  # share of a box within one from the whole photo above which it is a part of that
REST = 0.5  # likewise of a box that a seam cuts, within any complete one: what is left of it is a sliver
SURE = 0.8  # of a box's score: what is less sure than that takes no other box away


@dataclass(frozen=True)
class Window:
    """A part of a photo, in its full pixels."""

    x1: float
    y1: float
    x2: float
    y2: float

    @property
    def size(self) -> tuple[int, int]:
        """(width, height)."""
        return round(self.x2 - self.x1), round(self.y2 - self.y1)


def columns_for(photo: Photo, side: int) -> int:
    """Return how many tiles along the longer side `auto` cuts a photo into; 1 where the whole shows enough."""
    longer = max(photo.width, photo.height) / (REDUCTION * side)
    return 1 if longer <= 1 else min(MAX_TILES, int(np.ceil((longer - OVERLAP) / (1 - OVERLAP))))


def least_side(columns: int, side: int) -> int:
    """Return the pixels along the longer side that so many tiles need to fill a network's input of `side`."""
    return round(side * (columns - OVERLAP * (columns - 1)))


def windows(width: int, height: int, columns: int) -> list[Window]:
    """Return square tiles that cover a photo, `columns` along its longer side, neighbours overlapping by `OVERLAP`."""
    if columns <= 1:
        return []
    tile = max(width, height) / (columns - OVERLAP * (columns - 1))
    starts = [_starts(length, tile) for length in (width, height)]
    return [Window(x, y, min(x + tile, width), min(y + tile, height)) for y in starts[1] for x in starts[0]]


def _starts(length: int, tile: float) -> list[float]:
    count = max(1, int(np.ceil((length - OVERLAP * tile) / ((1 - OVERLAP) * tile) - 1e-6)))
    return [float(start) for start in np.linspace(0, max(length - tile, 0), count)]


def merge(whole: Detections, tiles: Sequence[tuple[Detections, Window]], size: tuple[int, int]) -> Detections:
    """Put together what the whole photo and its tiles show, so that each thing occurs once.

    A thing cut by a seam is dropped where a tile beside it or the whole photo shows all of it; else its parts are
    joined. What the whole photo shows as one thing stays one thing.

    Args:
        whole: In pixels of the photo.
        tiles: What each tile shows, in pixels of the photo, too.
        size: The photo's (width, height).
    """
    boxes = np.concatenate([whole.boxes, *(found.boxes for found, _ in tiles)])
    scores = np.concatenate([whole.scores, *(found.scores for found, _ in tiles)])
    categories = np.concatenate([whole.categories, *(found.categories for found, _ in tiles)])
    view = np.repeat(np.arange(len(tiles) + 1), [len(whole), *(len(found) for found, _ in tiles)])
    cut = np.concatenate([np.zeros((len(whole), 4), bool), *(_cut(found.boxes, w, size) for found, w in tiles)])

    complete = np.flatnonzero(~cut.any(axis=1))
    complete = complete[suppress(boxes[complete], scores[complete], categories[complete], SAME)]
    from_whole = complete[view[complete] == 0]
    apart = [view[i] == 0 or not _within(boxes, scores, categories, i, from_whole, PART) for i in complete.tolist()]
    kept = complete[np.array(apart, bool)]
    partial = [
        i for i in np.flatnonzero(cut.any(axis=1)).tolist() if not _within(boxes, scores, categories, i, kept, REST)
    ]
    groups = _joined(boxes, scores, categories, view, cut, partial)
    joined = [np.hstack([boxes[group, :2].min(axis=0), boxes[group, 2:].max(axis=0)]) for group in groups]

    all_boxes = np.concatenate([boxes[kept], np.array(joined, np.float32).reshape(-1, 4)])
    firsts = np.array([*kept.tolist(), *(group[0] for group in groups)], int)
    order = np.argsort(-scores[firsts], kind="stable")[:MAX_DETECTIONS]
    return Detections.of(all_boxes[order], scores[firsts][order], categories[firsts][order], whole.names)


def _cut(boxes: NDArrayBoxes, window: Window, size: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Return for each box which of its sides (left, top, right, bottom) a seam cuts."""
    margin = EDGE * max(window.size)
    low = boxes[:, :2] <= np.array([window.x1, window.y1]) + margin
    high = boxes[:, 2:] >= np.array([window.x2, window.y2]) - margin
    inner = [window.x1 > 0, window.y1 > 0, window.x2 < size[0] - 0.5, window.y2 < size[1] - 0.5]
    cut: npt.NDArray[np.bool_] = np.hstack([low, high]) & np.array(inner)
    return cut


def _within(
    boxes: NDArrayBoxes,
    scores: npt.NDArray[np.float32],
    categories: npt.NDArray[np.int64],
    i: int,
    others: npt.NDArray[np.int64],
    share: float,
) -> bool:
    """Return whether so much of box i lies in one of the other boxes of its category that is as sure, or nearly."""
    others = others[(categories[others] == categories[i]) & (others != i) & (scores[others] >= SURE * scores[i])]
    near = np.minimum(boxes[others, 2:], boxes[i, 2:]) - np.maximum(boxes[others, :2], boxes[i, :2])
    shared = np.prod(np.clip(near, 0, None), axis=1)
    return bool((shared >= share * np.prod(boxes[i, 2:] - boxes[i, :2])).any())


def _joined(
    boxes: NDArrayBoxes,
    scores: npt.NDArray[np.float32],
    categories: npt.NDArray[np.int64],
    view: npt.NDArray[np.int64],
    cut: npt.NDArray[np.bool_],
    partial: list[int],
) -> list[list[int]]:
    """Group the parts of each thing, best score first; a tile gives one part at most."""
    left = np.array(sorted(partial, key=lambda i: -scores[i]), int)
    groups = []
    while len(left):
        group, left = [int(left[0])], left[1:]
        while len(left):
            fits = np.any([_fit(boxes, cut, i, left) for i in group], axis=0)
            parts = left[fits & (categories[left] == categories[group[0]]) & ~np.isin(view[left], view[group])]
            if not len(parts):
                break
            group.append(int(parts[0]))
            left = left[left != parts[0]]
        groups.append(group)
    return groups


def _fit(
    boxes: NDArrayBoxes, cut: npt.NDArray[np.bool_], i: int, others: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """Return which of the others may be the same thing as box i: cut on the facing side, and alike along the seam."""
    fits = np.zeros(len(others), bool)
    inner = np.minimum(boxes[others, 2:], boxes[i, 2:]) - np.maximum(boxes[others, :2], boxes[i, :2])
    outer = np.maximum(boxes[others, 2:], boxes[i, 2:]) - np.minimum(boxes[others, :2], boxes[i, :2])
    for across, along in ((0, 1), (1, 0)):
        facing = (cut[i, across + 2] & cut[others, across]) | (cut[others, across + 2] & cut[i, across])
        fits |= facing & (inner[:, across] >= 0) & (inner[:, along] >= SAME * outer[:, along])
    return fits

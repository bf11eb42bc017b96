"""Cut-outs of rare things pasted on other photos, so that they are learnt apart from the places they were taken at.

After Dwibedi et al., "Cut, Paste and Learn", ICCV 2017, with boxes in place of outlines: what lies close around the
thing comes along and fades out, so that there is no edge to learn.
"""

import random
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from vision.categories import NAMES
from vision.datasets.training_folder import source_of

__all__ = ["PASTED", "Pasting"]

PASTED = ("garbage_pile", "stacked_debris", "illegal_posting", "graffiti", "litter")  # bins are in photos enough
MARGIN = 0.15  # of a side, around the box, where it fades out
SMALLEST, LARGEST = 12, 0.5  # longer side of what is pasted, in pixels and as a share of the photo's shorter side
KEPT = 0.5  # share of another box within the cut-out from which on it comes along
TRIES = 8  # to find a free place

NDArrayFloat = npt.NDArray[np.float64]


class Pasting:
    """Pastes boxes of the epoch's photos on each other.

    A photo only gets what its source labels: elsewhere a find of it is left out of the loss.

    Args:
        dataset: Ultralytics' data set.
        annotated: Categories that each source labels at all.
    """

    def __init__(self, dataset: Any, annotated: dict[str, list[str]]) -> None:
        self.dataset, self.annotated = dataset, annotated
        self.boxes: dict[str, list[tuple[int, int]]] = {}

    def choose_from(self, indices: Sequence[int]) -> None:
        """Let the boxes of these photos of the data set be what is pasted."""
        self.boxes = {name: [] for name in PASTED}
        for index in sorted(set(indices)):
            for row, number in enumerate(self.dataset.labels[index]["cls"].ravel().astype(int)):
                if number < len(NAMES) and NAMES[number] in self.boxes:
                    self.boxes[NAMES[number]].append((index, row))

    def paste(self, label: dict[str, Any]) -> None:
        """Paste one cut-out on Ultralytics' label of a photo, in place, if there is one and a free place for it."""
        labelled = self.annotated[source_of(label["im_file"])]
        names = [name for name, boxes in self.boxes.items() if boxes and name in labelled]
        if not names:
            return
        index, row = random.choice(self.boxes[random.choice(names)])  # noqa: S311
        pixels, boxes, numbers = self._cut(index, row)
        height, width = label["img"].shape[:2]
        pixels = _resized(pixels, min(height, width))
        high, wide = pixels.shape[:2]
        taken = _corners(label["instances"].bboxes, width, height)[label["cls"].ravel() < len(NAMES)]
        place = _free_place(taken, width - wide, height - high, (wide, high))
        if place is None:
            return
        x, y = place
        canvas = label["img"].copy()  # the data set keeps the original in memory
        _blend(canvas[y : y + high, x : x + wide], pixels)
        label["img"] = canvas
        boxes = (boxes * [wide, high, wide, high] + [x, y, x, y]) / [width, height, width, height]
        _add(label, boxes, numbers)

    def _cut(self, index: int, row: int) -> tuple[npt.NDArray[np.uint8], NDArrayFloat, npt.NDArray[Any]]:
        """Return the pixels round a box, and the (n, 4) xyxy boxes within them, relative to them, with their classes.

        The region that stands for what a source doesn't label (`add_regions`) is one of these boxes.
        """
        pixels = self.dataset.load_image(index)[0]
        height, width = pixels.shape[:2]
        label = self.dataset.labels[index]
        boxes = _corners(label["bboxes"], width, height)
        sides = boxes[row, 2:] - boxes[row, :2]
        low = np.floor((boxes[row, :2] - MARGIN * sides).clip(0)).astype(int)
        high = np.ceil(np.minimum(boxes[row, 2:] + MARGIN * sides, [width, height])).astype(int)
        inside = np.hstack([np.maximum(boxes[:, :2], low), np.minimum(boxes[:, 2:], high)])
        shares = _areas(inside) / _areas(boxes).clip(1e-9)
        kept = (shares >= KEPT) | ((label["cls"].ravel() >= len(NAMES)) & (shares > 0))
        relative = (inside[kept] - np.tile(low, 2)) / np.tile(high - low, 2)
        cut = pixels[low[1] : high[1], low[0] : high[0]]
        if random.random() < 0.5:  # noqa: S311
            cut, relative = cut[:, ::-1], relative[:, [2, 1, 0, 3]] * [-1, 1, -1, 1] + [1, 0, 1, 0]
        return cut, relative, label["cls"][kept]


def _corners(boxes: npt.NDArray[Any], width: int, height: int) -> NDArrayFloat:
    """Return relative boxes (n, 4) xywh, centre first, as xyxy in pixels."""
    half = boxes[:, 2:].astype(float) / 2
    return np.hstack([boxes[:, :2] - half, boxes[:, :2] + half]) * [width, height, width, height]


def _areas(boxes: NDArrayFloat) -> NDArrayFloat:
    sides = (boxes[:, 2:] - boxes[:, :2]).clip(0)
    return np.asarray(sides[:, 0] * sides[:, 1])


def _resized(pixels: npt.NDArray[np.uint8], side: int) -> npt.NDArray[np.uint8]:
    """Return a cut-out at a chance size between half of its own and a third more, within the bounds."""
    longest = max(pixels.shape[:2])
    wanted = longest * random.uniform(0.5, 1.33)  # noqa: S311
    scale = min(max(wanted, SMALLEST), LARGEST * side) / longest
    size = max(2, round(pixels.shape[1] * scale)), max(2, round(pixels.shape[0] * scale))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR))


def _free_place(taken: NDArrayFloat, right: int, bottom: int, size: tuple[int, int]) -> tuple[int, int] | None:
    """Return the left upper corner of a place of `size` (width, height) that touches no box, or None."""
    for _ in range(TRIES):
        x, y = random.randint(0, right), random.randint(0, bottom)  # noqa: S311
        apart = (taken[:, 0] >= x + size[0]) | (taken[:, 2] <= x) | (taken[:, 1] >= y + size[1]) | (taken[:, 3] <= y)
        if apart.all():
            return x, y
    return None


def _blend(place: npt.NDArray[np.uint8], pixels: npt.NDArray[np.uint8]) -> None:
    """Write `pixels` over `place`, both (h, w, 3), fading out over their margin."""
    ramps = []
    for length in place.shape[:2]:
        edge = max(1.0, length * MARGIN / (1 + 2 * MARGIN))
        distance = np.minimum(np.arange(length) + 0.5, length - np.arange(length) - 0.5)
        ramps.append((distance / edge).clip(0, 1))
    alpha = np.minimum(ramps[0][:, None], ramps[1][None])[..., None]
    place[:] = np.rint(alpha * pixels + (1 - alpha) * place)


def _add(label: dict[str, Any], boxes: NDArrayFloat, numbers: npt.NDArray[Any]) -> None:
    """Add relative xyxy boxes and their classes (n, 1) to Ultralytics' label."""
    from ultralytics.utils.instance import Instances

    xywh = np.hstack([(boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]]).astype(np.float32)
    old = label["instances"]
    added = Instances(xywh, old.segments[:0].copy(), None, bbox_format="xywh", normalized=True)
    label["instances"] = Instances.concatenate([old, added])
    label["cls"] = np.vstack([label["cls"], numbers])

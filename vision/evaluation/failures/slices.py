"""Which part of the labelled boxes is found: in dark, blurred photos, by size and by source."""

import itertools
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from vision.evaluation.failures.judged import Judged, NDArrayMask
from vision.evaluation.failures.photo_traits import Traits
from vision.evaluation.figures.intervals import rate_interval
from vision.evaluation.record import SIZES, Rate, Slice, SliceBy

__all__ = ["slices"]

SIZE_LIMITS = (32**2, 96**2)  # COCO's small, medium and large, in square pixels


def slices(judged: Judged, traits: Sequence[Traits]) -> tuple[Slice, ...]:
    """Count the boxes that are found at the thresholds, at IoU 0.5 and in the right category.

    The boxes of categories that the detector can report count. Brightness and sharpness are cut at the quartiles of the
    photos that hold such boxes; a part without boxes isn't listed.

    Args:
        judged: Finds and labels.
        traits: Of each photo.
    """
    found = np.zeros(len(judged.labels), np.bool_)
    found[judged.matched[judged.seen & (judged.matched >= 0)]] = True
    counted = judged.reportable
    photo, found = judged.label_photo[counted], found[counted]
    sides = judged.labels.boxes[counted, 2:] - judged.labels.boxes[counted, :2]
    sources = np.array([p.source for p in judged.photos], np.str_)[photo]
    brightness, sharpness = np.array([(t.brightness, t.sharpness) for t in traits]).reshape(-1, 2).T
    sizes = np.searchsorted(SIZE_LIMITS, sides.prod(axis=1), side="right")
    return (
        *_quartiles("brightness", brightness, photo, found),
        *_quartiles("sharpness", sharpness, photo, found),
        *(_slice("box_size", found[sizes == i], SIZES[i]) for i in np.unique(sizes)),
        *(_slice("source", found[sources == name], str(name)) for name in dict.fromkeys(sources)),
    )


def _quartiles(
    by: SliceBy, values: npt.NDArray[np.float64], photo: npt.NDArray[np.int64], found: NDArrayMask
) -> list[Slice]:
    """Cut at the quartiles of `values` (photos,) over the photos of the boxes; equal values stay together."""
    if not len(photo):
        return []
    limits = [-math.inf, *np.unique(np.quantile(values[np.unique(photo)], (0.25, 0.5, 0.75))).tolist(), math.inf]
    parts = []
    for low, high in itertools.pairwise(limits):
        inside = (values[photo] >= low) & (values[photo] < high)
        if inside.any():
            ends = [end if math.isfinite(end) else None for end in (low, high)]
            parts.append(_slice(by, found[inside], "", *ends))
    return parts


def _slice(by: SliceBy, found: NDArrayMask, name: str, low: float | None = None, high: float | None = None) -> Slice:
    count, total = int(found.sum()), len(found)
    rate = Rate(count=count, total=total, interval=rate_interval(count, total))
    return Slice(by=by, name=name, low=low, high=high, found=rate)

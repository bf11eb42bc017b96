"""Where on a photo a slip could be stuck: walls, doors, shutters; not sky, windows, people, plants or the ground.

There is no learnt segmentation in the runtime, so this looks for what walls have in common: large connected regions of
one colour and one texture. What is small, dark, vivid with detail, skin-coloured, green, or open towards the sky or the
ground is left out; in doubt a region is not used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from vision.datasets.postings.pixels import NDArrayFloat, NDArrayPixels

__all__ = ["Surfaces", "find_surfaces"]

LONGEST = 192  # pixels of the copy that is looked at
CLUSTERS = 7
LIKE = 6.0  # distance of two clusters that count as one
LEAST_SHARE = 0.035  # of the picture, for a region to count
LOWEST_TOP = 0.48  # of the picture's height: a region that starts below is taken for ground
NDArrayMask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Surfaces:
    """Regions of a photo that things can be stuck on.

    Attributes:
        regions: (h, w) int32 at a reduced size; 0 is no surface, 1, 2, … are regions, the largest first.
        scale: Reduced pixels per pixel of the photo.
        room: (h, w) float32, distance in pixels of the photo to where the region ends.
    """

    regions: npt.NDArray[np.int32]
    scale: float
    room: NDArrayFloat

    @property
    def share(self) -> float:
        """Return the share of the photo that is surface."""
        return float(np.count_nonzero(self.regions) / self.regions.size)

    def without(self, numbers: list[int]) -> Surfaces:
        """Return the surfaces without some regions; the others keep their numbers."""
        if not numbers:
            return self
        regions = np.where(np.isin(self.regions, numbers), 0, self.regions).astype(np.int32)
        return Surfaces(regions, self.scale, _room(regions, self.scale))


def find_surfaces(photo: NDArrayPixels) -> Surfaces:
    """Find the surfaces of a photo (h, w, 3) RGB; there may be none."""
    scale = min(1.0, LONGEST / max(photo.shape[:2]))
    small = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB).astype(np.float32)
    fine = cv2.absdiff(lab[..., 0], cv2.GaussianBlur(lab[..., 0], (0, 0), 2))
    texture = cv2.GaussianBlur(fine, (0, 0), 3)
    clusters = _clusters(lab, texture)
    avoid = _sky(small, lab, fine) | _plants(small, texture) | _skin(small) | _clipped(lab)
    regions = np.zeros(clusters.shape, np.int32)
    for mask in _components(clusters):
        kept = mask & ~avoid
        if _is_wall(kept, mask, lab, texture):
            regions[kept] = 1
    _leave_ground(regions)
    regions = _separated(regions)
    return Surfaces(regions, scale, _room(regions, scale))


def _room(regions: npt.NDArray[np.int32], scale: float) -> NDArrayFloat:
    """Distance (h, w) in pixels of the photo to where a region ends; the picture's edge is no end."""
    padded = (np.pad(regions, 1, mode="edge") > 0).astype(np.uint8)
    room = np.minimum(cv2.distanceTransform(padded, cv2.DIST_L2, 3)[1:-1, 1:-1], max(regions.shape))  # may have no end
    return np.asarray(room / scale, np.float32)


def _clusters(lab: NDArrayFloat, texture: NDArrayFloat) -> Any:
    """Sort the pixels (h, w) into clusters of like colour and texture."""
    coarse = float(np.clip(0.12 * texture.mean(), 1.4, 3.2))  # bricks shall merge into a wall
    smooth = cv2.medianBlur(np.clip(lab, 0, 255).astype(np.uint8), 5 if coarse < 2 else 7).astype(np.float32)
    smooth = cv2.GaussianBlur(smooth, (0, 0), coarse)
    features = np.dstack([0.7 * smooth[..., 0], 1.5 * smooth[..., 1], 1.5 * smooth[..., 2], 1.2 * texture])
    rows = features.reshape(-1, 4).astype(np.float32)
    some = np.ascontiguousarray(rows[::5])
    by_light = np.searchsorted(np.quantile(some[:, 0], np.linspace(0, 1, CLUSTERS + 1)[1:-1]), some[:, 0])
    start = by_light.astype(np.int32).reshape(-1, 1)
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 8, 0.5)
    _, _, centres = cv2.kmeans(some, CLUSTERS, start, criteria, 1, cv2.KMEANS_USE_INITIAL_LABELS)
    distance = (centres**2).sum(axis=1) - 2 * rows @ centres.T  # less the same for every centre
    return _merged(centres)[distance.argmin(axis=1)].reshape(texture.shape)


def _merged(centres: NDArrayFloat) -> npt.NDArray[np.int64]:
    """Give clusters that are hardly different (an even wall would fall apart) the same number, (k,)."""
    number = np.arange(len(centres))
    for k in range(len(centres)):
        near = np.linalg.norm(centres - centres[k], axis=1) < LIKE
        number[np.isin(number, number[near])] = number[near].min()
    return number


def _components(clusters: Any) -> list[NDArrayMask]:
    """Return the large connected parts of each cluster; neighbours in brightness are also tried as one."""
    found = []
    for number in range(CLUSTERS):
        mask = (clusters == number).astype(np.uint8)
        mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
        mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
        count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
        large = [k for k in range(1, count) if stats[k, cv2.CC_STAT_AREA] > LEAST_SHARE / 2 * mask.size]
        found += [labels == k for k in large]
    return found


def _is_wall(kept: NDArrayMask, whole: NDArrayMask, lab: NDArrayFloat, texture: NDArrayFloat) -> bool:
    """Tell whether a region is large, light and compact enough."""
    if np.count_nonzero(kept) < max(LEAST_SHARE / 2 * kept.size, 0.6 * np.count_nonzero(whole)):
        return False
    light, busy = float(lab[kept, 0].mean()), float(texture[kept].mean())
    if light < 42 or busy > 45:  # panes and openings; foliage, crowds
        return False
    if busy > 11 and (light < 78 or float(lab[kept, 2].mean()) < 126):  # bushes and crowds; twigs before the sky
        return False
    if _is_sky(kept, lab):
        return False
    thick = cv2.distanceTransform(kept.astype(np.uint8), cv2.DIST_L2, 3).max()
    return bool(thick > 0.035 * max(kept.shape))


def _is_sky(kept: NDArrayMask, lab: NDArrayFloat) -> bool:
    """Tell whether a region is sky behind wires or twigs: high up, and blue or grey and much lighter than the rest."""
    rows = np.flatnonzero(kept.any(axis=1))
    light, red, yellow = (float(lab[kept, k].mean()) for k in range(3))
    blue = yellow < 122 and light > 115 and rows[0] < 0.3 * len(kept)
    grey = abs(red - 128) < 7 and yellow < 136
    lighter = grey and light > float(lab[..., 0].mean()) + 40
    overcast = grey and light > 115 and kept[:3].mean() > 0.5 and rows[-1] < 0.8 * len(kept)
    return blue or overcast or (lighter and rows[0] < 3 and rows[-1] < 0.7 * len(kept))


def _sky(small: NDArrayPixels, lab: NDArrayFloat, fine: NDArrayFloat) -> NDArrayMask:
    """What hangs from the top edge, is smooth, and is blue, burnt out, or grey and ends above the ground."""
    blue = small[..., 2].astype(np.int16) - small[..., 0]
    smooth = cv2.GaussianBlur(fine, (0, 0), 1.5) < 3.0
    light = lab[..., 0]
    surely = _hanging(smooth & (((blue > 6) & (light > 120)) | (light > 226)), deepest=1.0)
    neutral = (np.abs(lab[..., 1] - 128) < 7) & (lab[..., 2] < 136) & (light > 112)
    sky = surely | _hanging(smooth & neutral, deepest=0.8)
    return np.asarray(cv2.dilate(sky.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0)


def _leave_ground(regions: npt.NDArray[np.int32]) -> None:
    """Clear the lowest part of the picture, unless nearly all of it is one wall."""
    if np.count_nonzero(regions) < 0.75 * regions.size:
        regions[round(0.78 * len(regions)) :] = 0


def _plants(small: NDArrayPixels, texture: NDArrayFloat) -> NDArrayMask:
    r, g, b = (small[..., k].astype(np.int16) for k in range(3))
    green = (g > r + 4) & (g > b + 8)
    return np.asarray(cv2.dilate((green & (texture > 5)).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0)


def _skin(small: NDArrayPixels) -> NDArrayMask:
    """Skin by the box in YCrCb of Chai and Ngan (1999); only small patches, since many a wall has that colour."""
    ycc = cv2.cvtColor(small, cv2.COLOR_RGB2YCrCb)
    mask = cv2.inRange(ycc, (60, 138, 80), (240, 173, 125))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    small_ones = [k for k in range(1, count) if 12 < stats[k, cv2.CC_STAT_AREA] < 0.02 * mask.size]
    patches = np.isin(labels, small_ones).astype(np.uint8)
    return np.asarray(cv2.dilate(patches, np.ones((9, 9), np.uint8)) > 0)


def _clipped(lab: NDArrayFloat) -> NDArrayMask:
    return np.asarray((lab[..., 0] > 250) | (lab[..., 0] < 22))


def _hanging(candidate: NDArrayMask, deepest: float) -> NDArrayMask:
    """Keep the parts that touch the upper edge and end above `deepest` of the picture's height."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(candidate.astype(np.uint8), connectivity=4)
    ends = stats[:, cv2.CC_STAT_TOP] + stats[:, cv2.CC_STAT_HEIGHT]
    high = [k for k in range(1, count) if stats[k, cv2.CC_STAT_TOP] == 0 and ends[k] <= deepest * len(candidate)]
    return np.asarray(np.isin(labels, high))


def _separated(regions: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Number the connected regions, the largest first; drop the small ones, and the low ones: mostly pavement."""
    mask = cv2.morphologyEx((regions > 0).astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    order = sorted(range(1, count), key=lambda k: -int(stats[k, cv2.CC_STAT_AREA]))
    table = np.zeros(count, np.int32)
    large = [k for k in order if stats[k, cv2.CC_STAT_AREA] > LEAST_SHARE * mask.size]
    for number, k in enumerate([k for k in large if stats[k, cv2.CC_STAT_TOP] < LOWEST_TOP * len(mask)], start=1):
        table[k] = number
    return table[labels]

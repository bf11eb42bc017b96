"""Whether one photo can be laid over another: the same photo, the same place, or neither.

Keypoints are SIFT's (Lowe 2004) with RootSIFT descriptors (Arandjelović and Zisserman 2012); an affine map is fitted
with RANSAC, so that crops, turns, stretched and sheared copies are all found by the same means.
"""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from vision.images import NDArrayImage

__all__ = ["Alignment", "Features", "NDArrayAffine", "Overlay", "align", "features", "overlay"]

SIDE = 320  # pixels of the longest side that are looked at
KEYPOINTS = 300
RATIO = 0.8  # the best match has to be so much nearer than the second, as Lowe proposes
REACH = 4.0  # pixels by which a matched keypoint may miss its place
FEWEST = 6  # fewer matches prove nothing: an affine map goes through any three
NOTHING_SHOWN = 0.05  # an overlap below this share can't be compared

NDArrayMatches = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]  # of the first, of the second
NDArrayAffine = npt.NDArray[np.float64]  # (2, 3)


@dataclass(frozen=True, eq=False)
class Features:
    """What is kept of a photo for laying it over others.

    Attributes:
        grey: (h, w) uint8, the longest side `SIDE` pixels.
        points: (n, 2) xy in pixels of `grey`.
        descriptors: (n, 128) uint8, as SIFT gives them: a quarter of the memory of their roots.
    """

    grey: npt.NDArray[np.uint8]
    points: npt.NDArray[np.float32]
    descriptors: npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Alignment:
    """The best affine map found from one photo to another.

    Attributes:
        matches: Pairs of keypoints that look alike.
        inliers: Those of them that agree on one map.
        correlation: Of the grey values where the mapped photo covers the other, -1..1.
        overlap: Share of the other photo that it covers, 0..1.
        mirrored: Whether it has to be mirrored left to right first.
        rotation: Degrees that it has to be turned left.
    """

    matches: int = 0
    inliers: int = 0
    correlation: float = 0.0
    overlap: float = 0.0
    mirrored: bool = False
    rotation: float = 0.0


@dataclass(frozen=True, eq=False)
class Overlay:
    """How one photo lies over another.

    Attributes:
        affine: (2, 3), from pixels of the first's `grey` to the second's.
        points: (n, 2) xy, the first's keypoints that agree on it.
    """

    affine: NDArrayAffine
    points: npt.NDArray[np.float32]


def features(image: NDArrayImage) -> Features:
    """Find the keypoints of a photo (h, w, 3)."""
    scale = SIDE / max(image.shape[:2])
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    keypoints, found = _sift().detectAndCompute(grey, None)
    points = np.array([point.pt for point in keypoints], np.float32).reshape(-1, 2)
    descriptors = np.zeros((0, 128), np.uint8) if found is None else found.astype(np.uint8)
    return Features(grey, points, descriptors)


def align(first: Features, second: Features) -> Alignment:
    """Lay `first` over `second`, as it is and mirrored, and return what fits better."""
    here, there = _rooted(first.descriptors), _rooted(second.descriptors)
    plain = _fit(first, second, _matches(here, there), mirrored=False)
    mirror = _fit(first, second, _matches(_mirrored(here), there), mirrored=True)
    return max(plain, mirror, key=lambda alignment: alignment.inliers)


@cache
def _sift() -> cv2.SIFT:
    return cv2.SIFT.create(nfeatures=KEYPOINTS, contrastThreshold=0.02)


def _rooted(descriptors: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return the roots of the descriptors' shares, which have length 1: their products compare histograms."""
    sums = np.maximum(descriptors.sum(axis=1, keepdims=True, dtype=np.float32), 1)
    return np.asarray(np.sqrt(descriptors / sums), np.float32)


def _mirrored(descriptors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the descriptors that the mirrored photo would give: rows upside down, angles negated."""
    table = descriptors.reshape(-1, 4, 4, 8)  # rows, columns, angles in steps of 45°
    return table[:, ::-1, :, -np.arange(8) % 8].reshape(-1, 128)


def overlay(first: Features, second: Features) -> Overlay | None:
    """Return how `first` lies over `second`, unmirrored, or None where too little of them agrees."""
    found = _overlay(first, second, _matches(_rooted(first.descriptors), _rooted(second.descriptors)), mirrored=False)
    return found if found is not None and len(found.points) >= FEWEST else None


def _overlay(first: Features, second: Features, matches: NDArrayMatches, *, mirrored: bool) -> Overlay | None:
    here, there = matches
    if len(here) < FEWEST:
        return None
    from_points, to_points = first.points[here], second.points[there]
    affine, mask = cv2.estimateAffine2D(
        from_points, to_points, method=cv2.RANSAC, ransacReprojThreshold=REACH, maxIters=500, confidence=0.99
    )
    if affine is None or (np.linalg.det(affine[:, :2]) < 0) is not np.bool_(mirrored):
        return None
    return Overlay(affine, from_points[mask.ravel() > 0])


def _fit(first: Features, second: Features, matches: NDArrayMatches, *, mirrored: bool) -> Alignment:
    found = _overlay(first, second, matches, mirrored=mirrored)
    count, inliers = len(matches[0]), 0 if found is None else len(found.points)
    if found is None or inliers < FEWEST:
        return Alignment(count, inliers)
    correlation, overlap = _correlation(first.grey, second.grey, found.affine)
    turn = found.affine[:, :2] @ np.diag([-1 if mirrored else 1, 1])
    rotation = float(np.degrees(np.arctan2(-turn[1, 0], turn[0, 0])))  # y points down
    return Alignment(count, inliers, correlation, overlap, mirrored, rotation)


def _matches(first: npt.NDArray[np.float32], second: npt.NDArray[np.float32]) -> NDArrayMatches:
    """Return the indices of keypoints that are each other's nearest, and clearly so."""
    if len(first) < FEWEST or len(second) < FEWEST:
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    alike = first @ second.T
    rows = np.arange(len(alike))
    nearest = alike.argmax(axis=1)
    mutual = alike.argmax(axis=0)[nearest] == rows
    best = alike[rows, nearest]
    alike[rows, nearest] = -1
    clear = np.sqrt(np.maximum(1 - best, 0)) < RATIO * np.sqrt(np.maximum(1 - alike.max(axis=1), 0))
    kept = np.flatnonzero(mutual & clear)
    return kept, nearest[kept]


def _correlation(
    first: npt.NDArray[np.uint8], second: npt.NDArray[np.uint8], affine: NDArrayAffine
) -> tuple[float, float]:
    """Return the correlation of the grey values under the map, and the share of `second` that is covered."""
    size = second.shape[::-1]
    covered = cv2.warpAffine(np.ones_like(first), affine, size) > 0
    overlap = float(covered.mean())
    if overlap < NOTHING_SHOWN:
        return 0.0, overlap
    mapped = cv2.GaussianBlur(cv2.warpAffine(first, affine, size), (0, 0), 1.5)[covered].astype(np.float32)
    shown = cv2.GaussianBlur(second, (0, 0), 1.5)[covered].astype(np.float32)
    if mapped.std() < 1 or shown.std() < 1:
        return 0.0, overlap
    return float(np.corrcoef(mapped, shown)[0, 1]), overlap

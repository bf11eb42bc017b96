"""Two photos of one place: how one lies over the other, and whether they show the same thing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from service.store.photo_store import PhotoStore
from vision.alignment import Features, NDArrayAffine, Overlay, features, overlay
from vision.detections import NDArrayBoxes
from vision.errors import PhotoError
from vision.footage.appearance import Appearance, appearance_of, looks_alike
from vision.footage.grouping import linked
from vision.images import NDArrayImage, read_photo

__all__ = ["Shot", "View", "is_there", "likeness", "shot_of", "stored_shot", "view_of"]

SIDE = 1280  # pixels of the longest side that a photo is reduced to: a crop of a quarter is as fine as keypoints need
ENOUGH = 14  # keypoints beside the thing that agree, as for things of footage: it may be gone, the place is what counts
UNCHANGED = 0.75  # correlation from which on a thing lies there as before; of drawn scenes painted over less is left
IN_VIEW = 0.8  # share of the thing's place that the new photo has to show
STRETCH = 6.0  # no second visit is so much nearer or farther; such a map is a coincidence


@dataclass(eq=False)
class Shot:
    """A photo at the size in which it is compared.

    Attributes:
        pixels: (h, w, 3), the longest side at most `SIDE`.
        scale: Of its pixels to those of the upright photo.
    """

    pixels: NDArrayImage
    scale: float
    _things: dict[tuple[float, ...], Appearance] = field(default_factory=dict)
    _beside: dict[tuple[float, ...], Features] = field(default_factory=dict)

    @cached_property
    def whole(self) -> Features:
        """Keypoints of the whole photo."""
        return features(self.pixels)

    def beside(self, box: NDArrayBoxes) -> Features:
        """Return the keypoints of what is around a box (4,); a heap has so many that few are left for the place."""
        key = tuple(float(value) for value in box)
        if key not in self._beside:
            x1, y1, x2, y2 = np.round(box * self.scale).astype(int)
            pixels = self.pixels.copy()
            size = (max(1, (x2 - x1) // 2), max(1, (y2 - y1) // 2))
            pixels[y1:y2, x1:x2] = cv2.blur(pixels[y1:y2, x1:x2], size)
            self._beside[key] = features(pixels)
        return self._beside[key]

    def appearance(self, box: NDArrayBoxes) -> Appearance:
        """Return the look of what is in a box (4,), in pixels of the upright photo."""
        key = tuple(float(value) for value in box)
        if key not in self._things:
            self._things[key] = appearance_of(self.pixels, box * self.scale)
        return self._things[key]


@dataclass(frozen=True)
class View:
    """How an earlier photo lies over a new one.

    Attributes:
        points: Keypoints beside the thing that agree.
        inside: Keypoints of the thing itself that agree.
        box: Where the thing would be, x1, y1, x2, y2 in pixels of the new upright photo; may reach beyond it.
        in_view: Whether the new photo shows that place.
        overlap: Share of the new photo that the earlier one covers, 0..1.
        unchanged: Correlation of the grey values at that place, -1..1; near 1 the thing lies there as it was.
    """

    points: int
    inside: int
    box: tuple[float, float, float, float]
    in_view: bool
    overlap: float
    unchanged: float

    @property
    def is_known(self) -> bool:
        """Whether what is around the thing says that it is the same place."""
        return self.points >= ENOUGH

    @property
    def is_unchanged(self) -> bool:
        """Whether the thing lies there as it was, whatever was detected."""
        return self.inside >= ENOUGH or self.unchanged >= UNCHANGED


def shot_of(pixels: NDArrayImage, width: int) -> Shot:
    """Reduce the pixels of a photo that is `width` pixels wide at full size."""
    factor = SIDE / max(pixels.shape[:2])
    if factor < 1:
        size = (max(1, round(pixels.shape[1] * factor)), max(1, round(pixels.shape[0] * factor)))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    return Shot(pixels, pixels.shape[1] / width)


def stored_shot(photos: PhotoStore, sha256: str, width: int) -> Shot | None:
    """Read a photo from the store; None if it isn't there any more, or can't be read."""
    try:
        return _stored(photos, sha256, width)
    except (OSError, PhotoError):
        return None


@lru_cache(maxsize=16)  # 4 MB each; yesterday's photo of a site is asked for by all of today's
def _stored(photos: PhotoStore, sha256: str, width: int) -> Shot:
    return shot_of(read_photo(photos.read(sha256), sha256, at_least=SIDE).pixels, width)


def likeness(earlier: Shot, before: NDArrayBoxes, new: Shot, box: NDArrayBoxes, kind: str) -> int:
    """Return how many keypoints say that the boxes (4,) of two photos show one problem of a kind; 0 if too few do."""
    return looks_alike(earlier.appearance(before), new.appearance(box), [kind])


def view_of(earlier: Shot, before: NDArrayBoxes, new: Shot) -> View | None:
    """Return how an earlier photo with a thing in `before` (4,) lies over a new one; None if they show two places."""
    here = before * (earlier.scale * earlier.whole.grey.shape[1] / earlier.pixels.shape[1])
    found = _overlay(earlier.whole, new.whole, here) or _overlay(earlier.beside(before), new.whole, here)
    if found is None:
        return None
    there = _mapped(here, found.affine)
    height, width = new.whole.grey.shape
    shown = np.clip(there, 0, [width, height, width, height])
    share = np.prod(shown[2:] - shown[:2]) / max(float(np.prod(there[2:] - there[:2])), 1e-6)
    overlap, unchanged = _grey(earlier.whole, new.whole, found.affine, shown)
    x1, y1, x2, y2 = (round(float(value), 1) for value in there * (new.pixels.shape[1] / width / new.scale))
    points = int(_outside(found, here).sum())
    return View(points, len(found.points) - points, (x1, y1, x2, y2), bool(share >= IN_VIEW), overlap, unchanged)


def is_there(view: View, boxes: Sequence[NDArrayBoxes], kind: str, height: int) -> bool:
    """Whether one of the boxes (4,) of a kind, on a photo of `height` pixels, is where the thing was."""
    return any(linked(kind, view.box, box, height) for box in boxes)


def _overlay(first: Features, second: Features, box: NDArrayBoxes) -> Overlay | None:
    """Return how one photo lies over another, if enough of what is beside the box, or in it, says so."""
    found = overlay(first, second)
    if found is None or not 1 / STRETCH**2 < abs(float(np.linalg.det(found.affine[:, :2]))) < STRETCH**2:
        return None
    outside = int(_outside(found, box).sum())
    return found if max(outside, len(found.points) - outside) >= ENOUGH else None


def _outside(found: Overlay, box: NDArrayBoxes) -> npt.NDArray[np.bool_]:
    return np.asarray(((found.points < box[:2]) | (found.points > box[2:])).any(axis=1))


def _mapped(box: NDArrayBoxes, affine: NDArrayAffine) -> NDArrayBoxes:
    corners = box[[0, 1, 2, 1, 2, 3, 0, 3]].reshape(4, 2) @ affine[:, :2].T + affine[:, 2]
    return np.concatenate([corners.min(axis=0), corners.max(axis=0)]).astype(np.float32)


def _grey(first: Features, second: Features, affine: NDArrayAffine, shown: NDArrayBoxes) -> tuple[float, float]:
    """Return the share of `second` that is covered, and the correlation in the box `shown` of it."""
    size = second.grey.shape[::-1]
    covered = cv2.warpAffine(np.ones_like(first.grey), affine, size) > 0
    x1, y1, x2, y2 = np.round(shown).astype(int)
    both = covered[y1:y2, x1:x2]
    overlap = round(float(covered.mean()), 3)
    if both.sum() < 30:
        return overlap, 0.0
    then = cv2.GaussianBlur(cv2.warpAffine(first.grey, affine, size), (0, 0), 1.5)[y1:y2, x1:x2][both]
    now = cv2.GaussianBlur(second.grey, (0, 0), 1.5)[y1:y2, x1:x2][both]
    if then.std() < 1 or now.std() < 1:
        return overlap, 0.0
    return overlap, round(float(np.corrcoef(then.astype(float), now.astype(float))[0, 1]), 3)

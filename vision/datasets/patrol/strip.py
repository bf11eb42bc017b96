"""The street that is walked past: photos of one split side by side, with problems here and there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vision.categories import PROBLEMS
from vision.datasets.labels import LabelledPhoto
from vision.errors import RecipeError
from vision.images import NDArrayImage, read_photo_file

__all__ = ["Panel", "has_problem", "paint", "pick", "place"]

ASPECTS = (0.6, 1.8)  # width to height of photos that are used; others show too much or too little at once
CORNER, BLACK = 0.015, 12  # share of a side, and of 255: a corner that no camera made
CHECKED = 320  # pixels of the longer side are enough to see that
SEAM = 0.02  # of the height: how far neighbours run into each other


@dataclass(frozen=True, eq=False)
class Panel:
    """A photo's place in the strip: from pixel `left` on, `scale` pixels for each of the photo's."""

    photo: LabelledPhoto
    left: int
    width: int
    scale: float

    def to_strip(self, boxes: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Move boxes (n, 4) from pixels of the photo into pixels of the strip."""
        return np.asarray(boxes, np.float64).reshape(-1, 4) * self.scale + [self.left, 0, self.left, 0]


def has_problem(photo: LabelledPhoto) -> bool:
    """Tell whether a problem is labelled on a photo."""
    return any(name in PROBLEMS for _, _, name in photo.labels)


def pick(
    photos: Sequence[LabelledPhoto], rng: np.random.Generator, width: float, height: int, clean: float
) -> list[LabelledPhoto]:
    """Choose photos that fill a strip of `width` x `height` pixels; no two show one place.

    A source's chance grows with the root of its photos: the largest comes first, and the others often enough.

    Args:
        photos: To choose from.
        rng: Chooses.
        width: At least so much is filled.
        height: Every photo is scaled to it.
        clean: Share of the width without a problem.

    Raises:
        RecipeError: There are too few photos.
        PhotoError: A photo can't be read.
    """
    fitting = [photo for photo in photos if ASPECTS[0] <= photo.width / photo.height <= ASPECTS[1]]
    pools = {dirty: [photo for photo in fitting if has_problem(photo) == dirty] for dirty in (False, True)}
    widths = {False: 0.0, True: 0.0}
    chosen: list[LabelledPhoto] = []
    while (total := sum(widths.values())) < width:
        dirty = widths[False] > clean * total or clean == 0
        pool = pools[dirty]
        if not pool:
            raise RecipeError(
                f"a patrol needs more photos {'with' if dirty else 'without'} a problem and of different places than "
                f"the {sum(has_problem(photo) == dirty for photo in fitting)} there are; ask for fewer seconds, or "
                "another clean share or split"
            )
        photo = _draw(pool, rng)
        for key, others in pools.items():
            pools[key] = [other for other in others if _scene(other) != _scene(photo)]
        if not _padded(photo):
            chosen.append(photo)
            widths[dirty] += photo.width / photo.height * height - SEAM * height
    return chosen


def _scene(photo: LabelledPhoto) -> tuple[str, str]:
    return photo.source, photo.scene_group or f"photo {photo.path.name}"


def _padded(photo: LabelledPhoto) -> bool:
    """Tell whether a photo was turned or shrunk onto a black ground: all its corners are black."""
    pixels = read_photo_file(photo.path, at_least=CHECKED).pixels
    rows, columns = (max(1, round(CORNER * side)) for side in pixels.shape[:2])
    corners = pixels[[*range(rows), *range(-rows, 0)]][:, [*range(columns), *range(-columns, 0)]]
    return int(corners.max()) <= BLACK


def _draw(pool: Sequence[LabelledPhoto], rng: np.random.Generator) -> LabelledPhoto:
    sources = sorted({photo.source for photo in pool})
    chances = np.sqrt([sum(photo.source == source for photo in pool) for source in sources])
    source = rng.choice(sources, p=chances / chances.sum())
    own = [photo for photo in pool if photo.source == source]
    return own[rng.integers(len(own))]


def place(chosen: Sequence[LabelledPhoto], rng: np.random.Generator, height: int) -> list[Panel]:
    """Put photos side by side in a random order; problems get clean neighbours while there are any."""
    order = [chosen[i] for i in rng.permutation(len(chosen))]
    dirty, clean = [p for p in order if has_problem(p)], [p for p in order if not has_problem(p)]
    before = np.sort(rng.choice(len(clean) + 1, len(dirty), replace=len(dirty) > len(clean) + 1))
    for moved, (gap, photo) in enumerate(zip(before, dirty, strict=True)):
        clean.insert(int(gap) + moved, photo)
    panels, left = [], 0
    for photo in clean:
        scale = height / photo.height
        panels.append(Panel(photo, left, round(photo.width * scale), scale))
        left += panels[-1].width - _seam(height)
    return panels


def paint(panels: Sequence[Panel], height: int) -> NDArrayImage:
    """Paint the strip, (height, width, 3) RGB; neighbours blend within a narrow seam.

    Raises:
        PhotoError: A photo can't be read.
    """
    strip = np.zeros((height, panels[-1].left + panels[-1].width, 3), np.uint8)
    seam = _seam(height)
    ramp = np.linspace(0, 1, seam + 2, dtype=np.float32)[1:-1, None]
    for panel in panels:
        pixels = read_photo_file(panel.photo.path).pixels
        scaled = cv2.resize(pixels, (panel.width, height), interpolation=cv2.INTER_CUBIC)
        if panel.left:
            before = strip[:, panel.left : panel.left + seam]
            scaled[:, :seam] = before + ramp * (scaled[:, :seam].astype(np.float32) - before)
        strip[:, panel.left : panel.left + panel.width] = scaled
    return strip


def _seam(height: int) -> int:
    return max(2, round(SEAM * height))

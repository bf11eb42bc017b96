"""Whether a picture has changed since it was last looked at, and whether the camera still looks at the same view."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from vision.detections import NDArrayBoxes
from vision.footage.configuration import Motion
from vision.images import NDArrayImage

__all__ = ["Change", "Changes", "View", "compare", "view_of"]

WIDTH, HEIGHT = 160, 90  # cells that pictures are compared in
DIFFERENT = 14  # grey levels between two pictures of a cell; noise is averaged out within it
FEWEST = 6  # cells: a bag across the street
EDGE = 20  # grey levels from cell to cell that make one of an edge
MOVED_SHARE = 0.5  # of the edges: no car covers so much of a view for long, and sky and road never seem to move
FEWEST_EDGES = 100  # cells; with fewer nothing can be said
MOVED_CELLS = 3.0  # by which the whole picture is shifted
MOVING = 0.1  # views per look from which on a camera counts as one that moves
FAR = 0.2  # of the picture
SURE = 0.15  # response of the phase correlation from which on its shift is believed

View = npt.NDArray[np.float32]  # (HEIGHT, WIDTH) grey
WINDOW: View = np.outer(np.hanning(HEIGHT), np.hanning(WIDTH)).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Change:
    """How a picture differs from an earlier one.

    Attributes:
        cells: (HEIGHT, WIDTH) bool, where it does.
        moved: Whether the camera looks at something else.
        far: Whether it moved so far, or so unclearly, that what is in view is hard to follow.
    """

    cells: npt.NDArray[np.bool_]
    moved: bool
    far: bool = False

    @property
    def any(self) -> bool:
        """Whether anything has changed that is large enough to matter."""
        return self.moved or bool(self.cells.sum() >= FEWEST)

    def touches(self, box: NDArrayBoxes, width: int, height: int) -> bool:
        """Whether anything has changed within a box (4,), in pixels of a picture of that size."""
        if self.moved:
            return True
        x1, y1, x2, y2 = (box * np.array([WIDTH / width, HEIGHT / height] * 2)).astype(int)
        return bool(self.cells[y1 : y2 + 1, x1 : x2 + 1].any())


def view_of(pixels: NDArrayImage) -> View:
    """Return a picture's grey cells."""
    small = cv2.resize(pixels, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.float32)


def compare(now: View, before: View) -> Change:
    """Compare two views; a light that went up or down everywhere is no change."""
    difference = now - before
    different = (np.abs(difference - np.median(difference)) > DIFFERENT).astype(np.uint8)
    cells = cv2.morphologyEx(different, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8)) > 0
    (x, y), response = cv2.phaseCorrelate(before * WINDOW, now * WINDOW)
    shifted = response > SURE and max(abs(x), abs(y)) > MOVED_CELLS
    followed = response > SURE and max(abs(x) / WIDTH, abs(y) / HEIGHT) < FAR
    edges = cv2.morphologyEx(before, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > EDGE
    replaced = edges.sum() >= FEWEST_EDGES and different[edges].mean() > MOVED_SHARE
    moved = bool(shifted or replaced)
    return Change(cells, moved, moved and not followed)


class Changes:
    """Compares the pictures of one camera with the last one that was looked at.

    Args:
        motion: `fixed`: the view is always the same; `moving`: never; `auto`: as the pictures have it.

    Attributes:
        view: Number of the view; goes up when the camera looks elsewhere.
    """

    def __init__(self, motion: Motion = "auto") -> None:
        self.view = 0
        self._motion: Motion = motion
        self._looks = 0
        self._last: View | None = None
        self._first: View | None = None  # of the view: slow pans don't pass unnoticed

    @property
    def is_moving(self) -> bool:
        """Whether the camera moves, as told or as seen so far."""
        return self._motion == "moving" or (self._motion == "auto" and self.view > MOVING * self._looks)

    def since_last(self, now: View) -> Change:
        """Return what has changed since the last look."""
        if self._last is None:
            return Change(np.ones((HEIGHT, WIDTH), bool), moved=True)
        change = compare(now, self._last)
        return change if self._motion == "auto" else replace(change, moved=self._motion == "moving")

    def looked(self, now: View) -> None:
        """Remember a picture that was looked at."""
        self._looks += 1
        if self._first is None or self._motion == "moving":
            self._first = now
            self.view += self._last is not None
        elif self._motion == "auto" and compare(now, self._first).moved:
            self._first = now
            self.view += 1
        self._last = now

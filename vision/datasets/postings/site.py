"""The surfaces of one photo with their planes: where a rectangle of so many metres can lie."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vision.datasets.postings.pixels import NDArrayPixels
from vision.datasets.postings.planes import Plane, View, look
from vision.datasets.postings.surfaces import Surfaces, find_surfaces

__all__ = ["Site", "survey"]

NDArrayQuad = npt.NDArray[np.float64]  # (4, 2)
GRID = np.array(
    [[(1 - u) * (1 - v), u * (1 - v), u * v, (1 - u) * v] for v in np.linspace(0, 1, 5) for u in np.linspace(0, 1, 5)]
)


@dataclass(frozen=True, eq=False)
class Site:
    """Surfaces and planes of a photo.

    Attributes:
        shape: Height and width of the photo.
        surfaces: Where things can be stuck.
        planes: One per region of the surfaces.
        metre: Pixels a metre where a region has most room.
        facade: Whether a whole facade is seen; nobody pastes on its upper floors.
    """

    shape: tuple[int, int]
    surfaces: Surfaces
    planes: tuple[Plane, ...]
    metre: float
    facade: bool = False

    @property
    def largest(self) -> float:
        """Return the width in pixels of the widest thing that fits on a surface."""
        return float(min(1.9 * self.surfaces.room.max(), 0.75 * max(self.shape)))

    def point(
        self, rng: np.random.Generator, room: float, near: tuple[float, float, float] | None = None
    ) -> NDArrayQuad:
        """Pick a pixel (2,) with about `room` pixels around it, if it can near a point (x, y, distance)."""
        free = self.surfaces.room
        allowed = free > min(room, 0.8 * float(free.max()))
        if near is not None:
            y, x = np.ogrid[0 : free.shape[0], 0 : free.shape[1]]
            scale = self.surfaces.scale
            close = (x / scale - near[0]) ** 2 + (y / scale - near[1]) ** 2 < near[2] ** 2
            allowed = allowed & close if (allowed & close).any() else allowed
        if self.facade:
            low = allowed & (np.arange(len(free)) > 0.45 * len(free))[:, None]
            allowed = low if low.any() else allowed
        places = np.flatnonzero(allowed)
        chosen = places[rng.integers(len(places), size=2)]
        lower = int(chosen.max() if rng.random() < 0.6 else chosen[0])  # people paste within their reach
        row, column = divmod(lower, free.shape[1])
        point: NDArrayQuad = (np.array([column, row]) + rng.random(2)) / self.surfaces.scale
        return point

    def quad(self, x: float, y: float, width: float, height: float, turn: float = 0.0) -> NDArrayQuad | None:
        """Lay a rectangle in metres around a pixel: its corners (4, 2), or None where it leaves the surface."""
        number = int(self._regions(np.array([[x, y]]))[0])
        if number == 0:
            return None
        corners = self.planes[number - 1].quad(x, y, width, height, turn)
        grid = GRID @ corners
        inside = ((grid >= 0) & (grid < [self.shape[1], self.shape[0]])).all(axis=1)
        on = self._regions(grid[inside]) == number
        return corners if inside.mean() > 0.6 and on.mean() > 0.9 else None

    def _regions(self, points: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
        """Return the regions (n,) that pixels (n, 2) belong to."""
        regions = self.surfaces.regions
        column, row = (points * self.surfaces.scale).astype(int).T
        numbers: npt.NDArray[np.int32] = regions[row.clip(0, len(regions) - 1), column.clip(0, regions.shape[1] - 1)]
        return numbers


def survey(photo: NDArrayPixels, rng: np.random.Generator, crowd: int = 5) -> Site | None:
    """Find the surfaces of a photo and decide how large a metre is on them.

    Args:
        photo: (h, w, 3) RGB.
        rng: Source of chance.
        crowd: How many ads are to find room; more are smaller.

    Returns:
        None if there is no surface.
    """
    surfaces = find_surfaces(photo)
    if not surfaces.regions.any():
        return None
    shape = (photo.shape[0], photo.shape[1])
    view = look(photo)
    near = []
    for number in range(1, int(surfaces.regions.max()) + 1):
        mask = cv2.dilate((surfaces.regions == number).astype(np.uint8), np.ones((9, 9), np.uint8))
        near.append(view.beside(mask, surfaces.scale))
    lying = [number for number, lines in enumerate(near, start=1) if _lies(surfaces, number, view, lines)]
    surfaces = surfaces.without(lying)
    if not surfaces.regions.any():
        return None
    metre = _metre(shape, surfaces, view, rng, crowd)
    planes = []
    for number, lines in enumerate(near, start=1):
        row, column = np.unravel_index(
            int((surfaces.room * (surfaces.regions == number)).argmax()), surfaces.room.shape
        )
        plane = view.plane(lines, float(rng.normal(0, 0.08)))
        planes.append(plane.scaled(column / surfaces.scale, row / surfaces.scale, metre))
    return Site(shape, surfaces, tuple(planes), metre, _is_facade(view, max(shape)))


def _lies(surfaces: Surfaces, number: int, view: View, near: npt.NDArray[np.bool_]) -> bool:
    """Tell whether a region is rather pavement: it reaches far down, begins low, and hardly a line on it is upright."""
    rows = np.flatnonzero((surfaces.regions == number).any(axis=1))
    if rows[0] < 0.2 * len(surfaces.regions) or rows[-1] < 0.7 * len(surfaces.regions):
        return False
    return float(view.lengths[near & view.upright].sum()) < 0.12 * float(view.lengths[near].sum())


def _metre(shape: tuple[int, int], surfaces: Surfaces, view: View, rng: np.random.Generator, crowd: int) -> float:
    """Choose how many pixels a metre has; a slip of 15 cm gets 13 pixels to nearly half the picture."""
    longest = max(shape)
    most = min(0.45 * longest, 1.9 * float(surfaces.room.max()))
    most = min(most, 1.3 * float(np.sqrt(surfaces.share * shape[0] * shape[1] / crowd)))
    least = 0.05 * longest if len(view.lines) < 40 else 13.0
    if _is_facade(view, longest):
        most = min(most, 0.05 * longest)
    slip = least * (max(most, 1.25 * least) / least) ** rng.beta(3.0, 1.0)
    return float(slip / 0.15)


def _is_facade(view: View, longest: int) -> bool:
    """Tell whether a whole facade is seen from across the street: it has many edges, and long ones."""
    return len(view.lines) > 140 and float(np.median(view.lengths)) > 0.051 * longest

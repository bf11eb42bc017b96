"""Which way a wall faces, from the directions of the lines on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from vision.datasets.postings.pixels import NDArrayPixels

__all__ = ["Plane", "View", "look"]

LONGEST = 320  # pixels of the copy in which lines are sought
FOCAL = 0.9  # of the longer side: a phone's main camera
NDArrayVectors = npt.NDArray[np.float64]  # (n, 3)


@dataclass(frozen=True, eq=False)
class Plane:
    """A plane before a pinhole camera that looks along z, x to the right, y down.

    Attributes:
        focal: Pixels.
        centre: Principal point (2,) in pixels.
        along, down: Unit vectors (3,) in the plane; `down` is the way things fall.
        distance: Of the plane from the camera, in metres.
    """

    focal: float
    centre: npt.NDArray[np.float64]
    along: npt.NDArray[np.float64]
    down: npt.NDArray[np.float64]
    distance: float = 1.0

    @property
    def normal(self) -> npt.NDArray[np.float64]:
        """Unit vector (3,) away from the camera."""
        normal: npt.NDArray[np.float64] = np.cross(self.along, self.down)
        return normal

    def at(self, x: float, y: float) -> npt.NDArray[np.float64]:
        """Return the point (3,) of the plane that pixel (x, y) shows; never one behind its vanishing line."""
        ray = np.array([(x - self.centre[0]) / self.focal, (y - self.centre[1]) / self.focal, 1.0])
        point: npt.NDArray[np.float64] = ray * self.distance / max(float(self.normal @ ray), 0.15)
        return point

    def scaled(self, x: float, y: float, metre: float) -> Plane:
        """Return the parallel plane at which pixel (x, y) shows `metre` pixels a metre."""
        distance = self.distance * self.focal / metre / self.at(x, y)[2]
        return Plane(self.focal, self.centre, self.along, self.down, distance)

    def quad(self, x: float, y: float, width: float, height: float, turn: float = 0.0) -> npt.NDArray[np.float64]:
        """Project a rectangle in metres centred at pixel (x, y): corners (4, 2) in pixels, from top left clockwise."""
        c, s = np.cos(turn), np.sin(turn)
        half = np.array([[-width, -height], [width, -height], [width, height], [-width, height]]) / 2
        turned = half @ np.array([[c, s], [-s, c]])
        corners = self.at(x, y) + turned[:, :1] * self.along + turned[:, 1:] * self.down
        projected: npt.NDArray[np.float64] = self.centre + self.focal * corners[:, :2] / np.maximum(
            corners[:, 2:], 1e-3
        )
        return projected


@dataclass(frozen=True, eq=False)
class View:
    """The lines of a photo and which way is down.

    Attributes:
        lines: (n, 4) x1, y1, x2, y2 in pixels of the photo.
        normals: (n, 3) unit normals of the planes through camera and line.
        lengths: (n,) in pixels.
        down: Unit vector (3,) along which upright things stand.
        focal, centre: Of the camera, in pixels.
    """

    lines: npt.NDArray[np.float64]
    normals: NDArrayVectors
    lengths: npt.NDArray[np.float64]
    down: npt.NDArray[np.float64]
    focal: float
    centre: npt.NDArray[np.float64]

    @property
    def upright(self) -> npt.NDArray[np.bool_]:
        """Which lines (n,) stand upright."""
        return np.asarray(np.abs(self.normals @ self.down) < np.sin(np.radians(4)))

    def plane(self, near: npt.NDArray[np.bool_], fallback: float) -> Plane:
        """Return the upright plane that the lines selected by `near` (n,) suggest.

        Args:
            near: The lines that lie on or beside the surface.
            fallback: Angle in radians between the plane and the picture where too few lines tell.
        """
        angles = np.radians(np.arange(-62, 63, 2.0))
        level = np.cross(self.down, [0.0, 0.0, 1.0])
        level /= np.linalg.norm(level)
        ahead = np.cross(level, self.down)
        candidates = np.cos(angles)[:, None] * level + np.sin(angles)[:, None] * ahead
        used = near & ~self.upright
        agreement = np.clip(1 - np.abs(candidates @ self.normals[used].T) / np.sin(np.radians(3)), 0, 1)
        score = agreement @ self.lengths[used] - 0.4 * np.abs(angles) * self.lengths[used].sum()
        best = int(score.argmax())
        enough = score[best] > 0.12 * self.lengths[used].sum() and score[best] > 0.25 * self.focal
        angle = float(angles[best]) if enough else fallback
        along = np.cos(angle) * level + np.sin(angle) * ahead
        return Plane(self.focal, self.centre, along, self.down)

    def beside(self, mask: Any, scale: float) -> npt.NDArray[np.bool_]:
        """Select the lines (n,) whose middle lies on a mask that has `scale` pixels per pixel of the photo."""
        if not len(self.lines):
            return np.zeros(0, bool)
        middle = (self.lines[:, :2] + self.lines[:, 2:]) / 2 * scale
        x = np.clip(middle[:, 0].astype(int), 0, mask.shape[1] - 1)
        y = np.clip(middle[:, 1].astype(int), 0, mask.shape[0] - 1)
        return np.asarray(mask[y, x] > 0)


def look(photo: NDArrayPixels) -> View:
    """Find the lines of a photo (h, w, 3) RGB, and the vertical."""
    h, w = photo.shape[:2]
    focal, centre = FOCAL * max(h, w), np.array([w, h]) / 2
    lines = _lines(photo)
    rays = np.dstack([(lines.reshape(-1, 2, 2) - centre) / focal, np.ones((len(lines), 2))])
    normals = np.cross(rays[:, 0], rays[:, 1])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12
    lengths = np.hypot(*(lines[:, 2:] - lines[:, :2]).T)
    return View(lines, normals, lengths, _down(normals, lengths), focal, centre)


def _lines(photo: NDArrayPixels) -> npt.NDArray[np.float64]:
    """Find straight edges by LSD (Grompone von Gioi et al. 2010), (n, 4) in pixels of the photo."""
    scale = min(1.0, LONGEST / max(photo.shape[:2]))
    small = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    found = cv2.createLineSegmentDetector(cv2.LSD_REFINE_NONE).detect(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY))[0]
    lines = np.zeros((0, 4)) if found is None else np.asarray(found, np.float64).reshape(-1, 4) / scale
    lengths = np.hypot(*(lines[:, 2:] - lines[:, :2]).T)
    kept: npt.NDArray[np.float64] = lines[lengths > 0.03 * max(photo.shape[:2])]
    return kept


def _down(normals: NDArrayVectors, lengths: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Find the direction (3,) that the upright lines share, among those that a photographer's tilt allows."""
    pitch, roll = np.meshgrid(np.radians(np.arange(-24, 25, 2.0)), np.radians(np.arange(-12, 13, 1.5)))
    candidates = np.stack([np.sin(roll), np.cos(roll) * np.cos(pitch), np.cos(roll) * np.sin(pitch)], axis=-1).reshape(
        -1, 3
    )
    agreement = np.clip(1 - np.abs(candidates @ normals.T) / np.sin(np.radians(2.5)), 0, 1)
    tilt = np.hypot(pitch, roll).ravel()
    score = agreement @ lengths - 0.5 * tilt * lengths.sum()
    best: npt.NDArray[np.float64] = candidates[int(score.argmax())] if len(lengths) else np.array([0.0, 1.0, 0.0])
    return best

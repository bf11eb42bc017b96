"""Walls, and the planes that things hang on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vision.datasets.postings.pixels import NDArrayPixels, noise, to_pixels
from vision.datasets.scenes.canvas import Canvas
from vision.datasets.scenes.texture import coloured, corrugated, cracks, masonry, streaks

__all__ = ["MATERIALS", "Wall", "draw_wall"]

MATERIALS = ("plaster", "bricks", "tiles", "hoarding", "panels")
PAINTS = np.array([[0.80, 0.77, 0.70], [0.78, 0.70, 0.56], [0.74, 0.74, 0.72], [0.86, 0.85, 0.82], [0.70, 0.62, 0.54]])


@dataclass(frozen=True)
class Wall:
    """A vertical plane: `u` metres along it from the point straight ahead, `v` metres up.

    Attributes:
        distance: Metres ahead of the camera.
        yaw: Radians; positive recedes to the right.
        height: Metres.
    """

    distance: float
    yaw: float
    height: float

    @property
    def along(self) -> npt.NDArray[np.float64]:
        """Unit vector (3,) to the right."""
        return np.array([np.cos(self.yaw), 0, np.sin(self.yaw)])

    @property
    def normal(self) -> npt.NDArray[np.float64]:
        """Unit vector (3,) towards the camera."""
        return np.array([np.sin(self.yaw), 0, -np.cos(self.yaw)])

    def point(self, u: float, v: float, out: float = 0.0) -> npt.NDArray[np.float64]:
        """Return the point (3,) at (u, v), `out` metres in front of the wall."""
        point: npt.NDArray[np.float64] = np.array([0, v, self.distance]) + u * self.along + out * self.normal
        return point

    def corners(self, u: float, v: float, width: float, height: float, turn: float = 0.0) -> npt.NDArray[np.float64]:
        """Return the corners (4, 3) of a rectangle centred on (u, v), turned by `turn` radians in the wall."""
        c, s = np.cos(turn), np.sin(turn)
        half = np.array([[-width, height], [width, height], [width, -height], [-width, -height]]) / 2
        turned = half @ np.array([[c, s], [-s, c]]) + [u, v]
        return np.stack([self.point(a, b) for a, b in turned])


def draw_wall(canvas: Canvas, rng: np.random.Generator, wall: Wall, material: str) -> None:
    """Draw a wall of a material of `MATERIALS` across the whole picture."""
    width = 2.6 * wall.distance
    metre = (0.6 if wall.distance > 2.4 else 0.45) * canvas.camera.focal / wall.distance
    image = _surface(rng, material, int(wall.height * metre), int(width * metre), metre)
    lean = np.linspace(-0.06, 0.06, image.shape[1], dtype=np.float32) * rng.choice([-1, 1])
    image = np.clip(image * (1 + lean)[None, :, None], 0, 255).astype(np.uint8)
    canvas.face(wall.corners(0, wall.height / 2, width, wall.height), image, canvas.light.on(wall.normal) * 1.1)
    if wall.height < 2.6:  # a coping shows that it ends
        top = wall.corners(0, wall.height + 0.04, width, 0.09)
        canvas.face(top, coloured([0.62, 0.61, 0.58], (0.06, noise(rng, 24, 512, 8, 4))), canvas.light.on(wall.normal))
    edge = [wall.point(u, 0, out) for u in (-width / 2, width / 2) for out in (0.0, 0.12)]
    canvas.shadow(edge, 0.4, 0.10)
    canvas.backstop = (wall.distance, float(np.tan(wall.yaw)))


def _surface(rng: np.random.Generator, material: str, h: int, w: int, metre: float) -> NDArrayPixels:
    """Paint h x w pixels of wall at `metre` pixels a metre."""
    if material == "hoarding":
        return corrugated(rng, h, w, 0.2 * metre, [0.16, 0.34, 0.56] if rng.random() < 0.7 else [0.75, 0.76, 0.76])
    image = {"bricks": _bricks, "tiles": _tiles, "panels": _panels, "plaster": _plaster}[material](rng, h, w, metre)
    dirt = streaks(rng, h, w)[..., None] * np.float32(rng.uniform(0.25, 0.6))
    return to_pixels(image / np.float32(255) * (1 - dirt) + dirt * np.array([0.30, 0.28, 0.24], np.float32))


def _bricks(rng: np.random.Generator, h: int, w: int, metre: float) -> NDArrayPixels:
    red = np.array([[0.50, 0.30, 0.24], [0.45, 0.28, 0.23], [0.55, 0.36, 0.28]])
    grey = np.array([[0.45, 0.44, 0.42], [0.40, 0.40, 0.39], [0.50, 0.48, 0.45]])
    colours = (red if rng.random() < 0.6 else grey) * rng.uniform(0.8, 1.1)
    unit = (0.065 * metre, 0.25 * metre)
    return masonry(rng, (h, w), unit, max(1, 0.011 * metre), colours, [0.56, 0.54, 0.50])


def _tiles(rng: np.random.Generator, h: int, w: int, metre: float) -> NDArrayPixels:
    colours = [[0.86, 0.86, 0.84]] if rng.random() < 0.6 else [[0.74, 0.60, 0.50]]
    unit = (0.10 * metre, 0.20 * metre) if rng.random() < 0.5 else (0.3 * metre, 0.3 * metre)
    return masonry(rng, (h, w), unit, max(1, 0.008 * metre), colours, [0.55, 0.54, 0.5], bond=0, spread=0.025)


def _panels(rng: np.random.Generator, h: int, w: int, metre: float) -> NDArrayPixels:
    colours = [[rng.uniform(0.5, 0.7)] * 3]
    return masonry(rng, (h, w), (0.6 * metre, 1.2 * metre), 0.01 * metre, colours, [0.3] * 3, bond=0, spread=0.03)


def _plaster(rng: np.random.Generator, h: int, w: int, metre: float) -> NDArrayPixels:
    """Paint plaster, with a painted dado on some and bare patches where it has come off."""
    paint = PAINTS[rng.integers(len(PAINTS))]
    image = coloured(paint, (0.035, noise(rng, h, w, 5, 6)), (0.025, noise(rng, h, w, min(h, w) / 3, 1)))
    if rng.random() < 0.45:
        dado = max(0, h - int(rng.uniform(0.9, 1.3) * metre))
        colour = [[0.45, 0.60, 0.58], [0.60, 0.60, 0.60], [0.72, 0.52, 0.36]][rng.integers(3)]
        image[dado:] = coloured(colour, (0.04, noise(rng, h, w, 6, 5)))[dado:]
    bare = noise(rng, h, w, 4, 5) > rng.uniform(1.7, 2.6)
    image[bare] = coloured([0.56, 0.53, 0.49], (0.08, noise(rng, h, w, 20, 4)))[bare]
    cracks(rng, image, int(rng.integers(0, 4)))
    return image

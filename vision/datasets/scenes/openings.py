"""What legally hangs or opens in a wall: doors, shutters, windows, number plates, shop signs."""

from __future__ import annotations

import cv2
import numpy as np

from vision.datasets.postings.legal import house_number, shop_sign
from vision.datasets.postings.pixels import noise
from vision.datasets.scenes.canvas import Canvas
from vision.datasets.scenes.texture import coloured, corrugated, wood
from vision.datasets.scenes.walls import Wall

__all__ = ["draw_door", "draw_plates", "draw_shop_sign", "draw_shutter", "draw_window"]


def draw_door(canvas: Canvas, rng: np.random.Generator, wall: Wall, u: float) -> None:
    """Draw a steel security door of a block of flats in its frame."""
    colour = np.array([[0.36, 0.13, 0.10], [0.30, 0.31, 0.33], [0.20, 0.30, 0.26], [0.42, 0.26, 0.16]])[rng.integers(4)]
    w, h = 180, 400
    door = coloured(colour, (0.04, noise(rng, h, w, 5, 5)))
    light, dark = (tuple(float(c) for c in np.clip(colour * k * 255, 0, 255)) for k in (1.5, 0.5))
    for y0, y1 in ((18, 130), (146, 258), (274, 386)):
        for x0, x1 in ((16, 84), (96, 164)):
            cv2.rectangle(door, (x0, y0), (x1, y1), dark, 3)
            cv2.line(door, (x0, y1), (x1, y1), light, 2)
            cv2.rectangle(door, (x0 + 14, y0 + 16), (x1 - 14, y1 - 16), light, 2)
    cv2.rectangle(door, (166, 190), (174, 232), (190, 190, 185), -1)
    light_on = canvas.light.on(wall.normal)
    canvas.fill(wall.corners(u, 1.06, 1.06, 2.16), [0.27 * light_on] * 3)
    canvas.face(wall.corners(u, 1.03, 0.94, 2.05), door, light_on * 1.1)


def draw_shutter(canvas: Canvas, rng: np.random.Generator, wall: Wall, u: float, width: float = 2.6) -> None:
    """Draw a closed roller shutter of a shop."""
    grey = rng.uniform(0.55, 0.75)
    slats = corrugated(rng, int(width * 150), 360, 12, [grey, grey, grey * 1.02])
    canvas.fill(wall.corners(u, 1.2, width + 0.14, 2.48), [0.35 * canvas.light.on(wall.normal)] * 3)
    shutter = np.ascontiguousarray(np.rot90(slats))
    canvas.face(wall.corners(u, 1.18, width, 2.36), shutter, canvas.light.on(wall.normal) * 1.1)


def draw_window(canvas: Canvas, rng: np.random.Generator, wall: Wall, u: float, v: float = 1.75) -> None:
    """Draw a window with the security bars of a ground floor."""
    pane = coloured([0.20, 0.24, 0.27], (0.3, noise(rng, 160, 200, 2, 4)))
    for x in range(0, 200, 14):
        cv2.line(pane, (x, 0), (x, 160), (205, 205, 200), 3)
    for y in (0, 53, 106, 158):
        cv2.line(pane, (0, y), (200, y), (215, 215, 210), 4)
    canvas.fill(wall.corners(u, v, 1.5, 1.24), [0.78 * canvas.light.on(wall.normal)] * 3)
    canvas.face(wall.corners(u, v, 1.4, 1.14), pane, canvas.light.on(wall.normal) * 1.2)
    sill = wall.corners(u, v - 0.66, 1.7, 0.08)
    canvas.face(sill, wood(rng, 20, 200, [0.6, 0.59, 0.56]), canvas.light.on((0, 1, 0)))


def draw_shop_sign(canvas: Canvas, rng: np.random.Generator, wall: Wall, u: float, v: float = 2.66) -> None:
    """Draw a legal shop sign, which is no posting."""
    sign = shop_sign(rng)
    canvas.face(wall.corners(u, v, 2.7, 0.62), sign, canvas.light.on(wall.normal) * 1.15)


def draw_plates(canvas: Canvas, rng: np.random.Generator, wall: Wall, u: float, v: float = 2.1) -> None:
    """Draw a blue house number plate, as the police issues it, which is no posting."""
    plate = house_number(rng)
    canvas.face(wall.corners(u, v, 0.46, 0.16), plate, canvas.light.on(wall.normal) * 1.15)

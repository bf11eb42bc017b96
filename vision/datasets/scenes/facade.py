"""Scenes from close up: small ads on a wall, a door, a pole or a box, and graffiti."""

from __future__ import annotations

import numpy as np

from vision.datasets.postings.bend import bent
from vision.datasets.postings.fonts import BUNDLED
from vision.datasets.postings.marks import MARKS
from vision.datasets.postings.papers import PAPERS
from vision.datasets.postings.pixels import NDArrayPixels, noise, with_alpha
from vision.datasets.postings.wear import worn
from vision.datasets.scenes.backdrop import draw_ground
from vision.datasets.scenes.canvas import Canvas, rotation
from vision.datasets.scenes.graffiti import bubbles, tag
from vision.datasets.scenes.openings import draw_door, draw_plates, draw_shop_sign, draw_shutter
from vision.datasets.scenes.solids import draw_solid
from vision.datasets.scenes.street import place, stand
from vision.datasets.scenes.texture import coloured, streaks
from vision.datasets.scenes.walls import Wall, draw_wall

__all__ = ["clean_wall", "graffiti_wall", "postings_on_pole", "postings_on_wall"]


def _before_wall(
    rng: np.random.Generator, size: tuple[int, int], distance: tuple[float, float], materials: tuple[str, ...]
) -> tuple[Canvas, Wall]:
    """Stand close before a wall that fills most of the picture."""
    canvas = stand(rng, size, rng.uniform(-0.02, 0.1))
    wall = Wall(rng.uniform(*distance), rng.uniform(-0.35, 0.35), 3.2)
    draw_ground(canvas, rng)
    draw_wall(canvas, rng, wall, str(rng.choice(materials)))
    return canvas, wall


def clean_wall(rng: np.random.Generator, size: tuple[int, int]) -> Canvas:
    """Draw a wall with a door or a shop and what legally hangs there."""
    canvas, wall = _before_wall(rng, size, (2.4, 3.6), ("plaster", "bricks", "tiles", "panels"))
    if rng.random() < 0.5:
        draw_shutter(canvas, rng, wall, 0.3)
        draw_shop_sign(canvas, rng, wall, 0.3)
        draw_plates(canvas, rng, wall, -1.35, 1.8)
    else:
        draw_door(canvas, rng, wall, rng.uniform(-0.6, 0.6))
        draw_plates(canvas, rng, wall, rng.choice([-0.95, 0.95]), 1.7)
    return canvas


def postings_on_wall(rng: np.random.Generator, size: tuple[int, int]) -> Canvas:
    """Draw a wall or a door on which slips, sheets and stencils are stuck."""
    canvas, wall = _before_wall(rng, size, (0.85, 1.6), ("plaster", "bricks", "tiles", "panels"))
    if rng.random() < 0.45:
        draw_door(canvas, rng, wall, rng.uniform(-0.15, 0.15))
        draw_plates(canvas, rng, wall, rng.choice([-0.85, 0.85]), 1.9)
    places = rng.permutation([(column, row) for column in (-0.36, -0.12, 0.12, 0.36) for row in (-0.24, 0.0, 0.24)])
    marks = int(rng.integers(0, 3))
    for k, (column, row) in enumerate(places[: marks + int(rng.integers(4, 11))]):
        u, v = (np.array([column, row]) + rng.normal(0, 0.045, 2)) * wall.distance
        _post(canvas, rng, wall, (u, canvas.camera.eye - 0.05 + v), ink=k < marks)
    return canvas


def _sheet(rng: np.random.Generator, *, ink: bool = False) -> tuple[NDArrayPixels, float]:
    """Render an ad (h, w, 4), and say how many metres wide it is; the fonts are those that come along."""
    kinds = MARKS if ink else PAPERS
    shares = np.array([share for _, share, _, _ in kinds])
    render, _, width, _ = kinds[int(rng.choice(len(kinds), p=shares / shares.sum()))]
    sheet = render(rng, 48, BUNDLED)
    return sheet if ink else worn(rng, sheet), min(width, 0.4) * rng.uniform(0.9, 1.2)


def _post(canvas: Canvas, rng: np.random.Generator, wall: Wall, at: tuple[float, float], *, ink: bool) -> None:
    """Stick a sheet onto a point (u, v) of the wall, or put ink on it."""
    sheet, width = _sheet(rng, ink=ink)
    height = width * sheet.shape[0] / sheet.shape[1]
    turn = rng.normal(0, 0.07) if rng.random() < 0.8 else rng.normal(0, 0.3)
    u, v = at
    if not ink:  # paint throws no shadow
        shade = np.zeros_like(sheet)
        shade[..., 3] = sheet[..., 3] // 3
        canvas.face(wall.corners(u + 0.003, v - 0.004, width, height, turn), shade)
    with canvas.label("graffiti" if ink else "illegal_posting"):
        canvas.face(wall.corners(u, v, width, height, turn), sheet, canvas.light.on(wall.normal) * 1.25)


def postings_on_pole(rng: np.random.Generator, size: tuple[int, int]) -> Canvas:
    """Draw a lamp post or a switch box with small ads, the street behind it."""
    canvas, _ = place(rng, size, rng.uniform(5.0, 9.0), pitch=0.04)
    (_pole if rng.random() < 0.5 else _box)(canvas, rng)
    return canvas


def _pole(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw a concrete or steel pole close by, with slips bent round it."""
    radius, z, x = rng.uniform(0.12, 0.18), rng.uniform(0.65, 0.9), rng.uniform(-0.12, 0.12)
    grey = np.array([[0.62, 0.61, 0.58], [0.40, 0.42, 0.42], [0.26, 0.36, 0.32]])[rng.integers(3)]
    rough = noise(rng, 1000, 160, 3, 6)
    strip = coloured(grey, (0.05, rough), (-0.25, streaks(rng, 1000, 160)))
    strip = bent(with_alpha(strip, np.full((1000, 160), 255)), -np.pi / 2, np.pi / 2)
    facing = canvas.light.on((0, 0, -1)) * 1.1

    def corners(left: float, right: float, low: float, high: float) -> list[list[float]]:
        return [[x + left, high, z], [x + right, high, z], [x + right, low, z], [x + left, low, z]]

    canvas.cast([[x - radius, 0, z], [x + radius, 0, z], [x, 2.5, z + radius]])
    canvas.face(corners(-radius, radius, 0.0, 3.0), strip, facing)
    v = canvas.camera.eye + 0.3
    while v > canvas.camera.eye - 0.25:
        for angle in (
            (rng.uniform(-0.75, -0.3), rng.uniform(0.3, 0.7)) if rng.random() < 0.4 else (rng.uniform(-0.4, 0.4),)
        ):
            sheet, wide = _sheet(rng)
            start, end = angle - wide / radius / 2, angle + wide / radius / 2
            start, end = max(start, -1.45), min(end, 1.45)
            high = wide * sheet.shape[0] / sheet.shape[1]
            with canvas.label("illegal_posting"):
                quad = corners(radius * np.sin(start), radius * np.sin(end), v - high, v)
                canvas.face(quad, bent(sheet, start, end), facing)
        v -= rng.uniform(0.12, 0.28)


def _box(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw a street cabinet with doors, the ads on its front."""
    wide, high, yaw = rng.uniform(0.9, 1.2), rng.uniform(1.5, 1.8), rng.uniform(-0.5, 0.5)
    paint = np.array([[0.40, 0.50, 0.44], [0.62, 0.63, 0.62], [0.34, 0.42, 0.50]])[rng.integers(3)]

    def skin(h: int, w: int) -> NDArrayPixels:
        return coloured(paint, (0.04, noise(rng, h, w, 4, 5)), (-0.25, streaks(rng, h, w)))

    def doors(h: int, w: int) -> NDArrayPixels:
        image = skin(h, w)
        line = max(2, w // 110)
        image[:, w // 2 - line : w // 2 + line] //= 3
        for k in range(8):  # louvres
            row = int(h * (0.78 + 0.02 * k))
            image[row : row + max(1, line // 2), w // 10 : w * 4 // 10] //= 2
        image[h // 2 : h // 2 + h // 14, w // 2 + 4 * line : w // 2 + 7 * line] = 60
        return image

    foot = np.array([rng.uniform(-0.1, 0.1), 0.0, 1.45])
    draw_solid(canvas, foot, (wide, high, 0.5), rotation(yaw), {0: doors, -1: skin})
    at = foot + rotation(yaw) @ np.array([0, 0, -0.252])
    front = Wall(float(at[2] - at[0] * np.tan(yaw)), -yaw, high)
    # the wall's own middle is straight ahead of the camera; the cabinet's is beside it
    shift = float(at[0] / np.cos(yaw))
    for _ in range(rng.integers(4, 10)):
        sheet, width = _sheet(rng)
        height = width * sheet.shape[0] / sheet.shape[1]
        u, v = shift + rng.uniform(-0.5, 0.5) * (wide - width - 0.05), rng.uniform(1.05, high - 0.15)
        with canvas.label("illegal_posting"):
            quad = front.corners(u, v, width, height, rng.normal(0, 0.08))
            canvas.face(quad, sheet, canvas.light.on(front.normal) * 1.1)


def graffiti_wall(rng: np.random.Generator, size: tuple[int, int]) -> Canvas:
    """Draw a wall or a shutter with sprayed tags and painted letters."""
    canvas, wall = _before_wall(rng, size, (2.6, 3.8), ("plaster", "bricks", "hoarding", "panels"))
    if rng.random() < 0.35:
        draw_shutter(canvas, rng, wall, rng.uniform(-0.3, 0.3))
    columns = rng.permutation([-0.36, -0.05, 0.3])[: rng.integers(2, 4)]
    for i, column in enumerate(columns):
        picture, width = (bubbles(rng), rng.uniform(1.3, 1.9)) if i == 0 else (tag(rng), rng.uniform(0.9, 1.6))
        height = width * picture.shape[0] / picture.shape[1]
        u, v = column * wall.distance, rng.uniform(0.8, 1.7)
        with canvas.label("graffiti"):
            canvas.face(wall.corners(u, v, width, height, rng.normal(0, 0.08)), picture, canvas.light.on(wall.normal))
    return canvas

"""Scenes on the ground, from a few metres: bins, heaps, debris, litter, and streets that are clean."""

from __future__ import annotations

import numpy as np

from vision.datasets.scenes.backdrop import LEAVES, draw_far, draw_ground, draw_kerb, draw_tree
from vision.datasets.scenes.bins import KINDS, draw_bin, draw_overflowing_bin
from vision.datasets.scenes.canvas import Camera, Canvas, Light
from vision.datasets.scenes.debris import draw_debris
from vision.datasets.scenes.openings import draw_door, draw_plates, draw_shop_sign, draw_shutter, draw_window
from vision.datasets.scenes.texture import foliage
from vision.datasets.scenes.walls import MATERIALS, Wall, draw_wall
from vision.datasets.scenes.waste import draw_heap, draw_litter, draw_scraps

__all__ = [
    "bin_point",
    "clean_street",
    "daylight",
    "debris",
    "heap",
    "litter",
    "mixed_corner",
    "overflowing_bins",
    "place",
    "stand",
]


def daylight(rng: np.random.Generator) -> Light:
    """Choose an overcast or a sunny sky."""
    to = np.array([rng.uniform(-0.8, 0.8), rng.uniform(0.6, 1.0), rng.uniform(-0.9, -0.2)])
    to /= np.linalg.norm(to)
    sun = rng.uniform(0.05, 0.2) if rng.random() < 0.5 else rng.uniform(0.35, 0.6)
    return Light((float(to[0]), float(to[1]), float(to[2])), 1.08 - 0.7 * sun, sun)


def stand(rng: np.random.Generator, size: tuple[int, int], pitch: float, eye: float = 1.5) -> Canvas:
    """Set up a camera held by hand at eye height, looking down by about `pitch` radians."""
    width, height = size
    focal = 0.78 * max(size) * rng.uniform(0.95, 1.1)
    camera = Camera(
        width, height, eye * rng.uniform(0.95, 1.08), pitch + rng.normal(0, 0.02), rng.normal(0, 0.015), focal
    )
    return Canvas(camera, daylight(rng))


def place(rng: np.random.Generator, size: tuple[int, int], back: float, pitch: float = 0.2) -> tuple[Canvas, Wall]:
    """Draw a street without objects, closed off at about `back` metres by a wall or a hedge."""
    canvas = stand(rng, size, pitch)
    setting = str(rng.choice(["facade", "low wall", "hedge", "hoarding"], p=[0.35, 0.2, 0.3, 0.15]))
    draw_ground(canvas, rng)
    heights = {"facade": 5.0, "low wall": rng.uniform(1.5, 2.3), "hedge": 0.0, "hoarding": 2.4}
    wall = Wall(back, rng.uniform(-0.3, 0.3), heights[setting])
    if setting != "facade":
        draw_far(canvas, rng, 1.0 if setting == "hedge" else 0.6)
    if setting == "hedge":
        _hedge(canvas, rng, wall)
    else:
        open_to_choice = MATERIALS[:3] if setting != "hoarding" else ("hoarding",)
        draw_wall(canvas, rng, wall, str(rng.choice(open_to_choice)))
    if setting == "facade":
        _openings(canvas, rng, wall)
    if setting == "hedge" or rng.random() < 0.25:
        draw_tree(canvas, rng, rng.choice([-1, 1]) * rng.uniform(0.25, 0.5) * back, back - 0.4)
    return canvas, wall


def _hedge(canvas: Canvas, rng: np.random.Generator, wall: Wall) -> None:
    """Plant a clipped hedge behind a kerb, with bushes rising behind it."""
    colour = LEAVES[rng.integers(3)] * rng.uniform(0.8, 1.3)
    wide, high = 2.6 * wall.distance, rng.uniform(0.7, 1.3)
    wide_px = canvas.camera.width
    rows = wide_px // 5
    behind = Wall(wall.distance + 0.9, wall.yaw, 3)
    bush = foliage(rng, wide_px // 4, wide_px, colour * 0.8, fringe=0.25)
    canvas.face(behind.corners(0, 1.3, wide * 1.2, 2.6), bush, canvas.light.on(wall.normal) * 1.1)
    hedge = foliage(rng, rows, wide_px, colour, fringe=0.06)
    hedge[rows // 7 :, :, 3] = 255
    hedge[..., :3] = (hedge[..., :3] * np.linspace(1.25, 0.55, rows)[:, None, None]).clip(0, 255).astype(np.uint8)
    canvas.face(wall.corners(0, high / 2 + 0.05, wide, high), hedge, canvas.light.on(wall.normal) * 1.2)
    draw_kerb(canvas, wall.distance - 0.15, wall.yaw)
    canvas.backstop = (wall.distance - 0.2, float(np.tan(wall.yaw)))


def _openings(canvas: Canvas, rng: np.random.Generator, wall: Wall) -> None:
    """Put a door or a shutter, windows, a number plate and a shop sign into a facade."""
    side = float(rng.choice([-1, 1]))
    if rng.random() < 0.5:
        draw_shutter(canvas, rng, wall, side * rng.uniform(0.8, 1.6))
        draw_shop_sign(canvas, rng, wall, side * 1.2)
    else:
        draw_door(canvas, rng, wall, side * rng.uniform(0.6, 1.5))
        draw_plates(canvas, rng, wall, side * 0.35)
    draw_window(canvas, rng, wall, -side * rng.uniform(1.3, 2.1))


def _row(rng: np.random.Generator, count: int, z: float) -> list[tuple[float, float, float]]:
    """Return (x, z, turn) of bins standing side by side, somewhat crooked; the middle of the row is in view."""
    slant, gap = rng.uniform(-0.35, 0.35), rng.uniform(0.64, 0.74)
    middle = rng.uniform(-0.12, 0.12) * z
    offsets = (np.arange(count) - (count - 1) / 2) * gap
    places = [
        (
            float(middle + o * np.cos(slant)),
            float(z + o * np.sin(slant) + rng.normal(0, 0.03)),
            rng.normal(-slant, 0.08),
        )
        for o in offsets
    ]
    return sorted(places, key=lambda place: -place[1])


def clean_street(rng: np.random.Generator, size: tuple[int, int]) -> Canvas:
    """Draw a street where nothing is wrong."""
    canvas, _ = place(rng, size, rng.uniform(4.5, 8.0), pitch=0.12)
    return canvas


def bin_point(rng: np.random.Generator, size: tuple[int, int]) -> Canvas:
    """Draw a collection point in order: one to four bins, lids shut."""
    z = rng.uniform(2.7, 3.8)
    canvas, _ = place(rng, size, z + rng.uniform(1.3, 2.2))
    kinds = rng.permutation(len(KINDS))
    for i, (x, depth, turn) in enumerate(_row(rng, int(rng.integers(1, 5)), z)):
        draw_bin(canvas, rng, KINDS[kinds[i]], x, depth, turn)
    return canvas


def overflowing_bins(rng: np.random.Generator, size: tuple[int, int]) -> Canvas:
    """Draw one to three bins of which at least one overflows, with scraps at their feet."""
    z, count = rng.uniform(2.4, 3.3), int(rng.integers(1, 4))
    canvas, _ = place(rng, size, z + rng.uniform(1.3, 2.0))
    full = rng.integers(count)
    kinds = rng.permutation(len(KINDS))
    for i, (x, depth, turn) in enumerate(_row(rng, count, z)):
        draw = draw_overflowing_bin if i == full or rng.random() < 0.75 else draw_bin
        draw(canvas, rng, KINDS[kinds[i]], x, depth, turn)
    if rng.random() < 0.5:
        draw_heap(canvas, rng, rng.choice([-0.9, 0.9]), z - 0.1, 0.4, 0.25)
    return canvas


def heap(rng: np.random.Generator, size: tuple[int, int]) -> Canvas:
    """Draw a heap of rubbish bags, some against a bin."""
    z = rng.uniform(2.4, 3.2)
    canvas, _ = place(rng, size, z + rng.uniform(1.0, 1.8))
    if rng.random() < 0.3:
        draw_bin(canvas, rng, KINDS[rng.integers(len(KINDS))], rng.choice([-1.2, 1.2]), z + 0.3, rng.normal(0, 0.2))
    draw_heap(canvas, rng, rng.uniform(-0.3, 0.3), z, rng.uniform(0.75, 1.2), rng.uniform(0.4, 0.8))
    return canvas


def debris(rng: np.random.Generator, size: tuple[int, int]) -> Canvas:
    """Draw bulky waste put down against a wall."""
    z = rng.uniform(2.9, 3.6)
    canvas, wall = place(rng, size, z + 1.2)
    draw_debris(canvas, rng, rng.uniform(-0.2, 0.2), z, wall.distance - 0.25)
    return canvas


def litter(rng: np.random.Generator, size: tuple[int, int]) -> Canvas:
    """Look down at a few single items on the pavement."""
    canvas = stand(rng, size, 0.85, eye=0.95)
    draw_ground(canvas, rng, tile=2.0)
    if canvas.camera.horizon() > 0:
        draw_far(canvas, rng, 1.0)
    places = rng.uniform([-0.4, 0.6], [0.4, 1.4], (int(rng.integers(2, 6)), 2))
    for x, z in places[np.argsort(-places[:, 1])]:
        draw_litter(canvas, rng, x, z)
    return canvas


def mixed_corner(rng: np.random.Generator, size: tuple[int, int]) -> Canvas:
    """Draw a corner where everything is wrong: full bins, a heap, boards, litter."""
    z = rng.uniform(3.2, 3.8)
    canvas, wall = place(rng, size, z + 1.4)
    side = float(rng.choice([-1, 1]))
    draw_debris(canvas, rng, side * 1.3, z, wall.distance - 0.25)
    kinds = rng.permutation(len(KINDS))
    for i in range(2):
        draw_overflowing_bin(canvas, rng, KINDS[kinds[i]], -side * (0.35 + 0.7 * i), z + 0.2, rng.normal(0, 0.12))
    draw_heap(canvas, rng, -side * 0.2, z - 0.75, 0.55, 0.28)
    draw_litter(canvas, rng, side * rng.uniform(0.3, 0.9), z - 1.1)
    draw_scraps(canvas, rng, side * 0.3, z - 0.8, 0.9, 10)
    return canvas

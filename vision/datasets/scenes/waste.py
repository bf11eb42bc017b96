"""Heaps of rubbish bags, and single items of litter."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from vision.datasets.postings.lettering import SERIF, lettering
from vision.datasets.postings.pixels import NDArrayPixels, noise, with_alpha
from vision.datasets.scenes.bags import crumple, pool_of_bags, pool_of_scraps
from vision.datasets.scenes.canvas import Canvas, rotation
from vision.datasets.scenes.solids import draw_box, draw_open_carton
from vision.datasets.scenes.texture import coloured

__all__ = ["draw_heap", "draw_litter", "draw_scraps"]


def draw_heap(canvas: Canvas, rng: np.random.Generator, x: float, z: float, radius: float, height: float) -> None:
    """Draw a heap of bags, cartons and scraps round (x, z), labelled `garbage_pile`; metres."""
    mostly = str(rng.choice(["white", "black", "clear", "red"])) if rng.random() < 0.5 else None
    metre = canvas.camera.scale((x, 0, z))
    bags = pool_of_bags(rng, 10, int(np.clip(0.45 * metre, 40, 200)), mostly)
    scraps = pool_of_scraps(rng, 26, int(np.clip(0.18 * metre, 20, 72)))
    depth = radius * 0.6
    with canvas.label("garbage_pile"):
        ring = np.linspace(0, 2 * np.pi, 16)
        rim = np.stack([x + radius * np.cos(ring), 0 * ring, z + depth * np.sin(ring)], axis=1)
        canvas.cast(np.vstack([rim * 0.9 + [x * 0.1, 0, z * 0.1], [[x, height, z]]]), 0.5)
        _scatter(canvas, rng, scraps, (x, z), radius * 1.08, depth * 1.1, round(70 * radius))
        _pile(canvas, rng, bags, scraps, (x, z), (radius, height, depth))
        _scatter(canvas, rng, scraps, (x, z - depth * 0.75), radius * 0.9, depth * 0.35, round(30 * radius))


def _pile(
    canvas: Canvas,
    rng: np.random.Generator,
    bags: list[NDArrayPixels],
    scraps: list[NDArrayPixels],
    centre: tuple[float, float],
    extent: tuple[float, float, float],
) -> None:
    """Stack bags on a mound of extent (radius, height, depth), the far ones first."""
    radius, height, depth = extent
    count = round(np.clip(38 * radius * (0.5 + height), 8, 60))
    places = rng.uniform(-1, 1, (4 * count, 2))
    places = places[np.hypot(*places.T) < 0.9][:count]
    places = places[np.argsort(-places[:, 1])]
    for across, back in places:
        rise = max(0.0, 1 - across**2 - back**2) * height * rng.uniform(0.7, 1)
        foot = np.array([centre[0] + across * radius, max(0.0, rise - 0.2), centre[1] + back * depth])
        _shade_behind(canvas, foot, 0.32)
        chance = rng.random()
        if chance < 0.08:
            turned = rotation(rng.uniform(-1.5, 1.5), rng.uniform(-0.5, 0.5), rng.uniform(-0.7, 0.7))
            draw_box(canvas, rng, foot, rng.uniform([0.25, 0.15, 0.2], [0.55, 0.4, 0.4]), turned)
        elif chance < 0.12:
            draw_open_carton(canvas, rng, foot[0], foot[2], rng.uniform(0.25, 0.45), foot[1])
        else:
            bag = bags[rng.integers(len(bags))]
            bag = bag if rng.random() < 0.5 else bag[:, ::-1]
            canvas.billboard(foot, rng.uniform(0.32, 0.58), bag, rng.normal(0, 0.3))
        for _ in range(rng.integers(1, 5)):
            spot = foot + rng.uniform([-0.3, 0.0, -0.05], [0.3, 0.25, 0])
            item = scraps[rng.integers(len(scraps))]
            canvas.billboard(spot, 0.07 + 0.28 * rng.random() ** 2, item, rng.uniform(-3, 3))


def _shade_behind(canvas: Canvas, foot: npt.NDArray[np.float64], radius: float) -> None:
    """Darken the part of the heap that the next bag comes to lie on, else the heap looks flat."""
    scale = canvas.camera.scale(foot)
    x, y = canvas.camera.project(foot)[0]
    half = max(2, int(radius * scale))
    left, top, right, bottom = int(x) - half, int(y) - 2 * half, int(x) + half, int(y) + half // 3
    h, w = canvas.owner.shape
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(right, w), min(bottom, h)
    if x0 >= x1 or y0 >= y1:
        return
    rows = (np.arange(y0, y1, dtype=np.float32) - (top + bottom) / 2) / ((bottom - top) / 2)
    columns = (np.arange(x0, x1, dtype=np.float32) - x) / half
    dark = 1 - 0.3 * np.clip(1.1 - np.hypot(rows[:, None], columns[None]), 0, 1)
    dark[canvas.owner[y0:y1, x0:x1] != canvas.current] = 1
    region = canvas.pixels[y0:y1, x0:x1]
    region[:] = (region * dark[..., None]).astype(np.uint8)


def _scatter(
    canvas: Canvas,
    rng: np.random.Generator,
    scraps: list[NDArrayPixels],
    centre: tuple[float, float],
    radius: float,
    depth: float,
    count: int,
) -> None:
    """Strew scraps over an ellipse on the ground."""
    places = np.clip(rng.normal(0, 0.5, (count, 2)), -1, 1)
    for across, back in places[np.argsort(-places[:, 1])]:
        x, z = centre[0] + across * radius, max(centre[1] + back * depth, 0.8)
        _lay(canvas, rng, scraps[rng.integers(len(scraps))], x, z, 0.06 + 0.3 * rng.random() ** 2.5)


def _lay(canvas: Canvas, rng: np.random.Generator, item: NDArrayPixels, x: float, z: float, size: float) -> None:
    """Lay a picture (h, w, 4) on the ground, half raised towards the viewer, with its shadow."""
    h, w = item.shape[:2]
    turned = rotation(rng.uniform(0, 6.3))[:, [0, 2]]
    half = np.array([[-w / h, 1], [w / h, 1], [w / h, -1], [-w / h, -1]]) * size / 2
    corners = half @ turned.T + [x, 0, z]
    shadow = np.zeros_like(item)
    shadow[..., 3] = item[..., 3] // 2
    below = np.array([0, 0.02 * canvas.camera.scale((x, 0, z))])
    canvas.face(canvas.camera.project(corners) + below, shadow)
    corners[:, 1] = np.linspace(0.01, 0.01 + size * 0.35, 4)[np.argsort(np.argsort(corners[:, 2]))]
    canvas.face(corners, item, canvas.light.on((0, 1, 0)) * 1.1)


def draw_scraps(canvas: Canvas, rng: np.random.Generator, x: float, z: float, radius: float, count: int) -> None:
    """Strew scraps that belong to whatever label is in force."""
    _scatter(
        canvas,
        rng,
        pool_of_scraps(rng, 12, int(np.clip(0.18 * canvas.camera.scale((x, 0, z)), 20, 72))),
        (x, z),
        radius,
        radius * 0.7,
        count,
    )


def draw_litter(canvas: Canvas, rng: np.random.Generator, x: float, z: float) -> None:
    """Drop one item, labelled `litter`."""
    make, size = LITTER[rng.integers(len(LITTER))]
    with canvas.label("litter"):
        _lay(canvas, rng, make(rng), x, z, size * rng.uniform(0.9, 1.2))


def _tube(rng: np.random.Generator, h: int, widths: list[tuple[float, float]], colour: list[float]) -> NDArrayPixels:
    """Draw a round thing lying on its side, (h, h // 2, 4); `widths` are (position, half width), each in 0..1."""
    w = h // 2
    positions, halves = np.array(widths).T
    half = np.interp(np.linspace(0, 1, h), positions, halves)[:, None]
    across = (np.arange(w)[None] - w / 2) / (w / 2) / np.maximum(half, 0.01)
    round_ = np.sqrt(np.clip(1 - across**2, 0, 1))
    bright = 0.35 + 0.65 * round_ + 0.5 * np.exp(-((across + 0.4) ** 2) * 30)
    image = coloured(colour, (0.06, noise(rng, h, w, 4, 3))) * bright[..., None]
    return with_alpha(np.clip(image, 0, 255).astype(np.uint8), (1 - np.abs(across)) * 800)


def _bottle(rng: np.random.Generator) -> NDArrayPixels:
    colour = [[0.62, 0.70, 0.72], [0.30, 0.48, 0.30], [0.70, 0.74, 0.76]][rng.integers(3)]
    shape = [(0, 0.22), (0.08, 0.22), (0.1, 0.18), (0.3, 0.6), (0.6, 0.55), (0.95, 0.6), (1, 0.5)]
    bottle = _tube(rng, 160, shape, colour)
    label = _tube(rng, 160, shape, [[0.75, 0.15, 0.12], [0.15, 0.35, 0.7], [0.85, 0.6, 0.1]][rng.integers(3)])
    bottle[70:110], bottle[:13] = label[70:110], label[:13]
    return bottle


def _can(rng: np.random.Generator) -> NDArrayPixels:
    colour = [[0.75, 0.10, 0.10], [0.15, 0.30, 0.65], [0.20, 0.50, 0.25], [0.8, 0.8, 0.82]][rng.integers(4)]
    can = _tube(rng, 120, [(0, 0.8), (0.08, 0.95), (0.92, 0.95), (1, 0.8)], colour)
    for rows in (slice(0, 8), slice(112, 120)):
        can[rows, :, :3] = 175
    return can


def _cup(rng: np.random.Generator) -> NDArrayPixels:
    cup = _tube(rng, 130, [(0, 0.95), (0.06, 0.95), (1, 0.65)], [0.88, 0.86, 0.82])
    band = _tube(rng, 130, [(0, 0.95), (0.06, 0.95), (1, 0.65)], [[0.55, 0.35, 0.2], [0.2, 0.5, 0.35]][rng.integers(2)])
    cup[40:95] = band[40:95]
    return cup


def _carton(rng: np.random.Generator) -> NDArrayPixels:
    """Print a flattened drinks carton."""
    ground = str(rng.choice(["#eeeae0", "#b8322a", "#2f62a8", "#e0b53c"]))
    ink = "#b8322a" if ground == "#eeeae0" else "#ffffff"
    side = lettering(
        [str(rng.choice(["牛奶", "豆浆", "酸奶", "凉茶"])), "250ml"], SERIF, 60, ink, ground, margin=22, sizes=[1, 0.4]
    )
    h, w = side.shape[:2]
    dents = 1 + 0.08 * noise(rng, h, w, 2, 4)[..., None]
    return with_alpha(np.clip(side[..., :3] * dents, 0, 255).astype(np.uint8), np.full((h, w), 255))


def _wrapper(rng: np.random.Generator) -> NDArrayPixels:
    return crumple(rng, 110)


LITTER: tuple[tuple[Callable[[np.random.Generator], NDArrayPixels], float], ...] = (  # with its length in metres
    (_bottle, 0.24),
    (_cup, 0.15),
    (_carton, 0.2),
    (_wrapper, 0.2),
    (_can, 0.13),
)

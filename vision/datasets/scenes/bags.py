"""Tied rubbish bags and crumpled scraps, modelled as lit height fields."""

from __future__ import annotations

import cv2
import numpy as np

from vision.datasets.postings.pixels import NDArrayFloat, NDArrayPixels, noise, to_pixels, with_alpha
from vision.datasets.scenes.texture import lit

__all__ = ["BAG_COLOURS", "bag_of", "crumple", "pool_of_bags", "pool_of_scraps"]

BAG_COLOURS: dict[str, tuple[float, float, float]] = {
    "black": (0.045, 0.045, 0.05),
    "white": (0.84, 0.84, 0.82),
    "red": (0.72, 0.10, 0.09),
    "clear": (0.66, 0.68, 0.67),
    "yellow": (0.82, 0.62, 0.12),
    "blue": (0.16, 0.34, 0.62),
    "green": (0.20, 0.42, 0.24),
}
SCRAPS = np.array(
    [[0.88, 0.88, 0.86], [0.85, 0.84, 0.80], [0.72, 0.15, 0.12], [0.62, 0.48, 0.33], [0.2, 0.2, 0.21],
     [0.80, 0.66, 0.20], [0.30, 0.45, 0.65], [0.46, 0.52, 0.30], [0.75, 0.78, 0.78], [0.55, 0.36, 0.24]]
)  # fmt: skip
LIGHT = (-0.45, -0.75, 0.6)  # every sprite is lit from above and the left


def bag_of(rng: np.random.Generator, colour: str, side: int = 200) -> NDArrayPixels:
    """Draw a tied plastic bag (side, side, 4) of a colour of `BAG_COLOURS`, its foot on the lower edge."""
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) / side
    knot_x, knot_y = 0.5 + rng.uniform(-0.12, 0.12), rng.uniform(0.13, 0.2)
    squat = rng.uniform(0.3, 0.4)
    dx, dy = (x - 0.5) / rng.uniform(0.42, 0.48), (y - (1 - squat)) / np.where(y > 1 - squat, squat, 1 - squat - knot_y)
    wobble = 0.05 * noise(rng, side, side, 3, 3)
    radius = np.sqrt(np.abs(dx) ** 2.2 + np.abs(dy) ** 2.2) + wobble
    from_knot = np.hypot(x - knot_x, y - knot_y)
    angle = np.arctan2(y - knot_y, x - knot_x)
    ears = _ears(rng, side, knot_x, knot_y)
    alpha = np.maximum((1 - radius) * side * 0.6, ears)
    height = np.sqrt(np.clip(1 - radius**2, 0, 1)) * 0.30 + _gathers(rng, angle, from_knot) + _creases(rng, side)
    return _plastic(rng, np.asarray(height * side, np.float32), colour, np.asarray(alpha, np.float32))


def _ears(rng: np.random.Generator, side: int, x: float, y: float) -> NDArrayFloat:
    """Alpha (side, side) in 0..1 of the knot's two loose ends."""
    mask = np.zeros((side, side), np.uint8)
    for lean in (rng.uniform(-0.16, -0.03), rng.uniform(0.03, 0.16)):
        tip = np.array([x + lean, y - rng.uniform(0.06, 0.12)])
        points = np.array([[x - 0.03, y + 0.08], [x + 0.03, y + 0.08], tip - [-0.035, -0.01], tip - [0.035, 0]])
        cv2.fillConvexPoly(mask, cv2.convexHull((points * side).astype(np.int32)), 255)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), side / 120) / 255, np.float32)


def _gathers(rng: np.random.Generator, angle: NDArrayFloat, distance: NDArrayFloat) -> NDArrayFloat:
    """Pleats that run from the knot down the bag."""
    waves = np.zeros_like(angle)
    for _ in range(4):
        waves += np.abs(np.sin(angle * rng.uniform(3, 11) + rng.uniform(0, 6))) * rng.uniform(0.3, 1)
    return np.asarray(0.035 * waves * np.exp(-distance * 3.2), np.float32)


def _creases(rng: np.random.Generator, side: int) -> NDArrayFloat:
    """Sharp-edged folds of thin plastic."""
    big, small = noise(rng, side, side, 3.5, 2), noise(rng, side, side, 9, 2)
    return np.asarray(-0.035 * np.abs(big) - 0.012 * np.abs(small), np.float32)


def _plastic(rng: np.random.Generator, height: NDArrayFloat, colour: str, alpha: NDArrayFloat) -> NDArrayPixels:
    """Light a height field as plastic film and cut it out; the lower edge darkens as it nears the ground."""
    side = height.shape[0]
    base = np.array(BAG_COLOURS[colour], np.float32) * rng.uniform(0.85, 1.1)
    diffuse, shine = lit(height, LIGHT, 14)
    body = np.broadcast_to(base, (side, side, 3))
    if colour == "clear":  # what is inside shows through
        contents = SCRAPS[rng.integers(len(SCRAPS), size=(9, 9))].astype(np.float32)
        inside = cv2.resize(contents, (side, side), interpolation=cv2.INTER_CUBIC)
        body = 0.5 * body + 0.5 * np.clip(inside + 0.1 * noise(rng, side, side, 8, 3)[..., None], 0, 1)
    thin = 0.42 if colour in ("white", "clear", "yellow") else 0.22  # film lets light through
    low = np.linspace(1.12, 0.62, side, dtype=np.float32)[:, None]
    gloss = {"black": 0.55, "clear": 0.45, "white": 0.18}.get(colour, 0.3)
    shaded = body * ((thin + (1 - thin) * diffuse) * low)[..., None] + (gloss * shine * low)[..., None]
    return with_alpha(to_pixels(shaded), np.clip(alpha, 0, 1) * (235 if colour == "clear" else 255))


def crumple(rng: np.random.Generator, side: int, colour: tuple[float, float, float] | None = None) -> NDArrayPixels:
    """Draw a crumpled piece of paper or film (side, side, 4) of ragged outline."""
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) / side * 2 - 1
    turn = rng.uniform(0, np.pi)
    u, v = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    radius = np.hypot(u, v / rng.uniform(0.45, 0.95)) + 0.16 * noise(rng, side, side, 2.5, 3)
    folds = -np.abs(noise(rng, side, side, 3, 2)) * 0.10 - np.abs(noise(rng, side, side, 7, 2)) * 0.03
    diffuse, shine = lit(np.asarray(folds * side, np.float32), LIGHT, 10)
    base = np.asarray(colour if colour is not None else SCRAPS[rng.integers(len(SCRAPS))], np.float32)
    printed = base if rng.random() < 0.6 else _print_on(rng, side, base)
    image = printed * (0.3 + 0.75 * diffuse)[..., None] + 0.12 * shine[..., None]
    return with_alpha(to_pixels(image), (0.82 - radius) * side * 40)


def _print_on(rng: np.random.Generator, side: int, base: NDArrayFloat) -> NDArrayFloat:
    """Colour patches of a wrapper's print (side, side, 3) on a base colour (3,)."""
    patches = np.where(rng.random((4, 4, 1)) < 0.6, base, SCRAPS[rng.integers(len(SCRAPS), size=(4, 4))])
    return np.asarray(cv2.resize(patches.astype(np.float32), (side, side), interpolation=cv2.INTER_LINEAR))


def pool_of_bags(rng: np.random.Generator, count: int, side: int, mostly: str | None = None) -> list[NDArrayPixels]:
    """Draw a stock of bags (side, side, 4), which a heap shows repeatedly, turned and mirrored."""
    colours = ["white", "black", "red", "clear", "yellow", "blue", "green"]
    chances = np.array([0.32, 0.26, 0.13, 0.17, 0.04, 0.04, 0.04])
    if mostly:
        chances[colours.index(mostly)] += 0.6
    return [bag_of(rng, str(c), side) for c in rng.choice(colours, count, p=chances / chances.sum())]


def pool_of_scraps(rng: np.random.Generator, count: int, side: int) -> list[NDArrayPixels]:
    """Draw a stock of crumpled scraps (side, side, 4)."""
    return [crumple(rng, side) for _ in range(count)]

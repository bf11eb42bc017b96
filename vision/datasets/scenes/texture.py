"""Surfaces as pictures: noise, masonry, pavement, plaster, steel, wood, cardboard, foliage."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from vision.datasets.postings.pixels import NDArrayFloat, NDArrayPixels, noise, to_pixels, with_alpha

__all__ = ["coloured", "corrugated", "cracks", "foliage", "lit", "masonry", "streaks", "wood"]

Colour = npt.ArrayLike  # (3,) in 0..1


def coloured(colour: Colour, *layers: tuple[float, NDArrayFloat]) -> NDArrayPixels:
    """Paint a colour, made lighter and darker by layers of (contrast, noise (h, w))."""
    brightness = np.float32(1) + sum((np.float32(contrast) * layer for contrast, layer in layers), np.float32(0))
    return to_pixels(np.asarray(brightness)[..., None] * np.asarray(colour, np.float32))


def masonry(
    rng: np.random.Generator,
    shape: tuple[int, int],
    unit: tuple[float, float],
    joint: float,
    colours: npt.ArrayLike,
    mortar: Colour,
    *,
    bond: float = 0.5,
    spread: float = 0.1,
) -> NDArrayPixels:
    """Lay bricks, tiles or pavers.

    Args:
        rng: Source of chance.
        shape: Height and width of the texture in pixels.
        unit: Height and width of one brick in pixels.
        joint: Width of the mortar in pixels.
        colours: (k, 3) in 0..1, one of which each brick has.
        mortar: (3,).
        bond: By how much of a brick every second row is shifted.
        spread: How much the bricks differ in brightness.
    """
    h, w = shape
    rows = np.maximum(1, np.round(h / unit[0]))
    columns = np.maximum(1, np.round(w / unit[1]))
    y = (np.arange(h) + 0.5) * rows / h
    row = y.astype(int)
    x = (np.arange(w) + 0.5) * columns / w + (row % 2 * bond)[:, None]
    column = x.astype(int) % int(columns)
    count = (int(rows), int(columns))
    palette = np.asarray(colours, np.float32)
    table = palette[rng.integers(len(palette), size=count)] * rng.normal(1, spread, (*count, 1)).astype(np.float32)
    image = table[row[:, None], column]
    edge_y = (y % 1 < joint / unit[0])[:, None]
    seam = edge_y | (x % 1 < joint / unit[1])
    image[seam] = np.asarray(mortar, np.float32)
    image *= 1 + 0.05 * noise(rng, h, w, min(h, w) / 6, 3)[..., None]
    return to_pixels(image)


def cracks(rng: np.random.Generator, image: NDArrayPixels, count: int) -> None:
    """Draw wandering dark cracks into a texture."""
    h, w = image.shape[:2]
    for _ in range(count):
        steps = rng.normal(0, 1, (60, 2)).cumsum(0) * 0.6 + np.arange(60)[:, None] * rng.normal(0, 1, 2)
        points = (rng.random(2) * [w, h] + steps * min(h, w) / 130).astype(np.int32)
        dark = tuple(int(c) for c in image.reshape(-1, 3).mean(0) * 0.72)
        cv2.polylines(image, [points], False, dark, 1, cv2.LINE_AA)


def streaks(rng: np.random.Generator, h: int, w: int) -> NDArrayFloat:
    """Dirt that water has carried down a wall: (h, w) in 0..1, strongest near the ground and under the top."""
    runs = cv2.resize(noise(rng, max(2, h // 40), max(2, w // 3), 2, 4), (w, h), interpolation=cv2.INTER_LINEAR)
    down = np.linspace(0, 1, h, dtype=np.float32)[:, None]
    where = np.clip((down - 0.75) * 3, 0, 1) + np.clip(0.35 - down, 0, 1)
    return np.asarray(np.clip(where * (0.6 + 0.5 * runs) + 0.12 * noise(rng, h, w, 5, 4), 0, 1), np.float32)


def corrugated(rng: np.random.Generator, h: int, w: int, pitch: float, colour: Colour) -> NDArrayPixels:
    """Profiled sheet steel with ribs every `pitch` pixels, or shutter slats when turned by the caller."""
    phase = np.arange(w, dtype=np.float32) / pitch % 1
    rib = np.where(phase < 0.25, 0.75, np.where(phase < 0.35, 1.25, 1.0)).astype(np.float32)
    shade = rib[None] * (1 + 0.04 * noise(rng, h, w, 4, 5) - 0.2 * streaks(rng, h, w))
    return to_pixels(shade[..., None] * np.asarray(colour, np.float32))


def wood(rng: np.random.Generator, h: int, w: int, colour: Colour) -> NDArrayPixels:
    """Boards with the grain along the width."""
    grain = cv2.resize(noise(rng, max(2, h // 2), max(2, w // 24), max(2, min(h // 2, w // 24) / 2), 4), (w, h))
    return coloured(colour, (0.1, grain), (0.05, noise(rng, h, w, 3, 4)))


def foliage(rng: np.random.Generator, h: int, w: int, colour: Colour, fringe: float = 0.15) -> NDArrayPixels:
    """Leaves (h, w, 4), lighter on top of each clump, thinning out over `fringe` of the height and width."""
    clumps = noise(rng, h, w, 4, 3)
    leaves = noise(rng, h, w, min(h, w) / 7, 3, 0.8)
    lighter = clumps - np.roll(clumps, -max(2, h // 20), axis=0)
    image = coloured(colour, (0.30, leaves), (0.35, lighter / (lighter.std() + 1e-6) * 0.7), (0.12, clumps))
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    inside = np.minimum(np.minimum(x, w - x) / w, np.minimum(y, (h - y) * 2) / h) / max(fringe, 1e-3)
    return with_alpha(image, (inside * 1.6 - 0.9 + 0.5 * clumps + 0.4 * leaves + 0.2) * 400)


def lit(height: NDArrayFloat, light: tuple[float, float, float], shine: float) -> tuple[NDArrayFloat, NDArrayFloat]:
    """Diffuse and specular light (h, w) on a height field (h, w) in pixels, seen from straight above it.

    Args:
        height: Height towards the viewer.
        light: Direction to the light: right, down, towards the viewer.
        shine: Exponent of the highlights; larger is smaller and sharper.
    """
    gradient_y, gradient_x = np.gradient(height)
    normal = np.stack([-gradient_x, -gradient_y, np.ones_like(height)], axis=-1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    to = np.array(light) / np.linalg.norm(light)
    half = to + np.array([0, 0, 1])
    half /= np.linalg.norm(half)
    diffuse, mirrored = np.maximum(normal @ to, 0), np.maximum(normal @ half, 0)
    return np.asarray(diffuse, np.float32), np.asarray(mirrored**shine, np.float32)

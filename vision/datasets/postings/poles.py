"""A lamp post before the wall, with ads bent round it.

Walls-only photos show hardly any pole, and edges alone don't tell one from a door frame, so the pole is drawn as well.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vision.datasets.postings.bend import bent
from vision.datasets.postings.fonts import Fonts
from vision.datasets.postings.papers import PAPERS
from vision.datasets.postings.paste import Item, overlaps
from vision.datasets.postings.pixels import NDArrayPixels, noise, to_pixels, with_alpha
from vision.datasets.postings.wear import worn

__all__ = ["Pole", "ads_on_pole", "raise_pole"]

METRES = 0.26  # across
COLOURS = np.array([[0.62, 0.61, 0.58], [0.48, 0.48, 0.47], [0.40, 0.42, 0.42], [0.26, 0.36, 0.32], [0.72, 0.72, 0.70]])
WIDEST = 1.45  # radians from the side that faces the camera; beyond, nothing can be seen


@dataclass(frozen=True, eq=False)
class Pole:
    """An upright cylinder through the whole picture.

    Attributes:
        middle: (2,) x of its axis at the picture's top and bottom edge, in pixels.
        radius: (2,) half its width there.
        height: Of the picture in pixels.
    """

    middle: npt.NDArray[np.float64]
    radius: npt.NDArray[np.float64]
    height: int

    def at(self, y: float, angle: float) -> tuple[float, float]:
        """Return the pixel (x, y) of the surface, `angle` radians from the side that faces the camera."""
        share = y / self.height
        middle, radius = (ends[0] + share * (ends[1] - ends[0]) for ends in (self.middle, self.radius))
        return float(middle + radius * np.sin(angle)), float(y)

    def quad(self, low: float, high: float, start: float, end: float) -> npt.NDArray[np.float64]:
        """Return the corners (4, 2) of a part of the surface between two rows and two angles."""
        return np.array([self.at(low, start), self.at(low, end), self.at(high, end), self.at(high, start)])


def raise_pole(rng: np.random.Generator, shape: tuple[int, int]) -> tuple[Pole, Item]:
    """Put a pole of concrete or painted steel into a picture of `shape` (h, w)."""
    h, w = shape
    radius = float(rng.uniform(0.035, 0.10)) * max(h, w)
    middle = rng.uniform(0.12, 0.88) * w + rng.normal(0, 0.015, 2) * h
    pole = Pole(middle, radius * np.array([1.0, rng.uniform(1.0, 1.06)]), h)
    tall, wide = 2 * h, max(24, round(4 * radius))
    rough = noise(rng, tall, wide, 3, 6)[..., None]
    streaks = cv2.resize(noise(rng, max(4, tall // 60), wide, 3, 2), (wide, tall), interpolation=cv2.INTER_LINEAR)[
        ..., None
    ]
    skin = COLOURS[rng.integers(len(COLOURS))] * rng.uniform(0.8, 1.1) * (1 + 0.06 * rough + 0.02 * streaks)
    sheet = bent(with_alpha(to_pixels(skin), np.full((tall, wide), 255)), -np.pi / 2, np.pi / 2)
    return pole, Item(sheet, pole.quad(0, h, -np.pi / 2, np.pi / 2), None, ink=False, lift=0.25, relief=0.0)


def ads_on_pole(rng: np.random.Generator, pole: Pole, fonts: Fonts, count: int) -> list[Item]:
    """Stick up to `count` sheets round a pole."""
    shares = np.array([share for _, share, _, _ in PAPERS])
    items: list[Item] = []
    for _ in range(count):
        render, _, metres, per_size = PAPERS[int(rng.choice(len(PAPERS), p=shares / shares.sum()))]
        radius = float(pole.radius.mean())
        wide = metres * float(rng.uniform(0.8, 1.15)) * 2 * radius / METRES
        sheet = worn(rng, render(rng, float(np.clip(1.5 * wide / per_size, 9, 60)), fonts))
        tall = wide * sheet.shape[0] / sheet.shape[1]
        for _ in range(4):
            angle, y = rng.uniform(-0.9, 0.9), rng.uniform(0.08, 0.85) * pole.height
            half = wide / radius / 2
            start, end = max(angle - half, -WIDEST), min(angle + half, WIDEST)
            quad = pole.quad(y - tall / 2, y + tall / 2, start, end)
            if end - start > half and not overlaps(quad, [item.quad for item in items], 0.4):
                seen = _part(sheet, (start - angle + half) / (2 * half), (end - angle + half) / (2 * half))
                items.append(Item(bent(seen, start, end), quad, "illegal_posting", ink=False, lift=0.1, relief=0.0))
                break
    return items


def _part(sheet: NDArrayPixels, left: float, right: float) -> NDArrayPixels:
    """Return the columns between two shares of the width."""
    w = sheet.shape[1]
    return sheet[:, round(left * w) : max(round(right * w), round(left * w) + 2)]

"""How a camera is carried past a strip of photos: walk, stops, ways back, bob, shake, roll, zoom and short pans."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["WINDOW", "NDArrayFloats", "Way", "smooth", "walk"]

NDArrayFloats = npt.NDArray[np.float64]

WINDOW = 0.75  # height of the view without zoom, of the strip's height
PACE = 0.3  # strip heights a second
STEPS = 1.8  # a second
ZOOMS = (0.85, 1.2)
MOST_ROLL = np.radians(2)
MIDDLE = 0.53  # of the strip's height; people point a little down
SIDE = 0.02  # strip heights that hand and step may carry the camera sideways beyond its way


@dataclass(frozen=True, eq=False)
class Way:
    """Where the camera looks in each of n frames.

    Attributes:
        size: Width and height of the frames in pixels.
        strip_width: Pixels of strip that the way needs; without zoom, a pixel of the strip is one of the frame.
        centres: (n, 2) what is in the middle of the frame, in pixels of the strip.
        zooms: (n,) above 1 shows less.
        rolls: (n,) radians.
    """

    size: tuple[int, int]
    strip_width: float
    centres: NDArrayFloats
    zooms: NDArrayFloats
    rolls: NDArrayFloats

    @property
    def matrices(self) -> NDArrayFloats:
        """(n, 2, 3) from points of the strip to points of the frame."""
        cos, sin = self.zooms * np.cos(self.rolls), self.zooms * np.sin(self.rolls)
        turn = np.stack([np.stack([cos, sin], 1), np.stack([-sin, cos], 1)], 1)
        shift = np.array(self.size) / 2 - np.einsum("nij,nj->ni", turn, self.centres)
        return np.concatenate([turn, shift[:, :, None]], 2)


def smooth(rng: np.random.Generator, count: int, spread: float) -> NDArrayFloats:
    """Return `count` values that wander around 0 with unit deviation; they forget within about `spread` samples."""
    reach = int(np.ceil(3 * spread))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / spread) ** 2)
    return np.convolve(rng.standard_normal(count + 2 * reach), kernel / np.linalg.norm(kernel), "valid")


def walk(rng: np.random.Generator, count: int, fps: float, size: tuple[int, int]) -> Way:
    """Carry a camera for `count` frames of `size` pixels; it turns back at least once."""
    height = size[1] / WINDOW
    speed = _speed(rng, count, fps)
    along = np.cumsum(speed) / fps
    zooms = np.clip(np.exp(0.1 * smooth(rng, count, 4 * fps)), *ZOOMS)
    rolls = np.radians(0.7 * smooth(rng, count, fps) + 0.25 * smooth(rng, count, 0.15 * fps))
    rolls = np.clip(rolls, -MOST_ROLL, MOST_ROLL)
    step = 2 * np.pi * STEPS * np.cumsum(np.abs(speed)) / PACE / fps
    across = along + np.clip(0.004 * np.sin(step / 2) + _shake(rng, count, fps), -SIDE, SIDE)
    down = MIDDLE + 0.006 * np.sin(step) + _shake(rng, count, fps) + _pans(rng, count, fps)
    half_width, half_height = _half(size, zooms, rolls)
    down = np.clip(down * height, half_height + 1, height - half_height - 1)
    edge = half_width.max() + SIDE * height + 1
    centres = np.stack([(across - along.min()) * height + edge, down], 1)
    return Way(size, float(np.ptp(along) * height + 2 * edge), centres, zooms, rolls)


def _speed(rng: np.random.Generator, count: int, fps: float) -> NDArrayFloats:
    """Strip heights a second (count,), to the right above 0."""
    free = PACE * rng.uniform(0.85, 1.15) * np.clip(1 + 0.3 * smooth(rng, count, 2 * fps), 0.4, 1.7)
    go = _direction(rng, count)
    for _ in range(round(count / fps / 20)):
        start = rng.integers(count)
        go[start : start + round(rng.uniform(1, 3) * fps)] = 0
    reach = int(fps)
    soft = np.exp(-0.5 * (np.arange(-reach, reach + 1) / (0.35 * fps)) ** 2)
    return free * np.convolve(np.pad(go, reach, mode="edge"), soft / soft.sum(), "valid")


def _direction(rng: np.random.Generator, count: int) -> NDArrayFloats:
    """1 forward or -1 back (count,): there and a part of the way back, or a look back on the way."""
    back, last = (0.3, 0.0) if rng.random() < 0.5 else (0.2, 0.3)
    turn = rng.uniform(0.95, 1.05) * (1 - back - last)
    place = np.arange(count) / count
    return np.where((place > turn) & (place < turn + back), -1.0, 1.0) if last else np.where(place > turn, -1.0, 1.0)


def _shake(rng: np.random.Generator, count: int, fps: float) -> NDArrayFloats:
    """What the hand does (count,), in strip heights."""
    return 0.004 * smooth(rng, count, 0.5 * fps) + 0.0012 * smooth(rng, count, 0.1 * fps)


def _pans(rng: np.random.Generator, count: int, fps: float) -> NDArrayFloats:
    """Looks up and down (count,), in strip heights."""
    total = np.zeros(count)
    for _ in range(1 + round(count / fps / 12)):
        middle, long = rng.uniform(0, count), rng.uniform(0.7, 1.6) * fps
        total += rng.uniform(-0.12, 0.12) * np.exp(-0.5 * ((np.arange(count) - middle) / long) ** 2)
    return total


def _half(size: tuple[int, int], zooms: NDArrayFloats, rolls: NDArrayFloats) -> tuple[NDArrayFloats, NDArrayFloats]:
    """Half the width and height (n,) of the upright part of the strip that holds the turned view."""
    width, height = size
    cos, sin = np.abs(np.cos(rolls)), np.abs(np.sin(rolls))
    return (width * cos + height * sin) / 2 / zooms, (width * sin + height * cos) / 2 / zooms

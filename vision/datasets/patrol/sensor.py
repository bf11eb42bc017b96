"""What the camera does to the picture: blur while the shutter is open, exposure that drifts, noise."""

from __future__ import annotations

import cv2
import numpy as np

from vision.datasets.patrol.camera import NDArrayFloats, Way, smooth
from vision.images import NDArrayImage

__all__ = ["Sensor"]

SHUTTERS = (1 / 100, 1 / 50)  # seconds
NOISES = (1.5, 4.0)  # standard deviation, of 255
FIELDS = 6  # of noise, from which every frame takes a part
SPARE = 64  # pixels


class Sensor:
    """One camera's way of taking the frames of a way."""

    def __init__(self, rng: np.random.Generator, way: Way, fps: float) -> None:
        width, height = way.size
        count = len(way.centres)
        self.zooms = way.zooms
        self.share = rng.uniform(*SHUTTERS) * fps  # of the time between two frames that the shutter is open
        self.moves = self.smears(-way.centres)
        self.gains = np.clip(1 + 0.08 * smooth(rng, count, 3 * fps), 0.75, 1.25)
        deviation = rng.uniform(*NOISES)
        self.fields = [_noise(rng, height + SPARE, width + SPARE, deviation) for _ in range(FIELDS)]
        self.draws = rng.integers([FIELDS, SPARE, SPARE], size=(count, 3))

    def smears(self, places: NDArrayFloats) -> NDArrayFloats:
        """Return how many pixels across and down (n, 2) things move while the shutter is open.

        Args:
            places: (n, 2) where they are in each frame, in pixels of the strip from what is in its middle.
        """
        moves = np.abs(np.diff(places, axis=0, prepend=places[:1]))
        return np.asarray(moves * self.zooms[:, None] * self.share, np.float64)

    def blurred(self, frame: NDArrayImage, index: int) -> NDArrayImage:
        """Smear (h, w, 3) by the camera's own movement."""
        across, down = (_open(move) for move in self.moves[index])
        smeared: NDArrayImage = cv2.sepFilter2D(frame, -1, across, down)
        return smeared

    def exposed(self, frame: NDArrayImage, index: int) -> NDArrayImage:
        """Turn light (h, w, 3) into pixels."""
        field, x, y = self.draws[index]
        grain = self.fields[field][y : y + frame.shape[0], x : x + frame.shape[1]]
        exposed: NDArrayImage = cv2.addWeighted(frame, self.gains[index], grain, 1, -128)
        return exposed


def _noise(rng: np.random.Generator, height: int, width: int, deviation: float) -> NDArrayImage:
    """Grain (h, w, 3) around 128; that of neighbours is alike, as cameras smooth it."""
    grain = cv2.GaussianBlur(rng.standard_normal((height, width, 3), dtype=np.float32), (0, 0), 0.6)
    return np.asarray(np.clip(128 + grain * deviation / grain.std(), 0, 255), np.uint8)


def _open(move: float) -> NDArrayFloats:
    """The weights (odd,) of pixels that pass while the shutter is open."""
    reach = int(np.ceil(max(0.0, move - 1) / 2))
    distance = np.abs(np.arange(-reach, reach + 1))
    weights = np.clip(max(move, 1.0) / 2 + 0.5 - distance, 0, 1)
    return np.asarray(weights / weights.sum(), np.float64)

"""Pictures as arrays, and the noise that makes drawn things look worn."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["NDArrayFloat", "NDArrayPixels", "noise", "rgba", "shrunk", "to_pixels", "with_alpha"]

NDArrayPixels = npt.NDArray[np.uint8]  # (h, w, 3) RGB or (h, w, 4) RGBA
NDArrayFloat = npt.NDArray[np.float32]


def noise(rng: np.random.Generator, h: int, w: int, cells: float, octaves: int = 4, fade: float = 0.55) -> NDArrayFloat:
    """Fractal noise (h, w) with unit deviation that repeats at its edges; `cells` blobs along the shorter side."""
    total = np.zeros((h, w), np.float32)
    strength = 1.0
    for octave in range(octaves):
        per_pixel = cells * 2**octave / min(h, w)
        if octave and per_pixel > 0.7:
            break
        rows, columns = max(1, round(h * per_pixel)), max(1, round(w * per_pixel))
        grid = np.pad(rng.random((rows, columns), dtype=np.float32), 2, mode="wrap")
        step_y, step_x = h / rows, w / columns
        matrix = np.array([[1 / step_x, 0, 1.5 + 0.5 / step_x], [0, 1 / step_y, 1.5 + 0.5 / step_y]])
        smooth = cv2.INTER_CUBIC if h * w < 300_000 else cv2.INTER_LINEAR  # height fields show the difference
        inverse = cv2.WARP_INVERSE_MAP | smooth
        total += strength * cv2.warpAffine(grid, matrix, (w, h), flags=inverse)
        strength *= fade
    mean, deviation = cv2.meanStdDev(total)
    total -= np.float32(mean.item())
    total /= np.float32(deviation.item() + 1e-6)
    return total


def to_pixels(values: Any) -> NDArrayPixels:
    """Turn values in 0..1 into 8-bit pixels."""
    return np.asarray(np.clip(values * 255, 0, 255), np.uint8)


def with_alpha(rgb: NDArrayPixels, alpha: Any) -> NDArrayPixels:
    """Join (h, w, 3) and (h, w) in 0..255."""
    return np.dstack([rgb, np.clip(alpha, 0, 255).astype(np.uint8)])


def rgba(colour: str) -> tuple[int, int, int, int]:
    """Turn `#rrggbb` into an opaque colour."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16), 255


def shrunk(picture: NDArrayPixels, quad: npt.NDArray[np.float64]) -> NDArrayPixels:
    """Average a picture down to about the size it is shown at in the corners `quad` (4, 2), else it glitters."""
    h, w = picture.shape[:2]
    wide = max(float(np.linalg.norm(quad[1] - quad[0])), float(np.linalg.norm(quad[2] - quad[3])), 1.0)
    high = max(float(np.linalg.norm(quad[3] - quad[0])), float(np.linalg.norm(quad[2] - quad[1])), 1.0)
    if w <= 1.3 * wide and h <= 1.3 * high:
        return picture
    size = (max(1, min(w, round(wide))), max(1, min(h, round(high))))
    smaller: NDArrayPixels = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return smaller

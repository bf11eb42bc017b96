"""How a photo is lit, sharp and grainy, so that what is pasted in looks the same."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vision.datasets.postings.pixels import NDArrayFloat, NDArrayPixels

__all__ = ["Light", "measure"]


@dataclass(frozen=True, eq=False)
class Light:
    """What the photo says about light and camera.

    Attributes:
        white: (3,) how white paper looks in the surfaces' mean light, 0..255.
        black: (3,) how black ink looks.
        shading: (h, w) float32, light relative to its mean, without the wall's texture.
        detail: (h, w) float32, the wall's texture alone, around 0, in grey levels.
        blur: Standard deviation of the lens's blur in pixels.
        grain: Standard deviation of the noise in grey levels.
        specks: (h, w) bool, single stray pixels of the sensor; none on most photos.
        colour: How colourful it can be: 0 for a photo in black and white, else 1.
    """

    white: NDArrayFloat
    black: NDArrayFloat
    shading: NDArrayFloat
    detail: NDArrayFloat
    blur: float
    grain: float
    specks: npt.NDArray[np.bool_]
    colour: float = 1.0


def measure(photo: NDArrayPixels, surface: npt.NDArray[np.uint8]) -> Light:
    """Measure a photo (h, w, 3) RGB; `surface` (h, w) is not 0 where things may be stuck."""
    grey_bytes = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
    specks = np.asarray(cv2.absdiff(grey_bytes, cv2.medianBlur(grey_bytes, 3)) > 90)
    specks &= specks.mean() > 0.004
    grey = grey_bytes.astype(np.float32)
    mask = cv2.erode((surface > 0).astype(np.uint8), np.ones((5, 5), np.uint8))
    mask = mask if mask.any() else np.ones_like(mask)
    mean = float(grey[mask > 0].mean())
    step = 4
    small, weight = (a[::step, ::step].astype(np.float32) for a in (cv2.blur(grey, (step, step)), mask))
    sigma = max(photo.shape[:2]) / step * 0.025
    total = cv2.GaussianBlur(weight, (0, 0), sigma)
    low = (cv2.GaussianBlur(small * weight, (0, 0), sigma) + 0.02 * mean) / (total + 0.02)
    shading = cv2.resize(np.clip(low / mean, 0.45, 1.6) ** 0.85, grey.shape[::-1], interpolation=cv2.INTER_LINEAR)
    detail = grey - cv2.GaussianBlur(grey, (0, 0), 3)
    bright = np.percentile(photo[::6, ::6].reshape(-1, 3), 97, axis=0)
    level = float(np.clip(bright.mean(), 90, min(245, 1.35 * mean + 85)))
    cast = (bright / max(float(bright.mean()), 1)) ** 0.6
    dark = np.percentile(photo[::6, ::6].reshape(-1, 3), 1.5, axis=0)
    black, grain = np.clip(dark, 4, 0.22 * level), _grain(grey, mask)
    vivid = np.percentile(np.ptp(photo[::6, ::6].astype(np.int16), axis=2), 99)
    colour = float(np.clip((vivid - 8) / 16, 0, 1))
    white = np.asarray(level * cast, np.float32)
    return Light(
        white,
        np.asarray(black, np.float32),
        np.asarray(shading, np.float32),
        detail,
        _blur(grey),
        grain,
        specks,
        colour,
    )


def _blur(grey: NDArrayFloat) -> float:
    """Estimate the blur from how much a further blur of 1 pixel flattens the steepest edges."""
    slope = np.abs(cv2.Sobel(grey, cv2.CV_32F, 1, 0))
    steep = slope > max(float(np.percentile(slope[::2, ::2], 98)), 24)
    if not steep.any():
        return 1.0
    flattened = np.abs(cv2.Sobel(cv2.GaussianBlur(grey, (0, 0), 1), cv2.CV_32F, 1, 0))
    ratio = float(slope[steep].mean() / max(float(flattened[steep].mean()), 1e-3))
    return float(np.clip(1 / np.sqrt(max(ratio**2 - 1, 0.05)) - 0.35, 0.25, 2.2))


def _grain(grey: NDArrayFloat, mask: npt.NDArray[np.uint8]) -> float:
    """Estimate the noise by the median of Immerkaer's operator (1996), which steady slopes don't reach."""
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    response = np.abs(cv2.filter2D(grey, cv2.CV_32F, kernel))[mask > 0]
    return float(np.clip(np.median(response[::7]) / 0.6745 / 6, 0.3, 5))

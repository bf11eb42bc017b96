"""What a phone does to the scene: uneven light, night, blur, grain, compression."""

from __future__ import annotations

import cv2
import numpy as np

from vision.datasets.postings.pixels import NDArrayFloat, NDArrayPixels, noise

__all__ = ["develop"]


def develop(pixels: NDArrayPixels, rng: np.random.Generator, *, night: bool) -> NDArrayPixels:
    """Turn a drawn scene (h, w, 3) into a photo of the same size."""
    h, w = pixels.shape[:2]
    lighting = (_lamp if night else _daylight)(rng, 48, 64)
    image = cv2.GaussianBlur(pixels, (0, 0), max(0.4, w / 1600 * rng.uniform(0.7, 1.0)))
    scaled = image.astype(np.float32) * cv2.resize(lighting, (w, h), interpolation=cv2.INTER_CUBIC)
    grain = rng.standard_normal((h, w), dtype=np.float32) * np.float32(
        rng.uniform(5, 8) if night else rng.uniform(2, 4)
    )
    scaled += cv2.GaussianBlur(grain, (0, 0), 0.6)[..., None] * np.float32(1.3)
    shown = _curve(np.clip(scaled, 0, 255).astype(np.uint8), rng)
    _, coded = cv2.imencode(".jpg", shown[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(78, 92))])
    photo: NDArrayPixels = cv2.cvtColor(cv2.imdecode(coded, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    return photo


def _daylight(rng: np.random.Generator, h: int, w: int) -> NDArrayFloat:
    """Brightness (h, w, 3): a slope, large soft patches, darker corners, the white balance."""
    y, x = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j]
    slope = rng.normal(0, 0.08) * x + rng.normal(0, 0.06) * y
    patches = 0.05 * noise(rng, h, w, 2, 2)
    level = (1 + slope + patches - 0.10 * (x**2 + y**2)) * rng.uniform(0.92, 1.12)
    return np.asarray(level[..., None] * (1 + rng.normal(0, 0.025, 3)), np.float32)


def _lamp(rng: np.random.Generator, h: int, w: int) -> NDArrayFloat:
    """Brightness (h, w, 3) at night: the flash in the middle, a yellow street lamp from one side."""
    y, x = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j]
    flash = np.exp(-((x - rng.normal(0, 0.12)) ** 2 * 1.3 + (y - 0.15) ** 2 * 1.5))
    lamp = np.exp(-((x - rng.choice([-1.1, 1.1])) ** 2 + (y + 0.9) ** 2))
    white, yellow = np.array([0.78, 0.80, 0.82]), np.array([0.62, 0.44, 0.20])
    return np.asarray(flash[..., None] * white + lamp[..., None] * yellow + 0.035, np.float32)


def _curve(image: NDArrayPixels, rng: np.random.Generator) -> NDArrayPixels:
    """Apply a phone's contrast curve."""
    level = np.linspace(0, 1, 256)
    strength = rng.uniform(0.1, 0.3)
    curve = level * (1 - strength) + strength * (level**2 * (3 - 2 * level))
    shown: NDArrayPixels = cv2.LUT(image, (curve * 255).astype(np.uint8))
    return shown

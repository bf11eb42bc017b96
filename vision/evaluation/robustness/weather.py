"""Fog and rain between the camera and what it looks at, from how much light they scatter.

Albumentations' fog is puffs of smoke and a blur, its rain streaks of one size and brightness: neither can be said to
be that of a visibility or of a rate, so both are computed here. Not modelled: drops on the lens, puddles, wet roads.
"""

import math

import cv2
import numpy as np
import numpy.typing as npt

from vision.evaluation.robustness.linear_light import NDArrayLight, scale_of, track

__all__ = ["fog", "rain"]

NEAREST, FARTHEST = 4.0, 36.0  # metres that the bottom and the top of a photo are taken to be away
VISIBLE = 0.05  # contrast that is left at the visibility (the WMO's meteorological optical range)
UNEVEN = 0.25  # part by which the density of fog varies

FOCAL_LENGTH = 600.0  # pixels at 640: a phone's or a dash camera's main lens
SHUTTER = 1 / 200  # seconds, on a dull day
DROP_DISTANCES = (0.5, 1.0, 2.0, 4.0, 8.0)  # metres; drops farther away are a veil
FALL = 6.5  # metres per second, of a drop of 2 mm
LEAST_DROP = 1.0  # millimetres; smaller ones leave no visible streak
SKY = 2.0  # how much brighter it is than the airlight: bright things return about half of its light


def fog(light: NDArrayLight, visibility: float, rng: np.random.Generator) -> NDArrayLight:
    """Lay a veil over a photo, thicker the higher in the photo, as what is there is mostly farther away.

    Koschmieder's law: from a distance d arrives exp(-k d) of the light, and airlight in place of the rest.

    Args:
        light: (h, w, 3).
        visibility: Metres at which 5 % of a contrast is left.
        rng: Draws where the fog is thicker.
    """
    height, width = light.shape[:2]
    uneven = cv2.resize(rng.uniform(-UNEVEN, UNEVEN, (4, 4)), (width, height), interpolation=cv2.INTER_CUBIC)
    return _veiled(light, -math.log(VISIBLE) / visibility * (1 + uneven))


def rain(light: NDArrayLight, rate: float, rng: np.random.Generator) -> NDArrayLight:
    """Draw falling rain: a streak for each near drop, and a veil for the far ones.

    Numbers and sizes of drops are those of J. S. Marshall and W. McK. Palmer, The distribution of raindrops with size,
    1948. A drop shows about the brightness of the sky, for the part of the exposure that it takes to pass (K. Garg and
    S. K. Nayar, Vision and rain, 2007). The veil has the 1.076 R^0.67 dB/km of ITU-R P.1814. On a bright ground that is
    little, as in reality: rain is seen before what is dark.

    Args:
        light: (h, w, 3).
        rate: Millimetres per hour.
        rng: Draws the wind and the drops.
    """
    per_metre = 1.076 * rate**0.67 * math.log(10) / 10 / 1000
    hidden = np.zeros(light.shape[:2], np.float32)
    slant = 90 + rng.normal(0, 8)
    for distance in DROP_DISTANCES:
        hidden += _streaks(hidden.shape, scale_of(light), rate, distance, slant, rng)
    hidden = np.minimum(hidden, 1)[..., None]
    return _veiled(light, np.full(light.shape[:2], per_metre)) * (1 - hidden) + SKY * _airlight(light) * hidden


def _streaks(
    shape: tuple[int, ...], scale: float, rate: float, distance: float, slant: float, rng: np.random.Generator
) -> NDArrayLight:
    """Return the (h, w) share of the light that drops about `distance` away replace."""
    slope = 4.1 * rate**-0.21  # per millimetre
    per_cubic_metre = 8000 / slope * math.exp(-slope * LEAST_DROP)
    focal_length = FOCAL_LENGTH * scale
    depth = distance * (math.sqrt(2) - math.sqrt(0.5))
    count = rng.poisson(per_cubic_metre * depth * (distance / focal_length) ** 2 * shape[0] * shape[1])
    metres = (LEAST_DROP + rng.exponential(1 / slope, count)) / 1000
    to_pixels = focal_length / distance
    length = FALL * SHUTTER * to_pixels
    passing = metres / (FALL * SHUTTER)  # share of the exposure for which a drop hides a point
    places = rng.integers(0, shape[0] * shape[1], count)
    drops = np.bincount(places, passing * metres * to_pixels * length, shape[0] * shape[1]).astype(np.float32)
    streaks = cv2.filter2D(drops.reshape(shape), -1, track(length, slant))
    width = 2 / 1000 * to_pixels
    return np.asarray(cv2.GaussianBlur(streaks, (0, 0), width / 2) if width > 1 else streaks)


def _veiled(light: NDArrayLight, per_metre: npt.NDArray[np.float64]) -> NDArrayLight:
    height = light.shape[0]
    metres = FARTHEST * (NEAREST / FARTHEST) ** ((np.arange(height)[:, None] + 0.5) / height)
    arriving = np.exp(-per_metre * metres).astype(np.float32)[..., None]
    return np.asarray(light * arriving + _airlight(light) * (1 - arriving))


def _airlight(light: NDArrayLight) -> float:
    """Return how bright distant haze is taken to be: as the brightest twentieth of the photo."""
    return float(np.percentile(light[::4, ::4, 1], 95))

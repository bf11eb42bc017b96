"""Pixels as amounts of light, in which exposures, veils and noise add up, and the track of a movement across them."""

import functools
import math

import cv2
import numpy as np
import numpy.typing as npt

from vision.images import NDArrayImage

__all__ = ["NDArrayKernel", "NDArrayLight", "linear_light", "photo_of", "scale_of", "track"]

NDArrayLight = npt.NDArray[np.float32]  # (h, w, 3) linear RGB, white is 1
NDArrayKernel = npt.NDArray[np.float32]  # (k, k), sums to 1

SIDE = 640  # lengths in pixels are those of a photo with this longer side


def linear_light(pixels: NDArrayImage) -> NDArrayLight:
    """Decode upright (h, w, 3) uint8 pixels by the sRGB transfer function (IEC 61966-2-1)."""
    return np.asarray(cv2.LUT(pixels, _decoding()), np.float32)


def photo_of(light: NDArrayLight) -> NDArrayImage:
    """Encode light as (h, w, 3) uint8 pixels; what is darker than black or brighter than white is cut off."""
    steps = np.clip(light * np.float32(65535) + np.float32(0.5), 0, 65535).astype(np.uint16)
    return np.asarray(_encoding()[steps])


@functools.cache
def _decoding() -> npt.NDArray[np.float32]:
    codes = np.arange(256) / 255
    return np.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4).astype(np.float32)


@functools.cache
def _encoding() -> npt.NDArray[np.uint8]:
    light = np.arange(65536) / 65535
    codes = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.round(codes * 255).astype(np.uint8)


def scale_of(pixels: npt.NDArray[np.generic]) -> float:
    """Return how many pixels of this (h, w, ...) photo one of a photo of 640 pixels is."""
    return float(max(pixels.shape[:2]) / SIDE)


def track(length: float, degrees: float) -> NDArrayKernel:
    """Return the kernel that smears a point along a straight line.

    Args:
        length: Of the line in pixels.
        degrees: Its direction, from the x axis towards the y axis.
    """
    radius = math.ceil(length / 2) + 1
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    along, across = np.abs(x * cos + y * sin), np.abs(y * cos - x * sin)
    weights = np.clip((length + 1) / 2 - along, 0, 1) * np.clip(1 - across, 0, 1)
    return np.asarray(weights / weights.sum(), np.float32)

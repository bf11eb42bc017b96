"""What worse cameras, worse light and worse weather make of a photo.

Light is added up as light, not as pixel values (see `linear_light`). Lengths in pixels are those of a photo with a
longer side of 640 pixels, so that a level means the same on photos of any size; of `downscale`, they are the photo's.
"""

import math
from collections.abc import Callable
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt
import simplejpeg

from vision.detections import Detections, NDArrayBoxes
from vision.evaluation.robustness.linear_light import linear_light, photo_of, scale_of, track
from vision.evaluation.robustness.weather import fog, rain
from vision.images import NDArrayImage

__all__ = ["Kind", "perturb"]

Kind = Literal["clean", "jpeg", "blur", "low_light", "rain", "fog", "rotation", "downscale"]

GREY = 114  # what detectors put around a photo: no edge that they don't know
WHITE_ELECTRONS = 1000.0  # of a small sensor at about ISO 800, where a camera has come to when the light goes
READ_NOISE = 3.0  # electrons


def perturb(
    pixels: NDArrayImage, labels: Detections, kind: Kind, level: float, seed: int
) -> tuple[NDArrayImage, Detections]:
    """Make a photo worse.

    - `jpeg`: compressed with quality `level`, colours at half the resolution.
    - `blur`: the camera moves by `level` pixels during the exposure, in any direction: what a shutter time and a
      vehicle's speed come to, which a town decides; a lens out of focus is one that it would repair.
    - `low_light`: the share `level` of the light, with the noise of photons and of reading them.
    - `rain`: `level` millimetres per hour.
    - `fog`: a visibility of `level` metres.
    - `rotation`: the camera is tilted, so that the photo is turned by `level` degrees anticlockwise. It is enlarged by
      grey corners and nothing leaves it: no label and no find has to be judged by what is left of it.
    - `downscale`: the longer side has `level` pixels; smaller photos stay as they are. It isn't enlarged again: that is
      the file which such a camera delivers, and how it is enlarged is the detector's business.

    Args:
        pixels: Upright (h, w, 3) uint8 RGB; never changed.
        labels: In its pixels.
        seed: Settles whatever is random.

    Returns:
        The worse photo and the labels in its pixels: all of them, in their order.
    """
    if kind == "clean":
        return pixels, labels
    if kind == "rotation":
        return _turned(pixels, labels, level)
    if kind == "downscale":
        return _shrunk(pixels, labels, level)
    return OVER_THE_SAME_PIXELS[kind](pixels, level, np.random.default_rng(seed)), labels


def _compressed(pixels: NDArrayImage, quality: float, _: np.random.Generator) -> NDArrayImage:
    data = simplejpeg.encode_jpeg(np.ascontiguousarray(pixels), quality=round(quality), colorsubsampling="420")
    return np.asarray(simplejpeg.decode_jpeg(data))


def _moved(pixels: NDArrayImage, length: float, rng: np.random.Generator) -> NDArrayImage:
    kernel = track(length * scale_of(pixels), rng.uniform(0, 180))
    return photo_of(cv2.filter2D(linear_light(pixels), -1, kernel, borderType=cv2.BORDER_REPLICATE))


def _darkened(pixels: NDArrayImage, share: float, rng: np.random.Generator) -> NDArrayImage:
    """Count fewer electrons: Poisson's noise by a normal one of the same variance, and the reading's.

    A. Foi et al., Practical Poissonian-Gaussian noise modeling and fitting for single-image raw-data, 2008.
    """
    electrons = linear_light(pixels) * np.float32(share * WHITE_ELECTRONS)
    noise = rng.standard_normal(electrons.shape, np.float32) * np.sqrt(electrons + np.float32(READ_NOISE**2))
    return photo_of((electrons + noise) / np.float32(WHITE_ELECTRONS))


def _in_rain(pixels: NDArrayImage, rate: float, rng: np.random.Generator) -> NDArrayImage:
    return photo_of(rain(linear_light(pixels), rate, rng))


def _in_fog(pixels: NDArrayImage, visibility: float, rng: np.random.Generator) -> NDArrayImage:
    return photo_of(fog(linear_light(pixels), visibility, rng))


OVER_THE_SAME_PIXELS: dict[Kind, Callable[[NDArrayImage, float, np.random.Generator], NDArrayImage]] = {
    "jpeg": _compressed,
    "blur": _moved,
    "low_light": _darkened,
    "rain": _in_rain,
    "fog": _in_fog,
}


def _turned(pixels: NDArrayImage, labels: Detections, degrees: float) -> tuple[NDArrayImage, Detections]:
    height, width = pixels.shape[:2]
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    sides = (width * abs(cos) + height * abs(sin), height * abs(cos) + width * abs(sin))
    size = (math.ceil(round(sides[0], 6)), math.ceil(round(sides[1], 6)))
    turn = np.array([[cos, sin], [-sin, cos]])
    old, new = np.array([width, height]) / 2, np.array(size) / 2
    shift = new - 0.5 - turn @ (old - 0.5)  # from centres of pixels to centres of pixels
    turned = cv2.warpAffine(
        pixels, np.column_stack([turn, shift]), size, flags=cv2.INTER_CUBIC, borderValue=(GREY, GREY, GREY)
    )
    boxes = _turned_boxes(labels.boxes, turn, old, new)
    return turned, Detections.of(boxes, labels.scores, labels.categories, labels.names)


def _turned_boxes(
    boxes: NDArrayBoxes, turn: npt.NDArray[np.float64], old: npt.NDArray[np.float64], new: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return boxes halfway between those of each box's turned corners and of the ellipse within it.

    Nothing is known of a thing but its box. Corners are right if it fills the box, the ellipse (A. Kalra et al.,
    Towards rotation invariance in object detection, ICCV 2021) if it is round. So how tightly a box fits can't be told
    here: AP50 is to be believed, AP50-95 less.
    """
    corners = boxes.astype(np.float64).reshape(-1, 2, 2)
    centres = (corners.mean(axis=1) - old) @ turn.T + new
    halves = np.diff(corners, axis=1)[:, 0] / 2
    turned = (halves @ np.abs(turn.T) + np.sqrt(halves**2 @ turn.T**2)) / 2
    return np.hstack([centres - turned, centres + turned])


def _shrunk(pixels: NDArrayImage, labels: Detections, side: float) -> tuple[NDArrayImage, Detections]:
    height, width = pixels.shape[:2]
    scale = min(1.0, side / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    boxes = labels.boxes * np.array([size[0] / width, size[1] / height] * 2, np.float32)
    shrunk = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return shrunk, Detections.of(boxes, labels.scores, labels.categories, labels.names)

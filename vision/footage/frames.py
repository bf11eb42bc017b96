"""A picture out of a video, a stream or a folder, small at once and in full when it is asked for."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

import cv2
import numpy as np
from av import VideoFrame
from av.video.reformatter import Interpolation

from vision.images import NDArrayImage, Photo

__all__ = ["LOOK_SIDE", "Frame", "frame_of"]

LOOK_SIDE = 640  # pixels of the longer side that are looked at: the published network's


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture.

    Attributes:
        seconds: Since the camera's first picture.
        time: On the clock, if that is known.
        pixels: (h, w, 3) uint8 RGB, upright, reduced so that the longer side has `LOOK_SIDE` pixels.
        width, height: Size of the full picture, upright.
        full: Returns the full picture, (height, width, 3) uint8 RGB, upright.
    """

    seconds: float
    time: dt.datetime | None
    pixels: NDArrayImage
    width: int
    height: int
    full: Callable[[], NDArrayImage] = field(repr=False)

    @property
    def photo(self) -> Photo:
        """The same for the detector, whose boxes are then in pixels of the full picture."""
        return Photo(self.pixels, self.width, self.height)


def frame_of(
    picture: VideoFrame, seconds: float, time: dt.datetime | None = None, aspect: Fraction | None = None
) -> Frame:
    """Make a frame of what a decoder gave, upright; pixels that aren't square, by `aspect`, are made so."""
    turns = round(picture.rotation / 90) % 4  # to the left
    width, height = round(picture.width * (aspect or 1)), picture.height
    scale = min(1.0, LOOK_SIDE / max(width, height))
    small = _rgb(picture, max(2, round(width * scale)), max(2, round(height * scale)), turns)
    upright = (height, width) if turns % 2 else (width, height)
    return Frame(seconds, time, small, *upright, lambda: _rgb(picture, width, height, turns))


def _rgb(picture: VideoFrame, width: int, height: int, turns: int) -> NDArrayImage:
    smaller = width < picture.width
    how = Interpolation.AREA if smaller else None
    rgb = picture.reformat(width, height, "rgb24", interpolation=how, threads=1)  # other pictures have the other cores
    pixels = np.asarray(rgb.to_ndarray(), np.uint8)
    turn = (None, cv2.ROTATE_90_COUNTERCLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_CLOCKWISE)[turns]
    return pixels if turn is None else cv2.rotate(pixels, turn).astype(np.uint8, copy=False)

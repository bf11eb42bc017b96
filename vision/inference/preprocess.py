"""The one preprocessor: from upright RGB pixels to what a model takes, and from its boxes back."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vision.detections import NDArrayBoxes
from vision.images import NDArrayImage

__all__ = ["Letterbox", "NDArrayInput", "letterbox"]

NDArrayInput = npt.NDArray[np.float32]  # (3, h, w) RGB in 0..1

GREY = 114  # what YOLO models are trained with around a photo


@dataclass(frozen=True)
class Letterbox:
    """Where an image lies within a model's input, in input pixels."""

    left: int
    top: int
    width: int
    height: int

    def to_photo(self, boxes: NDArrayBoxes, width: int, height: int) -> NDArrayBoxes:
        """Map boxes (n, 4) xyxy from input pixels to pixels of the photo of that size, clipped to it."""
        scale = np.array([width / self.width, height / self.height] * 2, np.float32)
        offset = np.array([self.left, self.top] * 2, np.float32)
        limit = np.array([width, height] * 2, np.float32)
        on_photo: NDArrayBoxes = np.clip((boxes - offset) * scale, 0, limit).astype(np.float32)
        return on_photo


def letterbox(image: NDArrayImage, size: tuple[int, int]) -> tuple[NDArrayInput, Letterbox]:
    """Fit an image into (height, width), keeping its proportions, centred on grey.

    Shrinks by area averaging: bilinear sampling skips pixels and loses fine print.

    Returns:
        (3, height, width) float32 RGB in 0..1, and where the image lies in it.
    """
    height, width = size
    scale = min(height / image.shape[0], width / image.shape[1])
    new_width = max(1, round(image.shape[1] * scale))
    new_height = max(1, round(image.shape[0] * scale))
    if (new_height, new_width) != image.shape[:2]:
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        image = cv2.resize(image, (new_width, new_height), interpolation=how).astype(np.uint8, copy=False)
    place = Letterbox((width - new_width) // 2, (height - new_height) // 2, new_width, new_height)
    canvas = np.full((height, width, 3), GREY, np.uint8)
    canvas[place.top : place.top + new_height, place.left : place.left + new_width] = image
    return canvas.transpose(2, 0, 1).astype(np.float32) / np.float32(255), place

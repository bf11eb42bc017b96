"""Photos whose width and height are scaled apart: exporters squeeze photos into squares, cameras don't."""

import math
import random
from typing import Any

import cv2

__all__ = ["stretch"]


def stretch(label: dict[str, Any], most: float) -> None:
    """Change the proportions of Ultralytics' label of one photo in place; its longer side keeps its length.

    Boxes are relative to the photo at this stage, so they move with it.

    Args:
        label: As its data set's `get_image_and_label` returns it.
        most: The ratio of width to height changes by a factor of 1 / (1 + most) to 1 + most, evenly in its logarithm.
    """
    bound = math.log1p(most)
    factor = math.exp(random.uniform(-bound, bound) / 2)  # noqa: S311 - Ultralytics' own generator, seeded each epoch
    height, width = label["img"].shape[:2]
    shrink = max(height, width) / max(height / factor, width * factor)
    size = max(1, round(width * factor * shrink)), max(1, round(height / factor * shrink))
    label["img"] = cv2.resize(label["img"], size, interpolation=cv2.INTER_LINEAR)
    label["resized_shape"] = label["img"].shape[:2]

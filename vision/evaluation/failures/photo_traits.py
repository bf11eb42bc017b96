"""What a photo is like, apart from what it shows: how bright and how sharp."""

from dataclasses import dataclass

import cv2
import numpy as np

from vision.images import NDArrayImage

__all__ = ["Traits", "traits_of"]

SIDE = 640  # sharpness depends on the scale; photos are compared at this longer side


@dataclass(frozen=True)
class Traits:
    """Measures of a photo's quality.

    Attributes:
        brightness: Mean luma (ITU-R BT.601), 0 to 255.
        sharpness: Variance of the Laplacian of the luma at a longer side of 640 pixels; higher is sharper. J. L.
            Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy: a comparative study, ICPR 2000.
    """

    brightness: float
    sharpness: float


def traits_of(pixels: NDArrayImage) -> Traits:
    """Measure an upright (h, w, 3) uint8 RGB photo."""
    luma = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    scale = SIDE / max(luma.shape)
    size = (max(1, round(luma.shape[1] * scale)), max(1, round(luma.shape[0] * scale)))
    resized = cv2.resize(luma, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return Traits(float(luma.mean()), float(np.var(cv2.Laplacian(resized, cv2.CV_64F))))

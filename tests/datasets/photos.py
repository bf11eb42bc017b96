"""Labelled photos made up for tests."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from vision.datasets.labels import LabelledPhoto
from vision.detections import Detections


def labelled(boxes: npt.ArrayLike, categories: npt.ArrayLike, annotated: set[str]) -> LabelledPhoto:
    """A photo of 640x480 that exists only as labels."""
    labels = Detections.of(boxes, np.ones(len(np.asarray(categories))), categories)
    return LabelledPhoto(Path("photo.jpg"), "source", "val", 640, 480, labels, frozenset(annotated))

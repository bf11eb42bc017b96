"""What a label file holds, whatever its format: photos with boxes, and what the source labels at all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from vision.detections import Detections

__all__ = ["SPLITS", "LabelledPhoto", "NDArrayPolygon", "Source", "Split"]

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")
NDArrayPolygon = npt.NDArray[np.float32]  # (n, 2) xy


@dataclass(frozen=True, eq=False)
class LabelledPhoto:
    """One photo with the boxes that people drew.

    Attributes:
        path: The image file.
        source: Name of the source that it comes from.
        split: `train`, `val` or `test`; None where the label file states none.
        width, height: Size of the upright photo in pixels.
        labels: Boxes in pixels of the upright photo; every score is 1.
        annotated: Categories that the source labels at all; a category that isn't named here is unlabelled, not absent.
        scene_group: Photos of one place or burst share it and must stay on one side of a split; empty if unknown.
        polygons: Outline of each box in pixels of the upright photo, or None where only the box is known; an empty
            tuple if there are only boxes.
    """

    path: Path
    source: str
    split: Split | None
    width: int
    height: int
    labels: Detections
    annotated: frozenset[str]
    scene_group: str = ""
    polygons: tuple[NDArrayPolygon | None, ...] = ()

    @property
    def name(self) -> str:
        """`source/file name`, by which recipes, records and predictions call it."""
        return f"{self.source}/{self.path.name}"


@dataclass(frozen=True, eq=False)
class Source:
    """Labelled photos of one origin.

    Attributes:
        name: Name of its folder.
        licence: As stated in the label file; empty if it states none.
        annotated: Categories that the source labels at all.
        photos: In the order of the label file.
    """

    name: str
    licence: str
    annotated: frozenset[str]
    photos: tuple[LabelledPhoto, ...]

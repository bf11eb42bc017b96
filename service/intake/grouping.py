"""What was found on a photo, as problems: boxes of a kind that touch, or lie within one visit's reach, are one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vision.detections import NDArrayBoxes
from vision.footage.grouping import groups, kind_of
from vision.inference.results import Box

__all__ = ["Problem", "hull", "problems"]


@dataclass(frozen=True)
class Problem:
    """One problem on one photo.

    Attributes:
        kind: `vision.footage.grouping.kind_of` its category: postings and graffiti on one wall are one problem.
        category: What most of the boxes' scores say.
        boxes: In pixels of the upright photo, best score first.
        share: Of the photo that the boxes cover, 0..1.
    """

    kind: str
    category: str
    boxes: tuple[Box, ...]
    share: float

    @property
    def score(self) -> float:
        """The best score."""
        return self.boxes[0].score


def problems(boxes: Sequence[Box], width: int, height: int) -> list[Problem]:
    """Return the problems of a photo of that size; what is context only, such as bins, belongs to none."""
    found = groups([box.box for box in boxes], [box.category for box in boxes], height)
    return [_problem([boxes[i] for i in group], width, height) for group in found]


def hull(boxes: Sequence[Box]) -> NDArrayBoxes:
    """Return the (4,) corners of the smallest box around all of them."""
    corners = np.array([box.box for box in boxes], np.float32)
    return np.concatenate([corners[:, :2].min(axis=0), corners[:, 2:].max(axis=0)])


def _problem(boxes: list[Box], width: int, height: int) -> Problem:
    votes: dict[str, float] = {}
    for box in boxes:
        votes[box.category] = votes.get(box.category, 0.0) + box.score
    category = max(votes, key=lambda name: (votes[name], name))
    covered = np.zeros((200, 200), bool)  # boxes of one problem overlap: their areas can't be added up
    for box in boxes:
        x1, y1, x2, y2 = np.array(box.box) / (width, height, width, height) * 200
        covered[int(y1) : int(np.ceil(y2)), int(x1) : int(np.ceil(x2))] = True
    best_first = tuple(sorted(boxes, key=lambda box: -box.score))
    return Problem(kind_of(category) or category, category, best_first, float(covered.mean()))

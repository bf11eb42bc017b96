"""What counts as one problem: things of one kind that touch, or that lie close enough for one visit."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from vision.categories import PROBLEMS

__all__ = ["LINK", "Corners", "gap", "groups", "kind_of", "linked"]

Corners = Sequence[float] | npt.NDArray[np.floating]  # x1, y1, x2, y2 in pixels

LINK = 0.05  # of the picture's height: bins that stand so close are one row
NEAR = 0.2  # the same for what is scattered: one wall, one patch of litter
KINDS = {"illegal_posting": "wall", "graffiti": "wall"}  # one crew cleans both off one wall
NEAR_KINDS = {"wall", "litter"}


def kind_of(category: str) -> str | None:
    """Return the kind of problem that a category is: `wall` for postings and graffiti, else the category's own name.

    None for what is no problem, which is every name that the table of categories doesn't have as one.
    """
    return KINDS.get(category, category) if category in PROBLEMS else None


def gap(first: Corners, second: Corners) -> float:
    """Return the pixels between two boxes; 0 if they touch or overlap."""
    across = max(first[0] - second[2], second[0] - first[2], 0.0)
    down = max(first[1] - second[3], second[1] - first[3], 0.0)
    return math.hypot(across, down)


def linked(kind: str, first: Corners, second: Corners, height: float) -> bool:
    """Tell whether two boxes of one kind belong to one problem in a picture of `height` pixels."""
    return gap(first, second) <= (NEAR if kind in NEAR_KINDS else LINK) * height


def groups(boxes: Sequence[Corners], categories: Sequence[str], height: float) -> list[list[int]]:
    """Put boxes together that are one problem: each is linked to another of its group.

    Args:
        boxes: Corners in pixels.
        categories: Name of each box's category.
        height: Of the picture, in pixels.

    Returns:
        Indices of each group's boxes, in order; a box that is no problem is in no group.
    """
    found: list[list[int]] = []
    for index, (box, category) in enumerate(zip(boxes, categories, strict=True)):
        kind = kind_of(category)
        if kind is None:
            continue
        near = [
            group
            for group in found
            if kind_of(categories[group[0]]) == kind and any(linked(kind, box, boxes[i], height) for i in group)
        ]
        found = [group for group in found if group not in near]
        found.append(sorted([index, *(i for group in near for i in group)]))
    return sorted(found)

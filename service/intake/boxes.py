"""Boxes that an event of patrol footage says."""

from collections.abc import Mapping
from typing import Any

from vision.inference.boxes import box_within
from vision.inference.results import Box

__all__ = ["given_boxes"]


def given_boxes(event: Mapping[str, Any], width: int, height: int) -> list[Box]:
    """Return the boxes of an event's picture, within that picture."""
    boxes = (box_within(one["category"], one["score"], one["box"], width, height) for one in event["picture"]["boxes"])
    return [box for box in boxes if box is not None]

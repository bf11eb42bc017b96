"""Draw one street scene of a kind, with its labels."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import numpy as np

from vision.datasets.postings.pixels import NDArrayPixels
from vision.datasets.scenes import facade, street
from vision.datasets.scenes.canvas import Canvas
from vision.datasets.scenes.photo import develop
from vision.detections import Detections

__all__ = ["SceneKind", "draw_scene"]

Composer = Callable[[np.random.Generator, tuple[int, int]], Canvas]


class SceneKind(StrEnum):
    """What a scene shows."""

    CLEAN_STREET = "clean_street"
    BIN_POINT = "bin_point"
    OVERFLOWING_BINS = "overflowing_bins"
    GARBAGE_HEAP = "garbage_heap"
    STACKED_DEBRIS = "stacked_debris"
    POSTINGS_ON_WALL = "postings_on_wall"
    POSTINGS_ON_POLE = "postings_on_pole"
    GRAFFITI_WALL = "graffiti_wall"
    LITTER = "litter"
    MIXED_CORNER = "mixed_corner"
    NIGHT = "night"


COMPOSERS: dict[SceneKind, tuple[Composer, ...]] = {
    SceneKind.CLEAN_STREET: (street.clean_street, facade.clean_wall),
    SceneKind.BIN_POINT: (street.bin_point,),
    SceneKind.OVERFLOWING_BINS: (street.overflowing_bins,),
    SceneKind.GARBAGE_HEAP: (street.heap,),
    SceneKind.STACKED_DEBRIS: (street.debris,),
    SceneKind.POSTINGS_ON_WALL: (facade.postings_on_wall,),
    SceneKind.POSTINGS_ON_POLE: (facade.postings_on_pole,),
    SceneKind.GRAFFITI_WALL: (facade.graffiti_wall,),
    SceneKind.LITTER: (street.litter,),
    SceneKind.MIXED_CORNER: (street.mixed_corner,),
    SceneKind.NIGHT: (street.heap, street.overflowing_bins),
}


def draw_scene(seed: int, kind: SceneKind, size: tuple[int, int] = (1600, 1200)) -> tuple[NDArrayPixels, Detections]:
    """Draw a scene; the same arguments give the same pixels.

    Args:
        seed: Chooses among the scenes of a kind.
        kind: What it shows.
        size: Width and height in pixels.

    Returns:
        The photo (h, w, 3) RGB, and the box of everything in it that has a category.
    """
    kind = SceneKind(kind)
    rng = np.random.default_rng([seed, *kind.encode()])
    composers = COMPOSERS[kind]
    canvas = composers[rng.integers(len(composers))](rng, size)
    return develop(canvas.pixels, rng, night=kind is SceneKind.NIGHT), canvas.detections()

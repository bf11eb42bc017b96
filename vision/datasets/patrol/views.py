"""Where the boxes of the strip are in each frame, and which problems are shown well enough to be found."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from vision.datasets.patrol.camera import NDArrayFloats, Way
from vision.datasets.patrol.strip import Panel
from vision.datasets.patrol.truth import TruthPanel, TruthProblem, View
from vision.footage.grouping import groups, kind_of

__all__ = ["problems_of", "seen_again", "truth_panels", "view_of"]

WHOLE = 0.7  # share of its box that has to be visible
LONG = 1.0  # seconds altogether
LARGE = 0.02  # of the frame's width: the shorter side
AWAY = 5.0  # seconds out of view after which it is seen again


def view_of(way: Way, box: npt.ArrayLike, hiding: Sequence[NDArrayFloats] = ()) -> View:
    """Follow a box of the strip through the frames.

    Args:
        way: The camera's.
        box: x1, y1, x2, y2 in pixels of the strip.
        hiding: Boxes (n, 4) in pixels of the frame of what passes in front; without area where it isn't there.
    """
    x1, y1, x2, y2 = np.asarray(box, np.float64)
    corners = np.array([[x1, x2, x2, x1], [y1, y1, y2, y2], [1, 1, 1, 1]])
    seen = way.matrices @ corners
    whole = np.concatenate([seen.min(axis=2), seen.max(axis=2)], axis=1)
    edges = np.array([*way.size, *way.size], np.float64)
    clipped = np.clip(whole, 0, edges)
    hidden = sum((_area(_overlap(clipped, other)) for other in hiding), np.zeros(len(whole)))
    visible = np.clip(_area(clipped) - hidden, 0, None) / _area(whole)
    shown = (np.round(clipped[:, 2:], 1) > np.round(clipped[:, :2], 1)).all(axis=1)
    return View(
        frames=tuple(np.flatnonzero(shown).tolist()),
        boxes=tuple(map(tuple, np.round(clipped[shown], 1).tolist())),
        visible=tuple(np.round(visible[shown], 3).tolist()),
    )


def _overlap(boxes: NDArrayFloats, others: NDArrayFloats) -> NDArrayFloats:
    return np.hstack([np.maximum(boxes[:, :2], others[:, :2]), np.minimum(boxes[:, 2:], others[:, 2:])])


def _area(boxes: NDArrayFloats) -> NDArrayFloats:
    sides = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None)
    return np.asarray(sides[:, 0] * sides[:, 1], np.float64)


def truth_panels(panels: Sequence[Panel], way: Way) -> list[TruthPanel]:
    """Follow the photos of a strip through the frames."""
    found = []
    for panel in panels:
        photo = panel.photo
        view = view_of(way, panel.to_strip([0, 0, photo.width, photo.height])[0])
        name = photo.name
        found.append(TruthPanel(photo=name, annotated=tuple(sorted(photo.annotated)), view=view))
    return found


def problems_of(
    panels: Sequence[Panel], way: Way, fps: float, hiding: Sequence[NDArrayFloats] = ()
) -> list[TruthProblem]:
    """Follow the problems of a strip through the frames; one that is never in view is left out."""
    found = []
    for number, panel in enumerate(panels):
        labels = panel.photo.labels
        names = [name for _, _, name in labels]
        for count, group in enumerate(groups(labels.boxes.tolist(), names, panel.photo.height)):
            boxes = labels.boxes[group]
            box = panel.to_strip([*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0)])[0]
            view = view_of(way, box, hiding)
            if view.frames:
                found.append(
                    TruthProblem(
                        id=f"{number}-{count}",
                        kind=str(kind_of(names[group[0]])),
                        categories=tuple(sorted({names[i] for i in group})),
                        panel=number,
                        to_find=bool(_shown_well(view, way.size[0]).sum() >= LONG * fps),
                        view=view,
                    )
                )
    return found


def _shown_well(view: View, width: int) -> npt.NDArray[np.bool_]:
    boxes = np.array(view.boxes).reshape(-1, 4)
    large = (boxes[:, 2:] - boxes[:, :2]).min(axis=1) >= LARGE * width
    return np.asarray(large & (np.array(view.visible) >= WHOLE), np.bool_)


def seen_again(view: View, fps: float) -> bool:
    """Tell whether something was out of view for long enough and then came back."""
    return bool((np.diff(view.frames) > AWAY * fps).any())

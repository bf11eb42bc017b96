"""Operating points: thresholds by category, chosen on labelled photos."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from vision.datasets.labels import LabelledPhoto
from vision.detections import Detections
from vision.evaluation.figures.average_precision import CategoryScore
from vision.evaluation.screening.visits import PROBLEM_NAMES, NDArrayDirty, judged_scores, needing_visit

__all__ = ["balanced", "cautious"]

GRID = np.arange(1, 100) / 100  # thresholds that a search looks at

NDArrayInts = npt.NDArray[np.int64]


def balanced(scores: Sequence[CategoryScore]) -> dict[str, float]:
    """Return the score of the best F1 at IoU 0.5 by category, rounded down to 0.01; 0.5 where there were no boxes."""
    return {s.category: max(0.01, int((s.best_f1_score or 0.5) * 100) / 100) for s in scores}


def cautious(
    photos: Sequence[LabelledPhoto], detections: Sequence[Detections], start: Mapping[str, float], recall: float = 0.95
) -> dict[str, float]:
    """Lower thresholds until `recall` of the photos that need a visit are flagged, at few false alarms.

    A greedy search on a grid of 0.01: each step lowers one category to where it finds the most missing photos per new
    false alarm; afterwards thresholds go up again as far as the recall allows. Where even 0.01 for all is not enough,
    they are as low as it takes to flag all that can be.

    Args:
        photos: Labelled photos; see `vision.evaluation.screening.visits` for what counts.
        detections: Of each photo, down to scores below 0.01.
        start: Thresholds by category that must not be exceeded; what isn't a problem category keeps its own.
        recall: Part of the photos needing a visit, 0 to 1.
    """
    names = [name for name in PROBLEM_NAMES if name in start]
    levels = [np.append(GRID[start[name] > GRID], start[name]) for name in names]  # ascending
    best, dirty = judged_scores(photos, detections), needing_visit(photos)
    reached = np.zeros((len(dirty), len(names)), np.int64)  # how many of a category's levels the best score reaches
    for i, name in enumerate(names):
        scores = best[:, PROBLEM_NAMES.index(name)]
        reached[:, i] = np.searchsorted(levels[i].astype(np.float32), scores, side="right")
    possible = int((dirty & (reached > 0).any(axis=1)).sum())
    needed = min(math.ceil(recall * int(dirty.sum()) - 1e-9), possible)
    top = np.array([len(steps) - 1 for steps in levels], np.int64)
    at = top.copy()  # the chosen level by category
    _lower(at, reached, dirty, needed)
    _raise(at, top, reached, dirty, needed)
    return {**start, **{name: float(levels[i][at[i]]) for i, name in enumerate(names)}}


def _lower(at: NDArrayInts, reached: NDArrayInts, dirty: NDArrayDirty, needed: int) -> None:
    """Lower `at` until `needed` dirty photos are flagged; what a step finds beyond that is no merit of it."""
    while True:
        flagged = (reached > at).any(axis=1)
        missing = needed - int((flagged & dirty).sum())
        if missing <= 0:
            return
        steps = []
        for i, level in enumerate(at):
            found = np.minimum(_count_reaching(reached[dirty & ~flagged, i], level), missing)
            alarms = _count_reaching(reached[~dirty & ~flagged, i], level)
            for lower in np.flatnonzero(found):
                worth = found[lower] / alarms[lower] if alarms[lower] else math.inf
                steps.append((worth, -alarms[lower], lower, i))
        *_, lower, i = max(steps)
        at[i] = lower


def _raise(at: NDArrayInts, top: NDArrayInts, reached: NDArrayInts, dirty: NDArrayDirty, needed: int) -> None:
    """Raise `at`, first where it saves most alarms, until no category could be raised by itself."""
    while True:
        steps = []
        for i, level in enumerate(at):
            others = (np.delete(reached, i, axis=1) > np.delete(at, i)).any(axis=1)
            found = int((others & dirty).sum()) + _count_reaching(reached[dirty & ~others, i], top[i] + 1)
            alarms = _count_reaching(reached[~dirty & ~others, i], top[i] + 1)
            higher = int(np.flatnonzero(found >= needed)[-1])  # `found` falls from level to level
            if higher > level:
                steps.append((alarms[level] - alarms[higher], found[higher], higher, i))
        if not steps:
            return
        *_, higher, i = max(steps)
        at[i] = higher


def _count_reaching(reached: NDArrayInts, levels: int) -> NDArrayInts:
    """Return (levels,): how many photos reach each of the lowest levels."""
    counts = np.bincount(reached, minlength=levels + 1)
    return counts[::-1].cumsum()[::-1][1 : levels + 1]

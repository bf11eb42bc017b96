"""Thresholds for a town that says what a missed problem costs it, in wasted visits."""

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vision.categories import NAMES
from vision.datasets.labels import LabelledPhoto
from vision.detections import Detections
from vision.evaluation.screening.operating_points import GRID
from vision.evaluation.screening.visits import PROBLEM_NAMES, judged_scores, needing_visit

__all__ = ["NEVER", "choose_thresholds", "log_odds"]

NEVER = 1.01  # no score reaches it
SPREAD = 0.5  # log-odds by which a score could as well have come out otherwise
PULL = 1.0  # wasted visits that moving a threshold by one unit of log-odds has to save
SHIFTS = (0.0, -1.0, 1.0, -2.0, 2.0)  # log-odds from the start at which searches begin

NDArrayFloats = npt.NDArray[np.float64]


def choose_thresholds(
    photos: Sequence[LabelledPhoto],
    detections: Sequence[Detections],
    start: Mapping[str, float],
    missed_cost: float,
    reported: Collection[str],
) -> dict[str, float]:
    """Choose thresholds at which missed problems and wasted visits together cost least.

    The cost is missed_cost * (photos that need a visit and aren't flagged) + (photos that need none and are flagged);
    see `screening.visits` for what counts. Counted as it is, its minimum lies right below the scores of a few photos
    and misses their like elsewhere. Two things keep from that:

    - Each score stands for scores near by, spread around it logistically in log-odds (`SPREAD`); the cost is the one
      expected.
    - A threshold moves away from its start only if that saves enough (`PULL`). So a category about which the photos
      say nothing keeps its start, and one that they say little about stays near it.

    How much of both was settled on random halves of our own val: chosen on one half of the scene groups, judged on the
    other.

    The search is a coordinate descent over pairs of categories on a grid of 0.01, from several starts. For two
    categories it finds the minimum; for more it may be a local one.

    Args:
        photos: Labelled photos, not those that the thresholds are judged on.
        detections: Of each photo, down to scores below 0.01.
        start: A threshold for each reported category, such as `operating_points.balanced`.
        missed_cost: Of a missed problem, in wasted visits.
        reported: Those of our categories that the detector can report.

    Returns:
        By reported category; `NEVER` where reporting it doesn't pay, the start for what is no problem category.
    """
    names = [name for name in PROBLEM_NAMES if name in reported]
    best, dirty = judged_scores(photos, detections), needing_visit(photos)
    scores = {name: best[:, PROBLEM_NAMES.index(name)] for name in names}
    axes = [_axis(scores[name], start[name]) for name in names]
    alone = _Axis(np.ones(1), np.zeros(1), np.ones((len(dirty), 1)))  # pairs with each, so that a single one moves, too
    weights = np.where(dirty, missed_cost, -1.0)
    found = [_descend([*axes, alone], shift, weights) for shift in SHIFTS]
    at = min(found, key=lambda levels: round(_cost(axes, levels, weights), 9))
    chosen = {name: float(axis.levels[level]) for name, axis, level in zip(names, axes, at, strict=True)}
    return {name: chosen.get(name, start[name]) for name in NAMES if name in reported}


def log_odds(values: npt.NDArray[np.float32]) -> NDArrayFloats:
    """Return log(p / (1 - p)) of scores or thresholds as the runtime compares them, finite for 0 and 1, too.

    Different values stay different, so comparing their log-odds is comparing them.
    """
    p = np.clip(values.astype(np.float64), 2.0**-150, 1 - 2.0**-25)  # beyond what float32 tells from 0 and 1
    return np.asarray(np.log(p) - np.log1p(-p))


@dataclass(frozen=True, eq=False)
class _Axis:
    """One category's thresholds.

    Attributes:
        levels: (m,) thresholds to choose from, ascending.
        moved: (m,) how far each is from the start, in log-odds.
        below: (n, m) probability that a photo's score is below each.
    """

    levels: NDArrayFloats
    moved: NDArrayFloats
    below: NDArrayFloats

    @property
    def pull(self) -> NDArrayFloats:
        return PULL * np.abs(self.moved)


def _axis(scores: npt.NDArray[np.float32], start: float) -> _Axis:
    levels = np.unique([*GRID, start, NEVER])
    odds = log_odds(np.clip(levels, 0.001, 0.999).astype(np.float32))
    distance = (odds - log_odds(scores)[:, None]) / SPREAD
    below = (1 + np.tanh(distance / 2)) / 2  # the logistic function
    below[scores < 0] = 1  # nothing found, or nothing that counts
    below[:, levels > 1] = 1
    return _Axis(levels, odds - odds[levels == start], below)


def _descend(axes: Sequence[_Axis], shift: float, weights: NDArrayFloats) -> list[int]:
    """Move two categories at a time to where the cost is least, until no pair gains; return the levels but the last."""
    at = [int(np.abs(axis.moved - shift).argmin()) for axis in axes]
    gaining = True
    while gaining:
        gaining = False
        for i, j in itertools.combinations(range(len(axes)), 2):
            others = [axis.below[:, at[k]] for k, axis in enumerate(axes) if k not in (i, j)]
            unflagged = weights * np.prod(others, axis=0)
            costs = (axes[i].below * unflagged[:, None]).T @ axes[j].below
            costs = (costs + axes[i].pull[:, None] + axes[j].pull).round(9)  # so that the photos' order can't matter
            best = np.unravel_index(costs.argmin(), costs.shape)
            if costs[best] < costs[at[i], at[j]]:
                at[i], at[j] = int(best[0]), int(best[1])
                gaining = True
    return at[:-1]


def _cost(axes: Sequence[_Axis], at: Sequence[int], weights: NDArrayFloats) -> float:
    """Return the expected cost, less that of flagging every photo, and what pulls towards the start."""
    below = np.prod([axis.below[:, i] for axis, i in zip(axes, at, strict=True)], axis=0)
    return float((weights * below).sum() + sum(axis.pull[i] for axis, i in zip(axes, at, strict=True)))

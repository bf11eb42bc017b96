"""Photos that need a visit, and those that thresholds flag."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vision.categories import NAMES, PROBLEMS
from vision.datasets.labels import LabelledPhoto
from vision.detections import Detections

__all__ = [
    "PROBLEM_NAMES",
    "NDArrayBest",
    "NDArrayDirty",
    "NDArrayFlags",
    "Visits",
    "best_scores",
    "count_visits",
    "flags",
    "judged_scores",
    "needing_visit",
    "visits",
]

PROBLEM_NAMES = tuple(name for name in NAMES if name in PROBLEMS)

NDArrayBest = npt.NDArray[np.float32]  # (n, problem categories): best score on each photo, -1 where there is none
NDArrayDirty = npt.NDArray[np.bool_]  # (n,): whether a photo needs a visit
NDArrayFlags = npt.NDArray[np.bool_]  # (n,): whether a photo is flagged


@dataclass(frozen=True)
class Visits:
    """What a crew that is sent to the flagged photos would meet.

    Attributes:
        dirty: Photos that need a visit.
        found: How many of them are flagged.
        clean: Photos that need none.
        alarms: How many of them are flagged.
    """

    dirty: int
    found: int
    clean: int
    alarms: int

    @property
    def recall(self) -> float | None:
        """Part of the dirty photos that is flagged; None without any."""
        return self.found / self.dirty if self.dirty else None

    @property
    def alarms_per_100(self) -> float | None:
        """False alarms per 100 clean photos; None without any."""
        return 100 * self.alarms / self.clean if self.clean else None


def visits(
    photos: Sequence[LabelledPhoto], detections: Sequence[Detections], thresholds: Mapping[str, float]
) -> Visits:
    """Count the photos that need a visit or don't, and how many of each are flagged.

    A photo needs a visit if a problem is labelled on it. It is flagged if a find of a problem category that its source
    annotates reaches that category's threshold; a find of another category may be right and is no alarm.
    """
    return count_visits(judged_scores(photos, detections), needing_visit(photos), thresholds)


def count_visits(best: NDArrayBest, dirty: NDArrayDirty, thresholds: Mapping[str, float]) -> Visits:
    """Count from the photos' best scores; a category without a threshold flags nothing."""
    flagged = flags(best, thresholds)
    found, alarms = int((flagged & dirty).sum()), int((flagged & ~dirty).sum())
    return Visits(int(dirty.sum()), found, int((~dirty).sum()), alarms)


def flags(best: NDArrayBest, thresholds: Mapping[str, float]) -> NDArrayFlags:
    """Tell of each photo whether its best scores reach a threshold; a category without one flags nothing."""
    limits = np.array([thresholds.get(name, math.inf) for name in PROBLEM_NAMES], np.float32)  # as the runtime compares
    return np.asarray((best >= limits).any(axis=1))


def best_scores(detections: Iterable[Detections]) -> NDArrayBest:
    """Return each photo's best score by problem category."""
    rows = [np.empty((0, len(PROBLEM_NAMES)), np.float32)]
    for found in detections:
        by_name = np.full(len(found.names), -1, np.float32)
        np.maximum.at(by_name, found.categories, found.scores)
        best = dict(zip(found.names, by_name, strict=True))
        rows.append(np.array([[best.get(name, -1) for name in PROBLEM_NAMES]], np.float32))
    return np.concatenate(rows)


def judged_scores(photos: Sequence[LabelledPhoto], detections: Sequence[Detections]) -> NDArrayBest:
    """Return `best_scores`, but -1 for what a photo's source doesn't annotate."""
    best = best_scores(found for _, found in zip(photos, detections, strict=True))
    judged = np.array([[name in photo.annotated for name in PROBLEM_NAMES] for photo in photos], np.bool_)
    return np.where(judged.reshape(best.shape), best, np.float32(-1))


def needing_visit(photos: Sequence[LabelledPhoto]) -> NDArrayDirty:
    """Tell of each photo whether a problem is labelled on it."""
    return np.array([any(name in PROBLEMS for _, _, name in photo.labels) for photo in photos], np.bool_)

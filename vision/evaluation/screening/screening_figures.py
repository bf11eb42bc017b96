"""How well a detector tells the photos that need a visit, which is what a town feels of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vision.datasets.labels import LabelledPhoto, Split
from vision.detections import Detections
from vision.evaluation.failures.photo_traits import Traits
from vision.evaluation.figures.intervals import percentiles, rate_interval
from vision.evaluation.figures.ranking import NDArrayScenes, count_scenes, draw_scenes, scene_numbers
from vision.evaluation.record import Interval, Rate, Screening, ScreeningGroup, Visited
from vision.evaluation.screening.screening_curves import curves, margins
from vision.evaluation.screening.visits import (
    PROBLEM_NAMES,
    NDArrayBest,
    NDArrayDirty,
    NDArrayFlags,
    best_scores,
    flags,
    judged_scores,
    needing_visit,
)

__all__ = ["DARK", "Chosen", "screening_of", "visited_of"]

DARK = 65.0  # mean luma, see `screening_of`
RESAMPLES, SEED = 1000, 0


@dataclass(frozen=True)
class Chosen:
    """Where thresholds were chosen.

    Attributes:
        split: On whose photos.
        photos: How many these were.
        visited: What the thresholds do there, which flatters them.
    """

    split: Split
    photos: int
    visited: Visited


def screening_of(
    photos: Sequence[LabelledPhoto],
    detections: Sequence[Detections],
    traits: Sequence[Traits],
    thresholds: Mapping[str, float],
    missed_cost: float,
    chosen: Chosen | None,
    sets: Mapping[str, tuple[Sequence[bool], Sequence[Detections]]],
) -> Screening:
    """Judge a detector by which photos it flags.

    What needs a visit and what is flagged is told by `screening.visits`; a category's own verdict is whether it is
    labelled, and whether its own finds reach its threshold, on the photos whose source labels it.

    A photo is dark if its mean luma is below `DARK`, for most photos don't tell when they were taken. On the darkest
    hundred photos of our own val and test the eye drew the line: below it two in three are of night, dusk or unlit
    places; just above it, one in six. A lit street at night may count as day, a wood by day as dark.

    Args:
        photos: Labelled photos.
        detections: Of each photo, down to very low scores.
        traits: Of each photo.
        thresholds: By category that the detector can report; above 1 where it never counts.
        missed_cost: Of a missed problem, in wasted visits.
        chosen: Where the thresholds were chosen; None if they are the model's own.
        sets: Photos of which only the verdict is known, by name: whether each needs a visit, and its detections. A
            find of any problem category flags them.

    Raises:
        MissingExtraError: The extra `eval` isn't installed.
    """
    everything = _Photos(judged_scores(photos, detections), needing_visit(photos), scene_numbers(photos))
    dark = np.array([of_photo.brightness < DARK for _, of_photo in zip(photos, traits, strict=True)], np.bool_)
    known = {
        name: _Photos(best_scores(found), np.array(dirty, np.bool_), np.arange(len(dirty)))
        for name, (dirty, found) in sets.items()
    }
    return Screening(
        missed_cost=missed_cost,
        chosen_on=chosen.split if chosen else None,
        chosen_photos=chosen.photos if chosen else 0,
        chosen_visited=chosen.visited if chosen else None,
        thresholds=dict(thresholds),
        everything=_group(everything, thresholds, missed_cost),
        light={
            "day": _group(everything.only(~dark), thresholds, missed_cost),
            "dark": _group(everything.only(dark), thresholds, missed_cost),
        },
        categories={
            name: _group(_labelling(name, photos, everything), {name: thresholds[name]}, missed_cost)
            for name in PROBLEM_NAMES
            if name in thresholds
        },
        sets={name: _group(of_set, thresholds, missed_cost) for name, of_set in known.items()},
    )


def visited_of(
    photos: Sequence[LabelledPhoto],
    detections: Sequence[Detections],
    thresholds: Mapping[str, float],
    missed_cost: float,
) -> Visited:
    """Count what a crew that is sent to the flagged photos would meet; the arguments are `screening_of`'s.

    The intervals are the percentile bootstrap over scene groups. Where all photos of a kind came out alike it would
    have no width, so it is the score interval there, with scene groups for trials.
    """
    judged = _Photos(judged_scores(photos, detections), needing_visit(photos), scene_numbers(photos))
    return _visited(judged, flags(judged.best, thresholds), missed_cost)


@dataclass(frozen=True, eq=False)
class _Photos:
    """What is known of n photos: best scores by problem category, whether they need a visit, and of which scene."""

    best: NDArrayBest
    dirty: NDArrayDirty
    scenes: NDArrayScenes

    def only(self, chosen: npt.NDArray[np.bool_]) -> "_Photos":
        scenes = np.unique(self.scenes[chosen], return_inverse=True)[1]
        return _Photos(self.best[chosen], self.dirty[chosen], scenes)


def _labelling(name: str, photos: Sequence[LabelledPhoto], everything: _Photos) -> _Photos:
    """Return the photos whose source labels a category, as if nothing else mattered."""
    labelled = np.array([any(name == label for *_, label in photo.labels) for photo in photos], np.bool_)
    judged = np.array([name in photo.annotated for photo in photos], np.bool_)
    return _Photos(everything.best, labelled, everything.scenes).only(judged)


def _group(photos: _Photos, thresholds: Mapping[str, float], missed_cost: float) -> ScreeningGroup:
    roc, pr = curves(margins(photos.best, thresholds), photos.dirty)
    visited = _visited(photos, flags(photos.best, thresholds), missed_cost)
    return ScreeningGroup(photos=len(photos.dirty), visited=visited, roc=roc, pr=pr)


def _visited(photos: _Photos, flagged: NDArrayFlags, missed_cost: float) -> Visited:
    recall = _rate(flagged, photos.dirty, photos.scenes)
    alarms = _rate(flagged, ~photos.dirty, photos.scenes)
    cost = missed_cost * (recall.total - recall.count) + alarms.count
    count = recall.total + alarms.total
    return Visited(recall=recall, alarms=alarms, cost_per_100=100 * cost / count if count else None)


def _rate(flagged: NDArrayFlags, kind: npt.NDArray[np.bool_], scenes: NDArrayScenes) -> Rate:
    """Return how many photos of a kind are flagged."""
    count, total = int((flagged & kind).sum()), int(kind.sum())
    return Rate(count=count, total=total, interval=_interval(flagged, kind, scenes))


def _interval(flagged: NDArrayFlags, kind: npt.NDArray[np.bool_], scenes: NDArrayScenes) -> Interval | None:
    count, total, groups = int((flagged & kind).sum()), int(kind.sum()), count_scenes(scenes, kind)
    if count in (0, total):
        return rate_interval(groups if count else 0, groups)
    if groups < 2:
        return rate_interval(count, total)
    draws = draw_scenes(scenes, RESAMPLES, SEED)
    drawn = draws @ kind.astype(np.int64)
    values = np.full(RESAMPLES, np.nan)
    np.divide(draws @ (flagged & kind).astype(np.int64), drawn, out=values, where=drawn > 0)
    return percentiles(values)

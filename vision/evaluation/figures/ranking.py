"""The finds of one category in the order of their scores, and their average precision on samples of the photos."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vision.datasets.labels import LabelledPhoto
from vision.evaluation.figures.average_precision import Matching

__all__ = [
    "NDArrayDraws",
    "NDArrayScenes",
    "Ranking",
    "count_scenes",
    "draw_scenes",
    "mean_of_categories",
    "rank",
    "scene_numbers",
]

RECALLS = np.linspace(0, 1, 101)  # where COCO reads precision

NDArrayScenes = npt.NDArray[np.int64]  # (photos,): number of each photo's scene group
NDArrayDraws = npt.NDArray[np.int64]  # (samples, photos): how often a sample holds each photo


@dataclass(frozen=True, eq=False)
class Ranking:
    """The finds of one category, best score first, up to the last right one.

    Those behind it can't change average precision: they reach no further recall, and COCO takes the best precision at
    a recall or a higher one. That holds for any sample of the photos, too.

    Attributes:
        boxes: (photos,) labelled boxes.
        photos: (n,) index of the photo that a find is of.
        scores: (n,) not rising.
        right: (IoUs, n) whether it fits a label, by the overlap that is asked for.
    """

    boxes: npt.NDArray[np.int64]
    photos: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float64]
    right: npt.NDArray[np.bool_]

    def average_precision(self, draws: NDArrayDraws) -> npt.NDArray[np.float64]:
        """Return COCO's average precision on each sample, (samples, IoUs); nan for a sample without boxes.

        The mean over the recalls 0, 0.01 … 1 of the best precision at that recall or a higher one, which is reached at
        a right find. A photo's repeats stand next to each other in the ranking, so precision only has to be known
        behind the last of them.
        """
        values = np.full((len(draws), len(self.right)), np.nan)
        places = [np.flatnonzero(right) for right in self.right]
        precisions = np.empty((len(places), len(RECALLS)))
        for value, counts in zip(values, draws, strict=True):
            boxes = int(counts @ self.boxes)
            if not boxes:
                continue
            times = counts[self.photos]
            ranks = np.cumsum(times)
            for i, place in enumerate(places):
                right = np.cumsum(times[place])
                precision = right / (ranks[place] + np.spacing(1))
                best = np.append(np.maximum.accumulate(precision[::-1])[::-1], 0)  # 0: a recall that isn't reached
                precisions[i] = best[np.searchsorted(right / boxes, RECALLS)]
            value[:] = precisions.mean(axis=1)
        return values


def rank(matching: Matching) -> Ranking:
    """Put the finds on all photos that count for the category in the order of their scores."""
    matches = [
        (photo, m) for photo, m in enumerate(matching.evaluation.evalImgs[: len(matching.photos)]) if m is not None
    ]
    ious = len(matching.evaluation.params.iouThrs)
    scores = np.array([score for _, m in matches for score in m["dtScores"]], np.float64)
    photos = np.array([photo for photo, m in matches for _ in m["dtScores"]], np.int64)
    right = np.concatenate([np.zeros((ious, 0), np.bool_), *(m["dtMatches"] > 0 for _, m in matches)], axis=1)
    order = np.argsort(-scores, kind="stable")  # of equal scores COCO takes the earlier photo's first
    last = np.flatnonzero(right[:, order].any(axis=0))[-1:]
    order = order[: last[0] + 1 if len(last) else 0]
    return Ranking(matching.boxes, photos[order], scores[order], right[:, order])


def scene_numbers(photos: Sequence[LabelledPhoto]) -> NDArrayScenes:
    """Number the photos' scene groups, from 0; a photo without a group is its own, and sources share none."""
    numbers: dict[tuple[str, str | int], int] = {}
    keys = [(photo.source, photo.scene_group or i) for i, photo in enumerate(photos)]
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)


def count_scenes(scenes: NDArrayScenes, chosen: npt.NDArray[np.bool_]) -> int:
    """Return how many scene groups have one of the chosen photos, (photos,)."""
    return len(np.unique(scenes[chosen]))


def draw_scenes(scenes: NDArrayScenes, resamples: int, seed: int) -> NDArrayDraws:
    """Draw as many scene groups as there are, with replacement, and take all photos of those drawn.

    Photos of one scene resemble each other: drawn one by one, they would make figures look surer than they are.
    """
    groups = int(scenes.max(initial=-1)) + 1
    if not groups:
        return np.zeros((resamples, 0), np.int64)
    counts = np.random.default_rng(seed).multinomial(groups, np.full(groups, 1 / groups), size=resamples)
    return np.asarray(counts[:, scenes])


def mean_of_categories(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the mean over the first axis of (categories, …) values, of those that aren't nan; nan if all are."""
    known = np.isfinite(values)
    total, count = np.where(known, values, 0).sum(axis=0), known.sum(axis=0)
    return np.asarray(np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0))

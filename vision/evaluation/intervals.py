"""How far figures could have come out otherwise: intervals of AP50 and of rates."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from vision.categories import NAMES
from vision.datasets.labels import LabelledPhoto
from vision.detections import Detections
from vision.evaluation.average_precision import Matching, match

__all__ = ["Ranking", "ap50_intervals", "rank", "rate_interval"]

RECALLS = np.linspace(0, 1, 101)  # where COCO reads precision


@dataclass(frozen=True, eq=False)
class Ranking:
    """The detections of one category, best score first, and the scene groups that they and the labels belong to.

    Attributes:
        right: (n,) whether a detection fits a label at IoU 0.5.
        groups: (n,) index of its scene group.
        boxes: (scene groups,) labelled boxes.
    """

    right: npt.NDArray[np.bool_]
    groups: npt.NDArray[np.int64]
    boxes: npt.NDArray[np.int64]

    def ap50(self, counts: npt.NDArray[np.int64]) -> float | None:
        """Return COCO's AP50 on a sample that holds scene group g counts[g] times; None without boxes.

        The mean over the recalls 0, 0.01 … 1 of the best precision at that recall or a higher one. A photo's repeats
        stand next to each other in the ranking, so precision only has to be known behind the last of them.
        """
        boxes = int(counts @ self.boxes)
        if not boxes:
            return None
        times = counts[self.groups]
        right = np.cumsum(times * self.right)
        precision = right / (np.cumsum(times) + np.spacing(1))
        best = np.append(np.maximum.accumulate(precision[::-1])[::-1], 0)  # 0: a recall that isn't reached
        return float(best[np.searchsorted(right / boxes, RECALLS)].mean())


def ap50_intervals(
    photos: Sequence[LabelledPhoto],
    detections: Sequence[Detections],
    resamples: int = 200,
    seed: int = 0,
    level: float = 0.95,
) -> dict[str, tuple[float, float] | None]:
    """Return an interval of AP50 by category: the percentile bootstrap over scene groups.

    Photos of one scene resemble each other, so whole scene groups are drawn, with replacement, from those of sources
    that annotate the category; a photo without a group is its own. Samples without any box of it are left out.

    Args:
        photos: Labelled photos.
        detections: Of each photo, in its pixels, down to very low scores.
        resamples: How many samples are drawn.
        seed: Another seed draws others.
        level: Part of the samples whose AP50 lies within.

    Returns:
        (low, high) by category; None where fewer than two scene groups have boxes.

    Raises:
        MissingExtraError: The extra `eval` isn't installed.
    """
    return {
        name: _interval(rank(match(name, photos, detections, ious=[0.5])), resamples, seed, level) for name in NAMES
    }


def rank(matching: Matching) -> Ranking:
    """Put the detections of all photos in the order of their scores."""
    numbers: dict[tuple[str, str | int], int] = {}
    keys = [(photo.source, photo.scene_group or i) for i, photo in enumerate(matching.photos)]
    groups = np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)
    boxes = np.zeros(len(numbers), np.int64)
    np.add.at(boxes, groups, matching.boxes)
    matches = [(group, m) for group, m in zip(groups, matching.evaluation.evalImgs, strict=True) if m is not None]
    scores = np.array([score for _, m in matches for score in m["dtScores"]], np.float64)
    right = np.array([label > 0 for _, m in matches for label in m["dtMatches"][0]], np.bool_)
    group_of = np.array([group for group, m in matches for _ in m["dtScores"]], np.int64)
    order = np.argsort(-scores, kind="stable")
    return Ranking(right[order], group_of[order], boxes)


def _interval(ranking: Ranking, resamples: int, seed: int, level: float) -> tuple[float, float] | None:
    groups = len(ranking.boxes)
    if np.count_nonzero(ranking.boxes) < 2:
        return None
    draws = np.random.default_rng(seed).multinomial(groups, np.full(groups, 1 / groups), size=resamples)
    values = [value for value in map(ranking.ap50, draws) if value is not None]
    if not values:
        return None
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def rate_interval(successes: int, total: int, level: float = 0.95) -> tuple[float, float] | None:
    """Return the score interval of a rate; None where nothing was counted.

    E. B. Wilson, Probable inference, the law of succession, and statistical inference, Journal of the American
    Statistical Association 22 (1927), 209-212. It stays within 0 and 1 and holds for few trials, too.

    Args:
        successes: How many of `total` trials succeeded.
        total: All trials.
        level: How often such intervals hold the true rate.
    """
    if not total:
        return None
    z = NormalDist().inv_cdf((1 + level) / 2)
    rate, weight = successes / total, z * z / total
    centre = (rate + weight / 2) / (1 + weight)
    half = z * math.sqrt(rate * (1 - rate) / total + z * z / (4 * total * total)) / (1 + weight)
    low, high = min(centre - half, rate), max(centre + half, rate)  # but for rounding they are
    return max(low, 0.0), min(high, 1.0)

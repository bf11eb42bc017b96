"""How far figures could have come out otherwise: intervals of AP50 and of rates."""

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from vision.categories import NAMES
from vision.datasets.labels import LabelledPhoto
from vision.detections import Detections
from vision.evaluation.figures.average_precision import Matching, match
from vision.evaluation.figures.ranking import count_scenes, draw_scenes, rank, scene_numbers

__all__ = ["ap50_intervals", "percentiles", "rate_interval"]


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
    return {name: _interval(match(name, photos, detections, ious=[0.5]), resamples, seed, level) for name in NAMES}


def _interval(matching: Matching, resamples: int, seed: int, level: float) -> tuple[float, float] | None:
    scenes = scene_numbers(matching.photos)
    if count_scenes(scenes, matching.boxes > 0) < 2:
        return None
    values = rank(matching).average_precision(draw_scenes(scenes, resamples, seed))
    return percentiles(values[:, 0], level)


def percentiles(values: npt.NDArray[np.float64], level: float = 0.95) -> tuple[float, float] | None:
    """Return the interval that holds the middle `level` of a figure's values on samples, (n,).

    A sample that has no such figure is nan and left out; None if none has one.
    """
    values = values[np.isfinite(values)]
    if not len(values):
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

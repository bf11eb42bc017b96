"""One figure of two runs on the same samples, what their difference is worth, and the verdict."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from vision.evaluation.figures.intervals import percentiles
from vision.evaluation.record import Interval

__all__ = ["LEVEL", "NDArraySampled", "Paired", "PairedFigure", "Verdict", "holm", "pair"]

PairedFigure = Literal["ap50_95", "ap50", "recall", "alarms", "cost"]
Verdict = Literal["better", "worse", "cannot_tell"]

LEVEL = 0.05  # how often a verdict may come about where two models don't differ
LOWER_IS_BETTER: frozenset[PairedFigure] = frozenset({"alarms", "cost"})
ROUNDING = 1e-12  # differences that close are equal

NDArraySampled = npt.NDArray[
    np.float64
]  # (2 runs, 1 + samples): a figure on the photos themselves, then on each sample


@dataclass(frozen=True)
class Paired:
    """One figure of two runs on the same photos.

    Attributes:
        figure: `ap50_95` and `ap50` of categories that both report; `recall`, the share of the photos needing a visit
            that is flagged; `alarms`, that of the others; `cost` of 100 photos, in wasted visits.
        category: None for the mean of the categories, or all photos.
        first, second: The figure of each run.
        difference: second - first.
        interval: Of the difference, 95 %.
        p: How often so large a difference comes about by the choice of scenes alone. Of a category: after Holm's
            correction for the number of categories.
        verdict: Of the second against the first.
    """

    figure: PairedFigure
    category: str | None
    first: float
    second: float
    difference: float
    interval: Interval
    p: float
    verdict: Verdict


def pair(figure: PairedFigure, category: str | None, values: NDArraySampled, enough: bool) -> Paired:
    """Judge the difference of a figure by how it varies over samples.

    The samples' differences vary about the observed one as differences by chance alone would vary about 0: P. Hall and
    S. R. Wilson, Two guidelines for bootstrap hypothesis testing, Biometrics 47 (1991), 757-762. For a verdict, the
    interval must leave out 0, too.

    Args:
        values: Of both runs; nan for samples that have no such figure.
        enough: Whether the figure rests on enough photos for a verdict.
    """
    differences = values[1] - values[0]
    observed, drawn = float(differences[0]), differences[1:][np.isfinite(differences[1:])]
    as_large = np.count_nonzero(np.abs(drawn - observed) >= abs(observed) - ROUNDING)
    p = (1 + as_large) / (1 + len(drawn))
    low, high = percentiles(drawn) or (observed, observed)
    verdict: Verdict = "cannot_tell"
    if enough and p < LEVEL and not low <= 0 <= high:
        verdict = "better" if (observed < 0) == (figure in LOWER_IS_BETTER) else "worse"
    return Paired(figure, category, float(values[0, 0]), float(values[1, 0]), observed, (low, high), p, verdict)


def holm(rows: Sequence[Paired]) -> list[Paired]:
    """Correct p for the number of rows, so that one of all verdicts by chance is as rare as one alone.

    S. Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6 (1979),
    65-70.
    """
    corrected = list(rows)
    least = 0.0
    for done, i in enumerate(sorted(range(len(rows)), key=lambda i: rows[i].p)):
        least = max(least, min(1.0, (len(rows) - done) * rows[i].p))
        corrected[i] = replace(rows[i], p=least, verdict=rows[i].verdict if least < LEVEL else "cannot_tell")
    return corrected

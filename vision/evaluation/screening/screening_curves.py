"""One number for how much a photo looks as if it needed a visit, and the curves over it."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from vision.errors import MissingExtraError
from vision.evaluation.record import Curve
from vision.evaluation.screening.cost_point import log_odds
from vision.evaluation.screening.visits import PROBLEM_NAMES, NDArrayBest, NDArrayDirty

__all__ = ["NDArrayMargins", "curves", "margins"]

NOTHING = -1000.0  # below all that a score can be
POINTS = 200  # of a curve that is stored, at most

NDArrayMargins = npt.NDArray[np.float64]  # (n,): by how much a photo passes the thresholds, in log-odds


def margins(best: NDArrayBest, thresholds: Mapping[str, float]) -> NDArrayMargins:
    """Return by how much each photo's best find passes its category's threshold; it is flagged from 0 on.

    Thresholds differ by category, so the scores themselves can't be compared. The margin is the difference of the
    log-odds of score and threshold, at most over the problem categories; where it is cut lower or higher, all
    thresholds move together. A category without a threshold, or with one above 1, never counts.

    Args:
        best: (n, problem categories) as of `visits.judged_scores`.
        thresholds: By category.
    """
    limits = np.array([thresholds.get(name, np.inf) for name in PROBLEM_NAMES], np.float32)
    passed = log_odds(best) - log_odds(limits)
    return np.asarray(np.where((best >= 0) & (limits <= 1), passed, NOTHING).max(axis=1))


def curves(values: NDArrayMargins, dirty: NDArrayDirty) -> tuple[Curve | None, Curve | None]:
    """Return the ROC and the precision-recall curve with their areas, by scikit-learn; None without both kinds.

    Of long curves some points are stored: evenly chosen ones, both ends, and the one at a margin of 0. The areas are
    those of all points; that of precision-recall is the average precision.

    Raises:
        MissingExtraError: The extra `eval` isn't installed.
    """
    if dirty.all() or not dirty.any():
        return None, None
    try:
        from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve
    except ImportError as error:
        raise MissingExtraError("scikit-learn", "eval") from error
    alarms, recall, limits = roc_curve(dirty, values, drop_intermediate=False)
    roc = _curve(alarms, recall, int((limits >= 0).sum()) - 1, roc_auc_score(dirty, values))
    precision, recall, limits = precision_recall_curve(dirty, values)
    at_zero = len(limits) - int((limits >= 0).sum())
    average = average_precision_score(dirty, values)
    return roc, _curve(recall[::-1], precision[::-1], len(limits) - at_zero, average)


def _curve(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], kept: int, area: float) -> Curve:
    """Thin a curve, but keep its ends and the point `kept`."""
    chosen = np.unique([*np.linspace(0, len(x) - 1, min(len(x), POINTS - 1)).round().astype(np.int64), kept])
    return Curve(x=tuple(map(float, x[chosen])), y=tuple(map(float, y[chosen])), area=float(area))

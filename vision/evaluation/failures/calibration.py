"""Whether scores can be read as probabilities."""

import numpy as np

from vision.detections import NDArrayScores
from vision.evaluation.failures.judged import NDArrayMask
from vision.evaluation.record import Calibration, CalibrationBin

__all__ = ["LEAST_SCORE", "calibration"]

# Nearly all finds score next to nothing and are wrong, which is well calibrated. They are listed only because average
# precision needs them, nobody is shown them, and by their number they would hide how the others do.
LEAST_SCORE = 0.05
EDGES = np.linspace(0, 1, 11, dtype=np.float32)


def calibration(scores: NDArrayScores, right: NDArrayMask) -> Calibration:
    """Compare scores with the share of finds that are right, in ten bins of equal width.

    The expected calibration error is the mean of the bins' differences, weighted by their finds: M. P. Naeini et al.,
    Obtaining well calibrated probabilities using Bayesian binning, AAAI 2015; C. Guo et al., On calibration of modern
    neural networks, ICML 2017. Finds that score below 0.05 are left out.

    Args:
        scores: (n,) 0 to 1.
        right: (n,) whether a find is a label at IoU 0.5, as COCO matches.
    """
    counted = scores >= np.float32(LEAST_SCORE)
    values, right = scores[counted].astype(np.float64), right[counted]
    number = np.searchsorted(EDGES[1:-1], scores[counted], side="right")
    bins = tuple(
        CalibrationBin(
            low=round(float(EDGES[i]), 1),
            high=round(float(EDGES[i + 1]), 1),
            count=int((number == i).sum()),
            mean_score=float(values[number == i].mean()),
            precision=float(right[number == i].mean()),
        )
        for i in np.unique(number)
    )
    total = len(values)
    ece = sum(b.count * abs(b.mean_score - b.precision) for b in bins) / total if total else None
    return Calibration(finds=total, ece=ece, bins=bins)

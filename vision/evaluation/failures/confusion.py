"""Which category is taken for which."""

from collections.abc import Mapping

import numpy as np

from vision.categories import NAMES
from vision.evaluation.failures.judged import IOU, Judged
from vision.evaluation.record import Confusion

__all__ = ["confusion"]


def confusion(judged: Judged, thresholds: Mapping[str, float]) -> Confusion:
    """Count what was labelled (rows) by what it was taken for (columns), background last.

    Among the finds that are seen, the best score first, each takes the free label of whatever category that it overlaps
    most, from IoU 0.5 on; of labels that it overlaps alike, one of its own category.

    Args:
        judged: Finds and labels.
        thresholds: Those that decided what is seen.
    """
    background = len(NAMES)
    counts = np.zeros((background + 1, background + 1), np.int64)
    for finds, labels, iou in judged.by_photo():
        truths = judged.labels.categories[labels]
        free = np.ones(len(truths), np.bool_)
        seen = np.flatnonzero(judged.seen[finds])
        for i in seen[np.argsort(-judged.finds.scores[finds][seen], kind="stable")]:
            category = judged.finds.categories[finds][i]
            order = np.lexsort((truths == category, np.where(free, iou[i], 0)))
            if len(order) and free[order[-1]] and iou[i, order[-1]] >= IOU:
                free[order[-1]] = False
                counts[truths[order[-1]], category] += 1
            else:
                counts[background, category] += 1
        counts[:background, background] += np.bincount(truths[free], minlength=background)
    rows = tuple(tuple(row) for row in counts.tolist())
    return Confusion(names=NAMES, counts=rows, thresholds=dict(thresholds))

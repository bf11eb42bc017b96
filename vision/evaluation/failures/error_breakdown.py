"""What kind of error each wrong find and each missed label is, and how much AP50 each kind costs."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vision.categories import NAMES
from vision.detections import NDArrayScores
from vision.evaluation.failures.judged import IOU, Judged, NDArrayIndices, NDArrayMask
from vision.evaluation.figures.ranking import Ranking
from vision.evaluation.record import ERRORS, ErrorKind, ErrorLoss

__all__ = ["BACKGROUND_IOU", "RIGHT", "Explained", "error_losses", "explain", "mended_ap50"]

BACKGROUND_IOU = 0.1  # below this overlap a find has nothing to do with a label
RIGHT = "right"
COVERING = (RIGHT, "classification", "localisation")  # finds that are, or once mended would be, their label


@dataclass(frozen=True, eq=False)
class Explained:
    """What became of each find and label.

    Attributes:
        kind: (n,) `right`, or one of the first five of `ERRORS`.
        truth: (n,) index of the label that it is about; -1 for background.
        iou: (n,) overlap with that label; 0 for background.
        missed: (m,) whether a label of a category that the detector can report is missed: no find is it or would be it
            once mended. One that was found in a wrong category or in a loose box isn't.
    """

    kind: npt.NDArray[np.str_]
    truth: NDArrayIndices
    iou: npt.NDArray[np.float32]
    missed: NDArrayMask


def explain(judged: Judged) -> Explained:
    """Give each find its kind of error, and find the labels that are missed.

    D. Bolya et al., TIDE: A General Toolbox for Identifying Object Detection Errors, ECCV 2020, section 2.2, with its
    IoU 0.5 for foreground and 0.1 for background. Where more than one kind fits, the first of: localisation,
    classification, duplicate, both, background; this is the order of the authors' program, so figures compare.
    """
    kind, truth = np.full(len(judged.finds), RIGHT, "<U14"), judged.matched.copy()
    best = np.zeros(len(judged.finds), np.float32)
    for finds, labels, iou in judged.by_photo():
        if not iou.size:
            kind[finds] = "background"
            continue
        same = judged.finds.categories[finds, None] == judged.labels.categories[None, labels]
        own, other = np.where(same, iou, 0), np.where(same, 0, iou)
        wrong = _kinds(own.max(axis=1), other.max(axis=1))
        about_own = (wrong == "localisation") | (wrong == "duplicate")
        about = np.where(about_own, own.argmax(axis=1), other.argmax(axis=1)) + labels.start
        right = judged.matched[finds] >= 0
        kind[finds] = np.where(right, RIGHT, wrong)
        truth[finds] = np.where(right, judged.matched[finds], np.where(wrong == "background", -1, about))
        overlap = np.take_along_axis(iou, np.maximum(truth[finds] - labels.start, 0)[:, None], axis=1)[:, 0]
        best[finds] = np.where(truth[finds] >= 0, overlap, 0)
    missed = judged.reportable.copy()
    missed[truth[np.isin(kind, COVERING)]] = False
    return Explained(kind, truth, best, missed)


def _kinds(own: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> npt.NDArray[np.str_]:
    """Return the kinds of wrong finds by their best overlaps with labels of their own and of other categories."""
    conditions = {
        "localisation": (own >= BACKGROUND_IOU) & (own < IOU),
        "classification": other >= IOU,
        "duplicate": own >= IOU,
        "both": other >= BACKGROUND_IOU,
    }
    return np.select(list(conditions.values()), list(conditions), "background")


def error_losses(judged: Judged, explained: Explained) -> dict[ErrorKind, ErrorLoss]:
    """Tell how often each kind of error happens, and how much AP50 would gain without it.

    All finds count, however low their score. The gains don't add up to what is missing from 1: as in TIDE, each kind is
    mended by itself.
    """
    counts = {kind: int((explained.kind == kind).sum()) for kind in ERRORS}
    counts["missed"] = int(explained.missed.sum())
    plain = mended_ap50(judged, explained, ())
    losses: dict[ErrorKind, ErrorLoss] = {}
    for kind in ERRORS:
        mended = mended_ap50(judged, explained, {kind})
        gains = {name: mended[name] - ap50 for name, ap50 in plain.items()}
        losses[kind] = ErrorLoss(
            count=counts[kind], ap50_lost=sum(gains.values()) / max(1, len(gains)), by_category=gains
        )
    return losses


def mended_ap50(judged: Judged, explained: Explained, kinds: Collection[ErrorKind]) -> dict[str, float]:
    """Return AP50 by reported category that has boxes, if errors of these kinds were mended.

    TIDE's oracles: a find in a wrong category or a loose box becomes its label, and of several finds that are one label
    then, only the best score stays; duplicates, finds on background and finds that are wrong in both ways go; missed
    labels go. A category of which no label is left has nothing to lose: its AP50 is 1.

    The authors' program counts the same errors but states smaller losses for wrong categories and loose boxes: there a
    label that has a find keeps it even if a mended one scores better, and a label is mended by one find of both kinds.
    """
    claims = (explained.kind == RIGHT) | np.isin(explained.kind, [k for k in kinds if k in COVERING] or [RIGHT])
    gone = claims | np.isin(explained.kind, list(kinds) or [RIGHT])
    right = np.zeros(len(claims), np.bool_)
    order = np.flatnonzero(claims)
    order = order[np.argsort(-judged.finds.scores[order], kind="stable")]
    _, first = np.unique(explained.truth[order], return_index=True)
    right[order[first]] = True
    categories = judged.finds.categories.copy()
    categories[right] = judged.labels.categories[explained.truth[right]]
    remaining = judged.reportable & ~explained.missed if "missed" in kinds else judged.reportable
    ap50 = {}
    for category in np.unique(judged.labels.categories[judged.reportable]):
        ranked = np.flatnonzero((right | ~gone) & (categories == category))
        ranked = ranked[np.argsort(-judged.finds.scores[ranked], kind="stable")]
        boxes = int((remaining & (judged.labels.categories == category)).sum())
        ap50[NAMES[category]] = _ap50(judged.finds.scores[ranked], right[ranked], boxes) if boxes else 1.0
    return ap50


def _ap50(scores: NDArrayScores, right: NDArrayMask, boxes: int) -> float:
    """Return COCO's AP50 of ranked finds, as if all were of one photo."""
    ranking = Ranking(np.array([boxes]), np.zeros(len(right), np.int64), scores.astype(np.float64), right[None])
    return float(ranking.average_precision(np.array([[1]]))[0, 0])

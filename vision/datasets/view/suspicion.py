"""Which labels deserve a second look: odd boxes, and places where a model and the labels disagree.

The kinds of disagreement are those of ObjectLab (Tkachenko, Thyagarajan and Mueller, 2023, arXiv:2309.00832):
overlooked, badly located and swapped boxes; here also labels that the model sees nothing of. What counts as a confident
prediction is taken from Confident Learning (Northcutt, Jiang and Chuang, 2021, arXiv:1911.00068): each category has its
own bar, the mean score at which the model finds what is labelled as that category. The scores are this project's:

    missing     s · h            a confident prediction where nothing is labelled
    category    s · h · (1 - o)  a confident prediction on a label of another category
    loose       s · h · (0.5 - IoU) / 0.2   a confident prediction that overlaps its label by 0.3 to 0.5 only
    doubtful    f · (1 - b / l)  a label of which the model sees less than l

with s the prediction's score; h how often confident predictions of its category lie on a label; o the best score of the
label's own category at that place; f how often labels of the category and size are seen; b the best score that agrees
with the label; l a quarter of the bar. So a model's word counts as much as it is usually right, category by category.
A photo's suspicion is the maximum of its findings.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from vision.datasets.labels import LabelledPhoto
from vision.datasets.view.trust import SAME_PLACE, TOUCHING, Trust, agreement, judged, measure_trust, size_classes
from vision.detections import Detections
from vision.overlaps import NDArrayOverlaps, overlaps

__all__ = ["Kind", "Suspicion", "label_suspicions", "model_suspicions", "suspicions"]

Kind = Literal["missing", "doubtful", "category", "loose", "outside", "tiny", "duplicate", "unreadable"]

DUPLICATE = 0.8  # IoU of two labels that are taken for one thing labelled twice
TINY = 0.005  # of the photo's longest side: 3 pixels of a model's 640
OUTSIDE = 1.0  # pixels; less is rounding


@dataclass(frozen=True, slots=True)
class Suspicion:
    """One reason to look at a photo's labels.

    Attributes:
        score: 0..1, the more the likelier a fault.
        label: Index of the label it is about, None where one is missing.
        prediction: Index of the prediction that speaks against the labels, None where none is needed.
    """

    kind: Kind
    score: float
    label: int | None = None
    prediction: int | None = None


def suspicions(
    photos: Sequence[LabelledPhoto],
    predictions: Sequence[Detections] | None = None,
    unreadable: Container[int] = frozenset(),
) -> list[list[Suspicion]]:
    """Return each photo's suspicions, the strongest first.

    Args:
        photos: The labels.
        predictions: A model's detections of each photo, in its pixels, down to low scores; None without a model.
        unreadable: Which of the photos could not be decoded; a model says nothing of these.
    """
    found = [[Suspicion("unreadable", 1.0)] if i in unreadable else label_suspicions(p) for i, p in enumerate(photos)]
    if predictions is not None:
        read = [i for i in range(len(photos)) if i not in unreadable]
        trust = measure_trust([photos[i] for i in read], [predictions[i] for i in read])
        for i in read:
            found[i] += model_suspicions(photos[i], predictions[i], trust)
    return [sorted(of_photo, key=lambda suspicion: -suspicion.score) for of_photo in found]


def label_suspicions(photo: LabelledPhoto) -> list[Suspicion]:
    """Find boxes that reach beyond the photo, are too small to be seen, or label one thing twice; needs no model."""
    boxes = photo.labels.boxes
    size = np.array([photo.width, photo.height] * 2, np.float32)
    inside = np.clip(boxes, 0, size)
    beyond = np.abs(boxes - inside).max(axis=1, initial=0)
    sides = boxes[:, 2:] - boxes[:, :2]
    lost = 1 - (inside[:, 2:] - inside[:, :2]).prod(axis=1) / np.maximum(sides.prod(axis=1), 1e-6)
    shortest, limit = sides.min(axis=1, initial=np.inf), TINY * max(photo.width, photo.height)
    found = [Suspicion("outside", 0.5 + float(lost[i]) / 2, int(i)) for i in np.flatnonzero(beyond > OUTSIDE)]
    found += [Suspicion("tiny", 1 - float(shortest[i]) / (2 * limit), int(i)) for i in np.flatnonzero(shortest < limit)]
    iou, _ = overlaps(boxes, boxes)
    pairs = np.argwhere(np.triu(iou >= DUPLICATE, k=1))
    return found + [Suspicion("duplicate", float(iou[i, j]), int(j)) for i, j in pairs]


def model_suspicions(photo: LabelledPhoto, predictions: Detections, trust: Trust) -> list[Suspicion]:
    """Find where predictions and labels disagree; categories that the source doesn't annotate are left alone."""
    pair = _Pair(photo, predictions, trust)
    found = [s for p in pair.confident for s in pair.against(int(p))]
    renamed = {suspicion.label for suspicion in found if suspicion.kind == "category"}
    return found + [s for label in range(len(photo.labels)) if label not in renamed for s in pair.doubts(label)]


class _Pair:
    """A photo's labels and predictions, compared once."""

    def __init__(self, photo: LabelledPhoto, predictions: Detections, trust: Trust) -> None:
        self.labels, self.found, self.trust = photo.labels, predictions, trust
        self.annotated, self.sizes = photo.annotated, size_classes(photo)
        self.agrees, self.iou, self.same = agreement(predictions, photo.labels)
        bars = np.array([trust.bar.get(name, np.inf) for name in predictions.names], np.float32)
        usable = judged(photo, predictions)
        self.scores: npt.NDArray[np.float32] = np.where(usable, predictions.scores, 0)
        self.confident = np.flatnonzero(usable & (predictions.scores >= bars[predictions.categories]))

    def name(self, label: int) -> str:
        return self.labels.names[int(self.labels.categories[label])]

    def against(self, p: int) -> list[Suspicion]:
        """Return what a confident prediction says against the labels."""
        strength = float(self.scores[p]) * self.trust.hit[self.found.names[self.found.categories[p]]]
        if self.agrees[p].any():
            return self._loose(p, strength)
        if not self.iou[p].size or self.iou[p].max() < TOUCHING:
            return [Suspicion("missing", strength, None, p)]
        label = int(self.iou[p].argmax())
        if self.iou[p, label] < SAME_PLACE:
            return []
        own = _best(self.scores, self.same[:, label] & (self.iou[:, label] >= SAME_PLACE))
        return [Suspicion("category", strength * (1 - own), label, p)]

    def _loose(self, p: int, strength: float) -> list[Suspicion]:
        iou: NDArrayOverlaps = np.where(self.same[p], self.iou[p], 0)
        label = int(iou.argmax())
        fits = self.same[self.confident, label] & (self.iou[self.confident, label] >= SAME_PLACE)
        if not TOUCHING <= iou[label] < SAME_PLACE or fits.any():
            return []
        return [Suspicion("loose", strength * float(SAME_PLACE - iou[label]) / (SAME_PLACE - TOUCHING), label, p)]

    def doubts(self, label: int) -> list[Suspicion]:
        """Return whether the model sees nothing where a label is."""
        name = self.name(label)
        if name not in self.annotated or name not in self.trust.seen:
            return []
        best, low = _best(self.scores, self.agrees[:, label]), self.trust.low(name)
        seen = self.trust.seen[name][int(self.sizes[label])]
        return [Suspicion("doubtful", seen * (1 - best / low), label)] if best < low else []


def _best(scores: npt.NDArray[np.float32], chosen: npt.NDArray[np.bool_]) -> float:
    return float(scores.max(where=chosen, initial=0))

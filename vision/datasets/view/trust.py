"""How far a model's word counts against the labels, category by category."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vision.datasets.labels import LabelledPhoto
from vision.datasets.view.statistics import BINS
from vision.detections import Detections, NDArrayCategories
from vision.overlaps import NDArrayOverlaps, overlaps

__all__ = ["SAME_PLACE", "TOUCHING", "Trust", "agreement", "judged", "measure_trust", "size_classes"]

SAME_PLACE = 0.5  # IoU from which two boxes are about one thing
TOUCHING = 0.3  # IoU below which they are about two
WITHIN = 0.5  # or so much of the smaller box lies within the larger: one heap, boxed in parts or as a whole
ENOUGH = 10  # labels found, from which their mean score says something
DEFAULT_BAR = 0.5

NDArrayMask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Trust:
    """What a model knows of each category that it shares with the labels.

    Attributes:
        bar: Score from which a prediction is confident: the mean score of the predictions that lie on labels of the
            category (IoU of at least 0.5), as in Confident Learning; 0.5 where fewer than ten do.
        hit: Share of the confident predictions that agree with a label, (k + 1) / (n + 2) (rule of succession).
        seen: Share of the labels that a prediction of at least `low` agrees with, by size as `size_classes` has it:
            (k + 2 s) / (n + 2), with s the share among the category's labels of every size, itself as `hit`.
    """

    bar: dict[str, float]
    hit: dict[str, float]
    seen: dict[str, tuple[float, ...]]

    def low(self, name: str) -> float:
        """Return the score below which the model as good as sees nothing."""
        return self.bar[name] / 4


def size_classes(photo: LabelledPhoto) -> NDArrayCategories:
    """Return (n,) whether each label is small, medium or large (0, 1, 2) for its photo; small ones are seen least."""
    sides = photo.labels.boxes[:, 2:] - photo.labels.boxes[:, :2]
    relative = np.sqrt(np.maximum(sides, 0).prod(axis=1) / (photo.width * photo.height))
    classes: NDArrayCategories = np.searchsorted(BINS.relative, relative, side="right")
    return classes


def judged(photo: LabelledPhoto, predictions: Detections) -> NDArrayMask:
    """Return which predictions the photo's labels say anything about: those of annotated categories."""
    known = np.array([name in photo.annotated for name in predictions.names], np.bool_)
    return known[predictions.categories]


def agreement(predictions: Detections, labels: Detections) -> tuple[NDArrayMask, NDArrayOverlaps, NDArrayMask]:
    """Compare m predictions with n labels.

    Returns:
        (m, n) whether they agree (one category, and they touch or one lies within the other), (m, n) IoU, and (m, n)
        whether they are of one category.
    """
    iou, share = overlaps(predictions.boxes, labels.boxes)
    numbers = {name: i for i, name in enumerate(labels.names)}
    categories = np.array([numbers.get(name, -1) for name in predictions.names], np.int64)[predictions.categories]
    same: NDArrayMask = categories[:, None] == labels.categories[None, :]
    agrees: NDArrayMask = same & ((iou >= TOUCHING) | (share >= WITHIN))
    return agrees, iou, same


def measure_trust(photos: Sequence[LabelledPhoto], predictions: Sequence[Detections]) -> Trust:
    """Measure a model against the labels themselves: most of them are right."""
    names = sorted({name for p in photos for name in p.annotated} & {name for d in predictions for name in d.names})
    on_labels: dict[str, list[float]] = {name: [] for name in names}  # of each found label the best score
    agreeing: dict[str, list[tuple[float, int]]] = {name: [] for name in names}  # of each label (best score, size)
    hits: dict[str, list[tuple[float, bool]]] = {name: [] for name in names}  # of each prediction (score, on a label)
    for photo, found in zip(photos, predictions, strict=True):
        usable = judged(photo, found)
        agrees, iou, same = agreement(found, photo.labels)
        scores = np.where(usable, found.scores, 0)[:, None]
        exact = (scores * (same & (iou >= SAME_PLACE))).max(axis=0, initial=0)
        loosely = (scores * agrees).max(axis=0, initial=0)
        sizes = size_classes(photo)
        for (_, _, name), best, best_agreeing, size in zip(photo.labels, exact, loosely, sizes, strict=True):
            if name in agreeing and name in photo.annotated:
                agreeing[name].append((float(best_agreeing), int(size)))
                on_labels[name] += [float(best)] if best > 0 else []
        on_label = agrees.sum(axis=1) > 0
        for i in np.flatnonzero(usable):
            hits[found.names[int(found.categories[i])]].append((float(found.scores[i]), bool(on_label[i])))
    bar = {name: float(np.mean(s)) if len(s) >= ENOUGH else DEFAULT_BAR for name, s in on_labels.items()}
    hit = {name: _share([on for score, on in hits[name] if score >= bar[name]]) for name in names}
    seen = {name: _by_size([(best >= bar[name] / 4, size) for best, size in agreeing[name]]) for name in names}
    return Trust(bar, hit, seen)


def _by_size(outcomes: list[tuple[bool, int]]) -> tuple[float, ...]:
    overall = _share([seen for seen, _ in outcomes])
    by_size = ([seen for seen, of in outcomes if of == size] for size in range(len(BINS.relative) + 1))
    return tuple((sum(seen) + 2 * overall) / (len(seen) + 2) for seen in by_size)


def _share(outcomes: list[bool]) -> float:
    return (sum(outcomes) + 1) / (len(outcomes) + 2)

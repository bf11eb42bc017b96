"""The finds that are judged and the labels that they are judged by, put beside each other."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vision.categories import NAMES
from vision.datasets.labels import LabelledPhoto
from vision.detections import Detections
from vision.evaluation.figures.average_precision import match
from vision.overlaps import NDArrayOverlaps, overlaps

__all__ = ["IOU", "Judged", "NDArrayIndices", "NDArrayMask", "judge"]

IOU = 0.5  # from this overlap on a find is of a label

NDArrayIndices = npt.NDArray[np.int64]
NDArrayMask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Judged:
    """The m labels and n finds of all photos, in the photos' order, each of a category that the photo's source labels.

    Attributes:
        photos: All photos.
        labels: (m) labelled boxes.
        label_photo: (m,) index of the photo of each.
        reportable: (m,) whether the detector can report the label's category.
        finds: (n) of categories that the detector can report, COCO's 100 best of each category and photo.
        find_photo: (n,) index of the photo of each.
        seen: (n,) whether the score reaches the category's threshold, so that users see it.
        matched: (n,) index of the label that the find is, -1 if it is none: COCO's matching at IoU 0.5, in which the
            better score takes the label. So those that are seen are matched as if there were no others.
    """

    photos: tuple[LabelledPhoto, ...]
    labels: Detections
    label_photo: NDArrayIndices
    reportable: NDArrayMask
    finds: Detections
    find_photo: NDArrayIndices
    seen: NDArrayMask
    matched: NDArrayIndices

    def by_photo(self) -> Iterator[tuple[slice, slice, NDArrayOverlaps]]:
        """Yield each photo's part of the finds, its part of the labels, and (finds, labels) their IoU."""
        numbers = np.arange(len(self.photos) + 1)
        finds, labels = np.searchsorted(self.find_photo, numbers), np.searchsorted(self.label_photo, numbers)
        for i in range(len(self.photos)):
            of_finds, of_labels = slice(finds[i], finds[i + 1]), slice(labels[i], labels[i + 1])
            iou, _ = overlaps(self.finds.boxes[of_finds], self.labels.boxes[of_labels])
            yield of_finds, of_labels, iou


def judge(
    photos: Sequence[LabelledPhoto],
    detections: Sequence[Detections],
    reported: Collection[str],
    thresholds: Mapping[str, float],
) -> Judged:
    """Match finds with labels.

    Args:
        photos: Labelled photos.
        detections: Of each photo, in its pixels, down to very low scores.
        reported: Those of our categories that the detector can report.
        thresholds: Lowest score that is seen, by category; above 1, or none, where nothing is.

    Raises:
        MissingExtraError: The extra `eval` isn't installed.
    """
    labels = [_only(photo.labels, photo.annotated) for photo in photos]
    found = [_only(d, photo.annotated & set(reported)) for photo, d in zip(photos, detections, strict=True)]
    best, matched = _matches(photos, labels, found)
    kept = [d[rows] for d, rows in zip(found, best, strict=True)]
    all_labels, finds = _stacked(labels), _stacked(kept)
    limits = np.array([thresholds.get(name, np.inf) for name in NAMES], np.float32)  # as the runtime compares
    return Judged(
        photos=tuple(photos),
        labels=all_labels,
        label_photo=np.repeat(np.arange(len(photos)), [len(d) for d in labels]),
        reportable=np.array([name in reported for name in NAMES], np.bool_)[all_labels.categories],
        finds=finds,
        find_photo=np.repeat(np.arange(len(photos)), [len(d) for d in kept]),
        seen=np.asarray(finds.scores >= limits[finds.categories]),
        matched=_joined(matched),
    )


def _matches(
    photos: Sequence[LabelledPhoto], labels: Sequence[Detections], found: Sequence[Detections]
) -> tuple[list[NDArrayIndices], list[NDArrayIndices]]:
    """Return, by photo, indices of the finds that count and, of each, the label among all photos' labels or -1."""
    starts = np.cumsum([0, *map(len, labels)])
    best: list[list[NDArrayIndices]] = [[] for _ in photos]
    matched: list[list[NDArrayIndices]] = [[] for _ in photos]
    for category, name in enumerate(NAMES):
        matching = match(name, photos, found, ious=[IOU])
        for i, entry in zip(matching.indices, matching.evaluation.evalImgs, strict=True):
            if entry is not None:
                own = np.flatnonzero(found[i].categories == category)
                order = np.argsort(-found[i].scores[own], kind="stable")  # as COCOeval sorts
                best[i].append(own[order][: len(entry["dtIds"])])
                truths = starts[i] + np.flatnonzero(labels[i].categories == category)
                number = {0: -1, **dict(zip(entry["gtIds"], truths.tolist(), strict=True))}
                matched[i].append(np.array([number[int(label)] for label in entry["dtMatches"][0]], np.int64))
    return [_joined(rows) for rows in best], [_joined(rows) for rows in matched]


def _only(detections: Detections, names: Collection[str]) -> Detections:
    """Return those of our categories in `names`, numbered as ours."""
    ours = np.array([NAMES.index(n) if n in names and n in NAMES else -1 for n in detections.names], np.int64)
    categories = ours[detections.categories]
    kept = categories >= 0
    return Detections(detections.boxes[kept], detections.scores[kept], categories[kept])


def _stacked(detections: Sequence[Detections]) -> Detections:
    parts = [Detections.empty(), *detections]
    return Detections(
        np.concatenate([d.boxes for d in parts]),
        np.concatenate([d.scores for d in parts]),
        np.concatenate([d.categories for d in parts]),
    )


def _joined(parts: Sequence[NDArrayIndices]) -> NDArrayIndices:
    return np.concatenate([np.empty(0, np.int64), *parts])

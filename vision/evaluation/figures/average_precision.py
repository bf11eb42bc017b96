"""COCO average precision by category, on the photos whose source labels that category."""

import contextlib
import io
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vision.categories import NAMES
from vision.datasets.labels import LabelledPhoto
from vision.detections import Detections
from vision.errors import MissingExtraError

__all__ = ["CategoryScore", "Matching", "average_precision", "match", "silence"]


@dataclass(frozen=True)
class CategoryScore:
    """How well one category is found.

    Attributes:
        photos: Photos of sources that label the category; only these count.
        boxes: Labelled boxes on them.
        ap50, ap50_95: COCO average precision at IoU 0.5 and its mean over 0.5:0.05:0.95, all areas, 100 detections
            per photo; None without boxes.
        best_f1: Highest F1 on the interpolated precision-recall curve at IoU 0.5; None without boxes.
        best_f1_score: The score at which it is reached.
    """

    category: str
    photos: int
    boxes: int
    ap50: float | None = None
    ap50_95: float | None = None
    best_f1: float | None = None
    best_f1_score: float | None = None


def average_precision(photos: Sequence[LabelledPhoto], detections: Sequence[Detections]) -> list[CategoryScore]:
    """Score detections against labels, category by category.

    A category is scored on the photos whose source annotates it: elsewhere a detection of it is neither right nor
    wrong. The figures are pycocotools'.

    Args:
        photos: Labelled photos.
        detections: Of each photo, in its pixels, down to very low scores.

    Raises:
        MissingExtraError: The extra `eval` isn't installed.
    """
    return [_score(name, photos, detections) for name in NAMES]


def _score(name: str, photos: Sequence[LabelledPhoto], detections: Sequence[Detections]) -> CategoryScore:
    matching = match(name, photos, detections)
    judged, boxes = len(matching.photos), int(matching.boxes.sum())
    if not boxes:
        return CategoryScore(name, judged, 0)
    if not matching.found:
        return CategoryScore(name, judged, boxes, 0.0, 0.0, 0.0, 1.0)
    evaluation = matching.evaluation
    with silence():
        evaluation.accumulate()
    precision = evaluation.eval["precision"][:, :, 0, 0, 0]  # (IoU thresholds, 101 recalls)
    recall = evaluation.params.recThrs
    f1 = 2 * precision[0] * recall / np.maximum(precision[0] + recall, 1e-9)
    best = int(f1.argmax())
    best_score = float(evaluation.eval["scores"][0, best, 0, 0, 0])
    ap50, ap50_95 = float(precision[0].mean()), float(precision.mean())
    return CategoryScore(name, judged, boxes, ap50, ap50_95, float(f1[best]), best_score)


@dataclass(frozen=True, eq=False)
class Matching:
    """Which finds of one category fit a label, on the photos whose source annotates it.

    Attributes:
        photos: These photos.
        indices: (photos,) place of each among all photos that were given.
        boxes: (photos,) how many boxes of the category are labelled on each.
        found: How many were detected on all.
        evaluation: pycocotools' COCOeval, evaluated but not accumulated, for at most 100 detections per photo;
            `evalImgs` starts with an entry per photo for all areas, None where nothing is labelled or found. If asked
            for, as many follow for small, medium and large boxes.
    """

    photos: list[LabelledPhoto]
    indices: npt.NDArray[np.int64]
    boxes: npt.NDArray[np.int64]
    found: int
    evaluation: Any


def match(
    name: str,
    photos: Sequence[LabelledPhoto],
    detections: Sequence[Detections],
    ious: Sequence[float] | None = None,
    by_size: bool = False,
) -> Matching:
    """Match the detections of one category with its labels.

    Args:
        ious: Overlaps from which a find is right; by default COCO's 0.5:0.05:0.95.
        by_size: Match small, medium and large boxes by themselves, too, and accumulate for 1, 10 and 100 detections
            per photo.

    Raises:
        MissingExtraError: The extra `eval` isn't installed.
    """
    pairs = list(zip(photos, detections, strict=True))
    indices = [i for i, photo in enumerate(photos) if name in photo.annotated]
    used = [pairs[i] for i in indices]
    images = [{"id": i, "width": p.width, "height": p.height} for i, (p, _) in enumerate(used)]
    labels = [_coco_boxes(i, p.labels, name) for i, (p, _) in enumerate(used)]
    found = [box for i, (_, d) in enumerate(used) for box in _coco_boxes(i, d, name)]
    evaluation = _evaluate(images, list(itertools.chain(*labels)), found, ious, by_size)
    boxes = np.array([len(of_photo) for of_photo in labels], np.int64)
    return Matching([p for p, _ in used], np.array(indices, np.int64), boxes, len(found), evaluation)


def _evaluate(
    images: list[Any], labels: list[Any], found: list[Any], ious: Sequence[float] | None, by_size: bool
) -> Any:
    try:
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval
    except ImportError as error:
        raise MissingExtraError("pycocotools", "eval") from error
    with silence():
        truth = COCO()
        truth.dataset = {
            "images": images,
            "annotations": [{**box, "id": i, "iscrowd": 0} for i, box in enumerate(labels, 1)],
            "categories": [{"id": 1, "name": "only"}],
        }
        truth.createIndex()
        predicted = COCO()
        predicted.dataset = {**truth.dataset, "annotations": [{**box, "id": i} for i, box in enumerate(found, 1)]}
        predicted.createIndex()
        evaluation = COCOeval(truth, predicted, "bbox")
        parameters = evaluation.params
        if not by_size:
            parameters.areaRng, parameters.areaRngLbl = parameters.areaRng[:1], ["all"]
            parameters.maxDets = parameters.maxDets[-1:]
        if ious is not None:
            parameters.iouThrs = np.array(ious)
        evaluation.evaluate()
    return evaluation


def silence() -> contextlib.AbstractContextManager[object]:
    """Keep pycocotools from printing its progress."""
    return contextlib.redirect_stdout(io.StringIO())


def _coco_boxes(image_id: int, detections: Detections, name: str) -> list[dict[str, Any]]:
    boxes = []
    for (x1, y1, x2, y2), score, category in detections:
        if category == name:
            xywh = [float(x1), float(y1), float(x2 - x1), float(y2 - y1)]
            area = xywh[2] * xywh[3]
            boxes.append({"image_id": image_id, "category_id": 1, "bbox": xywh, "area": area, "score": score})
    return boxes

"""COCO average precision by category, on the photos whose source labels that category."""

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vision.categories import NAMES
from vision.datasets.labels import LabelledPhoto
from vision.detections import Detections
from vision.errors import MissingExtraError

__all__ = ["CategoryScore", "average_precision"]


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
    used = [(p, d) for p, d in zip(photos, detections, strict=True) if name in p.annotated]
    images = [{"id": i, "width": p.width, "height": p.height} for i, (p, _) in enumerate(used)]
    labels = [box for i, (p, _) in enumerate(used) for box in _coco_boxes(i, p.labels, name)]
    found = [box for i, (_, d) in enumerate(used) for box in _coco_boxes(i, d, name)]
    if not labels:
        return CategoryScore(name, len(images), 0)
    if not found:
        return CategoryScore(name, len(images), len(labels), 0.0, 0.0, 0.0, 1.0)
    evaluation = _evaluate(images, labels, found)
    precision = evaluation.eval["precision"][0, :, 0, 0, -1]  # IoU 0.5, all areas, 100 detections
    scores = evaluation.eval["scores"][0, :, 0, 0, -1]
    recall = evaluation.params.recThrs
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-9)
    best = int(f1.argmax())
    ap50_95, ap50 = (float(value) for value in evaluation.stats[:2])
    return CategoryScore(name, len(images), len(labels), ap50, ap50_95, float(f1[best]), float(scores[best]))


def _evaluate(images: list[Any], labels: list[Any], found: list[Any]) -> Any:
    try:
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval
    except ImportError as error:
        raise MissingExtraError("pycocotools", "eval") from error
    with contextlib.redirect_stdout(io.StringIO()):  # it prints its progress
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
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation


def _coco_boxes(image_id: int, detections: Detections, name: str) -> list[dict[str, Any]]:
    boxes = []
    for (x1, y1, x2, y2), score, category in detections:
        if category == name:
            xywh = [float(x1), float(y1), float(x2 - x1), float(y2 - y1)]
            area = xywh[2] * xywh[3]
            boxes.append({"image_id": image_id, "category_id": 1, "bbox": xywh, "area": area, "score": score})
    return boxes

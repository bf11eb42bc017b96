"""From a model's raw output to detections: threshold, suppression, back to photo pixels."""

import cv2
import numpy as np
import numpy.typing as npt

from vision.detections import Detections
from vision.inference.preprocess import Letterbox

__all__ = ["MAX_DETECTIONS", "decode", "suppress"]

MAX_DETECTIONS = 300  # per photo, as in COCO-style evaluations of YOLO models
MAX_CANDIDATES = 8000  # suppression is quadratic; more than this above a threshold is noise


def decode(
    output: npt.NDArray[np.float32],
    place: Letterbox,
    photo_size: tuple[int, int],
    names: tuple[str, ...],
    thresholds: npt.NDArray[np.float32],
    iou: float,
    end_to_end: bool,
) -> Detections:
    """Turn one image's raw output into detections in photo pixels, best score first.

    Args:
        output: (4 + c, n): centre x, centre y, width, height in input pixels and one score per category; or, if
            `end_to_end`, (n, 6): x1, y1, x2, y2, score, category index.
        place: Where the photo lies in the input.
        photo_size: (width, height) of the full photo.
        names: The model's c category names.
        thresholds: (c,) lowest score that counts.
        iou: Of two boxes of one category that overlap more than this the weaker is dropped; not used if `end_to_end`.
        end_to_end: Which of the two layouts `output` has.
    """
    if end_to_end:
        boxes, scores, categories = output[:, :4], output[:, 4], output[:, 5].round().astype(np.int64)
        kept = np.flatnonzero(scores >= thresholds[categories])
        kept = kept[np.argsort(-scores[kept], kind="stable")]
    else:
        boxes, scores, categories = _candidates(output, thresholds)
        kept = suppress(boxes, scores, categories, iou)
    kept = kept[:MAX_DETECTIONS]
    on_photo = place.to_photo(boxes[kept], *photo_size)
    detections = Detections.of(on_photo, np.clip(scores[kept], 0, 1), categories[kept], names)
    return detections[((on_photo[:, 2:] - on_photo[:, :2]) > 0).all(axis=1)]


def _candidates(
    output: npt.NDArray[np.float32], thresholds: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Return boxes xyxy, scores and categories of everything above its threshold; one anchor may give several."""
    category, anchor = np.nonzero(output[4:] >= thresholds[:, None])
    scores = output[4 + category, anchor]
    best = np.argsort(-scores, kind="stable")[:MAX_CANDIDATES]
    category, anchor, scores = category[best], anchor[best], scores[best]
    centre, size = output[:2, anchor].T, output[2:4, anchor].T
    return np.hstack([centre - size / 2, centre + size / 2]), scores, category.astype(np.int64)


def suppress(
    boxes: npt.NDArray[np.float32], scores: npt.NDArray[np.float32], categories: npt.NDArray[np.int64], iou: float
) -> npt.NDArray[np.int64]:
    """Return the indices that survive suppression within each category, best score first."""
    if not len(scores):
        return np.empty(0, np.int64)
    xywh = np.hstack([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]])
    survivors = cv2.dnn.NMSBoxesBatched(xywh.tolist(), scores.tolist(), categories.tolist(), 0.0, iou)
    kept = np.asarray(survivors, np.int64).reshape(-1)
    order: npt.NDArray[np.int64] = kept[np.argsort(-scores[kept], kind="stable")]
    return order

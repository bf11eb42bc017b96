"""What a paired test needs of a run, photo by photo: the finds that average precision depends on, and the flags."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from vision.categories import NAMES
from vision.datasets.labels import LabelledPhoto
from vision.detections import Detections
from vision.evaluation.figures.average_precision import match
from vision.evaluation.figures.ranking import Ranking, rank, scene_numbers
from vision.evaluation.record import CategoryEvidence, Evidence
from vision.evaluation.screening.visits import flags, judged_scores, needing_visit

__all__ = ["IOUS", "evidence_of", "ranking_of"]

IOUS = 10  # COCO's 0.5:0.05:0.95, one bit each


def evidence_of(
    photos: Sequence[LabelledPhoto],
    detections: Sequence[Detections],
    reported: Collection[str],
    thresholds: Mapping[str, float],
) -> Evidence:
    """Match the finds with the labels and keep what figures and their tests are computed from.

    Args:
        photos: Labelled photos.
        detections: Of each photo, in its pixels, down to very low scores.
        reported: Names of our categories that the model can report.
        thresholds: By category; see `vision.evaluation.screening.visits` for what is flagged.

    Raises:
        MissingExtraError: The extra `eval` isn't installed.
    """
    return Evidence(
        photos=tuple(photo.name for photo in photos),
        scenes=tuple(scene_numbers(photos).tolist()),
        dirty=tuple(needing_visit(photos).tolist()),
        flagged=tuple(flags(judged_scores(photos, detections), thresholds).tolist()),
        categories={name: _category(name, photos, detections) for name in NAMES if name in reported},
    )


def _category(name: str, photos: Sequence[LabelledPhoto], detections: Sequence[Detections]) -> CategoryEvidence:
    matching = match(name, photos, detections)
    ranking = rank(matching)
    boxes = np.full(len(photos), -1, np.int64)
    boxes[matching.indices] = matching.boxes
    return CategoryEvidence(
        boxes=tuple(boxes.tolist()),
        photo=tuple(matching.indices[ranking.photos].tolist()),
        score=tuple(ranking.scores.tolist()),
        right=tuple((_bits() @ ranking.right).tolist()),
    )


def ranking_of(evidence: CategoryEvidence) -> Ranking:
    """Return the evidence of a category as the ranking that it was written from, over all photos of the record."""
    right = np.array(evidence.right, np.int64)
    return Ranking(
        boxes=np.maximum(np.array(evidence.boxes, np.int64), 0),
        photos=np.array(evidence.photo, np.int64),
        scores=np.array(evidence.score, np.float64),
        right=(right & _bits()[:, None]) > 0,
    )


def _bits() -> npt.NDArray[np.int64]:
    return 1 << np.arange(IOUS, dtype=np.int64)

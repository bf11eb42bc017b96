"""Why a detector fails: kinds of error, confusions, calibration, where it finds less, and the worst mistakes."""

from collections.abc import Collection, Mapping, Sequence

from vision.categories import NAMES
from vision.datasets.labels import LabelledPhoto
from vision.detections import Detections
from vision.evaluation.failures.calibration import calibration
from vision.evaluation.failures.confusion import confusion
from vision.evaluation.failures.error_breakdown import error_losses, explain
from vision.evaluation.failures.judged import judge
from vision.evaluation.failures.mistakes import worst_mistakes
from vision.evaluation.failures.photo_traits import Traits
from vision.evaluation.failures.slices import slices
from vision.evaluation.record import Failures

__all__ = ["failures_of"]


def failures_of(
    photos: Sequence[LabelledPhoto],
    detections: Sequence[Detections],
    traits: Sequence[Traits],
    reported: Collection[str],
    thresholds: Mapping[str, float],
) -> Failures:
    """Explain what goes wrong.

    A find of a category that a photo's source doesn't annotate is neither right nor wrong, in every part.

    Args:
        photos: Labelled photos.
        detections: Of each photo, in its pixels, down to scores of 0.001.
        traits: Of each photo.
        reported: Those of our categories that the detector can report.
        thresholds: The operating point: lowest score that users see, by category; above 1 where they see none.

    Raises:
        MissingExtraError: The extra `eval` isn't installed.
    """
    judged = judge(photos, detections, reported, thresholds)
    explained = explain(judged)
    scores, right, categories = judged.finds.scores, judged.matched >= 0, judged.finds.categories
    return Failures(
        errors=error_losses(judged, explained),
        confusion=confusion(judged, thresholds),
        calibration=calibration(scores, right),
        calibration_by_category={
            name: calibration(scores[categories == i], right[categories == i])
            for i, name in enumerate(NAMES)
            if name in reported
        },
        slices=slices(judged, traits),
        mistakes=worst_mistakes(judged, explained),
    )

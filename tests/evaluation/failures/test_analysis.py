import numpy as np

from tests.evaluation.failures.test_error_breakdown import random_photos
from tests.evaluation.judging import HALF, A, B, finds, photo
from vision.categories import NAMES
from vision.evaluation.failures.analysis import failures_of
from vision.evaluation.failures.photo_traits import Traits
from vision.evaluation.record import Failures

REPORTED = ["bin", "litter"]


def test_the_parts_agree() -> None:
    photos, detections = random_photos(0)
    traits = [Traits(float(i), float(-i)) for i in range(len(photos))]
    failures = failures_of(photos, detections, traits, REPORTED, HALF)
    assert Failures.model_validate_json(failures.model_dump_json()) == failures
    assert list(failures.calibration_by_category) == REPORTED
    assert failures.calibration.finds == sum(c.finds for c in failures.calibration_by_category.values())
    counts = np.array(failures.confusion.counts)
    labels = [sum(name == n for p in photos for *_, n in p.labels) for name in NAMES]
    assert counts[:-1].sum(axis=1).tolist() == labels
    boxes = sum(labels[NAMES.index(name)] for name in REPORTED)
    for by in ("brightness", "sharpness", "box_size", "source"):
        parts = [s.found for s in failures.slices if s.by == by]
        assert sum(rate.total for rate in parts) == boxes, by
        assert sum(rate.count for rate in parts) == sum(s.found.count for s in failures.slices if s.by == "source"), by


def test_a_category_whose_threshold_is_above_1_is_never_seen() -> None:
    thresholds = {**HALF, "bin": 1.01}
    photos = [photo([("bin", A)]), photo([])]
    failures = failures_of(photos, [finds(("bin", 1, A)), finds(("bin", 1, B))], [Traits(1, 1)] * 2, NAMES, thresholds)
    assert failures.errors["background"].count == 1  # average precision knows no thresholds
    assert [m.kind for m in failures.mistakes] == ["missed"]
    assert failures.slices[0].found.rate == 0
    assert np.array(failures.confusion.counts).sum() == 1


def test_no_photos() -> None:
    failures = failures_of([], [], [], NAMES, HALF)
    assert (failures.slices, failures.mistakes, failures.calibration.ece) == ((), (), None)

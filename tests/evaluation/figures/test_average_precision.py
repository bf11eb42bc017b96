import pytest

from tests.datasets.photos import labelled
from vision.categories import NAMES
from vision.detections import Detections
from vision.evaluation.figures.average_precision import CategoryScore, average_precision

BIN, LITTER = NAMES.index("bin"), NAMES.index("litter")


def score_of(name: str, scores: list[CategoryScore]) -> CategoryScore:
    return next(score for score in scores if score.category == name)


def test_perfect_and_absent() -> None:
    photos = [labelled([[10, 10, 50, 50]], [BIN], {"bin", "litter"}) for _ in range(3)]
    found = [Detections.of([[10, 10, 50, 50]], [0.9], [BIN]) for _ in photos]
    scores = average_precision(photos, found)
    perfect = score_of("bin", scores)
    assert (perfect.photos, perfect.boxes) == (3, 3)
    assert (perfect.ap50, perfect.ap50_95, perfect.best_f1) == pytest.approx((1, 1, 1))
    assert perfect.best_f1_score == pytest.approx(0.9)
    assert score_of("litter", scores) == CategoryScore("litter", 3, 0)
    assert score_of("graffiti", scores) == CategoryScore("graffiti", 0, 0)


def test_a_loose_box_counts_for_ap50_only() -> None:
    photos = [labelled([[0, 0, 100, 100]], [BIN], {"bin"})]
    loose = [Detections.of([[0, 0, 100, 72]], [0.9], [BIN])]  # IoU 0.72: thresholds 0.50 to 0.70 of the ten
    score = score_of("bin", average_precision(photos, loose))
    assert score.ap50 == pytest.approx(1)
    assert score.ap50_95 == pytest.approx(0.5)


def test_a_category_counts_only_where_its_source_labels_it() -> None:
    photos = [labelled([[0, 0, 50, 50]], [BIN], {"bin"}), labelled([], [], {"litter"})]
    elsewhere = Detections.of([[0, 0, 50, 50]], [0.95], [BIN])
    found = [Detections.of([[0, 0, 50, 50]], [0.9], [BIN]), elsewhere]
    assert score_of("bin", average_precision(photos, found)).ap50 == pytest.approx(1)
    photos[1] = labelled([], [], {"litter", "bin"})
    assert score_of("bin", average_precision(photos, found)).ap50 == pytest.approx(0.5, abs=0.01)


def test_the_best_threshold_separates_right_from_wrong() -> None:
    photos = [labelled([[0, 0, 50, 50]], [LITTER], {"litter"}) for _ in range(20)]
    right = [Detections.of([[0, 0, 50, 50], [60, 60, 90, 90]], [0.6, 0.3], [LITTER, LITTER]) for _ in photos]
    score = score_of("litter", average_precision(photos, right))
    assert score.best_f1 == pytest.approx(1)
    assert score.best_f1_score == pytest.approx(0.6)


def test_nothing_found_is_zero() -> None:
    photos = [labelled([[0, 0, 50, 50]], [BIN], {"bin"})]
    assert score_of("bin", average_precision(photos, [Detections.empty()])).ap50 == 0

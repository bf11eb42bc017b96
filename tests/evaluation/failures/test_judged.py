import numpy as np
import pytest

from tests.evaluation.judging import A_LOOSE, A_TIGHT, HALF, A, B, C, Find, finds, judged, photo
from vision.categories import NAMES
from vision.detections import Detections
from vision.evaluation.failures.judged import judge


def test_finds_and_labels_keep_the_order_of_the_photos() -> None:
    photos = [photo([("bin", A)]), photo([]), photo([("litter", A), ("bin", B)])]
    detections = [finds(("bin", 0.9, A)), finds(("bin", 0.8, A)), finds(("bin", 0.3, B), ("litter", 0.6, A_TIGHT))]
    result = judge(photos, detections, NAMES, HALF)
    assert result.label_photo.tolist() == [0, 2, 2]
    assert result.find_photo.tolist() == [0, 1, 2, 2]
    assert result.seen.tolist() == [True, True, False, True]
    assert result.matched.tolist() == [0, -1, 2, 1]
    by_photo = [(d.stop - d.start, labels.stop - labels.start, iou.tolist()) for d, labels, iou in result.by_photo()]
    assert by_photo[0] == (1, 1, [[1]])
    assert by_photo[1] == (1, 0, [[]])
    assert np.array(by_photo[2][2]) == pytest.approx(np.array([[0, 1], [0.8, 0]]))


@pytest.mark.parametrize(
    ("found", "matched"),
    [
        pytest.param([("bin", 0.5, A), ("bin", 0.75, A_TIGHT)], {0.75: 0, 0.5: -1}, id="the better score takes it"),
        pytest.param([("bin", 0.75, A_LOOSE)], {0.75: -1}, id="a loose box is no match"),
        pytest.param([("litter", 0.75, A)], {0.75: -1}, id="another category is no match"),
        pytest.param([("bin", 0.75, B), ("bin", 0.5, A)], {0.75: 1, 0.5: 0}, id="each its own"),
    ],
)
def test_matches_are_cocos(found: list[Find], matched: dict[float, int]) -> None:
    result = judged([("bin", A), ("bin", B)], found)
    assert dict(zip(result.finds.scores.tolist(), result.matched.tolist(), strict=True)) == matched


def test_what_the_source_does_not_label_or_the_detector_cannot_report_is_left_out() -> None:
    labels = [("bin", A), ("litter", B), ("graffiti", C)]  # a graffiti label, though the source doesn't label graffiti
    found = [("bin", 0.9, A), ("graffiti", 0.9, C), ("litter", 0.9, B)]
    result = judged(labels, found, annotated="bin litter", reported=("bin", "graffiti"))
    assert [name for *_, name in result.labels] == ["bin", "litter"]
    assert result.reportable.tolist() == [True, False]
    assert [name for *_, name in result.finds] == ["bin"]


def test_names_of_another_order_become_ours() -> None:
    names = ("dog", "litter", "bin")
    found = Detections.of([A, A, B], [0.9, 0.8, 0.7], [0, 2, 1], names)
    result = judge([photo([("bin", A), ("litter", B)])], [found], NAMES, HALF)
    assert [(name, int(label)) for (*_, name), label in zip(result.finds, result.matched, strict=True)] == [
        ("bin", 0),
        ("litter", 1),
    ]


def test_the_100_best_of_a_category_and_photo_count() -> None:
    found = [("bin", i / 200, B) for i in range(150)] + [("litter", 0.001, A)]
    result = judged([("litter", A)], found)
    bins = result.finds.scores[result.finds.categories == NAMES.index("bin")]
    assert sorted(bins.tolist()) == pytest.approx([i / 200 for i in range(50, 150)])
    assert len(result.finds) == 101


@pytest.mark.parametrize(
    ("threshold", "seen"),
    [
        pytest.param({"bin": 0.3}, True, id="the threshold itself is reached, in float32"),
        pytest.param({"bin": 0.31}, False, id="below it"),
        pytest.param({"bin": 1.01}, False, id="never reported"),
        pytest.param({}, False, id="no threshold"),
    ],
)
def test_seen(threshold: dict[str, float], seen: bool) -> None:
    assert judged([("bin", A)], [("bin", 0.3, A)], thresholds=threshold).seen.tolist() == [seen]


def test_nothing_at_all() -> None:
    result = judge([], [], NAMES, HALF)
    assert (len(result.labels), len(result.finds), len(result.matched)) == (0, 0, 0)

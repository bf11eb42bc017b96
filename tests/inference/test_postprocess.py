import numpy as np
import numpy.typing as npt
import pytest

from vision.detections import Detections
from vision.inference.postprocess import MAX_DETECTIONS, decode
from vision.inference.preprocess import Letterbox

NAMES = ("a", "b")
WHOLE = Letterbox(0, 0, 100, 100)


def raw(*anchors: tuple[float, float, float, float, float, float]) -> npt.NDArray[np.float32]:
    """Anchors of centre x, centre y, width, height, score of a, score of b as a model gives them."""
    return np.array(anchors, np.float32).T


def decoded(output: npt.NDArray[np.float32], iou: float = 0.5, end_to_end: bool = False) -> Detections:
    thresholds = np.array([0.3, 0.6], np.float32)
    return decode(output, WHOLE, (200, 100), NAMES, thresholds, iou, end_to_end)


def test_each_category_has_its_threshold_and_boxes_are_in_photo_pixels() -> None:
    found = decoded(raw((50, 50, 20, 10, 0.4, 0.5), (20, 20, 10, 10, 0.2, 0.7)))
    assert [(name, round(score, 2)) for _, score, name in found] == [("b", 0.7), ("a", 0.4)]
    assert found.boxes.tolist() == [[30, 15, 50, 25], [80, 45, 120, 55]]  # the photo is twice as wide as the input


def test_suppression_is_within_a_category() -> None:
    same = (50, 50, 40, 40)
    found = decoded(raw((*same, 0.9, 0.0), (52, 50, 40, 40, 0.8, 0.0), (*same, 0.0, 0.95)))
    assert [(name, round(score, 2)) for _, score, name in found] == [("b", 0.95), ("a", 0.9)]


def test_overlap_decides_what_is_suppressed() -> None:
    anchors = raw((50, 50, 40, 40, 0.9, 0), (60, 50, 40, 40, 0.8, 0))  # IoU 0.6
    assert len(decoded(anchors, iou=0.65)) == 2
    assert len(decoded(anchors, iou=0.55)) == 1


def test_end_to_end_output_is_taken_as_it_is() -> None:
    output = np.array([[10, 10, 20, 20, 0.5, 1], [10, 10, 20, 20, 0.4, 0], [10, 10, 20, 20, 0.7, 1]], np.float32)
    found = decoded(output, end_to_end=True)
    assert [(name, round(score, 2)) for _, score, name in found] == [("b", 0.7), ("a", 0.4)]
    assert found.boxes[0].tolist() == [20, 10, 40, 20]


@pytest.mark.parametrize("end_to_end", [False, True])
def test_nothing_found(end_to_end: bool) -> None:
    output = np.zeros((5, 6) if end_to_end else (6, 5), np.float32)
    found = decoded(output, end_to_end=end_to_end)
    assert len(found) == 0
    assert found.boxes.shape == (0, 4)


def test_boxes_outside_the_photo_are_dropped_and_the_number_is_bounded() -> None:
    assert len(decoded(raw((-50, 50, 20, 20, 0.9, 0)))) == 0
    grid = [(x, y, 2.0, 2.0, 0.9, 0.0) for x in range(2, 98, 3) for y in range(2, 98, 3)]
    assert len(decoded(raw(*grid))) == MAX_DETECTIONS

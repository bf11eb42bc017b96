import doctest
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import vision.inference.detector
from vision.datasets.scenes import SceneKind, draw_scene
from vision.errors import PhotoError
from vision.images import NDArrayImage
from vision.inference.detector import Detector


@pytest.fixture(scope="module")
def scene() -> NDArrayImage:
    return draw_scene(seed=1, kind=SceneKind.OVERFLOWING_BINS, size=(640, 480))[0]


def test_the_docstrings_example() -> None:
    outcome = doctest.testmod(vision.inference.detector)
    assert outcome.attempted >= 4
    assert outcome.failed == 0


def test_every_way_to_give_a_photo_finds_the_same(
    detector: Detector, scene: NDArrayImage, encode: Callable[..., bytes], tmp_path: Path
) -> None:
    data = encode(scene, "PNG")
    path = tmp_path / "scene.png"
    path.write_bytes(data)
    expected = detector.detect(scene)
    alone = [detector.detect(str(path)), detector.detect(path), detector.detect(data)]
    listed = detector.detect([scene, str(path)])
    streamed = detector.detect(iter([scene, data]))
    assert isinstance(listed, list)
    for found in [*alone, *listed, *streamed]:
        assert np.allclose(found.boxes, expected.boxes, atol=0.1)
        assert np.allclose(found.scores, expected.scores, atol=1e-4)


def test_boxes_lie_in_the_photo_and_scores_reach_the_thresholds(scene: NDArrayImage) -> None:
    found = Detector(thresholds=0.001).detect(scene)
    assert len(found) > 0
    assert (found.boxes >= 0).all()
    assert (found.boxes[:, 2:] <= (640, 480)).all()
    assert (found.scores >= 0.001).all()
    assert (np.diff(found.scores) <= 0).all()


def test_an_iterator_is_streamed(detector: Detector, scene: NDArrayImage) -> None:
    drawn = 0

    def endless() -> Iterator[NDArrayImage]:
        nonlocal drawn
        while True:
            drawn += 1
            yield scene

    results = detector.detect(endless())
    next(results)
    assert drawn <= 16


def test_no_photos(detector: Detector) -> None:
    assert detector.detect([]) == []


@pytest.mark.parametrize(
    "array", [np.zeros((10, 10), np.uint8), np.zeros((10, 10, 3), np.float32), np.zeros((0, 10, 3), np.uint8)]
)
def test_arrays_of_another_kind(detector: Detector, array: NDArrayImage) -> None:
    with pytest.raises(PhotoError, match="uint8 array"):
        detector.detect(array)

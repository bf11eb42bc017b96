from pathlib import Path

import numpy as np
import pytest

from tests.inference.tiny import write_classifier, write_model
from vision.errors import ModelError
from vision.inference.detector import Detector, PhotoLike
from vision.inference.model import load_model
from vision.inference.published import default_model

PLAIN = np.array([[32, 32, 20, 10, 0.9, 0.0], [8, 8, 4, 4, 0.0, 0.8]], np.float32).T  # (4 + 2, 2 anchors)


def test_an_ordinary_export_runs_with_its_own_names(tmp_path: Path) -> None:
    detector = Detector(write_model(tmp_path / "other.onnx", PLAIN, ("cat", "dog")))
    found = detector.detect(np.zeros((64, 64, 3), np.uint8))
    assert [name for _, _, name in found] == ["cat"]  # dog's score is the black image's mean
    assert found.boxes.tolist() == [[22, 27, 42, 37]]
    assert detector.model.name == "other"
    assert detector.thresholds == {"cat": 0.25, "dog": 0.25}


def test_the_files_own_thresholds_and_name_count(tmp_path: Path) -> None:
    metadata: dict[str, object] = {"name": "mine", "thresholds": {"bin": 0.95}}
    detector = Detector(write_model(tmp_path / "m.onnx", PLAIN, ("bin", "litter"), metadata=metadata))
    assert detector.model.name == "mine"
    assert detector.thresholds == {"bin": 0.95, "litter": 0.25}
    white = np.full((64, 64, 3), 255, np.uint8)
    assert [name for _, _, name in detector.detect(white)] == ["litter"]


def test_end_to_end_export(tmp_path: Path) -> None:
    output = np.array([[10, 10, 20, 20, 0.9, 1], [0, 0, 0, 0, 0, 0]], np.float32)
    detector = Detector(write_model(tmp_path / "e.onnx", output, ("bin", "litter")))
    assert detector.model.end_to_end
    assert [name for _, _, name in detector.detect(np.zeros((64, 64, 3), np.uint8))] == ["litter"]


@pytest.mark.parametrize("batch", [None, 1])
def test_fixed_and_free_batches_agree(tmp_path: Path, batch: int | None) -> None:
    detector = Detector(write_model(tmp_path / "m.onnx", PLAIN, ("bin", "litter"), batch=batch), thresholds=0)
    images: list[PhotoLike] = [np.full((64, 64, 3), value, np.uint8) for value in (51, 102, 204)]
    scores = [found.scores[found.categories == 1].max() for found in detector.detect(images)]
    assert scores == pytest.approx([0.2, 0.4, 0.8], abs=1e-4)


def test_a_batch_of_another_size_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="batches of 4; export it with batch 1"):
        Detector(write_model(tmp_path / "m.onnx", PLAIN, ("bin", "litter"), batch=4), device="cpu")


def test_pixels_as_they_are(tmp_path: Path) -> None:
    """Scaling and order of the axes may be inside the graph, and the input's size free."""
    floats = Detector(write_model(tmp_path / "f.onnx", PLAIN, ("bin", "litter")), thresholds=0)
    path = write_model(tmp_path / "p.onnx", PLAIN, ("bin", "litter"), pixels=True, metadata={"input_size": 64})
    pixels = Detector(path, thresholds=0)
    assert (floats.model.takes_pixels, floats.model.has_free_size) == (False, False)
    assert (pixels.model.takes_pixels, pixels.model.has_free_size) == (True, True)
    assert pixels.model.input_size == (64, 64)
    image = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    np.testing.assert_allclose(pixels.detect(image).scores, floats.detect(image).scores, atol=1e-5)
    wide = np.full((36, 64, 3), 128, np.uint8)
    assert [v.canvas.shape for v in pixels.prepare(pixels.read(wide))] == [(64, 64, 3)]
    assert pixels.detect(wide).boxes.max() <= 64


def test_the_published_model_explains_itself(detector: Detector) -> None:
    model = detector.model
    assert model.name == default_model().stem
    assert set(model.metadata["thresholds"]) == set(model.names)
    assert {"data_sha256", "licence", "trained", "input_size"} <= set(model.metadata)
    assert b"/home/" not in default_model().read_bytes()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(lambda path: None, "No such file", id="missing"),
        pytest.param(lambda path: path.write_bytes(b"no model"), "can't load", id="no onnx"),
        pytest.param(lambda path: path.write_bytes(b""), "can't load", id="empty"),
        pytest.param(lambda path: write_model(path, PLAIN, None), "there are none; export", id="no metadata"),
        pytest.param(write_classifier, "expected a detector", id="a classifier"),
    ],
)
def test_files_that_are_no_detector(tmp_path: Path, make: object, message: str) -> None:
    path = tmp_path / "m.onnx"
    assert callable(make)
    make(path)
    with pytest.raises(ModelError, match=message) as caught:
        load_model(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("thresholds", [{"unicorn": 0.5}, {"bin": 1.5}, -0.1])
def test_wrong_thresholds(thresholds: float | dict[str, float]) -> None:
    with pytest.raises(ModelError, match="threshold"):
        Detector(thresholds=thresholds)

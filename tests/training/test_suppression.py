from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from vision.inference.detector import DEFAULT_IOU
from vision.inference.postprocess import MAX_DETECTIONS, decode
from vision.inference.preprocess import Letterbox
from vision.training.suppression import LOWEST_SCORE, add_suppression

NAMES = ("a", "b", "c")
PLACE = Letterbox(0, 0, 64, 64)


def passing(path: Path, anchors: int) -> Path:
    """A graph that hands its input (b, 4 + 3, anchors) on."""
    tensors = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", 4 + len(NAMES), anchors])
        for name in ("raw_in", "raw")
    ]
    graph = helper.make_graph([helper.make_node("Identity", ["raw_in"], ["raw"])], "g", tensors[:1], tensors[1:])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))
    return path


def crowd(seed: int, anchors: int, images: int) -> npt.NDArray[np.float32]:
    """Boxes on a few spots, so that many overlap; scores without ties."""
    random = np.random.default_rng(seed)
    centre = random.choice([15.0, 30.0, 50.0], (images, 2, anchors)) + random.uniform(-2, 2, (images, 2, anchors))
    size = random.uniform(8, 14, (images, 2, anchors))
    scores = random.permutation(images * 3 * anchors).reshape(images, 3, anchors) / (images * 3 * anchors)
    return np.concatenate([centre, size, scores], axis=1).astype(np.float32)


@pytest.mark.parametrize(("anchors", "images"), [(400, 1), (400, 3), (100, 2)])
def test_the_graph_suppresses_as_the_runtime_does(tmp_path: Path, anchors: int, images: int) -> None:
    path = passing(tmp_path / "m.onnx", anchors)
    raw = crowd(anchors + images, anchors, images)
    add_suppression(path, DEFAULT_IOU)
    session = onnxruntime.InferenceSession(path.read_bytes())
    found = session.run(None, {"raw_in": raw})[0]
    assert found.shape == (images, MAX_DETECTIONS, 6)
    thresholds = np.full(3, LOWEST_SCORE, np.float32)
    for plain, suppressed in zip(raw, found, strict=True):
        arguments = (PLACE, (64, 64), NAMES, thresholds)
        expected = decode(plain, *arguments, DEFAULT_IOU, end_to_end=False)
        got = decode(suppressed, *arguments, DEFAULT_IOU, end_to_end=True)
        assert len(expected) > 0
        assert [(name, round(float(score), 5)) for _, score, name in got] == [
            (name, round(float(score), 5)) for _, score, name in expected
        ]
        np.testing.assert_allclose(got.boxes, expected.boxes, atol=1e-3)


def test_nothing_found_gives_empty_rows(tmp_path: Path) -> None:
    path = passing(tmp_path / "m.onnx", 100)
    add_suppression(path, DEFAULT_IOU)
    raw = crowd(0, 100, 2)
    raw[:, 4:] = 0
    assert not onnxruntime.InferenceSession(path.read_bytes()).run(None, {"raw_in": raw})[0][..., 4].any()

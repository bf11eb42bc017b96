from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from vision.datasets.scenes import SceneKind, draw_scene
from vision.images import Photo, read_photo_file
from vision.inference.preprocess import letterbox
from vision.training.pixel_input import take_pixels
from vision.training.precision import to_fp16, to_int8


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two convolutions: a trunk, module 0, and a head, module 1, named as Ultralytics names them."""
    random = np.random.default_rng(0)
    weights = {
        "w0": random.normal(size=(8, 3, 3, 3)).astype(np.float32) * 0.3,
        "w1": random.normal(size=(6, 8, 1, 1)).astype(np.float32) * 0.3,
    }
    nodes = [
        helper.make_node("Conv", ["images", "w0"], ["a"], name="/model.0/conv/Conv", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["a"], ["b"], name="/model.0/act/Relu"),
        helper.make_node("Conv", ["b", "w1"], ["c"], name="/model.1/conv/Conv"),
        helper.make_node("Reshape", ["c", "shape"], ["output0"], name="/model.1/Reshape"),
    ]
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, ["batch", 3, 32, 32])
    output = helper.make_tensor_value_info("output0", TensorProto.FLOAT, ["batch", 6, 1024])
    constants = [numpy_helper.from_array(value, name) for name, value in weights.items()]
    constants.append(numpy_helper.from_array(np.array([0, 6, -1], np.int64), "shape"))
    graph = helper.make_graph(nodes, "g", [images], [output], constants)
    path = tmp_path_factory.mktemp("model") / "m.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))
    return path


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("photos")
    for i, kind in enumerate(SceneKind):
        Image.fromarray(draw_scene(i, kind, (96, 72))[0]).save(folder / f"{i}.png")
    return sorted(folder.iterdir())


def answer(path: Path, photo: Path) -> npt.NDArray[np.float32]:
    canvas = letterbox(np.asarray(Image.open(photo)), (32, 32))[0]
    batch = canvas.transpose(2, 0, 1)[None].astype(np.float32) / 255
    return np.asarray(onnxruntime.InferenceSession(path.read_bytes()).run(None, {"images": batch})[0])


def test_half_precision_answers_almost_the_same(model: Path, photos: list[Path], tmp_path: Path) -> None:
    to_fp16(model, tmp_path / "half.onnx")
    half, full = answer(tmp_path / "half.onnx", photos[0]), answer(model, photos[0])
    assert half.dtype == np.float32
    assert 0 < np.abs(half - full).max() < 0.01
    kinds = {tensor.data_type for tensor in onnx.load(str(tmp_path / "half.onnx")).graph.initializer}
    assert TensorProto.FLOAT16 in kinds
    assert TensorProto.FLOAT not in kinds


def test_int8_quantizes_the_trunk_and_leaves_the_head(model: Path, photos: list[Path], tmp_path: Path) -> None:
    to_int8(model, photos, 32, tmp_path / "int8.onnx")
    quantized, full = answer(tmp_path / "int8.onnx", photos[0]), answer(model, photos[0])
    assert 0 < np.abs(quantized - full).mean() < 0.05 * np.abs(full).mean()
    graph = onnx.load(str(tmp_path / "int8.onnx")).graph
    weights = {tensor.name: tensor.data_type for tensor in graph.initializer}
    assert weights["w0_quantized"] == TensorProto.INT8
    assert weights["w1"] == TensorProto.FLOAT


def test_int8_ranges_come_from_the_photos(model: Path, photos: list[Path], tmp_path: Path) -> None:
    black = tmp_path / "black.png"
    Image.new("RGB", (64, 64)).save(black)
    to_int8(model, [black], 32, tmp_path / "black.onnx")
    to_int8(model, photos, 32, tmp_path / "streets.onnx")
    full = answer(model, photos[0])
    errors = [np.abs(answer(tmp_path / f"{name}.onnx", photos[0]) - full).max() for name in ("black", "streets")]
    assert errors[0] > 2 * errors[1]


@pytest.mark.parametrize(("count", "used"), [(7, 7), (20, 20), (47, 40), (450, 200)])
def test_int8_looks_at_photos_evenly_in_whole_portions(
    model: Path, photos: list[Path], tmp_path: Path, count: int, used: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[Path] = []

    def read(path: Path) -> Photo:
        looked_at.append(path)
        return read_photo_file(path)

    monkeypatch.setattr("vision.training.precision.read_photo_file", read)
    many = [tmp_path / f"{i:03}.png" for i in range(count)]
    for path in many:
        path.write_bytes(photos[0].read_bytes())
    to_int8(model, many, 32, tmp_path / "int8.onnx")
    assert len(looked_at) == len(set(looked_at)) == used
    assert max(looked_at) >= many[count * 17 // 20 if used != count else -1]
    assert max(looked_at[:20]) >= many[count * 3 // 4 if used != count else -1]  # the first portion, too


@pytest.mark.parametrize("precision", ["fp32", "fp16", "int8"])
def test_pixels_give_what_floats_gave(model: Path, photos: list[Path], tmp_path: Path, precision: str) -> None:
    start, out = model, tmp_path / "pixels.onnx"
    if precision == "fp16":
        to_fp16(model, start := tmp_path / "start.onnx")
    elif precision == "int8":
        to_int8(model, photos, 32, start := tmp_path / "start.onnx")
    take_pixels(start, out)
    session = onnxruntime.InferenceSession(out.read_bytes())
    given = session.get_inputs()[0]
    assert (given.type, given.shape[1:]) == ("tensor(uint8)", [32, 32, 3])
    canvas = letterbox(read_photo_file(photos[0]).pixels, (32, 32))[0]
    got, expected = session.run(None, {given.name: canvas[None]})[0], answer(start, photos[0])
    # A calibrated scale of the input is a little off 1/255; the exact one takes its place.
    assert np.abs(got - expected).max() < {"fp32": 1e-5, "fp16": 1e-3, "int8": 0.02}[precision] * np.abs(expected).max()


def test_a_quantized_network_takes_the_bytes_as_they_are(model: Path, photos: list[Path], tmp_path: Path) -> None:
    to_int8(model, photos, 32, tmp_path / "int8.onnx")
    take_pixels(tmp_path / "int8.onnx", tmp_path / "pixels.onnx")
    nodes = onnx.load(str(tmp_path / "pixels.onnx")).graph.node
    first = {name for node in nodes[:2] for name in node.output}
    assert [node.op_type for node in nodes[:2]] == ["Transpose", "DequantizeLinear"]
    assert [node.op_type for node in nodes if first & set(node.input)][-1] == "Conv"  # nothing is quantized again

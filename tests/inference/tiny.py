"""Small real ONNX models whose output is known beforehand."""

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper

from vision.inference.model import METADATA_KEY


def write_model(
    path: Path,
    output: npt.NDArray[np.float32],
    names: tuple[str, ...] | None,
    batch: int | None = None,
    size: int = 64,
    metadata: dict[str, object] | None = None,
    pixels: bool = False,
) -> Path:
    """Write a detector of (b, 3, size, size) that answers `output` (rows, columns) for every image.

    The answer's last value is replaced by the input's mean, so that the input has to be right as well. With `pixels` it
    takes (b, h, w, 3) uint8 of any height and width instead.
    """
    known = output.astype(np.float32).reshape(1, *output.shape)
    masked = np.ones_like(known)
    masked[0, -1, -1] = 0
    constants = {"known": known * masked, "place": 1 - masked}
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["mean"], axes=[1, 2, 3], keepdims=1),
        helper.make_node("Squeeze", ["mean", "first"], ["mean3"]),
        helper.make_node("Mul", ["mean3", "place"], ["placed"]),
        helper.make_node("Add", ["placed", "known"], ["output0"]),
    ]
    if pixels:
        constants["full"] = np.array(255)
        scaled = [helper.make_node("Cast", ["pixels"], ["floats"], to=1)]
        nodes = [*scaled, helper.make_node("Div", ["floats", "full"], ["images"]), *nodes]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [
            helper.make_tensor_value_info("pixels", TensorProto.UINT8, [batch or "batch", "height", "width", 3])
            if pixels
            else helper.make_tensor_value_info("images", TensorProto.FLOAT, [batch or "batch", 3, size, size])
        ],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, [batch or "batch", *output.shape])],
        [onnx.numpy_helper.from_array(value.astype(np.float32), name) for name, value in constants.items()]
        + [onnx.numpy_helper.from_array(np.array([3], np.int64), "first")],
    )
    return _saved(path, graph, names, metadata)


def write_classifier(path: Path) -> Path:
    """Write a model whose output is no detector's, with names."""
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, ["batch", 3, 64, 64])
    scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 3])
    nodes = [helper.make_node("ReduceMean", ["images"], ["scores"], axes=[2, 3], keepdims=0)]
    return _saved(path, helper.make_graph(nodes, "classifier", [images], [scores]), ("cat", "dog", "cow"), None)


def _saved(
    path: Path, graph: onnx.GraphProto, names: tuple[str, ...] | None, metadata: dict[str, object] | None
) -> Path:
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    properties = {} if names is None else {"names": str(dict(enumerate(names)))}
    if metadata is not None:
        properties[METADATA_KEY] = json.dumps(metadata)
    helper.set_model_props(model, properties)
    onnx.save(model, str(path))
    return path

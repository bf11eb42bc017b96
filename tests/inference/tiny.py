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
) -> Path:
    """Write a detector of (b, 3, size, size) that answers `output` (rows, columns) for every image.

    The answer's last value is replaced by the input's mean, so that the input has to be right as well.
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
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [batch or "batch", 3, size, size])],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, [batch or "batch", *output.shape])],
        [onnx.numpy_helper.from_array(value.astype(np.float32), name) for name, value in constants.items()]
        + [onnx.numpy_helper.from_array(np.array([3], np.int64), "first")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    properties = {} if names is None else {"names": str(dict(enumerate(names)))}
    if metadata is not None:
        properties[METADATA_KEY] = json.dumps(metadata)
    helper.set_model_props(model, properties)
    onnx.save(model, str(path))
    return path

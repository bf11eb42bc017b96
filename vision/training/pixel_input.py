"""Give a model pixels as they are: (b, h, w, 3) uint8 RGB, scaled and turned to planes inside the graph."""

from pathlib import Path

import numpy as np

from vision.errors import MissingExtraError

__all__ = ["take_pixels"]


def take_pixels(model: Path, out: Path) -> None:
    """Write `model`, which takes (b, 3, h, w) float in 0..1, as one that takes (b, h, w, 3) uint8.

    To scale by 1/255 is what dequantizing does, so that a quantized network takes the bytes as they are.

    Args:
        model: The ONNX file.
        out: The new file.
    """
    try:
        import onnx
    except ImportError as error:
        raise MissingExtraError("onnx", "train") from error
    loaded = onnx.load(str(model))
    graph = loaded.graph
    old = graph.input[0]
    batch, _, height, width = (d.dim_param or d.dim_value for d in old.type.tensor_type.shape.dim)
    planes = _without_quantization(graph, old.name)
    node, tensor = onnx.helper.make_node, onnx.numpy_helper.from_array
    graph.node.insert(0, node("Transpose", ["pixels"], ["pixels/planes"], perm=[0, 3, 1, 2]))
    graph.node.insert(1, node("DequantizeLinear", ["pixels/planes", "pixels/scale", "pixels/zero"], [planes]))
    graph.initializer.append(tensor(np.array(1 / 255, np.float32), "pixels/scale"))
    graph.initializer.append(tensor(np.array(0, np.uint8), "pixels/zero"))
    graph.input.remove(old)
    shape = [batch, height, width, 3]
    graph.input.insert(0, onnx.helper.make_tensor_value_info("pixels", onnx.TensorProto.UINT8, shape))
    onnx.checker.check_model(loaded)
    onnx.save(loaded, str(out))


def _without_quantization(graph: "onnx.GraphProto", name: str) -> str:  # type: ignore[name-defined]  # noqa: F821
    """Take the input's quantization out, if there is one, and return the tensor that the network begins with."""
    quantize = [node for node in graph.node if name in node.input and node.op_type == "QuantizeLinear"]
    if not quantize:
        return name
    (dequantize,) = (node for node in graph.node if quantize[0].output[0] in node.input)
    start: str = dequantize.output[0]
    for node in (*quantize, dequantize):
        graph.node.remove(node)
    return start

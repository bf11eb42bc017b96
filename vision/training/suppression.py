"""Put suppression into an ONNX graph, for runtimes that shall hand out finished detections."""

from pathlib import Path
from typing import Any

from vision.errors import MissingExtraError
from vision.inference.postprocess import MAX_DETECTIONS

__all__ = ["LOWEST_SCORE", "add_suppression"]

LOWEST_SCORE = 0.01  # nothing below it leaves the graph: the lowest threshold that a model states


def add_suppression(path: Path, iou: float) -> None:
    """Make a detector's plain output (b, 4 + c, n) into (b, 300, 6): x1, y1, x2, y2, score, category; in place.

    c * n must be 300 or more, which every input from 64 pixels up gives with two categories or more. Categories are
    suppressed apart and an anchor may give several, as in the runtime's own decoding. Rows without a
    detection are zero.

    Args:
        path: The ONNX file.
        iou: Of two boxes of one category that overlap more than this the weaker is dropped.
    """
    try:
        import onnx
    except ImportError as error:
        raise MissingExtraError("onnx", "train") from error
    model = onnx.load(str(path))
    raw = model.graph.output.pop()
    scores = raw.type.tensor_type.shape.dim[1].dim_value - 4
    model.graph.node.extend(_nodes(onnx.helper.make_node, raw.name))
    model.graph.initializer.extend(_constants(onnx, scores, iou))
    shape = [raw.type.tensor_type.shape.dim[0].dim_param or "batch", MAX_DETECTIONS, 6]
    model.graph.output.append(
        onnx.helper.make_tensor_value_info("suppressed/detections", onnx.TensorProto.FLOAT, shape)
    )
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def _nodes(node: Any, raw: str) -> list[Any]:
    """Return the nodes; b images, n anchors, c categories, k = 300 detections.

    What survives keeps its score in a map (b, c, n) that is zero elsewhere, whose k largest values are the answer.
    """

    def step(kind: str, inputs: str, outputs: str, **attributes: Any) -> Any:
        names = [raw if name == "raw" else f"suppressed/{name}" for name in inputs.split()]
        return node(kind, names, [f"suppressed/{name}" for name in outputs.split()], **attributes)

    return [
        step("Split", "raw parts", "columns scores", axis=1),
        step("Transpose", "columns", "boxes", perm=[0, 2, 1]),  # (b, n, 4) centre and size
        step("NonMaxSuppression", "boxes scores count iou lowest", "kept", center_point_box=1),  # (m, 3)
        step("GatherND", "scores kept", "kept_scores"),
        step("Mul", "scores nil", "empty"),
        step("ScatterND", "empty kept kept_scores", "map"),
        step("Reshape", "map rows", "flat"),  # (b, c * n)
        step("TopK", "flat count", "best where", axis=1),  # (b, k)
        step("Shape", "scores", "anchors", start=2),
        step("Div", "where anchors", "category"),
        step("Mod", "where anchors", "anchor"),
        step("Unsqueeze", "anchor last", "anchor_rows"),
        step("GatherND", "boxes anchor_rows", "chosen", batch_dims=1),  # (b, k, 4)
        step("Split", "chosen halves", "centre size", axis=2),
        step("Mul", "size half", "reach"),
        step("Sub", "centre reach", "corner"),
        step("Add", "centre reach", "far_corner"),
        step("Unsqueeze", "best last", "score_column"),
        step("Cast", "category", "category_number", to=1),
        step("Unsqueeze", "category_number last", "category_column"),
        step("Concat", "corner far_corner score_column category_column", "detections", axis=2),
    ]


def _constants(onnx: Any, scores: int, iou: float) -> list[Any]:
    whole: dict[str, list[int]] = {
        "parts": [4, scores],
        "halves": [2, 2],
        "count": [MAX_DETECTIONS],
        "rows": [0, -1],
        "last": [2],
    }
    real = {"iou": iou, "lowest": LOWEST_SCORE, "nil": 0.0, "half": 0.5}
    tensor, types = onnx.helper.make_tensor, onnx.TensorProto
    numbers = [tensor(f"suppressed/{name}", types.INT64, [len(v)], v) for name, v in whole.items()]
    return numbers + [tensor(f"suppressed/{name}", types.FLOAT, [1], [v]) for name, v in real.items()]

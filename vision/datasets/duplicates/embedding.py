"""What the published detector's backbone sees on a photo, as one vector."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from vision.errors import MissingExtraError, ModelError
from vision.images import NDArrayImage
from vision.inference.model import load_model
from vision.inference.preprocess import letterbox

if TYPE_CHECKING:
    import onnx

__all__ = ["Embedder", "NDArrayEmbedding"]

NDArrayEmbedding = npt.NDArray[np.float32]  # (d,), each level of the backbone of length 1

SIDE = 256  # pixels; a whole photo is compared, so that the detector's full size would only cost time


class Embedder:
    """Runs the part of a detector below its neck, and averages its two coarsest levels over the photo.

    Attributes:
        model_sha256: Hash of the model's file.

    Raises:
        ModelError: The file is missing, no ONNX, or isn't built like a YOLO detector.
        MissingExtraError: The package onnx isn't installed.
    """

    def __init__(self, model: Path) -> None:
        self._model = load_model(model)
        self.model_sha256 = self._model.sha256
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = 1  # photos this small gain nothing from more
        self._session = onnxruntime.InferenceSession(_backbone(model), options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name

    def embed(self, image: NDArrayImage) -> NDArrayEmbedding:
        """Return the embedding of a photo (h, w, 3)."""
        batch = self._model.batch([letterbox(image, (SIDE, SIDE))[0]])
        levels = [np.asarray(level)[0].mean(axis=(1, 2)) for level in self._session.run(None, {self._input: batch})]
        return np.concatenate([level / np.linalg.norm(level) for level in levels]).astype(np.float32)


def _backbone(path: Path) -> bytes:
    """Cut the model before its neck, for photos of any size."""
    try:
        import onnx
        import onnx.utils
    except ImportError as error:
        raise MissingExtraError("onnx", "data") from error
    try:
        model = onnx.load(path)
        sizes = [d for d in model.graph.input[0].type.tensor_type.shape.dim[1:] if d.dim_value != 3]
        sizes[0].dim_param, sizes[1].dim_param = "height", "width"
        with tempfile.TemporaryDirectory() as folder:
            whole, part = Path(folder) / "whole.onnx", Path(folder) / "part.onnx"
            onnx.save(model, whole)
            onnx.utils.extract_model(str(whole), str(part), [model.graph.input[0].name], _levels(model, path))
            return part.read_bytes()
    except (ValueError, onnx.checker.ValidationError) as error:
        raise ModelError(
            f"{path}: expected a YOLO detector in ONNX, but its backbone can't be cut out ({error})"
        ) from error


def _levels(model: "onnx.ModelProto", path: Path) -> list[str]:
    """Return the tensors of strides 16 and 32: a neck begins by enlarging the latter and joining it with the former."""
    nodes: list[Any] = list(model.graph.node)
    enlarged = next((node for node in nodes if node.op_type == "Resize"), None)
    if enlarged is not None:
        for node in nodes:
            if node.op_type == "Concat" and enlarged.output[0] in node.input and len(node.input) == 2:
                finer = next(name for name in node.input if name != enlarged.output[0])
                return [finer, enlarged.input[0]]
    raise ModelError(f"{path}: expected a YOLO detector with a neck that enlarges and joins, but found no such layers")

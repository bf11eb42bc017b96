"""An ONNX model file that explains itself: names, thresholds, and what its input and output look like."""

import ast
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from vision.errors import ModelError
from vision.inference.devices import Device, Precision
from vision.inference.sessions import NDArrayBatch, OnnxRuntimeSession, Session

__all__ = ["DEFAULT_INPUT_SIZE", "DEFAULT_THRESHOLD", "METADATA_KEY", "Model", "load_model"]

METADATA_KEY = "cleanlane"  # JSON with name, categories, thresholds, operating points, data hash, licence
DEFAULT_THRESHOLD = 0.25  # for models that state none, as Ultralytics does
DEFAULT_INPUT_SIZE = 640


@dataclass(frozen=True, eq=False)
class Model:
    """What a model file says of itself.

    Attributes:
        path: The file.
        name: Short name; the file's stem if the file states none.
        sha256: Hash of the file.
        names: Category names by index.
        thresholds: Lowest score that counts, by category name.
        operating_points: Other choices of thresholds by their name; empty for an ordinary export.
        input_size: (height, width) in pixels that photos are fitted into.
        input_shape: Dimensions of the input; a free one is a name.
        takes_pixels: Whether the input is (b, h, w, 3) uint8; else it is (b, 3, h, w) float in 0..1.
        end_to_end: Whether suppression happens inside the graph.
        metadata: What the file says of its training; empty for an ordinary export.
    """

    path: Path
    data: bytes
    name: str
    sha256: str
    names: tuple[str, ...]
    thresholds: dict[str, float]
    operating_points: dict[str, dict[str, float]]
    input_size: tuple[int, int]
    input_shape: tuple[int | str, ...]
    takes_pixels: bool
    end_to_end: bool
    metadata: dict[str, Any]

    @property
    def has_free_size(self) -> bool:
        """Whether it takes inputs of any height and width."""
        sides = self.input_shape[1:3] if self.takes_pixels else self.input_shape[2:]
        return not any(isinstance(side, int) for side in sides)

    @property
    def fixed_batch(self) -> int | None:
        """How many images each inference takes; None if any number."""
        batch = self.input_shape[0]
        return batch if isinstance(batch, int) else None

    @property
    def precision(self) -> Precision:
        """What the file's numbers are."""
        stated: Precision = self.metadata.get("precision", "fp32")
        return stated

    def batch(self, canvases: list[np.ndarray[Any, np.dtype[np.uint8]]]) -> NDArrayBatch:
        """Return (h, w, 3) RGB canvases of one size as the file takes them."""
        stacked = np.stack(canvases)
        return stacked if self.takes_pixels else stacked.transpose(0, 3, 1, 2).astype(np.float32) / np.float32(255)

    def open(
        self, device: Device, precision: Precision, batch: int | None, size: tuple[int, int], threads: int, streams: int
    ) -> Session:
        """Make it ready for inputs of one shape.

        Args:
            device: What runs it.
            precision: What to compute in; only OpenVINO takes another than the file's.
            batch: Images in each inference; None if that varies.
            size: (height, width) of the images.
            threads: Threads of one inference.
            streams: Inferences at a time.

        Raises:
            ModelError: The device doesn't start, or can't run it.
        """
        shape = (batch, *size, 3) if self.takes_pixels else (batch, 3, *size)
        if device.kind == "openvino":
            from vision.inference.openvino_session import OpenVinoSession

            return OpenVinoSession(self.path, tuple(n or -1 for n in shape), precision, threads, streams)
        dimensions = {d: n for d, n in zip(self.input_shape, shape, strict=True) if isinstance(d, str) and n}
        return OnnxRuntimeSession(self.data, device, dimensions, threads)


def load_model(path: Path) -> Model:
    """Read CleanLane's model or an ordinary Ultralytics detection export.

    Args:
        path: The .onnx file.

    Raises:
        ModelError: The file is missing, no ONNX, or no detector.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: expected an ONNX model, but it can't be read ({error.strerror})") from error
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL  # it is only looked at
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise ModelError(f"{path}: expected an ONNX model, but ONNX Runtime can't load it ({error})") from error
    return _described(path, data, session)


def _described(path: Path, data: bytes, session: onnxruntime.InferenceSession) -> Model:
    properties = session.get_modelmeta().custom_metadata_map
    names, metadata, thresholds, points = _metadata(path, properties)
    inputs, output = session.get_inputs()[0], session.get_outputs()[0]
    shape, out_shape = tuple(inputs.shape), output.shape
    takes_pixels = inputs.type == "tensor(uint8)" and len(shape) == 4 and shape[3] == 3
    if not (takes_pixels or (inputs.type == "tensor(float)" and len(shape) == 4)) or len(out_shape) != 3:
        raise ModelError(
            f"{path}: expected a detector taking float (b, 3, h, w) or uint8 (b, h, w, 3) and giving one 3-dimensional "
            f"output, got {inputs.type} {list(shape)} and {out_shape}"
        )
    sides = shape[1:3] if takes_pixels else shape[2:]
    trained_at = _trained_at(metadata, properties)
    return Model(
        path=path,
        data=data,
        name=str(metadata.get("name", path.stem)),
        sha256=hashlib.sha256(data).hexdigest(),
        names=names,
        thresholds=thresholds,
        operating_points=points,
        input_size=tuple(s if isinstance(s, int) else t for s, t in zip(sides, trained_at, strict=True)),  # type: ignore[arg-type]
        input_shape=shape,
        takes_pixels=takes_pixels,
        end_to_end=out_shape[2] == 6 and out_shape[1] != 4 + len(names),
        metadata=metadata,
    )


def _metadata(
    path: Path, properties: dict[str, str]
) -> tuple[tuple[str, ...], dict[str, Any], dict[str, float], dict[str, dict[str, float]]]:
    if "names" not in properties:
        raise ModelError(
            f"{path}: expected category names in the file's metadata, there are none; export the model with "
            "Ultralytics' own exporter or with `cleanlane export`, which write them"
        )
    try:
        names_by_index = ast.literal_eval(properties["names"])
        names = tuple(str(names_by_index[i]) for i in range(len(names_by_index)))
        metadata = json.loads(properties.get(METADATA_KEY, "{}"))
        stated = metadata.get("thresholds", {})
        thresholds = {name: float(stated.get(name, DEFAULT_THRESHOLD)) for name in names}
        points = {
            str(point): {name: float(values.get(name, thresholds[name])) for name in names}
            for point, values in metadata.get("operating_points", {}).items()
        }
    except (KeyError, ValueError, SyntaxError, TypeError, AttributeError) as error:
        raise ModelError(
            f"{path}: expected category names and thresholds in the metadata, as Ultralytics and CleanLane export "
            f"them, but reading them failed ({type(error).__name__}: {error})"
        ) from error
    return names, metadata, thresholds, points


def _trained_at(metadata: dict[str, Any], properties: dict[str, str]) -> tuple[int, int]:
    """Return height and width that photos were fitted into in training; both exporters note them."""
    if isinstance(side := metadata.get("input_size"), int):
        return side, side
    try:
        height, width = ast.literal_eval(properties.get("imgsz", ""))
        return int(height), int(width)
    except (ValueError, SyntaxError, TypeError):
        return DEFAULT_INPUT_SIZE, DEFAULT_INPUT_SIZE

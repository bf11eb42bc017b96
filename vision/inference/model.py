"""An ONNX model file that explains itself: its session, names, thresholds and input size."""

import ast
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from vision.errors import ModelError

__all__ = ["DEFAULT_INPUT_SIZE", "DEFAULT_THRESHOLD", "METADATA_KEY", "Model", "default_model", "load_model"]

METADATA_KEY = "cleanlane"  # JSON with name, categories, thresholds, operating points, data hash, licence
DEFAULT_THRESHOLD = 0.25  # for models that state none, as Ultralytics does
DEFAULT_INPUT_SIZE = 640

PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}


@dataclass(frozen=True, eq=False)
class Model:
    """A loaded model.

    Attributes:
        name: Short name; the file's stem if the file states none.
        sha256: Hash of the file.
        names: Category names by index.
        thresholds: Lowest score that counts, by category name.
        operating_points: Other choices of thresholds by their name; empty for an ordinary export.
        input_size: (height, width) in pixels.
        end_to_end: Whether suppression happens inside the graph.
        metadata: What the file says of its training; empty for an ordinary export.
        provider: ONNX Runtime execution provider that runs it.
    """

    session: onnxruntime.InferenceSession
    name: str
    sha256: str
    names: tuple[str, ...]
    thresholds: dict[str, float]
    operating_points: dict[str, dict[str, float]]
    input_size: tuple[int, int]
    end_to_end: bool
    fixed_batch: int | None
    metadata: dict[str, Any]
    provider: str

    def run(self, batch: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Run (b, 3, h, w) RGB in 0..1 and return the raw output of the model's only head."""
        name = self.session.get_inputs()[0].name
        if self.fixed_batch in (None, len(batch)):
            return np.asarray(self.session.run(None, {name: batch})[0])
        if self.fixed_batch != 1:
            raise ModelError(f"model {self.name}: exported for batches of {self.fixed_batch}; export it with batch 1")
        return np.concatenate([self.session.run(None, {name: batch[i : i + 1]})[0] for i in range(len(batch))])


def default_model() -> Path:
    """Return the published model that comes with CleanLane.

    Raises:
        ModelError: The installation holds none.
    """
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "models", package.parent / "models"):  # installed, or in a checkout
        for manifest in sorted(folder.glob("*/manifest.json")):
            return manifest.parent / str(json.loads(manifest.read_text(encoding="utf-8"))["file"])
    raise ModelError("this installation holds no published model; give one with --model FILE.onnx")


def load_model(path: Path, device: str = "cpu", threads: int = 0) -> Model:
    """Load CleanLane's model or an ordinary Ultralytics detection export.

    Args:
        path: The .onnx file.
        device: `cpu` or `cuda`; what is asked for is what runs.
        threads: Threads of one inference; 0 leaves it to ONNX Runtime.

    Raises:
        ModelError: The file is missing, no ONNX, no detector, or the device isn't available.
    """
    provider = _provider(device)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: expected an ONNX model, but it can't be read ({error.strerror})") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(data, options, providers=[provider])
    except Exception as error:
        raise ModelError(f"{path}: expected an ONNX model, but ONNX Runtime can't load it ({error})") from error
    if session.get_providers()[0] != provider:
        raise ModelError(f"device {device} was asked for, but {provider} could not start on this machine")
    return _describe(path, session, hashlib.sha256(data).hexdigest(), provider)


def _provider(device: str) -> str:
    provider = PROVIDERS.get(device)
    if provider is None:
        raise ModelError(f"device {device!r} is unknown; expected one of {', '.join(PROVIDERS)}")
    if provider not in onnxruntime.get_available_providers():
        raise ModelError(f"device {device} needs {provider}; install it with: pip install onnxruntime-gpu")
    return provider


def _describe(path: Path, session: onnxruntime.InferenceSession, sha256: str, provider: str) -> Model:
    properties = session.get_modelmeta().custom_metadata_map
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
    inputs, output = session.get_inputs()[0], session.get_outputs()[0]
    shape, out_shape = inputs.shape, output.shape
    if inputs.type != "tensor(float)" or len(shape) != 4 or len(out_shape) != 3:
        raise ModelError(
            f"{path}: expected a detector taking float (b, 3, h, w) and giving one 3-dimensional output, "
            f"got {inputs.type} {shape} and {out_shape}"
        )
    height, width = (side if isinstance(side, int) else DEFAULT_INPUT_SIZE for side in shape[2:])
    return Model(
        session=session,
        name=str(metadata.get("name", path.stem)),
        sha256=sha256,
        names=names,
        thresholds=thresholds,
        operating_points=points,
        input_size=(height, width),
        end_to_end=out_shape[2] == 6 and out_shape[1] != 4 + len(names),
        fixed_batch=shape[0] if isinstance(shape[0], int) else None,
        metadata=metadata,
        provider=provider,
    )

"""OpenVINO's side of the session interface (extra: openvino)."""

import functools
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np

from vision.errors import MissingExtraError, ModelError
from vision.inference.devices import Precision
from vision.inference.sessions import NDArrayBatch, NDArrayOutput

__all__ = ["OpenVinoSession", "has_bf16"]


class OpenVinoSession:
    """A model compiled by OpenVINO for the processor, for inputs of one shape.

    Args:
        path: The ONNX file.
        shape: Of its input, whole.
        precision: What it computes in; `bf16` needs a processor with such instructions. Unless asked for, OpenVINO
            would use them silently.
        threads: Threads of one inference.
        streams: Inferences at a time.

    Raises:
        MissingExtraError: OpenVINO isn't installed.
        ModelError: It can't compile the file.
    """

    def __init__(self, path: Path, shape: tuple[int, ...], precision: Precision, threads: int, streams: int) -> None:
        settings = {
            "INFERENCE_PRECISION_HINT": "bf16" if precision == "bf16" else "f32",
            "INFERENCE_NUM_THREADS": threads * streams,
            "NUM_STREAMS": streams,
            "ENABLE_CPU_PINNING": False,  # decoding runs on the same cores
        }
        try:
            model = _core().read_model(str(path))
            model.reshape(list(shape))
            compiled = _core().compile_model(model, "CPU", settings)
        except RuntimeError as error:
            raise ModelError(f"{path}: OpenVINO can't compile the model ({_first_line(error)})") from error
        self._requests: SimpleQueue[Any] = SimpleQueue()
        for _ in range(streams):
            self._requests.put(compiled.create_infer_request())

    def run(self, batch: NDArrayBatch) -> NDArrayOutput:
        """Return the output for a batch; see `Session`."""
        request = self._requests.get()
        try:
            request.infer({0: batch}, share_inputs=True)
            return np.array(request.get_output_tensor(0).data)
        finally:
            self._requests.put(request)


def has_bf16() -> bool:
    """Return whether the processor computes in bfloat16.

    Raises:
        MissingExtraError: OpenVINO isn't installed.
    """
    return "BF16" in _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


@functools.cache
def _core() -> Any:
    try:
        import openvino
    except ImportError as error:
        raise MissingExtraError("openvino", "openvino") from error
    return openvino.Core()


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in reversed(str(error).splitlines()) if line.strip()), "no reason given")

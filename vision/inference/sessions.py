"""The one interface behind which the backends lie, and ONNX Runtime's side of it."""

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import onnxruntime

from vision.errors import ModelError
from vision.inference.devices import DEVICES, Device

__all__ = ["NDArrayBatch", "NDArrayOutput", "OnnxRuntimeSession", "Session"]

# As the file takes it: (b, h, w, 3) uint8, or in an ordinary export (b, 3, h, w) float32.
NDArrayBatch = npt.NDArray[Any]
NDArrayOutput = npt.NDArray[np.float32]  # (b, ...) of the file's only output


class Session(Protocol):
    """A model made ready for inputs of one shape on one device; may be called from several threads."""

    def run(self, batch: NDArrayBatch) -> NDArrayOutput:
        """Return the output for a batch."""


class OnnxRuntimeSession:
    """A session of ONNX Runtime with any of its execution providers.

    Args:
        model: The file's bytes.
        device: What runs it.
        dimensions: Numbers for the file's free dimensions, by name: a graph of fixed shape is optimized further.
        threads: Threads of one inference.

    Raises:
        ModelError: The bytes are no model, or the device doesn't start.
    """

    def __init__(self, model: bytes, device: Device, dimensions: dict[str, int], threads: int) -> None:
        provider = DEVICES[device.kind].provider
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        for name, value in dimensions.items():
            options.add_free_dimension_override_by_name(name, value)
        where = {} if device.on_cpu or device.kind == "coreml" else {"device_id": str(device.index)}
        if device.kind in ("cuda", "tensorrt"):
            onnxruntime.preload_dlls()  # finds the CUDA libraries of pip's packages
        try:
            self._session = onnxruntime.InferenceSession(model, options, providers=[(provider, where)])
        except Exception as error:
            raise ModelError(f"ONNX Runtime can't load the model on {device} ({error})") from error
        if self._session.get_providers()[0] != provider:
            raise ModelError(f"device {device} was asked for, but {provider} could not start on this machine")
        self._input, self._output = self._session.get_inputs()[0].name, self._session.get_outputs()[0].name
        self._memory = ("cuda" if device.kind in ("cuda", "tensorrt") else "cpu", device.index)

    def run(self, batch: NDArrayBatch) -> NDArrayOutput:
        """Return the output for a batch; see `Session`.

        Input and output are bound to the device's own memory: each is copied once, and nothing in between.
        """
        binding = self._session.io_binding()
        value = onnxruntime.OrtValue.ortvalue_from_numpy(batch, *self._memory)
        binding.bind_ortvalue_input(self._input, value)
        binding.bind_output(self._output, *self._memory)
        self._session.run_with_iobinding(binding)
        return np.asarray(binding.copy_outputs_to_cpu()[0])

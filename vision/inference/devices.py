"""Where a model runs: the names that `--device` takes, and whether they are there."""

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal

import onnxruntime

from vision.errors import ModelError

__all__ = ["DEVICES", "Device", "Precision", "is_available", "parse_device", "require"]

Precision = Literal["fp32", "bf16", "fp16", "int8"]


@dataclass(frozen=True)
class Kind:
    """A way to run a model.

    Attributes:
        provider: ONNX Runtime's execution provider; None if it isn't ONNX Runtime.
        install: What to do where it is missing.
    """

    provider: str | None
    install: str


DEVICES = {
    "cpu": Kind("CPUExecutionProvider", "pip install onnxruntime"),
    "openvino": Kind(None, "pip install 'cleanlane[openvino]'"),
    "cuda": Kind("CUDAExecutionProvider", "pip install 'onnxruntime-gpu[cuda,cudnn]' in place of onnxruntime"),
    "tensorrt": Kind("TensorrtExecutionProvider", "pip install onnxruntime-gpu in place of onnxruntime, and TensorRT"),
    "directml": Kind("DmlExecutionProvider", "pip install onnxruntime-directml in place of onnxruntime (Windows)"),
    "coreml": Kind("CoreMLExecutionProvider", "pip install onnxruntime on a Mac"),
}
ON_CPU = ("cpu", "openvino")


@dataclass(frozen=True)
class Device:
    """A kind of device and its number.

    Attributes:
        kind: One of `DEVICES`.
        index: Which GPU.
    """

    kind: str
    index: int = 0

    def __str__(self) -> str:
        return self.kind if self.kind in ON_CPU or self.kind == "coreml" else f"{self.kind}:{self.index}"

    @property
    def on_cpu(self) -> bool:
        """Whether it computes on the processor's cores."""
        return self.kind in ON_CPU


def parse_device(text: str) -> Device:
    """Read `cpu`, `openvino`, `cuda`, `cuda:1` and so on.

    Raises:
        ModelError: There is no such device.
    """
    kind, _, index = text.partition(":")
    if kind not in DEVICES or (":" in text and not index.isdecimal()):
        raise ModelError(f"device {text!r} is unknown; expected auto, {', '.join(DEVICES)}, or for example cuda:1")
    return Device(kind, int(index or 0))


def is_available(device: Device) -> bool:
    """Return whether the runtime for it is installed; whether the hardware is there shows when it starts."""
    provider = DEVICES[device.kind].provider
    if provider is None:
        return find_spec("openvino") is not None
    return provider in onnxruntime.get_available_providers()


def require(device: Device) -> None:
    """Refuse a device whose runtime isn't installed.

    Raises:
        ModelError: Says what to install.
    """
    if not is_available(device):
        kind = DEVICES[device.kind]
        raise ModelError(f"device {device} needs {kind.provider or 'OpenVINO'}, which is missing: {kind.install}")

"""What `auto` means: the fastest of the backends and precisions that are here and lose next to nothing."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vision.errors import ModelError
from vision.inference.devices import DEVICES, Device, Precision, is_available, parse_device, require
from vision.inference.model import load_model
from vision.inference.openvino_session import has_bf16
from vision.inference.published import ModelFile, files_of
from vision.inference.runner import Runner

__all__ = ["AUTO", "MAX_LOSS", "Choice", "candidates_of", "choose"]

AUTO = "auto"
MAX_LOSS = 0.005  # of mean AP50 on `val`
GPUS = (Device("cuda"), Device("directml"))  # TensorRT takes minutes to start, CoreML hasn't been tried: only if asked
RUNS = 2  # timed, after a first one


@dataclass(frozen=True, eq=False)
class Choice:
    """What runs.

    Attributes:
        runner: The model on its device, ready.
        why: A few words for people.
    """

    runner: Runner
    why: str

    @property
    def device(self) -> Device:
        """Where it runs."""
        return self.runner.device

    @property
    def precision(self) -> Precision:
        """What it computes in."""
        return self.runner.precision


@dataclass(frozen=True)
class _Candidate:
    file: ModelFile
    device: Device
    precision: Precision

    @property
    def loss(self) -> float | None:
        return self.file.losses.get(("openvino" if self.device.kind == "openvino" else "onnxruntime", self.precision))

    def __str__(self) -> str:
        return f"{self.device} {self.precision}"


def choose(
    model: Path | None, device: str = AUTO, precision: str = AUTO, *, threads: int = 1, streams: int = 1
) -> Choice:
    """Find what runs a model, timing the candidates against each other where there are several.

    Args:
        model: As for `files_of`.
        device: `auto`, or what `parse_device` reads.
        precision: `auto` allows whatever loses at most `MAX_LOSS`; else the one asked for, whatever it loses.
        threads: Threads of one inference.
        streams: Inferences at a time.

    Raises:
        ModelError: The model, the device or the precision isn't there; the message says what to do.
    """
    files = files_of(model)
    if device == AUTO:
        for gpu in filter(is_available, GPUS):
            try:
                if candidates := _candidates(files, gpu, precision):
                    return _chosen(candidates, threads, streams)
            except ModelError:  # the runtime is installed, the GPU or its driver isn't there
                continue
        here = [Device("cpu"), *filter(is_available, [Device("openvino")])]
        candidates = [c for d in here for c in _candidates(files, d, precision)]
    else:
        asked = parse_device(device)
        require(asked)
        candidates = _candidates(files, asked, precision)
    if not candidates:
        offered = ", ".join(sorted({f.precision for f in files}))
        raise ModelError(
            f"precision {precision}: expected one that model {files[0].path.name} comes in ({offered}) and device "
            f"{device} computes in; bf16 needs OpenVINO and a processor with such instructions"
        )
    return _chosen(candidates, threads, streams)


def candidates_of(model: Path | None) -> list[tuple[str, Precision]]:
    """Return every device and precision that could run a model here and might be the fastest, by their names."""
    files = files_of(model)
    devices = [Device(kind) for kind in DEVICES if is_available(Device(kind))]
    found = (_Candidate(f, d, p) for d in devices for f in files for p in _precisions(f.precision, d))
    return [(str(c.device), c.precision) for c in found if _worth_a_try(c) or c.precision == "int8"]


def _candidates(files: list[ModelFile], device: Device, precision: str) -> list[_Candidate]:
    found = [_Candidate(f, device, p) for f in files for p in _precisions(f.precision, device)]
    if precision != AUTO:
        return [c for c in found if c.precision == precision]
    worth = [c for c in found if _worth_a_try(c)]
    harmless = [c for c in worth if c.loss is not None and c.loss <= MAX_LOSS]
    return harmless or [c for c in found if c.precision == c.file.precision][:1]


def _precisions(stored: Precision, device: Device) -> Iterator[Precision]:
    yield stored
    if stored == "fp32" and device.kind == "openvino" and has_bf16():
        yield "bf16"


def _worth_a_try(candidate: _Candidate) -> bool:
    """Return whether it may be the fastest; what is left out was slower wherever it was measured, or starts slowly."""
    if candidate.device.kind == "cpu":
        return candidate.precision in ("fp32", "int8")
    if candidate.device.kind == "openvino":
        return candidate.precision == ("bf16" if has_bf16() else "fp32")
    return candidate.precision in ("fp32", "fp16")


def _chosen(candidates: list[_Candidate], threads: int, streams: int) -> Choice:
    models = {file.path: file.model or load_model(file.path) for file in {c.file for c in candidates}}
    runners: dict[_Candidate, Runner] = {}
    for candidate in candidates:
        model = models[candidate.file.path]
        try:
            runners[candidate] = Runner(model, candidate.device, candidate.precision, threads, streams)
        except ModelError:  # what one backend can't load another may
            if candidate is candidates[-1] and not runners:
                raise
    if len(runners) == 1:
        return Choice(next(iter(runners.values())), "the only candidate")
    seconds = {candidate: _seconds(runner) for candidate, runner in runners.items()}
    best = min(seconds, key=lambda c: seconds[c])
    times = ", ".join(f"{c} {1000 * s:.0f} ms" for c, s in sorted(seconds.items(), key=lambda item: item[1]))
    loss = "" if best.loss is None else f"; AP50 on val {-100 * best.loss:+.2f} points against fp32"
    return Choice(runners[best], f"fastest here ({times}){loss}")


def _seconds(runner: Runner) -> float:
    """Return how long one inference takes for a photo of 4:3."""
    canvas = np.full((*runner.usual_size, 3), 114, np.uint8)
    runner.infer([canvas])
    seconds = []
    for _ in range(RUNS):
        started = time.perf_counter()
        runner.infer([canvas])
        seconds.append(time.perf_counter() - started)
    return min(seconds)

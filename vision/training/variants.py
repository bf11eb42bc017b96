"""Export a checkpoint as the files that are asked for, each behind the gate, each with its measured loss."""

import hashlib
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vision.categories import NAMES
from vision.datasets.build import DataSet
from vision.detections import Detections
from vision.evaluation.figures.average_precision import CategoryScore, average_precision
from vision.evaluation.predict import predict
from vision.evaluation.screening.operating_points import balanced, cautious
from vision.inference.devices import Device, Precision, is_available
from vision.inference.openvino_session import has_bf16
from vision.training.export import Head, export_onnx, set_metadata
from vision.training.parity import Parity, check_loss, check_parity
from vision.training.pixel_input import take_pixels
from vision.training.precision import to_fp16, to_int8

__all__ = ["LICENCE", "Export", "ExportedFile", "Run", "Variant", "export_variants"]

LICENCE = (
    "AGPL-3.0 (derived from Ultralytics' weights); trained on photos under CC BY 4.0 and other terms, see the card"
)
Variant = tuple[Precision, Head]
PLAIN: Variant = ("fp32", "plain")


@dataclass(frozen=True)
class Run:
    """What a backend finds on val with a file, on the processor.

    Attributes:
        backend: `onnxruntime` or `openvino`.
        precision: What it computed in.
        ap50: By category; None without boxes.
        mean_ap50: Of the categories that have one.
        loss: How much of it is lost against the plain fp32 file in ONNX Runtime; negative where it gains.
    """

    backend: str
    precision: Precision
    ap50: dict[str, float | None]
    mean_ap50: float
    loss: float


@dataclass(frozen=True)
class ExportedFile:
    """One ONNX file.

    Attributes:
        runs: What was measured with it, ONNX Runtime first.
    """

    file: str
    precision: Precision
    head: Head
    bytes: int
    sha256: str
    runs: list[Run]


@dataclass(frozen=True)
class Export:
    """What an export has written, and what was measured on val in passing.

    Attributes:
        on_val: Detections of the plain fp32 file on each photo of val, down to scores of 0.001.
    """

    files: list[ExportedFile]
    parity: Parity
    operating_points: dict[str, dict[str, float]]
    on_val: list[Detections]


def export_variants(
    checkpoint: Path,
    data_set: DataSet,
    name: str,
    image_size: int,
    folder: Path,
    variants: Sequence[Variant],
    about: dict[str, Any],
    progress: Callable[[str], None],
) -> Export:
    """Write `folder/<name>.onnx` (fp32, plain), the other variants beside it, and parity.json.

    Thresholds of both operating points are chosen on val and stored in every file.

    Args:
        about: Further metadata for the files, such as when the model was trained on what.
        progress: Called with a word on each step.

    Raises:
        RecipeError: val has too few photos for the gate.
        ModelError: A file is not what was trained (`check_parity`, `check_loss`).
    """
    val = data_set.of("val")
    plain = folder / f"{name}.onnx"
    with tempfile.TemporaryDirectory() as scratch:
        networks = {head: Path(scratch) / f"{head}.onnx" for _, head in (PLAIN, *variants)}
        for head, network in networks.items():
            progress(f"export, {head}")
            export_onnx(checkpoint, image_size, network, head)
        take_pixels(networks["plain"], plain)
        progress("parity of torch and ONNX Runtime")
        parity = check_parity(checkpoint, plain, [photo.path for photo in val])
        progress("val")
        on_val = list(predict(plain, val))
        scores = average_precision(val, on_val)
        points = {"balanced": balanced(scores)}
        points["cautious"] = cautious(val, on_val, points["balanced"])
        metadata = {
            "name": name,
            "categories": list(NAMES),
            "thresholds": points["balanced"],
            "operating_points": points,
            "thresholds_chosen": "on val; balanced: best F1 at IoU 0.5; cautious: 95 % of the photos that need a visit",
            "input_size": image_size,
            "data_sha256": data_set.sha256,
            "licence": LICENCE,
            **about,
        }
        files = []
        for variant in dict.fromkeys((PLAIN, *variants)):
            path = plain if variant == PLAIN else folder / f"{name}-{'-'.join(_suffixes(variant))}.onnx"
            if variant != PLAIN:
                progress(path.name)
                _write_variant(variant, networks[variant[1]], data_set, image_size, path)
            set_metadata(path, metadata | {"precision": variant[0], "head": variant[1]})
            files.append(_measured(path, variant, data_set, scores, progress))
    report = {"photos": len(val), "torch": asdict(parity), "files": [asdict(file) for file in files]}
    (folder / "parity.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return Export(files, parity, points, on_val)


def _suffixes(variant: Variant) -> list[str]:
    precision, head = variant
    return [head] * (head != "plain") + [precision] * (precision != "fp32")


def _write_variant(variant: Variant, network: Path, data_set: DataSet, image_size: int, out: Path) -> None:
    precision = variant[0]
    smaller = network.with_name(f"{network.stem}-{precision}.onnx")
    if precision == "fp16":
        to_fp16(network, smaller)
    elif precision == "int8":
        to_int8(network, [photo.path for photo in data_set.of("train")], image_size, smaller)
    take_pixels(network if precision == "fp32" else smaller, out)


def _measured(
    path: Path, variant: Variant, data_set: DataSet, plain: list[CategoryScore], progress: Callable[[str], None]
) -> ExportedFile:
    """Score a file with each backend that is installed and may be the fastest for it.

    Args:
        plain: What the plain fp32 file has in ONNX Runtime.

    Raises:
        ModelError: In ONNX Runtime it loses too much.
    """
    precision, head = variant
    reference = _mean(plain)
    wanted: list[tuple[str, Precision]] = [("onnxruntime", precision)]
    if is_available(Device("openvino")) and head == "plain" and precision != "fp16":
        wanted.append(("openvino", precision))
        if precision == "fp32" and has_bf16():
            wanted.append(("openvino", "bf16"))
    val, runs = data_set.of("val"), []
    for backend, computed in wanted:
        progress(f"{path.name} on val, {backend} {computed}")
        device, scores = "cpu" if backend == "onnxruntime" else backend, plain
        if (variant, backend) != (PLAIN, "onnxruntime"):
            scores = average_precision(val, list(predict(path, val, device, computed)))
        ap50, mean = {s.category: s.ap50 for s in scores}, _mean(scores)
        runs.append(Run(backend, computed, ap50, mean, reference - mean))
    check_loss(path.name, runs[0].mean_ap50, reference)
    data = path.read_bytes()
    return ExportedFile(path.name, precision, head, len(data), hashlib.sha256(data).hexdigest(), runs)


def _mean(scores: Sequence[CategoryScore]) -> float:
    return float(np.mean([s.ap50 for s in scores if s.ap50 is not None] or [0.0]))

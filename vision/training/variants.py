"""Export a checkpoint as the files that are asked for, each behind the gate, each with its measured loss."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vision.categories import NAMES
from vision.datasets.build import DataSet
from vision.detections import Detections
from vision.evaluation.average_precision import CategoryScore, average_precision
from vision.evaluation.evaluate import predict
from vision.evaluation.operating_points import balanced, cautious
from vision.training.export import Head, export_onnx, set_metadata
from vision.training.parity import Parity, check_loss, check_parity
from vision.training.precision import Precision, to_fp16, to_int8

__all__ = ["LICENCE", "Export", "ExportedFile", "Variant", "export_variants"]

LICENCE = (
    "AGPL-3.0 (derived from Ultralytics' weights); trained on photos under CC BY 4.0 and other terms, see the card"
)
Variant = tuple[Precision, Head]
PLAIN: Variant = ("fp32", "plain")


@dataclass(frozen=True)
class ExportedFile:
    """One ONNX file.

    Attributes:
        ap50: On val, by category; None without boxes.
        mean_ap50: Of the categories that have one.
        loss: How much of it is lost against the plain fp32 file; negative where it gains.
    """

    file: str
    precision: Precision
    head: Head
    bytes: int
    sha256: str
    ap50: dict[str, float | None]
    mean_ap50: float
    loss: float


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
    progress("export")
    export_onnx(checkpoint, image_size, plain)
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
    reference = _mean(scores)
    files = []
    for variant in dict.fromkeys((PLAIN, *variants)):
        path = plain if variant == PLAIN else folder / f"{name}-{'-'.join(_suffixes(variant))}.onnx"
        if variant != PLAIN:
            progress(path.name)
            _write_variant(variant, checkpoint, image_size, plain, data_set, path)
            scores = average_precision(val, list(predict(path, val)))
        set_metadata(path, metadata | {"precision": variant[0], "head": variant[1]})
        files.append(_measured(path, variant, scores, check_loss(path.name, _mean(scores), reference)))
    report = {"photos": len(val), "torch": asdict(parity), "files": [asdict(file) for file in files]}
    (folder / "parity.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return Export(files, parity, points, on_val)


def _suffixes(variant: Variant) -> list[str]:
    precision, head = variant
    return [head] * (head != "plain") + [precision] * (precision != "fp32")


def _write_variant(
    variant: Variant, checkpoint: Path, image_size: int, plain: Path, data_set: DataSet, out: Path
) -> None:
    precision, head = variant
    start = plain
    if head != "plain":
        start = out.with_suffix(".fp32.onnx") if precision != "fp32" else out
        export_onnx(checkpoint, image_size, start, head)
    if precision == "fp16":
        to_fp16(start, out)
    elif precision == "int8":
        to_int8(start, [photo.path for photo in data_set.of("train")], out)
    if start not in (plain, out):
        start.unlink()


def _mean(scores: Sequence[CategoryScore]) -> float:
    return float(np.mean([s.ap50 for s in scores if s.ap50 is not None] or [0.0]))


def _measured(path: Path, variant: Variant, scores: Sequence[CategoryScore], loss: float) -> ExportedFile:
    data = path.read_bytes()
    ap50 = {s.category: s.ap50 for s in scores}
    return ExportedFile(path.name, *variant, len(data), hashlib.sha256(data).hexdigest(), ap50, _mean(scores), loss)

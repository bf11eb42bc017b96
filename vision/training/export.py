"""Export a trained checkpoint to an ONNX file that explains itself, and prove that it computes the same."""

import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vision.errors import InternalError, MissingExtraError
from vision.images import read_photo_file
from vision.inference.model import METADATA_KEY, load_model
from vision.inference.preprocess import letterbox
from vision.training.runtime import import_ultralytics

__all__ = ["Parity", "check_parity", "export_onnx", "set_metadata"]

OPSET = 17  # first with LayerNormalization in one node; every runtime of the last years reads it
PRIVATE = ("description", "args")  # what the exporter writes there names folders of the training machine
JUDGED_SCORE = 0.05  # parity looks at anchors that either runtime gives this score
MAX_PIXELS, MAX_SCORE = 1.0, 1e-3


@dataclass(frozen=True)
class Parity:
    """Largest differences between torch and ONNX Runtime before suppression, in input pixels and score."""

    photos: int
    anchors: int
    pixels: float
    score: float


def export_onnx(checkpoint: Path, image_size: int, out: Path) -> None:
    """Write `checkpoint` as ONNX with one plain head, a free batch dimension and a fixed image size."""
    ultralytics = import_ultralytics()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "model.pt"
        shutil.copyfile(checkpoint, copy)
        ultralytics.YOLO(str(copy)).export(format="onnx", imgsz=image_size, opset=OPSET, dynamic=True, simplify=True)
        _fix_image_size(copy.with_suffix(".onnx"), image_size)
        shutil.copyfile(copy.with_suffix(".onnx"), out)


def _fix_image_size(path: Path, image_size: int) -> None:
    """Give the image dimensions their number: `dynamic` frees them together with the batch."""
    import onnx

    model = onnx.load(str(path))
    for dimension in model.graph.input[0].type.tensor_type.shape.dim[2:]:
        dimension.dim_value = image_size
    onnx.save(model, str(path))


def set_metadata(path: Path, metadata: dict[str, Any]) -> None:
    """Store CleanLane's own metadata in the ONNX file, beside what the exporter wrote."""
    try:
        import onnx
    except ImportError as error:
        raise MissingExtraError("onnx", "train") from error
    model = onnx.load(str(path))
    kept = {p.key: p.value for p in model.metadata_props if p.key not in (METADATA_KEY, *PRIVATE)}
    onnx.helper.set_model_props(model, {**kept, METADATA_KEY: json.dumps(metadata, ensure_ascii=False)})
    onnx.save(model, str(path))


def check_parity(checkpoint: Path, exported: Path, photos: Sequence[Path]) -> Parity:
    """Compare torch and ONNX Runtime (CPU, fp32) on the same preprocessed photos.

    Raises:
        InternalError: They differ by more than 1 pixel or 0.001 in score; such a file must not be published.
    """
    import torch

    model = load_model(exported)
    network = import_ultralytics().YOLO(str(checkpoint)).model.float().eval()
    anchors, pixels, score = 0, 0.0, 0.0
    for path in photos:
        batch = letterbox(read_photo_file(path).pixels, model.input_size)[0][None]
        with torch.inference_mode():
            expected = network(torch.from_numpy(batch))[0].numpy()[0]
        got = model.run(batch)[0]
        judged = np.maximum(expected[4:], got[4:]).max(axis=0) >= JUDGED_SCORE
        difference = np.abs(expected - got)[:, judged]
        anchors += int(judged.sum())
        pixels = max(pixels, float(difference[:4].max(initial=0)))
        score = max(score, float(difference[4:].max(initial=0)))
    if pixels > MAX_PIXELS or score > MAX_SCORE:
        raise InternalError(f"{exported} differs from {checkpoint}: {pixels:.2f} pixels, {score:.4f} in score")
    return Parity(len(photos), anchors, pixels, score)

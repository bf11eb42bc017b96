"""The gate before publication: an exported file must find what the trained network finds."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vision.errors import ModelError, RecipeError
from vision.images import read_photo_file
from vision.inference.choice import MAX_LOSS
from vision.inference.devices import Device
from vision.inference.model import load_model
from vision.inference.preprocess import letterbox
from vision.training.runtime import import_ultralytics

__all__ = ["GATE_PHOTOS", "Parity", "check_loss", "check_parity"]

GATE_PHOTOS = 200  # fewer photos don't show the rare anchor that goes wrong
JUDGED_SCORE = 0.05  # parity looks at anchors that either runtime gives this score
MAX_PIXELS, MAX_SCORE = 1.0, 1e-3


@dataclass(frozen=True)
class Parity:
    """Largest differences between torch and ONNX Runtime before suppression, in input pixels and score."""

    photos: int
    anchors: int
    pixels: float
    score: float


def check_parity(checkpoint: Path, exported: Path, photos: Sequence[Path]) -> Parity:
    """Compare torch and ONNX Runtime (CPU, fp32, plain head) on the same preprocessed photos.

    Raises:
        RecipeError: There are fewer than `GATE_PHOTOS`.
        ModelError: They differ by more than 1 pixel or 0.001 in score; such a file must not be published.
    """
    import torch

    if len(photos) < GATE_PHOTOS:
        raise RecipeError(
            f"expected at least {GATE_PHOTOS} photos in val to compare torch and ONNX on, got {len(photos)}"
        )
    model = load_model(exported)
    session = model.open(Device("cpu"), "fp32", None, model.input_size, threads=0, streams=1)
    network = import_ultralytics().YOLO(str(checkpoint)).model.float().eval()
    if getattr(network.model[-1], "end2end", False):
        network.model[-1].end2end = False
    anchors, pixels, score = 0, 0.0, 0.0
    for path in photos:
        canvas = letterbox(read_photo_file(path).pixels, model.input_size)[0]
        with torch.inference_mode():
            expected = network(torch.tensor(canvas).permute(2, 0, 1)[None] / 255)[0].numpy()[0]
        got = session.run(model.batch([canvas]))[0]
        judged = np.maximum(expected[4:], got[4:]).max(axis=0) >= JUDGED_SCORE
        difference = np.abs(expected - got)[:, judged]
        anchors += int(judged.sum())
        pixels = max(pixels, float(difference[:4].max(initial=0)))
        score = max(score, float(difference[4:].max(initial=0)))
    if pixels > MAX_PIXELS or score > MAX_SCORE:
        raise ModelError(
            f"{exported.name}: expected what torch finds with {checkpoint}, to {MAX_PIXELS} pixel and {MAX_SCORE} in "
            f"score; got differences of {pixels:.2f} and {score:.4f}: nothing is written"
        )
    return Parity(len(photos), anchors, pixels, score)


def check_loss(file: str, ap50: float, reference: float) -> None:
    """Refuse a file whose mean AP50 is more than half a point below that of the fp32 file.

    Raises:
        ModelError: Such a file must not be published.
    """
    loss = reference - ap50
    if loss > MAX_LOSS:
        raise ModelError(
            f"{file}: expected at most {100 * MAX_LOSS} points of mean AP50 on val to be lost against fp32, got "
            f"{100 * loss:.2f}: nothing is written"
        )

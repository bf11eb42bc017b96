"""What a model file finds on labelled photos, through the runtime that users run."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from vision.datasets.labels import LabelledPhoto
from vision.detections import Detections
from vision.inference.choice import AUTO
from vision.inference.detector import Detector
from vision.inference.views import Tiles

__all__ = ["LOWEST_SCORE", "predict"]

LOWEST_SCORE = 0.001  # average precision needs the whole curve


def predict(
    model: Path,
    photos: Sequence[LabelledPhoto],
    device: str = "cpu",
    precision: str = AUTO,
    tiles: Tiles = "off",
) -> Iterator[Detections]:
    """Detect on each photo, lazily, down to scores of 0.001; the other arguments are `Detector`'s."""
    detector = Detector(model, device=device, precision=precision, thresholds=LOWEST_SCORE, tiles=tiles)
    return detector.detect(photo.path for photo in photos)

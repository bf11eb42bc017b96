"""Evaluate a model file on labelled photos, through the runtime that users run."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vision.datasets.labels import LabelledPhoto
from vision.detections import Detections
from vision.evaluation.average_precision import CategoryScore, average_precision
from vision.evaluation.visits import visits
from vision.inference.choice import AUTO
from vision.inference.detector import Detector
from vision.inference.views import Tiles

__all__ = ["LOWEST_SCORE", "FalseAlarms", "SplitScores", "evaluate", "false_alarms", "predict"]

LOWEST_SCORE = 0.001  # average precision needs the whole curve


@dataclass(frozen=True)
class FalseAlarms:
    """Photos of one source without any problem on them, and how many raised an alarm.

    Only categories that the source annotates count: others may really be there.
    """

    source: str
    photos: int
    alarms: int


@dataclass(frozen=True)
class SplitScores:
    """The figures of one split."""

    photos: int
    categories: list[CategoryScore]
    false_alarms: list[FalseAlarms]

    @property
    def means(self) -> tuple[float, float]:
        """AP50 and AP50-95, each the mean of the categories that have one."""
        ap50 = [c.ap50 for c in self.categories if c.ap50 is not None]
        ap50_95 = [c.ap50_95 for c in self.categories if c.ap50_95 is not None]
        return sum(ap50) / max(1, len(ap50)), sum(ap50_95) / max(1, len(ap50_95))

    def as_dict(self) -> dict[str, Any]:
        """Return plain dictionaries and lists for JSON."""
        return asdict(self)


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


def evaluate(
    photos: Sequence[LabelledPhoto], detections: Sequence[Detections], thresholds: dict[str, float]
) -> SplitScores:
    """Score detections; `thresholds` (by category) decide what is an alarm."""
    return SplitScores(len(photos), average_precision(photos, detections), false_alarms(photos, detections, thresholds))


def false_alarms(
    photos: Sequence[LabelledPhoto], detections: Sequence[Detections], thresholds: dict[str, float]
) -> list[FalseAlarms]:
    """Count, by source, the photos without a labelled problem on which one was found."""
    alarms = []
    pairs = list(zip(photos, detections, strict=True))
    for source in dict.fromkeys(photo.source for photo in photos):
        of_source = [(photo, found) for photo, found in pairs if photo.source == source]
        count = visits([photo for photo, _ in of_source], [found for _, found in of_source], thresholds)
        if count.clean:
            alarms.append(FalseAlarms(source, count.clean, count.alarms))
    return alarms

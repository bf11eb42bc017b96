"""Evaluate a model file on labelled photos, through the runtime that users run."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vision.categories import PROBLEMS
from vision.datasets.labels import LabelledPhoto
from vision.detections import Detections
from vision.evaluation.average_precision import CategoryScore, average_precision
from vision.inference.detector import Detector

__all__ = ["FalseAlarms", "SplitScores", "evaluate", "predict"]

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

    def as_dict(self) -> dict[str, Any]:
        """Return plain dictionaries and lists for JSON."""
        return asdict(self)


def predict(model: Path, photos: Sequence[LabelledPhoto]) -> Iterator[Detections]:
    """Detect on each photo, lazily, down to scores of 0.001."""
    return Detector(model, thresholds=LOWEST_SCORE).detect(photo.path for photo in photos)


def evaluate(
    photos: Sequence[LabelledPhoto], detections: Sequence[Detections], thresholds: dict[str, float]
) -> SplitScores:
    """Score detections; `thresholds` (by category) decide what is an alarm."""
    return SplitScores(
        len(photos), average_precision(photos, detections), _false_alarms(photos, detections, thresholds)
    )


def _false_alarms(
    photos: Sequence[LabelledPhoto], detections: Sequence[Detections], thresholds: dict[str, float]
) -> list[FalseAlarms]:
    counts: dict[str, list[bool]] = {}
    for photo, found in zip(photos, detections, strict=True):
        judged = PROBLEMS & photo.annotated
        if not any(name in PROBLEMS for _, _, name in photo.labels):
            alarm = any(name in judged and score >= thresholds[name] for _, score, name in found)
            counts.setdefault(photo.source, []).append(alarm)
    return [FalseAlarms(source, len(alarms), sum(alarms)) for source, alarms in counts.items()]

"""What the tests of failures share: photos with labels and finds, written down by category."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tests.datasets.photos import labelled
from vision.categories import NAMES
from vision.datasets.labels import LabelledPhoto
from vision.detections import Detections
from vision.evaluation.failures.judged import Judged, judge

Box = tuple[float, float, float, float]
Label = tuple[str, Box]
Find = tuple[str, float, Box]

HALF = dict.fromkeys(NAMES, 0.5)
A: Box = (0, 0, 100, 100)
A_LOOSE: Box = (0, 0, 100, 40)  # IoU 0.4 with A
A_TIGHT: Box = (0, 0, 100, 80)  # IoU 0.8 with A
B: Box = (200, 200, 300, 300)
C: Box = (400, 200, 500, 300)


def photo(
    labels: Sequence[Label], annotated: str = " ".join(NAMES), name: str = "photo.jpg", source: str = "source"
) -> LabelledPhoto:
    boxes, categories = [box for _, box in labels], [NAMES.index(category) for category, _ in labels]
    return replace(labelled(boxes, categories, set(annotated.split())), path=Path(name), source=source)


def finds(*found: Find) -> Detections:
    return Detections.of([b for *_, b in found], [s for _, s, _ in found], [NAMES.index(c) for c, *_ in found])


def judged(
    labels: Sequence[Label],
    found: Sequence[Find],
    annotated: str = " ".join(NAMES),
    reported: Sequence[str] = NAMES,
    thresholds: Mapping[str, float] = HALF,
) -> Judged:
    """One photo's labels and finds."""
    return judge([photo(labels, annotated)], [finds(*found)], reported, thresholds)

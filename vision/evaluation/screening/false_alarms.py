"""Clean photos that raise an alarm, by source."""

from collections.abc import Sequence
from dataclasses import dataclass

from vision.datasets.labels import LabelledPhoto
from vision.detections import Detections
from vision.evaluation.screening.visits import visits

__all__ = ["FalseAlarms", "false_alarms"]


@dataclass(frozen=True)
class FalseAlarms:
    """Photos of one source without any problem on them, and how many raised an alarm.

    Only categories that the source annotates count: others may really be there.
    """

    source: str
    photos: int
    alarms: int


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

"""The figures of one split that a model card shows."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from vision.categories import NAMES
from vision.datasets.labels import LabelledPhoto
from vision.detections import Detections
from vision.evaluation.figures.average_precision import average_precision
from vision.evaluation.figures.intervals import ap50_intervals
from vision.evaluation.screening.false_alarms import false_alarms
from vision.evaluation.screening.visits import visits

__all__ = ["RESAMPLES", "split_figures"]

RESAMPLES = 200  # of the scenes, for an interval


def split_figures(
    photos: Sequence[LabelledPhoto],
    detections: Sequence[Detections],
    operating_points: Mapping[str, dict[str, float]],
) -> dict[str, Any]:
    """Return average precision with intervals, by source too, and what each operating point does, for JSON.

    `pooled` is scored on every photo, as if all sources labelled everything: what an ordinary evaluation of these
    files gives. A right find of something that a source doesn't label counts as wrong there.
    """
    sources = {}
    for source in dict.fromkeys(photo.source for photo in photos):
        pairs = [(p, d) for p, d in zip(photos, detections, strict=True) if p.source == source]
        here = average_precision(*zip(*pairs, strict=True))
        sources[source] = {s.category: s.ap50 for s in here if s.ap50 is not None}
    pooled = average_precision([replace(photo, annotated=frozenset(NAMES)) for photo in photos], detections)
    return {
        "photos": len(photos),
        "categories": [asdict(score) for score in average_precision(photos, detections)],
        "intervals": ap50_intervals(photos, detections, RESAMPLES),
        "sources": sources,
        "pooled": {s.category: {"ap50": s.ap50, "ap50_95": s.ap50_95} for s in pooled},
        "visits": {name: asdict(visits(photos, detections, point)) for name, point in operating_points.items()},
        "false_alarms": {
            name: [asdict(f) for f in false_alarms(photos, detections, point)]
            for name, point in operating_points.items()
        },
    }

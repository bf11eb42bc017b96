"""All figures about patrols or checked footage as JSON, with what ran and on which machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from vision.benchmark.footage import Checked, Patrols, Reading
from vision.benchmark.surroundings import surroundings
from vision.evaluation.events.event_metrics import Figures

__all__ = ["record_of", "speed_ratio"]

PACKAGES = ("cleanlane", "av", "numpy", "onnxruntime", "opencv-python-headless", "openvino", "trackers")
RIVALS_PACKAGES = ("lap", "opencv-python", "torch", "ultralytics")
SHARES = ("recall", "precision", "duplicates", "count_error", "agreement")
SETTINGS = {"recipe", "split", "seed", "seconds", "fps", "width", "height"}  # of a patrol


def speed_ratio(readings: Sequence[Reading]) -> float | None:
    """Return how many times as fast the first reading's run was as the last one's; None if both didn't run here."""
    ours, other = readings[0].seconds, readings[-1].seconds
    return other / ours if ours and other and len(readings) > 1 else None


def record_of(footage: Patrols | Checked, readings: Sequence[Reading], command: str) -> dict[str, Any]:
    """Return everything for JSON.

    Args:
        footage: What was looked at.
        readings: Ours first.
        command: As it was typed.
    """
    each = "cameras" if isinstance(footage, Checked) else "patrols"
    return {
        **surroundings((*PACKAGES, *RIVALS_PACKAGES)),
        "command": command,
        **_footage(footage),
        "speed_ratio": speed_ratio(readings),
        "readings": [_reading(reading, each) for reading in readings],
    }


def _footage(footage: Patrols | Checked) -> dict[str, Any]:
    if isinstance(footage, Patrols):
        return {"patrols": {name: t.model_dump(mode="json", include=SETTINGS) for name, t in footage.truths.items()}}
    file, truths = footage.file, footage.truths.items()
    return {
        "truth": {
            "file": footage.path.name,
            "sha256": footage.sha256,
            "software": file.software,
            "created": file.created.isoformat(),
            "categories": [category.name for category in file.model.categories],
        },
        "cameras": {name: {"seconds": t.seconds, "width": t.width, "height": t.height} for name, t in truths},
    }


def _reading(reading: Reading, each: str) -> dict[str, Any]:
    report = reading.report
    return {
        "name": reading.name,
        "about": reading.about,
        "film_seconds": reading.film,
        "seconds": reading.seconds,
        "times_as_fast_as_filmed": reading.pace,
        "looks": reading.looks,
        "looks_per_second": reading.looks_per_second,
        "total": _figures(report.total),
        "mean_absolute_count_error": report.mean_count_error,
        "intervals": {name: report.interval(name) for name in SHARES},
        "kinds": {kind: _figures(figures) for kind, figures in report.kinds.items()},
        each: {name: _figures(figures) for name, figures in report.patrols.items()},
    }


def _figures(figures: Figures) -> dict[str, Any]:
    return {**asdict(figures), **{name: getattr(figures, name) for name in SHARES}}

"""All figures about patrols as JSON, with what ran and on which machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from vision.benchmark.footage import Patrols, Reading
from vision.benchmark.surroundings import surroundings
from vision.evaluation.event_metrics import Figures

__all__ = ["record_of", "speed_ratio"]

PACKAGES = ("cleanlane", "av", "numpy", "onnxruntime", "opencv-python-headless", "openvino", "trackers")
RIVALS_PACKAGES = ("lap", "opencv-python", "torch", "ultralytics")
SHARES = ("recall", "precision", "duplicates", "count_error", "agreement")
SETTINGS = {"recipe", "split", "seed", "seconds", "fps", "width", "height"}  # of a patrol


def speed_ratio(readings: Sequence[Reading]) -> float | None:
    """Return how many times as fast the first reading's run was as the last one's; None if both didn't run here."""
    ours, other = readings[0].seconds, readings[-1].seconds
    return other / ours if ours and other and len(readings) > 1 else None


def record_of(patrols: Patrols, readings: Sequence[Reading], command: str) -> dict[str, Any]:
    """Return everything for JSON.

    Args:
        patrols: What was looked at.
        readings: Ours first.
        command: As it was typed.
    """
    return {
        **surroundings((*PACKAGES, *RIVALS_PACKAGES)),
        "command": command,
        "patrols": {name: t.model_dump(mode="json", include=SETTINGS) for name, t in patrols.truths.items()},
        "speed_ratio": speed_ratio(readings),
        "readings": [_reading(reading) for reading in readings],
    }


def _reading(reading: Reading) -> dict[str, Any]:
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
        "patrols": {name: _figures(figures) for name, figures in report.patrols.items()},
    }


def _figures(figures: Figures) -> dict[str, Any]:
    return {**asdict(figures), **{name: getattr(figures, name) for name in SHARES}}

"""The rival on patrols: Ultralytics' tracker on every frame, where every track counts as an event."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from vision.benchmark import plain_tracker
from vision.benchmark.footage import Patrols, Reading
from vision.benchmark.process import run_shown
from vision.errors import MissingExtraError, UserError
from vision.evaluation.events.event_matching import Track, track_of
from vision.evaluation.events.event_metrics import score_tracks
from vision.footage.grouping import kind_of
from vision.footage.result import Observation

__all__ = ["require_rival", "run_rival"]

PACKAGES = ("ultralytics", "lap")  # the tracker would have pip fetch lap on its own
READINGS = {1: "plain tracker", 2: "tracks ≥ 2 looks"}  # by least observations of a track


def require_rival(weights: Path) -> None:
    """Find out before a long run whether the rival can run.

    Raises:
        MissingExtraError: A package isn't installed.
        UserError: There are no such weights.
    """
    for package in PACKAGES:
        if find_spec(package) is None:
            raise MissingExtraError(package, "train")
    if not weights.is_file():
        raise UserError(f"{weights}: expected a checkpoint (.pt) for the plain tracker, there is no such file")


def run_rival(patrols: Patrols, weights: Path, scratch: Path) -> list[Reading]:
    """Track what a checkpoint finds on every frame, and read the result in two ways.

    Args:
        patrols: To look at.
        weights: An Ultralytics checkpoint whose classes have the names of our categories.
        scratch: Folder for what is needed meanwhile.

    Returns:
        A reading in which every track is an event, and one in which tracks with a single observation are not. Tracks
        of what is no problem are left out of both.

    Raises:
        UserError: It failed; the message has its last words.
    """
    order, answer = scratch / "order.json", scratch / "answer.json"
    content = {
        "weights": str(weights),
        "videos": {name: str(video) for name, video in patrols.videos.items()},
        "frames": sum(round(truth.seconds * truth.fps) for truth in patrols.truths.values()),
    }
    order.write_text(json.dumps(content), encoding="utf-8")
    environment = {"YOLO_AUTOINSTALL": "false", "YOLO_CONFIG_DIR": str(scratch)}  # nothing is left behind
    seconds = run_shown("the plain tracker", plain_tracker.__name__, str(order), str(answer), environment=environment)
    found: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
    tracks = {name: _tracks(found["looks"][name], truth.fps) for name, truth in patrols.truths.items()}
    about = {
        "model": weights.name,
        "model_sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "precision": "fp32",
        **plain_tracker.SETTINGS,
        "conf": found["conf"],
    }
    readings = []
    for least, name in READINGS.items():
        counted = {patrol: _at_least(least, found_tracks) for patrol, found_tracks in tracks.items()}
        report = score_tracks(counted, patrols.truths)
        details = {**about, "least_observations": least}
        readings.append(Reading(name, details, report, patrols.film, found["frames"], seconds))
    return readings


def _tracks(rows: Iterable[tuple[int, int, str, float, tuple[float, float, float, float]]], fps: float) -> list[Track]:
    """Make tracks of rows (frame, number, category, score, box)."""
    seen = defaultdict[int, list[Observation]](list)
    for frame, number, category, score, box in rows:
        seen[number].append(Observation(seconds=frame / fps, category=category, score=score, box=box))
    return [track for looks in seen.values() if kind_of((track := track_of(looks)).category)]


def _at_least(least: int, tracks: Sequence[Track]) -> list[Track]:
    return [track for track in tracks if len(track.observations) >= least]

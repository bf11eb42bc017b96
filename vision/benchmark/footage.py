"""Simulated patrols put before `cleanlane footage` as a user runs it: its events are judged and its time is taken.

Events of other footage are judged against an event file that a person has checked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vision.benchmark.process import run_shown
from vision.datasets.patrol.truth import TRUTH, PatrolTruth, load_truths
from vision.errors import ResultError
from vision.evaluation.events.event_footage import check_footage
from vision.evaluation.events.event_metrics import EventReport, score_events
from vision.evaluation.events.event_truth import Truth, truths_of
from vision.footage.result import EventFile, load_events

__all__ = ["Checked", "Patrols", "Reading", "find_patrols", "judge", "judge_checked", "load_checked", "run_footage"]

VIDEO = ".mp4"


@dataclass(frozen=True)
class Patrols:
    """Simulated patrols: the truth about each, and its video, by the video's name without the ending."""

    truths: dict[str, PatrolTruth]
    videos: dict[str, Path]

    @property
    def film(self) -> float:
        """Seconds of all videos together."""
        return sum(truth.seconds for truth in self.truths.values())


@dataclass(frozen=True)
class Checked:
    """Footage whose events a person has checked: their file, its hash, and the truth about each camera by its name."""

    path: Path
    sha256: str
    file: EventFile
    truths: dict[str, Truth]

    @property
    def film(self) -> float:
        """Seconds of all cameras together."""
        return sum(truth.seconds for truth in self.truths.values())


@dataclass(frozen=True)
class Reading:
    """What someone made of the footage.

    Attributes:
        name: For people.
        about: What ran, for the record.
        report: How well it agrees with the truth.
        film: Seconds of film.
        looks: Frames that the network saw.
        seconds: From the start of the process to its end; None if it didn't run here.
    """

    name: str
    about: dict[str, Any]
    report: EventReport
    film: float
    looks: int
    seconds: float | None = None

    @property
    def looks_per_second(self) -> float | None:
        """Of film; None without any length, as of a single photo."""
        return self.looks / self.film if self.film else None

    @property
    def pace(self) -> float | None:
        """How many times as fast as it was filmed; None if it didn't run here."""
        return None if self.seconds is None else self.film / self.seconds


def find_patrols(folder: Path) -> Patrols:
    """Read the truths of a folder and find their videos.

    Raises:
        ResultError: There is no patrol, a truth file is wrong, or its video isn't there.
    """
    truths = load_truths(folder)
    videos = {name: folder / f"{name}{VIDEO}" for name in truths}
    for name, video in videos.items():
        if not video.is_file():
            raise ResultError(
                f"{video}: expected the video that {name}{TRUTH} is about, but there is none; "
                "put it there, or move the truth file away"
            )
    return Patrols(truths, videos)


def run_footage(patrols: Patrols, options: Sequence[str], out: Path) -> tuple[EventFile, float]:
    """Run `cleanlane footage` on all videos, clips and page included.

    Args:
        patrols: To look at.
        options: Of its command line.
        out: Where its results go; a folder that isn't there yet.

    Returns:
        Its events, and the seconds it took.

    Raises:
        UserError: It failed; the message has its last words.
    """
    videos = map(str, patrols.videos.values())
    seconds = run_shown("cleanlane footage", "cleanlane.cli", "footage", *videos, "--out", str(out), *options)
    return load_events(out / "events.json"), seconds


def judge(patrols: Patrols, file: EventFile, seconds: float | None = None) -> Reading:
    """Put the events of `cleanlane footage` beside the truth.

    Args:
        patrols: What it looked at.
        file: Its events.
        seconds: How long it took, if it ran here.

    Raises:
        ResultError: The file is about other videos.
    """
    return _reading("CleanLane", patrols, file, _about(file), seconds)


def load_checked(path: Path) -> Checked:
    """Read an event file that a person has checked.

    Raises:
        ResultError: It can't be read, or is wrong.
    """
    file = load_events(path)
    return Checked(path, _hash(path), file, truths_of(file))


def judge_checked(checked: Checked, path: Path) -> Reading:
    """Put an event file, whatever program wrote it, beside one that a person has checked.

    Args:
        checked: The truth.
        path: Of the event file.

    Raises:
        ResultError: The event file is wrong, or about other footage.
    """
    file = load_events(path)
    check_footage(checked.file, file)
    others = [camera.name for camera in file.cameras if camera.name not in checked.truths]
    about = {**_about(file), "events_sha256": _hash(path), "cameras_not_judged": others}
    return _reading(file.software, checked, file, about, None)


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _about(file: EventFile) -> dict[str, Any]:
    device, _, precision = file.provider.partition(" ")
    return {
        "software": file.software,
        "created": file.created.isoformat(),
        "model": file.model.name,
        "model_sha256": file.model.sha256,
        "device": device,
        "precision": precision,
    }


def _reading(
    name: str, footage: Patrols | Checked, file: EventFile, about: dict[str, Any], seconds: float | None
) -> Reading:
    report = score_events(file, footage.truths)
    looks = sum(camera.looked_at for camera in file.cameras if camera.name in footage.truths)
    return Reading(name, about, report, footage.film, looks, seconds)

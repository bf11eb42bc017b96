"""Simulated patrols put before `cleanlane footage` as a user runs it: its events are judged and its time is taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vision.benchmark.process import run_shown
from vision.datasets.patrol.truth import TRUTH, PatrolTruth, load_truths
from vision.errors import ResultError
from vision.evaluation.event_metrics import EventReport, score_events
from vision.footage.result import EventFile, load_events

__all__ = ["Patrols", "Reading", "find_patrols", "judge", "run_footage"]

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
class Reading:
    """What someone made of the patrols.

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
    def looks_per_second(self) -> float:
        """Of film."""
        return self.looks / self.film

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
    report = score_events(file, patrols.truths)
    device, _, precision = file.provider.partition(" ")
    about = {
        "software": file.software,
        "created": file.created.isoformat(),
        "model": file.model.name,
        "model_sha256": file.model.sha256,
        "device": device,
        "precision": precision,
    }
    looks = sum(camera.looked_at for camera in file.cameras if camera.name in patrols.truths)
    return Reading("CleanLane", about, report, patrols.film, looks, seconds)

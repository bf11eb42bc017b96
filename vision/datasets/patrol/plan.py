"""What a patrol will show: its settings, and everything about it but the pixels."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vision.datasets.labels import LabelledPhoto, Split
from vision.datasets.patrol.camera import WINDOW, Way, walk
from vision.datasets.patrol.passers import Passer, hidden_by, send
from vision.datasets.patrol.sensor import Sensor
from vision.datasets.patrol.strip import Panel, pick, place
from vision.datasets.patrol.truth import PatrolTruth
from vision.datasets.patrol.views import problems_of, seen_again, truth_panels

__all__ = ["FPS", "Patrol", "PatrolSettings", "plan_patrol"]

FPS = 30
START = dt.datetime(2026, 5, 18, 0, 30, tzinfo=dt.UTC)
APART = dt.timedelta(minutes=15)  # from one patrol's start to the next
ORDERS = 50  # of photos that are tried until the camera comes back to a problem


@dataclass(frozen=True)
class PatrolSettings:
    """What is rendered.

    Attributes:
        split: Whose photos are shown.
        count: Patrols.
        seconds: Of each.
        size: Width and height in pixels, even.
        seed: Another seed, other patrols.
        clean: Share of the street without a problem.
        gpx: Whether the ways are written, too.
    """

    split: Split = "test"
    count: int = 6
    seconds: float = 60
    size: tuple[int, int] = (1920, 1080)
    seed: int = 0
    clean: float = 0.7
    gpx: bool = False

    @property
    def frames(self) -> int:
        """Of a patrol."""
        return max(1, round(self.seconds * FPS))


@dataclass(frozen=True, eq=False)
class Patrol:
    """Everything about a patrol but its pixels; `height` is the strip's."""

    height: int
    way: Way
    panels: tuple[Panel, ...]
    passers: tuple[Passer, ...]
    sensor: Sensor
    truth: PatrolTruth


def plan_patrol(photos: Sequence[LabelledPhoto], recipe: str, settings: PatrolSettings, number: int) -> Patrol:
    """Choose the way, the photos and the passers-by of a patrol, and work out its truth.

    Args:
        photos: Of the split.
        recipe: Name of the recipe.
        settings: What is rendered.
        number: The patrol's, from 0.

    Raises:
        RecipeError: There are too few photos.
        PhotoError: A photo can't be read.
    """
    rng = np.random.default_rng([settings.seed, number])
    height = round(settings.size[1] / WINDOW)
    way = walk(rng, settings.frames, FPS, settings.size)
    chosen = pick(photos, rng, way.strip_width, height, settings.clean)
    passers = send(rng, way, FPS, height)
    hiding = [hidden_by(passer, way) for passer in passers]
    for _ in range(ORDERS):
        panels = place(chosen, rng, height)
        problems = problems_of(panels, way, FPS, hiding)
        if any(seen_again(problem.view, FPS) for problem in problems):
            break
    truth = PatrolTruth(
        recipe=recipe,
        split=settings.split,
        seed=(settings.seed, number),
        started=START + number * APART,
        width=settings.size[0],
        height=settings.size[1],
        fps=FPS,
        seconds=settings.frames / FPS,
        panels=tuple(truth_panels(panels, way)),
        problems=tuple(problems),
    )
    return Patrol(height, way, tuple(panels), tuple(passers), Sensor(rng, way, FPS), truth)

"""What events are judged against: a simulated patrol's truth file, or an event file that a person has checked."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from vision.datasets.patrol.truth import PatrolTruth, View
from vision.footage.grouping import Corners, kind_of
from vision.footage.result import CameraInfo, Event, EventFile, Observation

__all__ = ["Panel", "Problem", "Truth", "patrol_truth", "truths_of"]

HELD = 0.5  # seconds that a thing is taken to be in view before its first look and after its last one

NDArrayTimes = npt.NDArray[np.float64]  # (n,) seconds, rising
NDArrayCorners = npt.NDArray[np.float64]  # (n, 4) xyxy in pixels
Where = Callable[[float], Corners | None]  # the box at a time in seconds; None while it isn't in view


@dataclass(frozen=True)
class Panel:
    """A part of the picture in which the same categories are labelled."""

    annotated: Collection[str]
    box_at: Where


@dataclass(frozen=True)
class Problem:
    """One problem in the real world.

    Attributes:
        kind: As `kind_of` has it.
        categories: Each that an event on it may rightly have.
        to_find: Whether missing it is a mistake.
        box_at: Where it is.
    """

    kind: str
    categories: Collection[str]
    to_find: bool
    box_at: Where


@dataclass(frozen=True)
class Truth:
    """What there is to find in one recording.

    Attributes:
        width, height: Of its frames, in pixels.
        seconds: How long it is.
        panels: A thing that lies on none of them is judged, whatever its category.
        problems: In any order.
    """

    width: int
    height: int
    seconds: float
    panels: Sequence[Panel]
    problems: Sequence[Problem]


def patrol_truth(patrol: PatrolTruth) -> Truth:
    """Return the truth about a simulated patrol."""

    def where(view: View) -> Where:
        return lambda seconds: _view_at(view, seconds * patrol.fps)

    panels = [Panel(panel.annotated, where(panel.view)) for panel in patrol.panels]
    problems = [Problem(p.kind, p.categories, p.to_find, where(p.view)) for p in patrol.problems]
    return Truth(patrol.width, patrol.height, patrol.seconds, panels, problems)


def _view_at(view: View, frame: float) -> Corners | None:
    """Return where something is at a frame or between two; None if it isn't in view."""
    after = bisect.bisect_left(view.frames, frame)
    near = [i for i in (after - 1, after) if 0 <= i < len(view.frames) and abs(view.frames[i] - frame) < 1]
    if not near:
        return None
    weights = [1 - abs(view.frames[i] - frame) for i in near]
    box: list[float] = np.average([view.boxes[i] for i in near], axis=0, weights=weights).tolist()
    return box


def truths_of(file: EventFile) -> dict[str, Truth]:
    """Return the truth about each camera of an event file that a person has checked, by its name.

    Each event is a problem of the event's category, to be found if the file's model calls that one a problem. At a look
    its box is the one around all that was seen of it; between two looks of a visit it moves evenly from one to the
    next, and half a second before and after a visit it still stands where the visit begins and ends. The categories of
    the file's model are taken to be labelled everywhere.
    """
    annotated = frozenset(category.name for category in file.model.categories)
    problems = {category.name for category in file.model.categories if category.is_problem}
    return {
        camera.name: Truth(
            camera.width,
            camera.height,
            camera.duration_seconds,
            [Panel(annotated, partial(_everywhere, camera))],
            [_problem(event, event.category in problems) for event in file.events if event.camera == camera.name],
        )
        for camera in file.cameras
    }


def _everywhere(camera: CameraInfo, seconds: float) -> Corners:  # noqa: ARG001
    return (0.0, 0.0, float(camera.width), float(camera.height))


def _problem(event: Event, to_find: bool) -> Problem:
    kind = kind_of(event.category) or event.category
    return Problem(kind, (event.category,), to_find, partial(_stretch_at, list(_stretches(event))))


@dataclass(frozen=True)
class _Stretch:
    """A visit: the times of its looks, and the box around all that was seen in each."""

    start: float
    end: float
    seconds: NDArrayTimes
    boxes: NDArrayCorners

    def away(self, seconds: float) -> float:
        """Return the seconds between the visit and a time."""
        return max(self.start - seconds, seconds - self.end, 0.0)


def _stretches(event: Event) -> Iterator[_Stretch]:
    seconds, boxes = _outlines(event.history)
    covered = np.zeros(len(seconds), bool)
    for visit in event.visits:
        during = (visit.start_seconds <= seconds) & (seconds <= visit.end_seconds)
        covered |= during
        if during.any():
            yield _Stretch(visit.start_seconds, visit.end_seconds, seconds[during], boxes[during])
    for i in np.flatnonzero(~covered):  # such as those that a person has added without a visit
        yield _Stretch(seconds[i], seconds[i], seconds[i : i + 1], boxes[i : i + 1])


def _outlines(history: Iterable[Observation]) -> tuple[NDArrayTimes, NDArrayCorners]:
    """Return the times of the looks, and the box around all that was seen in each."""
    boxes = np.array([(*seen.box[:2], *(-side for side in seen.box[2:])) for seen in history])  # so that all are least
    times = np.array([seen.seconds for seen in history], np.float64)
    seconds, looks = np.unique(times, return_inverse=True)
    around = np.full((len(seconds), 4), np.inf)
    np.minimum.at(around, looks, boxes)
    return seconds, around * (1, 1, -1, -1)


def _stretch_at(stretches: Sequence[_Stretch], seconds: float) -> Corners | None:
    nearest = min(stretches, key=lambda stretch: stretch.away(seconds))
    if nearest.away(seconds) > HELD:
        return None
    return [float(np.interp(seconds, nearest.seconds, column)) for column in nearest.boxes.T]

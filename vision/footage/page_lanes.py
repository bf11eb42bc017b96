"""Lay a camera's events out along its time, in rows so that none hides another."""

from collections.abc import Iterable
from typing import NamedTuple

from vision.footage.page_times import Tick, ticks
from vision.footage.result import CameraInfo, Event

__all__ = ["Lane", "Stay", "lane"]

# Share of the lane that the shortest event takes: what a finger can hit where the lane is at its narrowest.
# The page's style sheet has the same in pixels: 38 of 600.
LEAST_SHARE = 0.065


class Stay(NamedTuple):
    """One event in a lane.

    Attributes:
        number: Of its card.
        event: The event.
        left, width: Shares (0..1) of the lane.
        row: From 0, the topmost.
        visits: Left and width of each visit, as shares of the stay.
    """

    number: int
    event: Event
    left: float
    width: float
    row: int
    visits: list[tuple[float, float]]


class Lane(NamedTuple):
    """A camera's time line."""

    camera: CameraInfo
    ticks: list[Tick]
    stays: list[Stay]
    rows: int


def lane(camera: CameraInfo, numbered: Iterable[tuple[int, Event]]) -> Lane:
    """Lay out a camera's events, given with the numbers of their cards."""
    own = sorted(((n, e) for n, e in numbered if e.camera == camera.name), key=lambda pair: pair[1].start_seconds)
    length = max([camera.duration_seconds, *(event.end_seconds for _, event in own)]) or 1.0
    ends: list[float] = []  # where each row is free again
    stays = []
    for number, event in own:
        left, width = event.start_seconds / length, (event.end_seconds - event.start_seconds) / length
        drawn_left, drawn_width = min(left, 1 - LEAST_SHARE), max(width, LEAST_SHARE)
        row = next((row for row, end in enumerate(ends) if end <= drawn_left), len(ends))
        ends[row : row + 1] = [drawn_left + drawn_width]
        stays.append(Stay(number, event, left, width, row, _visits(event)))
    return Lane(camera, ticks(length, camera.started), stays, len(ends))


def _visits(event: Event) -> list[tuple[float, float]]:
    start, length = event.start_seconds, event.end_seconds - event.start_seconds
    if not length:
        return [(0.0, 1.0)]
    return [((v.start_seconds - start) / length, (v.end_seconds - v.start_seconds) / length) for v in event.visits]

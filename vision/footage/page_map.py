"""Draw where events lie as a plan in metres, north up, without any map service."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from vision.footage.result import CameraInfo, Event
from vision.inference.results import GpsPoint

__all__ = ["Marker", "Plan", "Way", "plans"]

EARTH = 6_371_009  # metres, mean radius
MARGIN = 0.1  # of the longer side, on each side
LEAST_SIDE = 60  # metres; below, satellite positions are noise
NARROWEST, WIDEST = 1.25, 1.8  # width / height
SQUARES = 6  # about, across
NOMINAL = 560  # pixels: width at which markers are kept from hiding each other
FEW = 100  # markers up to which they are large enough for numbers
MOST_TURNS = 40  # of the spiral along which they are moved aside
GOLDEN = math.pi * (3 - math.sqrt(5))  # angle by which a spiral of dots fills a disc


class Marker(NamedTuple):
    """An event at `x`, `y` (shares of width and height from the top left), moved aside by `aside` pixels."""

    number: int
    event: Event
    x: float
    y: float
    aside: tuple[float, float]


class Way(NamedTuple):
    """Where a camera was, in the plan's metres from the top left."""

    camera: str
    points: list[tuple[float, float]]


class Plan(NamedTuple):
    """Places of one datum; different ones aren't converted into each other.

    Attributes:
        datum: As the event file states it.
        width, height: Metres.
        square: Metres of the grid and the scale bar.
        ways: Of the cameras.
        markers: Of the events.
        few: Whether there are so few markers that each can have its number.
    """

    datum: str
    width: float
    height: float
    square: float
    ways: list[Way]
    markers: list[Marker]
    few: bool


def plans(cameras: Iterable[CameraInfo], numbered: Sequence[tuple[int, Event]]) -> list[Plan]:
    """Return a plan for each datum in which an event has a place."""
    datums = dict.fromkeys(event.place.datum for _, event in numbered if event.place)
    return [_plan(datum, cameras, numbered) for datum in datums]


def _plan(datum: str, cameras: Iterable[CameraInfo], numbered: Sequence[tuple[int, Event]]) -> Plan:
    ways = [(c.name, [fix for fix in c.way if fix.datum == datum]) for c in cameras]
    placed = [(n, e, e.place) for n, e in numbered if e.place and e.place.datum == datum]
    points: list[GpsPoint] = [place for *_, place in placed] + [fix for _, way in ways for fix in way]
    latitude = sum(point.latitude for point in points) / len(points)

    def metres(point: GpsPoint) -> tuple[float, float]:
        """Equirectangular: east, south."""
        shrunk = math.cos(math.radians(latitude))
        return EARTH * math.radians(point.longitude) * shrunk, -EARTH * math.radians(point.latitude)

    left, top, width, height = _frame([metres(point) for point in points])

    def within(point: GpsPoint) -> tuple[float, float]:
        x, y = metres(point)
        return x - left, y - top

    shares = [(x / width, y / height) for x, y in (within(place) for *_, place in placed)]
    few = len(placed) <= FEW
    asides = _asides([(x * NOMINAL, y * NOMINAL * height / width) for x, y in shares], 22 if few else 9)
    markers = [
        Marker(number, event, *share, aside)
        for (number, event, _), share, aside in zip(placed, shares, asides, strict=True)
    ]
    drawn = [Way(name, [within(fix) for fix in way]) for name, way in ways if way]
    return Plan(datum, width, height, _round_length(width / SQUARES), drawn, markers, few)


def _frame(points: Sequence[tuple[float, float]]) -> tuple[float, float, float, float]:
    """Return left, top, width and height of a frame of a pleasant shape around the points."""
    west, east = min(x for x, _ in points), max(x for x, _ in points)
    north, south = min(y for _, y in points), max(y for _, y in points)
    margin = 2 * MARGIN * max(east - west, south - north)
    width, height = max(east - west + margin, LEAST_SIDE), max(south - north + margin, LEAST_SIDE)
    width, height = max(width, height * NARROWEST), max(height, width / WIDEST)
    return (west + east - width) / 2, (north + south - height) / 2, width, height


def _round_length(metres: float) -> float:
    """Return the largest of 1, 2, 5, 10, … that isn't longer, at least 1."""
    power = 10.0 ** math.floor(math.log10(metres))
    return max(1.0, power * max(digit for digit in (1, 2, 5) if digit * power <= metres))


def _asides(points: Iterable[tuple[float, float]], apart: float) -> list[tuple[float, float]]:
    """Return how far to move each point, in its unit, so that no two lie closer than `apart`: along a spiral.

    Where very many lie in one place, the last ones stay there, as they would end up too far from it.
    """
    taken: dict[tuple[int, int], list[tuple[float, float]]] = {}
    spiral = [(0.6 * apart * math.sqrt(turn), turn * GOLDEN) for turn in range(MOST_TURNS)]
    asides = []
    for x, y in points:
        for radius, angle in spiral:
            dx, dy = radius * math.cos(angle), radius * math.sin(angle)
            column, row = int((x + dx) // apart), int((y + dy) // apart)
            near = [p for c in (-1, 0, 1) for r in (-1, 0, 1) for p in taken.get((column + c, row + r), ())]
            if all(math.hypot(x + dx - px, y + dy - py) >= apart for px, py in near):
                taken.setdefault((column, row), []).append((x + dx, y + dy))
                asides.append((dx, dy))
                break
        else:
            asides.append((0.0, 0.0))
    return asides

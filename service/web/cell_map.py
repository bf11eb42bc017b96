"""A small map without tiles: the outline of a grid cell, its neighbours, and a point, as SVG coordinates."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from service.domain.datum import Point, point_of

__all__ = ["HEIGHT", "WIDTH", "CellMap", "Shape", "cell_map"]

WIDTH, HEIGHT, MARGIN = 320, 220, 24
Shape = tuple[dict[str, Any] | None, str]  # GeoJSON geometry, its datum
Ring = list[Point]


@dataclass(frozen=True)
class CellMap:
    """What is drawn, in a picture of WIDTH x HEIGHT.

    Attributes:
        cell: Value of `d` of a path: the cell.
        neighbours: The same of other cells.
        point: x and y; None where only the cell is known.
        metres: Length of the scale bar, and `bar`, the same in the picture.
    """

    cell: str
    neighbours: list[str]
    point: tuple[float, float] | None
    metres: int
    bar: float


def cell_map(cell: Shape, neighbours: Iterable[Shape], point: Point | None) -> CellMap | None:
    """Return the map of a cell; None where it has no outline."""
    rings = _rings(cell)
    corners = [corner for ring in rings for corner in ring] + ([point] if point else [])
    if not rings:
        return None
    middle = math.radians((min(c.latitude for c in corners) + max(c.latitude for c in corners)) / 2)
    shrink = math.cos(middle)  # a degree of longitude in degrees of latitude
    west, east = min(c.longitude for c in corners), max(c.longitude for c in corners)
    south, north = min(c.latitude for c in corners), max(c.latitude for c in corners)
    tall, wide = max(north - south, 1e-6), max((east - west) * shrink, 1e-6)
    scale = min((WIDTH - 2 * MARGIN) / wide, (HEIGHT - 2 * MARGIN) / tall)

    def drawn(corner: Point) -> tuple[float, float]:
        x = WIDTH / 2 + (corner.longitude - (west + east) / 2) * shrink * scale
        y = HEIGHT / 2 - (corner.latitude - (south + north) / 2) * scale
        return round(x, 1), round(y, 1)

    def path(rings: Sequence[Ring]) -> str:
        return " ".join("M" + " ".join(f"{x},{y}" for x, y in map(drawn, ring)) + "Z" for ring in rings)

    per_metre = scale / 111_320
    metres = _round_length(80 / per_metre)
    others = [path(found) for other in neighbours if (found := _rings(other))]
    return CellMap(path(rings), others, drawn(point) if point else None, metres, round(metres * per_metre, 1))


def _rings(shape: Shape) -> list[Ring]:
    geometry, datum = shape
    if not geometry:
        return []
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    return [
        [found for corner in ring if (found := point_of(corner[1], corner[0], datum)) is not None]
        for polygon in polygons
        for ring in polygon
    ]


def _round_length(metres: float) -> int:
    """Return the largest 1, 2 or 5 times a power of ten that isn't longer."""
    power = 10 ** math.floor(math.log10(max(metres, 1)))
    return int(next(step * power for step in (5, 2, 1) if step * power <= max(metres, 1)))

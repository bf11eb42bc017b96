"""The town's cells as SVG paths, for the page of units and grids."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry import shape

from service.store.places import Grid

__all__ = ["Drawn", "Map", "town_map"]

WIDTH = 1000.0  # units of the drawing
COARSEST = 0.6  # units by which a border may be off
AREAS = 6  # colours of areas
OUTLINED = 3  # level down to which borders are drawn over the cells


@dataclass(frozen=True)
class Drawn:
    """A cell as an SVG path; `area` is the colour of the area (片区) that it belongs to, 0..5."""

    id: int
    name: str
    level: int
    area: int
    path: str


@dataclass(frozen=True)
class Map:
    """The finest cells, and the outlines of those above them; 1,000 units wide."""

    height: float
    cells: list[Drawn]
    outlines: list[Drawn]


def town_map(grids: Sequence[Grid]) -> Map | None:
    """Return the drawing of cells; None: none of them has a polygon."""
    shapes = {grid.id: shape(grid.geometry) for grid in grids if grid.geometry}
    if not shapes:
        return None
    west, south, east, north = shapely.total_bounds(list(shapes.values()))
    shrink = math.cos(math.radians((south + north) / 2))  # a degree of longitude is shorter than one of latitude
    scale = WIDTH / max((east - west) * shrink, 1e-9)

    def drawn(points: Any) -> Any:
        return np.column_stack([(points[:, 0] - west) * scale * shrink, (north - points[:, 1]) * scale])

    areas = _areas(grids)
    above = {grid.parent_id for grid in grids if grid.id in shapes}
    cells = [
        Drawn(grid.id, grid.name, grid.level, areas[grid.id], _path(shapely.transform(shapes[grid.id], drawn)))
        for grid in grids
        if grid.id in shapes
    ]
    return Map(
        round((north - south) * scale, 1),
        [cell for cell in cells if cell.id not in above],
        [cell for cell in cells if cell.id in above and cell.level <= OUTLINED],
    )


def _areas(grids: Sequence[Grid]) -> Mapping[int, int]:
    """Return the colour of each cell: that of the topmost one above it."""
    parents = {grid.id: grid.parent_id for grid in grids}
    tops: dict[int, int] = {}
    found = {}
    for grid in grids:
        top = grid.id
        while (parent := parents[top]) is not None and parent in parents:
            top = parent
        found[grid.id] = tops.setdefault(top, len(tops)) % AREAS
    return found


def _path(polygons: Any) -> str:
    rings = [
        ring
        for polygon in shapely.get_parts(shapely.simplify(polygons, COARSEST))
        for ring in (polygon.exterior, *polygon.interiors)
    ]
    return "".join("M" + "L".join(f"{x:.1f},{y:.1f}" for x, y, *_ in ring.coords[:-1]) + "Z" for ring in rings)

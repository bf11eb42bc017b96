"""The town's grid as a drawing: polygons in WGS-84, scaled and simplified to what a screen can show."""

import math
import threading
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.domain.datum import datum_of, point_of, to_wgs84
from service.intake.places import GRIDS_VERSION
from service.store.places import Grid
from service.store.rules import Setting

__all__ = ["Cell", "TownMap", "town_map"]

WIDTH = 1000.0  # units of the drawing; a screen has about as many pixels
TALLEST = 1400.0
MARGIN = 6.0
COARSEST = 0.6  # units by which a border may be off


@dataclass(frozen=True)
class Cell:
    """A polygon of the drawing: an SVG path, and a point within it, where there is room for `room` units around."""

    id: int
    name: str
    path: str
    x: float
    y: float
    room: float


@dataclass(frozen=True, eq=False)
class TownMap:
    """The drawing.

    Attributes:
        width, height: In units.
        cells: The finest cells.
        areas: Paths of the larger ones above them.
    """

    version: tuple[Any, ...]
    width: float
    height: float
    cells: list[Cell]
    areas: list[str]
    _west: float
    _north: float
    _scale: tuple[float, float]

    def place(self, latitude: float, longitude: float, datum: str) -> tuple[float, float] | None:
        """Return where a point lies on the drawing; None: outside, or its datum isn't known."""
        point = point_of(latitude, longitude, datum)
        if point is None:
            return None
        x = MARGIN + (point.longitude - self._west) * self._scale[0]
        y = MARGIN + (self._north - point.latitude) * self._scale[1]
        return (round(x, 1), round(y, 1)) if 0 <= x <= self.width and 0 <= y <= self.height else None


_lock = threading.Lock()
_known: WeakKeyDictionary[Any, TownMap] = WeakKeyDictionary()  # by the database's pool of connections


def town_map(session: Session) -> TownMap | None:
    """Return the drawing of the present grid, made anew after each import of grids; None: no cell has a polygon."""
    setting = select(Setting.value).where(Setting.key == GRIDS_VERSION).scalar_subquery()
    with_polygon = func.count(Grid.geometry)
    version = tuple(session.execute(select(setting, func.max(Grid.id), func.count(Grid.id), with_polygon)).one())
    pool = session.get_bind().engine.pool
    with _lock:
        found = _known.get(pool)
        if found is None or found.version != version:
            found = _drawn(session, version)
            if found is not None:
                _known[pool] = found
    return found


def _drawn(session: Session, version: tuple[Any, ...]) -> TownMap | None:
    rows = [
        row for row in session.execute(select(Grid.id, Grid.name, Grid.parent_id, Grid.geometry, Grid.datum)) if row[3]
    ]
    shapes = {row.id: _in_wgs84(row.geometry, row.datum) for row in rows}
    if not shapes:
        return None
    west, south, east, north = shapely.total_bounds(list(shapes.values()))
    shrink = math.cos(math.radians((south + north) / 2))  # a degree of longitude is shorter than one of latitude
    scale = min(
        (WIDTH - 2 * MARGIN) / max((east - west) * shrink, 1e-9), (TALLEST - 2 * MARGIN) / max(north - south, 1e-9)
    )
    across, up = scale * shrink, scale

    def drawn(points: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
        return np.column_stack([MARGIN + (points[:, 0] - west) * across, MARGIN + (north - points[:, 1]) * up])

    flat = {id_: shapely.simplify(shapely.transform(shape, drawn), COARSEST) for id_, shape in shapes.items()}
    above = {row.parent_id for row in rows}
    return TownMap(
        version,
        round(2 * MARGIN + (east - west) * across, 1),
        round(2 * MARGIN + (north - south) * up, 1),
        [_cell(row.id, row.name, flat[row.id]) for row in rows if row.id not in above],
        [_path(flat[row.id]) for row in rows if row.id in above],
        west,
        north,
        (across, up),
    )


def _in_wgs84(geometry: dict[str, Any], datum: str) -> BaseGeometry:
    shape = shapely.force_2d(shapely.geometry.shape(geometry))
    known = datum_of(datum)

    def moved(points: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
        assert known is not None  # noqa: S101 - asked below
        latitude, longitude = to_wgs84(points[:, 1], points[:, 0], known)
        return np.column_stack([longitude, latitude])

    return shape if known is None else shapely.transform(shape, moved)


def _cell(id_: int, name: str, shape: BaseGeometry) -> Cell:
    middle = shape.centroid if shape.contains(shape.centroid) else shape.representative_point()
    room = 2 * shape.area / shape.length if shape.length else 0.0  # of a square, half its side
    return Cell(id_, name, _path(shape), round(middle.x, 1), round(middle.y, 1), round(room, 1))


def _path(shape: BaseGeometry) -> str:
    parts = []
    for polygon in shapely.get_parts(shape):
        for ring in (polygon.exterior, *polygon.interiors):
            parts.append("M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in ring.coords[:-1]) + "Z")
    return "".join(parts)

"""In which grid cell a point lies."""

import threading
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import shapely
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.domain.datum import datum_of, point_of, to_wgs84
from service.operations.logs import logger
from service.store.places import Grid
from service.store.rules import Setting

__all__ = ["GRIDS_VERSION", "locate"]

GRIDS_VERSION = "grids_version"  # key of the setting that changes with every import of grids
VERSION = select(
    select(Setting.value).where(Setting.key == GRIDS_VERSION).scalar_subquery(), func.max(Grid.id), func.count(Grid.id)
)


@dataclass(frozen=True, eq=False)
class _Cells:
    """The polygons of one database, in WGS-84; `tree` answers with indices into `ids` and `levels`."""

    version: tuple[Any, ...]
    tree: shapely.STRtree
    ids: npt.NDArray[np.int64]
    levels: npt.NDArray[np.int64]


_lock = threading.Lock()
_known: WeakKeyDictionary[Any, _Cells] = WeakKeyDictionary()  # by the database's pool of connections


def locate(session: Session, latitude: float, longitude: float, datum: str) -> Grid | None:
    """Return the cell of the finest level whose polygon contains a point; on a border, the one that was made first.

    None where there is no such cell, or the datum isn't known.
    """
    point = point_of(latitude, longitude, datum)
    if point is None:
        return None
    cells = _cells(session)
    hits = cells.tree.query(shapely.Point(point.longitude, point.latitude), predicate="intersects")
    if not len(hits):
        return None
    best = min(hits, key=lambda i: (-cells.levels[i], cells.ids[i]))
    return session.get(Grid, int(cells.ids[best]))


def _cells(session: Session) -> _Cells:
    """Return the polygons, read again if the grids have changed."""
    row = session.execute(VERSION).one()
    version = (str(row[0]), row[1], row[2])
    pool = session.connection().engine.pool
    with _lock:
        found = _known.get(pool)
        if found is None or found.version != version:
            found = _known[pool] = _read(session, version)
        return found


def _read(session: Session, version: tuple[Any, ...]) -> _Cells:
    rows = session.execute(
        select(Grid.id, Grid.code, Grid.level, Grid.geometry, Grid.datum).where(Grid.geometry.is_not(None))
    ).all()
    kept, broken = [], []
    for row in rows:
        shape = _shape(row.geometry, row.datum)
        if shape is None:
            broken.append(row.code)
        else:
            kept.append((row.id, row.level, shape))
    if broken:
        logger().warning("the polygons of some grid cells are broken", codes=broken)
    return _Cells(
        version,
        shapely.STRtree([shape for _, _, shape in kept]),
        np.array([number for number, _, _ in kept], np.int64),
        np.array([level for _, level, _ in kept], np.int64),
    )


def _shape(geometry: Any, datum_text: str) -> BaseGeometry | None:
    """Return a polygon in WGS-84; None for what is none, or crosses itself: nobody could say what lies in it."""
    datum = datum_of(datum_text)
    try:
        shape = shapely.geometry.shape(geometry)
    except (ShapelyError, ValueError, TypeError, AttributeError, KeyError, IndexError):
        return None
    if (
        datum is None
        or shape.is_empty
        or not shape.is_valid
        or not isinstance(shape, shapely.Polygon | shapely.MultiPolygon)
    ):
        return None

    def converted(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        latitude, longitude = to_wgs84(points[:, 1], points[:, 0], datum)
        return np.stack([longitude, latitude], axis=1)

    moved: BaseGeometry = shapely.transform(shape, converted)
    shapely.prepare(moved)
    return moved

import time
from typing import Any

import numpy as np
import pytest
from sqlalchemy.orm import Session

from service.domain.datum import Datum, from_wgs84
from service.intake.places import GRIDS_VERSION, locate
from service.state import Service
from service.store.places import Grid
from service.store.rules import Setting
from tests.service.town import Town


def _ring(west: float, south: float, size: float) -> list[list[float]]:
    return [[west + x * size, south + y * size] for x, y in ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))]


def _square(west: float, south: float, size: float) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [_ring(west, south, size)]}


def _add(service: Service, *grids: Grid) -> None:
    with service.database.write() as session:
        session.add_all(grids)


def _code(session: Session, latitude: float, longitude: float, datum: str = "WGS-84") -> str | None:
    grid = locate(session, latitude, longitude, datum)
    return grid.code if grid else None


def test_the_cell_that_contains_the_point(any_service: Service, any_town: Town) -> None:
    with any_service.database.read() as session:
        east, west = locate(session, 30.005, 120.005, "WGS-84"), locate(session, 30.005, 120.015, "CGCS2000")
        assert east is not None
        assert west is not None
        assert (east.id, west.id) == (any_town.east_cell, any_town.west_cell)
        assert locate(session, 31, 121, "WGS-84") is None
        assert locate(session, 30.005, 120.005, "TOKYO") is None
        on_the_border = locate(session, 30.005, 120.01, "WGS-84")
        assert on_the_border is not None
        assert on_the_border.id == min(any_town.east_cell, any_town.west_cell)


def test_finest_level_holes_parts_and_broken_polygons(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    hole = {"type": "Polygon", "coordinates": [_ring(121, 30, 0.1), _ring(121.04, 30.04, 0.02)[::-1]]}
    parts = {"type": "MultiPolygon", "coordinates": [[_ring(122, 30, 0.1)], [_ring(123, 30, 0.1)]]}
    bowtie = {"type": "Polygon", "coordinates": [[[121, 30], [121.1, 30.1], [121.1, 30], [121, 30.1], [121, 30]]]}
    _add(
        service,
        Grid(code="area", name="area", level=2, geometry=_square(121, 30, 0.1)),
        Grid(code="village", name="village", level=3, geometry=hole),
        Grid(code="parts", name="parts", level=5, geometry=parts),
        *(
            Grid(code=f"broken{i}", name="broken", level=5, geometry=geometry)
            for i, geometry in enumerate(
                [
                    bowtie,
                    {"type": "Point", "coordinates": [121.01, 30.01]},
                    {"type": "Polygon"},
                    {},
                    {"type": "Polygon", "coordinates": [[[1, "a"]]]},
                    {"type": "Polygon", "coordinates": []},
                ]
            )
        ),
        Grid(code="datum", name="datum", level=5, geometry=_square(121, 30, 0.1), datum="TOKYO"),
    )
    with service.database.read() as session:
        assert _code(session, 30.01, 121.01) == "village"
        assert _code(session, 30.05, 121.05) == "area"  # in the village's hole
        assert _code(session, 30.05, 122.05) == _code(session, 30.05, 123.05) == "parts"
        assert _code(session, 30.05, 122.5) is None


def test_every_datum_on_both_sides(service: Service) -> None:
    _add(service, Grid(code="gcj", name="gcj", level=5, geometry=_square(120, 30, 0.01), datum="GCJ-02"))
    with service.database.read() as session:
        assert _code(session, 30.0001, 120.0001, "GCJ-02") == "gcj"
        assert _code(session, 30.0001, 120.0001, "WGS-84") is None  # half a kilometre beside
        north, east = from_wgs84(np.array([30.005]), np.array([120.0]), Datum.GCJ_02)
        assert _code(session, 30.005, 120.0) == _code(session, float(north[0]), float(east[0]), "GCJ-02") == "gcj"


def test_changed_grids_are_read_again(service: Service) -> None:
    with service.database.read() as session:
        assert _code(session, 30.005, 120.005) is None
    grid = Grid(code="one", name="one", level=5, geometry=_square(120, 30, 0.01))
    _add(service, grid)
    with service.database.read() as session:
        assert _code(session, 30.005, 120.005) == "one"
    with service.database.write() as session:
        session.get_one(Grid, grid.id).geometry = _square(121, 30, 0.01)
        session.add(Setting(key=GRIDS_VERSION, value=1))
    with service.database.read() as session:
        assert _code(session, 30.005, 120.005) is None
        assert _code(session, 30.005, 121.005) == "one"


def test_a_town_of_975_cells_is_quick(service: Service) -> None:
    rng = np.random.default_rng(0)
    grids = [
        Grid(code=f"{level}{i}", name="cell", level=level, geometry=_star(rng, 120 + i % 30 / 100, 30 + i // 30 / 100))
        for level, count in ((3, 26), (4, 299), (5, 650))
        for i in range(count)
    ]
    _add(service, *grids)
    with service.database.read() as session:
        locate(session, 30.0, 120.0, "WGS-84")
        seconds = []
        for latitude, longitude in rng.uniform((30, 120), (30.22, 120.3), (200, 2)):
            before = time.thread_time()
            locate(session, latitude, longitude, "WGS-84")
            seconds.append(time.thread_time() - before)
    assert np.quantile(seconds, 0.1) < 0.001  # what other programs take of the machine doesn't count


def _star(rng: np.random.Generator, west: float, south: float) -> dict[str, Any]:
    angles = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    radius = rng.uniform(0.004, 0.006, 60)
    ring = [[west + r * np.cos(a), south + r * np.sin(a)] for r, a in zip(radius, angles, strict=True)]
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}

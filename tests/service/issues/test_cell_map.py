"""The map of a grid cell: north is up, shapes keep their proportions, and datums are brought together."""

from typing import Any

import numpy as np
import pytest

from service.domain.datum import Datum, Point, from_wgs84
from service.web.cell_map import HEIGHT, WIDTH, cell_map


def square(west: float, south: float, side: float = 0.01) -> dict[str, Any]:
    corners = [(0, 0), (side, 0), (side, side), (0, side), (0, 0)]
    return {"type": "Polygon", "coordinates": [[[west + x, south + y] for x, y in corners]]}


def corners_of(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (pair.split(",") for pair in path.strip("MZ").split())]


def test_a_square_at_60_degrees_is_half_as_wide() -> None:
    found = cell_map((square(120, 60), "CGCS2000"), [], Point(60.0075, 120.0025))
    assert found
    (left, bottom), (right, _), (_, top) = corners_of(found.cell)[:3]
    assert (right - left) / (bottom - top) == pytest.approx(0.5, abs=0.02)
    assert found.point == pytest.approx((left + (right - left) / 4, bottom + 0.75 * (top - bottom)), abs=0.5)
    assert found.metres * 1113.2 / found.bar == pytest.approx(
        1113.2**2 / (bottom - top), rel=0.02
    )  # the bar tells the truth


def test_a_point_outside_is_still_on_the_map() -> None:
    found = cell_map(
        (square(120, 30), "CGCS2000"), [(square(120.01, 30), "CGCS2000"), (None, "")], Point(30.05, 120.05)
    )
    assert found
    assert found.point
    assert 0 < found.point[0] < WIDTH
    assert 0 < found.point[1] < HEIGHT
    assert len(found.neighbours) == 1


def test_shifted_cells_are_shifted_back() -> None:
    plain = square(120, 30)
    ring = np.array(plain["coordinates"][0])
    north, east = from_wgs84(ring[:, 1], ring[:, 0], Datum.GCJ_02)
    shifted = {"type": "MultiPolygon", "coordinates": [[np.stack([east, north], axis=1).tolist()]]}
    first, second = (cell_map(shape, [], None) for shape in ((plain, "CGCS2000"), (shifted, "GCJ-02")))
    assert first
    assert second
    assert np.allclose(corners_of(first.cell), corners_of(second.cell), atol=0.2)


def test_no_outline() -> None:
    assert cell_map((None, "CGCS2000"), [], Point(30, 120)) is None

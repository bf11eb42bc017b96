import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.datum import Datum, Point, datum_of, distance, from_wgs84, point_of, to_wgs84

LATITUDES, LONGITUDES = st.floats(1.0, 55.5), st.floats(72.5, 137.5)


def _from(latitude: float, longitude: float, datum: Datum) -> tuple[float, float]:
    north, east = from_wgs84(np.array([latitude]), np.array([longitude]), datum)
    return float(north[0]), float(east[0])


@given(LATITUDES, LONGITUDES, st.sampled_from(Datum))
def test_there_and_back_is_within_a_decimetre(latitude: float, longitude: float, datum: Datum) -> None:
    back = point_of(*_from(latitude, longitude, datum), datum)
    assert back is not None
    assert distance(back, Point(latitude, longitude)) < 0.1


@given(LATITUDES, LONGITUDES)
def test_web_maps_are_off_by_less_than_a_kilometre_and_a_half(latitude: float, longitude: float) -> None:
    shifted = Point(*_from(latitude, longitude, Datum.GCJ_02))
    assert distance(shifted, Point(latitude, longitude)) < 1500


@pytest.mark.parametrize(
    ("wgs84", "gcj02"),
    [  # as published with other implementations
        pytest.param((39.90105, 116.42079), (39.90245, 116.42703), id="beijing-station"),
        pytest.param((22.59682825, 114.12004399), (22.59414209, 114.1251447), id="shenzhen"),
        pytest.param((31.280844, 120.596931), (31.278648624, 120.601099983), id="suzhou"),
    ],
)
def test_known_places(wgs84: tuple[float, float], gcj02: tuple[float, float]) -> None:
    assert distance(Point(*_from(*wgs84, Datum.GCJ_02)), Point(*gcj02)) < 1.5


@given(st.floats(-80, 80), st.floats(-180, 71))
def test_nothing_is_shifted_outside_china(latitude: float, longitude: float) -> None:
    for datum in Datum:
        assert point_of(latitude, longitude, datum) == Point(latitude, longitude)
        assert _from(latitude, longitude, datum) == (latitude, longitude)


def test_many_at_once() -> None:
    latitude, longitude = np.linspace(20, 50, 7), np.linspace(80, 130, 7)
    north, east = to_wgs84(*from_wgs84(latitude, longitude, Datum.GCJ_02), Datum.GCJ_02)
    np.testing.assert_allclose([north, east], [latitude, longitude], atol=1e-9)


@pytest.mark.parametrize(
    ("text", "datum"),
    [
        ("WGS-84", Datum.WGS_84),
        ("wgs 84", Datum.WGS_84),
        ("", Datum.WGS_84),
        ("GCJ02", Datum.GCJ_02),
        ("CGCS 2000", Datum.CGCS2000),
        ("TOKYO", None),
        ("Beijing 1954", None),
    ],
)
def test_spellings(text: str, datum: Datum | None) -> None:
    assert datum_of(text) is datum
    assert (point_of(30, 120, text) is None) == (datum is None)


def test_distance() -> None:
    assert distance(Point(30, 120), Point(30, 120)) == 0
    assert distance(Point(30, 120), Point(31, 120)) == pytest.approx(111_195, rel=1e-4)
    assert distance(Point(60, 0), Point(60, 1)) == pytest.approx(55_597, rel=1e-3)
    assert point_of(None, 120, "WGS-84") is None

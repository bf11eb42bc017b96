import math

import pytest

from tests.footage.test_page import PATROL, event, event_file
from vision.footage.page_map import plans
from vision.footage.result import Event
from vision.inference.results import GpsPoint

CAMERAS = [camera.model_copy(update={"way": ()}) for camera in event_file([]).cameras]


def at(latitude: float, longitude: float, datum: str = "WGS-84") -> Event:
    return event(1, PATROL, "litter", (0, 1), place=GpsPoint(latitude=latitude, longitude=longitude, datum=datum))


def test_no_plan_without_places() -> None:
    assert plans(CAMERAS, [(1, event(1, PATROL, "litter", (0, 1)))]) == []


def test_distances_are_metres_and_north_is_up() -> None:
    plan = plans(CAMERAS, [(1, at(60, 10)), (2, at(60.01, 10.02))])[0]
    south, north = plan.markers
    assert (north.x - south.x) * plan.width == pytest.approx(1112, rel=1e-3)  # half of a degree's at the equator
    assert (south.y - north.y) * plan.height == pytest.approx(1112, rel=1e-3)
    assert plan.square == 200


def test_one_place_has_room_around_it() -> None:
    plan = plans(CAMERAS, [(1, at(30, 120))])[0]
    assert plan.width >= plan.height >= 60
    assert (plan.markers[0].x, plan.markers[0].y) == (0.5, 0.5)
    assert plan.square == 10


@pytest.mark.parametrize("other", [(30.1, 120), (30, 120.1)], ids=["north", "east"])
def test_frame_has_a_pleasant_shape(other: tuple[float, float]) -> None:
    plan = plans(CAMERAS, [(1, at(30, 120)), (2, at(*other))])[0]
    assert 1.2 < plan.width / plan.height < 1.9
    assert all(0.05 < share < 0.95 for marker in plan.markers for share in (marker.x, marker.y))


def test_ways_belong_to_their_datum() -> None:
    way = event_file([]).cameras
    wgs, gcj = plans(way, [(1, at(30.27, 120.15)), (2, at(30.2, 120.1, "GCJ-02"))])
    assert [len(plan.ways) for plan in (wgs, gcj)] == [1, 0]
    assert len(wgs.ways[0].points) == 20
    assert all(0 <= x <= wgs.width and 0 <= y <= wgs.height for x, y in wgs.ways[0].points)


def test_markers_of_one_place_move_aside() -> None:
    few = plans(CAMERAS, [(i, at(30, 120)) for i in range(10)])[0]
    assert few.few
    asides = [marker.aside for marker in few.markers]
    assert asides[0] == (0, 0)
    assert min(math.dist(a, b) for i, a in enumerate(asides) for b in asides[:i]) >= 22
    many = plans(CAMERAS, [(i, at(30, 120)) for i in range(2000)])[0]
    assert not many.few
    assert max(math.hypot(*marker.aside) for marker in many.markers) < 40

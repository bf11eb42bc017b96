from tests.footage.test_page import GATE, PATROL, event, event_file
from vision.footage.page_lanes import LEAST_SHARE, lane
from vision.footage.result import CameraInfo, Event

CAMERA = event_file([]).cameras[0]


def lay_out(camera: CameraInfo, *found: Event) -> list[tuple[int, int]]:
    return [(stay.number, stay.row) for stay in lane(camera, list(enumerate(found, 1))).stays]


def test_overlapping_events_get_rows_of_their_own() -> None:
    long = event(1, PATROL, "litter", (0, 400))
    first, second = event(2, PATROL, "litter", (10, 60)), event(3, PATROL, "litter", (100, 150))
    assert lay_out(CAMERA, long, first, second) == [(1, 0), (2, 1), (3, 1)]


def test_short_events_leave_room_for_a_finger() -> None:
    moments = [event(i, PATROL, "litter", (490, 490.5)) for i in range(3)]
    laid = lane(CAMERA, list(enumerate(moments, 1)))
    assert [stay.row for stay in laid.stays] == [0, 1, 2]
    assert laid.rows == 3
    apart = event(4, PATROL, "litter", (492 * (1 - 2.1 * LEAST_SHARE), 440))
    assert lay_out(CAMERA, apart, moments[0]) == [(1, 0), (2, 0)]


def test_visits_are_shares_of_the_event() -> None:
    twice = event(1, PATROL, "litter", (100, 150), (250, 300))
    stay = lane(CAMERA.model_copy(update={"duration_seconds": 1000.0}), [(1, twice)]).stays[0]
    assert (stay.left, stay.width) == (0.1, 0.2)
    assert stay.visits == [(0, 0.25), (0.75, 0.25)]


def test_moment_in_a_recording_without_length() -> None:
    still = lane(CAMERA.model_copy(update={"duration_seconds": 0.0}), [(1, event(1, PATROL, "litter", (0, 0)))])
    assert still.stays[0].visits == [(0, 1)]
    assert still.stays[0].left == 0


def test_only_the_cameras_own_events() -> None:
    assert lay_out(CAMERA, event(1, GATE, "litter", (0, 1)), event(2, PATROL, "litter", (0, 1))) == [(2, 0)]

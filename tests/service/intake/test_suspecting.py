"""From boxes on drawn photos to issues: found, again, gone, back, recurred, and after a rectification."""

from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from service.domain.datum import Datum, Point, from_wgs84
from service.domain.lifecycle import State
from service.intake import suspecting
from service.state import Service
from service.store.issues import Issue
from service.store.messages import OutboxEvent
from service.store.photos import Photo
from service.store.places import Grid, Site
from tests.service.intake.visits import START, add_photo, boxes_of, cleared, handle, issues, taken_again
from tests.service.town import Town
from vision.categories import PROBLEMS
from vision.datasets.scenes import SceneKind, draw_scene
from vision.detections import Detections
from vision.images import NDArrayImage
from vision.inference.detector import Detector
from vision.inference.results import Box

Visit = tuple[NDArrayImage, Detections]
SIZE = (640, 480)


@cache
def _heap(seed: int = 2) -> Visit:
    """A heap of garbage on a street, and nothing else that counts."""
    pixels, labels = draw_scene(seed, SceneKind.GARBAGE_HEAP, SIZE)
    garbage = np.array([name == "garbage_pile" for _, _, name in labels])
    return pixels, labels[garbage]


@cache
def _again(seed: int, heap: int = 2) -> Visit:
    return taken_again(*_heap(heap), seed)


@cache
def _cleared(seed: int, heap: int = 2) -> Visit:
    pixels, labels = _heap(heap)
    return taken_again(cleared(pixels, labels.boxes), Detections.empty(labels.names), seed)


class Inspector:
    """Hands photos in, at one place unless told otherwise."""

    def __init__(self, service: Service, town: Town, **place: Any) -> None:
        self.service, self.town, self.place = service, town, place

    def see(
        self, visit: Visit, hours: float = 0, boxes: Sequence[Box] | None = None, **columns: Any
    ) -> suspecting.Weighed:
        pixels, labels = visit
        row = {"captured": START + timedelta(hours=hours), "received": START + timedelta(days=200), **self.place}
        photo_id = add_photo(self.service, pixels, self.town.users["east_reporter"], **(row | columns))
        return handle(self.service, photo_id, boxes_of(labels) if boxes is None else boxes, pixels)


@pytest.fixture
def at_site(service: Service, town: Town) -> Inspector:
    return Inspector(service, town, site_id=town.east_site)


@pytest.fixture
def in_cell(service: Service, town: Town) -> Inspector:
    return Inspector(service, town, grid_id=town.east_cell)


def _kinds(issue: Issue) -> list[str]:
    return [evidence.kind for evidence in issue.evidence]


def _actions(issue: Issue) -> list[str]:
    return [entry.action for entry in issue.history]


def _set(service: Service, issue_id: int, **columns: Any) -> None:
    with service.database.write() as session:
        issue = session.get_one(Issue, issue_id)
        for name, value in columns.items():
            setattr(issue, name, value)


def test_a_new_issue_has_all_that_is_known(at_site: Inspector, service: Service, town: Town) -> None:
    point: dict[str, Any] = {"latitude": 30.0051, "longitude": 120.0052, "datum": "WGS-84"}
    at_site.see(_heap(), note="南侧", **point)
    [issue] = issues(service)
    assert (issue.state, issue.category, issue.presence) == (State.SUSPECTED, "garbage_pile", "there")
    assert (issue.standard, issue.code, issue.code_name) == ("GB/T 47678.5-2026", "06010", "暴露垃圾")
    assert (issue.site_id, issue.grid_id, issue.unit_id) == (town.east_site, town.east_cell, town.east)
    assert (issue.latitude, issue.longitude, issue.datum) == (30.0051, 120.0052, "WGS-84")
    assert (issue.address, issue.description) == ("东门农贸市场，东门社区一网格", "南侧")
    assert (issue.reporter_id, issue.confidence) == (town.users["east_reporter"], 0.8)
    assert issue.severity >= 2
    assert issue.found == issue.last_seen == START
    assert (_kinds(issue), _actions(issue)) == (["first"], ["found"])
    assert issue.evidence[0].boxes == [box.model_dump(mode="json") for box in boxes_of(_heap()[1])]
    with service.database.read() as session:
        assert list(session.scalars(select(OutboxEvent.event))) == ["issue.found"]
        assert list(session.scalars(select(Photo.grid_id))) == [town.east_cell]


def test_place_from_coordinates_and_unit_from_above(service: Service, town: Town) -> None:
    with service.database.write() as session:
        session.get_one(Grid, town.west_cell).unit_id = None
    Inspector(service, town).see(_heap(), latitude=30.005, longitude=120.015, datum="WGS-84")
    [issue] = issues(service)
    assert (issue.grid_id, issue.unit_id) == (town.west_cell, town.office)
    assert issue.address == "西村一网格"


def test_a_site_lends_its_coordinates(at_site: Inspector, service: Service) -> None:
    at_site.see(_heap())
    [issue] = issues(service)
    assert (issue.latitude, issue.longitude, issue.datum) == (30.005, 120.005, "WGS-84")


def test_context_is_no_issue(at_site: Inspector, service: Service) -> None:
    at_site.see(_heap(), boxes=[Box(category="bin", score=0.9, box=(0, 0, 100, 100))])
    assert issues(service) == []


def test_what_the_detector_finds(detector: Detector, at_site: Inspector, service: Service) -> None:
    pixels, _ = draw_scene(1, SceneKind.OVERFLOWING_BINS, SIZE)
    again, _ = taken_again(pixels, Detections.empty(), 5)
    for hours, photo in ((0, pixels), (24, again)):
        found = detector.detect(photo)
        at_site.see((photo, found), hours, boxes_of(found))
    of_both = [issue.category for issue in issues(service) if _kinds(issue) == ["first", "again"]]
    assert set(of_both) == {name for _, _, name in detector.detect(pixels) if name in PROBLEMS}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_same_heap_is_known_by_its_look_anywhere_in_the_cell(
    seed: int, in_cell: Inspector, service: Service
) -> None:
    in_cell.see(_heap())
    in_cell.see(_again(seed), hours=80)
    [issue] = issues(service)
    assert (_kinds(issue), _actions(issue)) == (["first", "again"], ["found", "again"])
    assert issue.last_seen == START + timedelta(hours=80)
    comparison = issue.evidence[1].comparison
    assert comparison is not None
    assert comparison["verdict"] == "still"
    assert comparison["photo_id"] == issue.evidence[0].photo_id
    assert "暴露垃圾仍在" in comparison["reason"]
    assert "garbage pile" in comparison["reason_en"]
    assert 0 < comparison["matched"] <= 1
    assert 0.5 < comparison["overlap"] <= 1
    assert issue.severity == 3  # still there on a later day


def test_another_heap_in_the_cell_is_another_issue(in_cell: Inspector, service: Service) -> None:
    in_cell.see(_heap())
    in_cell.see(_heap(8), hours=1)
    assert [_kinds(issue) for issue in issues(service)] == [["first"], ["first"]]


def test_at_one_site_only_the_look_joins(at_site: Inspector, service: Service) -> None:
    at_site.see(_heap())
    at_site.see(_heap(8), hours=1)
    first, other = issues(service)
    assert (_kinds(first), _kinds(other)) == (["first"], ["first"])
    hint = other.evidence[0].comparison
    assert hint is not None
    assert (hint["verdict"], hint["issue_id"], hint["photo_id"]) == ("unclear", first.id, first.evidence[0].photo_id)
    assert "可能重复" in hint["reason"]


def test_two_overlapping_photos_of_one_upload_are_one_issue(at_site: Inspector, service: Service) -> None:
    pixels, labels = _heap()
    for x1 in (0, 100):  # a step to the right; the heap is in both
        moved = labels.boxes - np.array([x1, 0, x1, 0], np.float32)
        shown = Detections.of(moved, labels.scores, labels.categories, labels.names)
        at_site.see((np.ascontiguousarray(pixels[:, x1 : x1 + 540]), shown))
    [issue] = issues(service)
    assert _kinds(issue) == ["first", "again"]
    comparison = issue.evidence[1].comparison
    assert comparison is not None
    assert comparison["verdict"] == "still"


def test_two_heaps_on_one_photo_are_two_issues_and_stay_two(at_site: Inspector, service: Service) -> None:
    pixels, labels = _heap()
    other = Box(category="garbage_pile", score=0.6, box=(560, 20, 620, 70))
    for hours in (0, 24):
        at_site.see((pixels, labels), hours, [*boxes_of(labels), other])
    assert [_kinds(issue) for issue in issues(service)] == [["first", "again"]] * 2


def test_elsewhere_in_the_same_view_is_another_issue(at_site: Inspector, service: Service) -> None:
    at_site.see(_heap())
    at_site.see(_heap(), 1, [Box(category="garbage_pile", score=0.6, box=(10, 10, 60, 50))])
    first, other = issues(service)
    assert _kinds(first) == ["first"]
    comparison = other.evidence[0].comparison
    assert comparison is not None
    assert comparison["issue_id"] == first.id
    assert "另一处" in comparison["reason"]


def test_coordinates_tell_places_apart(service: Service, town: Town) -> None:
    walk = Inspector(service, town, datum="WGS-84", longitude=120.005)
    walk.see(_heap(), latitude=30.005)
    walk.see(_heap(8), hours=1, latitude=30.0052)  # 22 m: another side of it, perhaps
    walk.see(_heap(), hours=2, latitude=30.0062)  # 130 m: the look doesn't count
    first, near, far = issues(service)
    assert [_kinds(issue) for issue in (first, near, far)] == [["first"]] * 3
    hint = near.evidence[0].comparison
    assert hint is not None
    assert hint["issue_id"] == first.id
    assert far.evidence[0].comparison is None


def test_without_a_place_the_look_and_the_round_decide(service: Service, town: Town) -> None:
    nowhere = Inspector(service, town)
    nowhere.see(_heap())
    nowhere.see(_again(1), hours=1)
    nowhere.see(_heap(8), hours=2)
    nowhere.see(_again(2), hours=30)
    assert [_kinds(issue) for issue in issues(service)] == [["first", "again"], ["first"], ["first"]]


def test_gone_and_back_again(at_site: Inspector, service: Service) -> None:
    at_site.see(_heap())
    at_site.see(_cleared(1), hours=24)
    [issue] = issues(service)
    assert (issue.state, issue.presence, issue.last_seen) == (State.SUSPECTED, "gone", START)
    assert (_kinds(issue), _actions(issue)) == (["first", "gone"], ["found", "gone"])
    comparison = issue.evidence[1].comparison
    assert comparison is not None
    assert comparison["verdict"] == "gone"
    assert "未再检出暴露垃圾" in comparison["reason"]
    at_site.see(_cleared(2), hours=30)  # said once
    at_site.see(_again(3), hours=48)
    [issue] = issues(service)
    assert (issue.presence, issue.last_seen) == ("there", START + timedelta(hours=48))
    assert _actions(issue) == ["found", "gone", "back"]


def test_not_gone(at_site: Inspector, service: Service) -> None:
    pixels, labels = _heap()
    at_site.see((pixels, labels), hours=24)
    nothing = Detections.empty()
    at_site.see(taken_again(pixels, nothing, 1), hours=48)  # it lies there, though the detector missed it
    at_site.see((draw_scene(8, SceneKind.CLEAN_STREET, SIZE)[0], nothing), hours=49)  # another place
    at_site.see(_cleared(2), hours=1)  # taken before it was seen
    at_site.see((np.full_like(pixels, 9), nothing), hours=50)  # dark
    [issue] = issues(service)
    assert (issue.presence, _kinds(issue)) == ("there", ["first"])


def test_photos_that_come_late_tell_of_earlier_days(at_site: Inspector, service: Service) -> None:
    at_site.see(_heap(), hours=24)
    at_site.see(_cleared(1), hours=48)
    at_site.see(_again(2), hours=2)
    [issue] = issues(service)
    assert (issue.presence, issue.found) == ("gone", START + timedelta(hours=2))
    assert _actions(issue) == ["found", "gone", "again"]


@pytest.mark.parametrize(("days", "recurs"), [(20, True), (95, False)])
def test_back_after_it_was_closed(days: int, recurs: bool, at_site: Inspector, service: Service) -> None:
    at_site.see(_heap())
    [closed] = issues(service)
    _set(service, closed.id, state=State.CLOSED, ended=START + timedelta(days=1))
    at_site.see(_heap(8), hours=24 * days)
    _, issue = issues(service)
    assert issue.state == State.SUSPECTED
    assert issue.recurrence_of_id == (closed.id if recurs else None)
    assert _actions(issue) == (["found", "recurred"] if recurs else ["found"])


def test_a_photo_from_before_the_closing_belongs_to_the_closed_issue(at_site: Inspector, service: Service) -> None:
    at_site.see(_heap())
    [closed] = issues(service)
    _set(service, closed.id, state=State.CLOSED, ended=START + timedelta(days=10))
    at_site.see(_again(1), hours=48)
    [closed] = issues(service)
    assert (_kinds(closed), closed.state) == (["first", "again"], State.CLOSED)


def test_photos_of_a_merged_issue_count(in_cell: Inspector, service: Service) -> None:
    in_cell.see(_heap(8))
    in_cell.see(_heap())
    kept, merged = issues(service)
    _set(service, merged.id, state=State.CANCELLED, merged_into_id=kept.id)
    in_cell.see(_again(1), hours=5)
    kept, merged = issues(service)
    assert (_kinds(kept), _kinds(merged)) == (["first", "again"], ["first"])


@pytest.mark.parametrize(
    ("photo", "verdict", "words"),
    [
        pytest.param(_cleared(4), "gone", "照片与整改前为同一地点，原位置未再检出暴露垃圾", id="gone"),
        pytest.param(_again(5), "still", "照片与整改前为同一地点，原位置仍检出暴露垃圾", id="still"),
        pytest.param((_again(6)[0], Detections.empty()), "unclear", "几乎相同，但未检出", id="undetected"),
        pytest.param((_heap(8)[0], Detections.empty()), "unclear", "无法确认", id="elsewhere"),
        pytest.param(_heap(8), "unclear", "照片中检出暴露垃圾", id="elsewhere-found"),
    ],
)
def test_after_a_rectification(photo: Visit, verdict: str, words: str, at_site: Inspector, service: Service) -> None:
    at_site.see(_heap())
    [issue] = issues(service)
    _set(service, issue.id, state=State.IN_PROGRESS)
    at_site.see(photo, hours=40, purpose="after", issue_id=issue.id)
    [issue] = issues(service)
    assert (issue.state, issue.presence, _kinds(issue)) == (State.IN_PROGRESS, "there", ["first", "after"])
    comparison = issue.evidence[1].comparison
    assert comparison is not None
    assert (comparison["verdict"], words in comparison["reason"]) == (verdict, True)
    assert comparison["photo_id"] == issue.evidence[0].photo_id
    entry = issue.history[-1]
    assert (entry.action, entry.why) == ("after", comparison["reason"])
    assert entry.detail is not None
    assert entry.detail["verdict"] == verdict


def test_after_without_a_photo_from_before(service: Service, town: Town) -> None:
    with service.database.write() as session:
        issue = Issue(category="litter", state=State.IN_PROGRESS)
        session.add(issue)
    Inspector(service, town).see(_cleared(4), purpose="after", issue_id=issue.id)
    [issue] = issues(service)
    assert issue.evidence[0].comparison is not None
    assert "没有可比对" in issue.evidence[0].comparison["reason"]


def test_an_event_of_footage_is_one_issue(at_site: Inspector, service: Service) -> None:
    pixels, labels = _heap()
    event = {"id": "0123456789ab", "camera": "north", "category": "garbage_pile", "state": "gone"}
    far = Box(category="litter", score=0.3, box=(560, 20, 620, 70))
    at_site.see((pixels, labels), 0, [*boxes_of(labels), far], purpose="event", given=event | {"history": [1] * 99})
    [issue] = issues(service)
    assert (issue.category, issue.presence) == ("garbage_pile", "gone")
    assert issue.evidence[0].comparison == {"event": {"id": "0123456789ab", "camera": "north", "state": "gone"}}
    assert len(issue.evidence[0].boxes) == len(labels) + 1
    assert _actions(issue) == ["found", "gone"]
    at_site.see(_again(1), 24)
    assert _actions(issues(service)[0]) == ["found", "gone", "back"]


def test_nothing_is_recorded_twice(at_site: Inspector, service: Service) -> None:
    at_site.see(_heap())
    with service.database.read() as session:
        photo = session.scalars(select(Photo)).one()
    handle(service, photo.id, boxes_of(_heap()[1]), _heap()[0])
    [issue] = issues(service)
    assert _kinds(issue) == ["first"]


def test_a_photo_that_the_store_lost_is_no_obstacle(at_site: Inspector, service: Service) -> None:
    at_site.see(_heap())
    with service.database.read() as session:
        service.photos.delete(session.scalars(select(Photo.sha256)).one())
    at_site.see(_again(1), hours=24)
    first, other = issues(service)
    hint = other.evidence[0].comparison
    assert hint is not None
    assert (hint["verdict"], hint["issue_id"]) == ("unclear", first.id)


def test_near_a_cells_border_the_look_counts_in_every_datum(service: Service, town: Town) -> None:
    border = Point(30.005, 120.01)
    north, east = (float(degrees[0]) for degrees in from_wgs84(*border.arrays, Datum.GCJ_02))
    walk = Inspector(service, town)
    walk.see(_heap(), latitude=border.latitude, longitude=border.longitude - 0.00005, datum="WGS-84")
    walk.see(_again(1), hours=1, latitude=north, longitude=east + 0.00005, datum="GCJ-02")
    walk.see(_again(2), hours=2, latitude=border.latitude, longitude=border.longitude, datum="WGS-84")
    [issue] = issues(service)
    assert _kinds(issue) == ["first", "again", "again"]
    with service.database.read() as session:
        assert len(set(session.scalars(select(Photo.grid_id)))) == 2


def test_another_site_is_another_place(at_site: Inspector, service: Service, town: Town) -> None:
    at_site.see(_heap())
    with service.database.write() as session:
        site = Site(name="东门小学", grid_id=town.east_cell)
        session.add(site)
    at_site.see(_again(1), hours=1, site_id=site.id)
    assert [_kinds(issue) for issue in issues(service)] == [["first"], ["first"]]

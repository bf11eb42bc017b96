"""Several workers at once, on both databases: one heap stays one issue."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.lifecycle import State
from service.intake import queue, suspecting
from service.intake.worker import Recorder
from service.state import Service
from service.store.issues import Issue
from service.store.photos import Photo
from tests.service.intake.photos import add_photo as queued
from tests.service.intake.test_worker import all_ended, encoded, until, working
from tests.service.intake.visits import START, add_photo, boxes_of, handle, issues
from tests.service.town import Town
from vision.datasets.scenes import SceneKind, draw_scene
from vision.images import NDArrayImage
from vision.inference.results import Box

HEAP, LABELS = draw_scene(2, SceneKind.GARBAGE_HEAP, (320, 240))
BOXES = [box for box in boxes_of(LABELS) if box.category == "garbage_pile"]
PLACES: dict[str, dict[str, Any]] = {
    "site": {"site_id": True},
    "cell": {"grid_id": True},
    "coordinates": {"latitude": 30.005, "longitude": 120.00994, "datum": "WGS-84"},
    "nowhere": {},
}


def _photos(service: Service, town: Town, count: int, place: dict[str, Any], step: float = 0) -> list[int]:
    ids = {"site_id": town.east_site, "grid_id": town.east_cell}
    columns = {key: ids.get(key, value) for key, value in place.items()}
    photos = []
    for number in range(count):
        beside = {"longitude": columns["longitude"] + number * step} if step else {}  # and across the cell's border
        at = START + timedelta(seconds=number)
        photos.append(add_photo(service, HEAP, town.users["east_reporter"], received=at, **(columns | beside)))
    return photos


def _at_once(service: Service, photo_ids: list[int]) -> None:
    barrier = threading.Barrier(len(photo_ids))

    def worker(photo_id: int) -> None:
        barrier.wait()
        handle(service, photo_id, BOXES, HEAP)

    with ThreadPoolExecutor(len(photo_ids)) as pool:
        for done in [pool.submit(worker, photo_id) for photo_id in photo_ids]:
            done.result()


@pytest.mark.parametrize("place", PLACES)
def test_photos_of_one_heap_at_the_same_moment_make_one_issue(place: str, any_service: Service, any_town: Town) -> None:
    step = 0.00004 if place == "coordinates" else 0.0
    _at_once(any_service, _photos(any_service, any_town, 4, PLACES[place], step))
    [issue] = issues(any_service)
    assert sorted(evidence.kind for evidence in issue.evidence) == ["again"] * 3 + ["first"]
    assert issue.last_seen == START + timedelta(seconds=3)


def test_two_workers_with_overlapping_photos_weigh_again(any_service: Service, any_town: Town) -> None:
    """The real model looks at both photos, and both are weighed before either is recorded."""
    street, _ = draw_scene(2, SceneKind.GARBAGE_HEAP, (640, 480))
    both, overtaken = threading.Barrier(2, timeout=60), list[int]()

    def weigh(service: Service, photo_id: int, boxes: Sequence[Box], pixels: NDArrayImage) -> suspecting.Weighed:
        weighed = suspecting.weigh(service, photo_id, boxes, pixels)
        if photo_id not in overtaken:
            both.wait()
        return weighed

    def record(session: Session, photo: Photo, weighed: suspecting.Weighed) -> None:
        try:
            suspecting.record(session, photo, weighed)
        except suspecting.WeighAgain:
            overtaken.append(photo.id)
            raise

    def upload(x1: int) -> int:
        part = encoded(street[:, x1 : x1 + 540])
        reporter = any_town.users["east_reporter"]
        photo_id = queued(any_service, reporter, part, (540, 480), site_id=any_town.east_site)
        queue.wake()
        return photo_id

    with working(any_service, Recorder(weigh, record), count=2):
        first = upload(0)
        until(lambda: both.n_waiting == 1)  # else one worker would take both
        second = upload(100)
        until(all_ended(any_service))
    assert len(overtaken) == 1
    [issue] = issues(any_service)
    assert {evidence.photo_id for evidence in issue.evidence} == {first, second}
    assert [evidence.kind for evidence in issue.evidence] == ["first", "again"]


def test_what_was_weighed_before_another_worker_recorded_is_weighed_again(any_service: Service, any_town: Town) -> None:
    first, second = _photos(any_service, any_town, 2, PLACES["site"])
    early = suspecting.weigh(any_service, second, BOXES, HEAP)
    handle(any_service, first, BOXES, HEAP)
    assert early.finds[0].issue_id is None
    with pytest.raises(suspecting.WeighAgain), any_service.database.write() as session:
        suspecting.record(session, session.get_one(Photo, second), early)
    assert len(issues(any_service)) == 1
    handle(any_service, second, BOXES, HEAP)
    [issue] = issues(any_service)
    assert [evidence.photo_id for evidence in issue.evidence] == [first, second]


def test_what_was_closed_meanwhile_is_weighed_again(any_service: Service, any_town: Town) -> None:
    first, second = _photos(any_service, any_town, 2, PLACES["site"])
    handle(any_service, first, BOXES, HEAP)
    early = suspecting.weigh(any_service, second, BOXES, HEAP)
    with any_service.database.write() as session:
        issue = session.scalars(select(Issue)).one()
        assert early.finds[0].issue_id == issue.id
        issue.state, issue.ended = State.CLOSED, START
    with pytest.raises(suspecting.WeighAgain), any_service.database.write() as session:
        suspecting.record(session, session.get_one(Photo, second), early)
    handle(any_service, second, BOXES, HEAP)
    _, other = issues(any_service)
    assert other.recurrence_of_id == issue.id


def test_other_places_and_kinds_dont_disturb(any_service: Service, any_town: Town) -> None:
    elsewhere = add_photo(any_service, HEAP, any_town.users["admin"], grid_id=any_town.west_cell)
    first, second = _photos(any_service, any_town, 2, PLACES["cell"])
    early = suspecting.weigh(any_service, second, BOXES, HEAP)
    handle(any_service, elsewhere, BOXES, HEAP)
    handle(any_service, first, [Box(category="litter", score=0.5, box=(1, 1, 9, 9))], HEAP)
    with any_service.database.write() as session:
        suspecting.record(session, session.get_one(Photo, second), early)
    assert len(issues(any_service)) == 3


def test_somebody_changes_the_issue_while_it_is_seen_again(any_service: Service, any_town: Town) -> None:
    first, *more = _photos(any_service, any_town, 5, PLACES["site"])
    handle(any_service, first, BOXES, HEAP)
    stop = threading.Event()

    def reviewer() -> int:
        changes = 0
        while not stop.is_set():
            with any_service.database.write() as session:
                issue = session.scalars(select(Issue).with_for_update()).one()
                issue.measure = f"清运 {changes}"
                changes += 1
            stop.wait(0.01)
        return changes

    with ThreadPoolExecutor(3) as pool:
        changing = pool.submit(reviewer)
        working = [pool.submit(_one_by_one, any_service, half, HEAP) for half in (more[::2], more[1::2])]
        for done in working:
            done.result()
        stop.set()
        assert changing.result() > 0
    [issue] = issues(any_service)
    assert len(issue.evidence) == 5


def _one_by_one(service: Service, photo_ids: list[int], pixels: NDArrayImage) -> None:
    for photo_id in photo_ids:
        handle(service, photo_id, BOXES, pixels)

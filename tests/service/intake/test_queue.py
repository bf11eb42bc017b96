"""Each photo is claimed by one worker at a time, and has one result."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from service.intake import queue
from service.state import Service
from service.store.base import now
from service.store.messages import OutboxEvent
from service.store.photos import Photo, PhotoState
from tests.service.intake.photos import photo_of, photos_of, waiting
from tests.service.town import Town
from vision.errors import PhotoError
from vision.inference.results import Box

Client = Callable[[str], TestClient]
BOX = Box(category="litter", score=0.5, box=(1, 2, 3, 4))


def claimed(service: Service, **options: object) -> queue.Batch:
    with service.database.write() as session:
        batch = queue.claim(session, **options)  # type: ignore[arg-type]
    assert batch is not None
    return batch


def ids(batch: queue.Batch) -> list[int]:
    return [photo.id for photo in batch.photos]


def set_back(service: Service, seconds: float, *photo_ids: int) -> None:
    """Let time pass for some photos, or for all."""
    with service.database.write() as session:
        for photo in session.scalars(select(Photo).where(Photo.id.in_(photo_ids) if photo_ids else True)):  # type: ignore[arg-type]
            photo.due -= timedelta(seconds=seconds)


def dead(service: Service, photo_id: int) -> None:
    """Let a worker claim a photo, be killed, and its lease run out."""
    assert ids(claimed(service)) == [photo_id]
    set_back(service, 1000, photo_id)


def failed(service: Service, photo_id: int, error: Exception) -> Photo:
    batch = claimed(service)
    assert ids(batch) == [photo_id]
    with service.database.write() as session:
        return queue.fail(session, photo_id, batch.token, error)


@pytest.mark.parametrize("workers", [2, 8])
def test_each_is_claimed_once(any_service: Service, any_town: Town, workers: int) -> None:
    waiting(any_service, any_town.users["east_reporter"], 200)

    def work(_worker: int) -> list[int]:
        done: list[int] = []
        while True:
            with any_service.database.write() as session:
                batch = queue.claim(session)
            if batch is None:
                return done
            for photo in batch.photos:
                with any_service.database.write() as session:
                    queue.finish(session, photo.id, batch.token, [BOX], f"m {batch.token}")
                done.append(photo.id)

    with ThreadPoolExecutor(workers) as pool:
        each = list(pool.map(work, range(workers)))
    counts = Counter(photo_id for done in each for photo_id in done)
    rows = photos_of(any_service)
    assert counts == {row.id: 1 for row in rows}
    assert {(row.state, row.attempts, row.claim) for row in rows} == {("done", 1, "")}
    assert rows[0].boxes == [{"category": "litter", "score": 0.5, "box": [1.0, 2.0, 3.0, 4.0]}]


def test_oldest_due_first_and_not_before(any_service: Service, any_town: Town) -> None:
    first, second, third, later = waiting(any_service, any_town.users["east_reporter"], 4)
    set_back(any_service, 100, third)
    set_back(any_service, -100, later)
    assert ids(claimed(any_service, limit=2)) == [third, first]
    assert ids(claimed(any_service)) == [second]
    with any_service.database.write() as session:
        assert not queue.has_due(session)
        assert queue.claim(session) is None
    set_back(any_service, 101, later)
    with any_service.database.read() as session:
        assert queue.has_due(session)


def test_a_lease_runs_out_and_the_slow_worker_is_too_late(any_service: Service, any_town: Town) -> None:
    (photo_id,) = waiting(any_service, any_town.users["east_reporter"], 1)
    slow = claimed(any_service, lease=timedelta(seconds=60))
    set_back(any_service, 61)
    quick = claimed(any_service)
    assert ids(quick) == [photo_id]
    with pytest.raises(queue.ClaimLost), any_service.database.write() as session:
        queue.finish(session, photo_id, slow.token, [BOX], "slow")
    with pytest.raises(queue.ClaimLost), any_service.database.write() as session:
        queue.fail(session, photo_id, slow.token, ValueError())
    with any_service.database.write() as session:
        queue.give_back(session, slow.token)  # nothing of it is left
    with any_service.database.write() as session:
        queue.finish(session, photo_id, quick.token, [], "quick")
    with pytest.raises(queue.ClaimLost), any_service.database.write() as session:  # nor a second time
        queue.finish(session, photo_id, quick.token, [BOX], "again")
    photo = photo_of(any_service, photo_id)
    assert (photo.state, photo.model, photo.boxes, photo.attempts) == ("done", "quick", [], 2)


def test_what_killed_a_worker_comes_alone(any_service: Service, any_town: Town) -> None:
    known = waiting(any_service, any_town.users["east_reporter"], 3)
    assert ids(claimed(any_service, lease=timedelta(seconds=10))) == known
    set_back(any_service, 11)
    assert [ids(claimed(any_service)) for _ in known] == [[photo_id] for photo_id in known]


def test_a_photo_that_kills_every_worker_is_parked(any_service: Service, any_town: Town) -> None:
    (photo_id,) = waiting(any_service, any_town.users["east_reporter"], 1)
    for _ in range(queue.ATTEMPTS):
        dead(any_service, photo_id)
    with any_service.database.write() as session:
        assert queue.claim(session) is None
    photo = photo_of(any_service, photo_id)
    assert (photo.state, photo.error_code, photo.attempts) == ("parked", "crashed", queue.ATTEMPTS)


def test_failures_wait_longer_and_longer_and_are_parked(any_service: Service, any_town: Town) -> None:
    (photo_id,) = waiting(any_service, any_town.users["east_reporter"], 1)
    waits = []
    for attempt in range(1, queue.ATTEMPTS):
        photo = failed(any_service, photo_id, KeyError("x"))
        assert (photo.state, photo.attempts, photo.claim) == ("queued", attempt, "")
        waits.append((photo.due - now()).total_seconds())
        with any_service.database.write() as session:
            assert queue.claim(session) is None
        set_back(any_service, 1000)
    assert all(0.7 * wait <= real <= 1.25 * wait for wait, real in zip((5, 10, 20, 40), waits, strict=True))
    photo = failed(any_service, photo_id, KeyError("x"))
    assert (photo.state, photo.error_code) == ("parked", "internal")
    assert photo.error == "处理该照片时程序出错（KeyError），请联系管理员"
    assert 0.75 * queue.FIRST_WAIT <= queue.back_off(1) <= queue.back_off(20) == queue.LONGEST_WAIT


def test_what_can_not_get_better_is_parked_at_once(any_service: Service, any_town: Town) -> None:
    (photo_id,) = waiting(any_service, any_town.users["east_reporter"], 1)
    photo = failed(any_service, photo_id, PhotoError("truncated", "x.jpg: cut off"))
    assert (photo.state, photo.error) == ("parked", "照片无法读取：文件损坏或不完整，请更换照片后重新上传")
    with any_service.database.read() as session:
        (event,) = session.scalars(select(OutboxEvent))
    assert (event.event, event.detail["photo"], event.detail["code"]) == ("photo.parked", photo_id, "truncated")


def test_given_back_as_if_nothing_had_been(any_service: Service, any_town: Town) -> None:
    done, other = waiting(any_service, any_town.users["east_reporter"], 2)
    batch = claimed(any_service)
    with any_service.database.write() as session:
        queue.finish(session, done, batch.token, [], "m")
    with any_service.database.write() as session:
        queue.give_back(session, batch.token)
    assert photo_of(any_service, done).state == "done"
    photo = photo_of(any_service, other)
    assert (photo.state, photo.attempts, photo.claim) == ("queued", 0, "")
    assert ids(claimed(any_service)) == [other]


def test_a_person_sees_what_is_parked_and_retries_it(
    any_service: Service, any_town: Town, any_client_of: Client
) -> None:
    parked, queued = waiting(any_service, any_town.users["east_reporter"], 2)
    set_back(any_service, 1, parked)
    batch = claimed(any_service, limit=1)
    with any_service.database.write() as session:
        queue.fail(session, parked, batch.token, PhotoError("empty", "x"))
    state = any_client_of("verifier").get("/api/v1/queue").json()
    assert state["counts"] == {"queued": 1, "working": 0, "done": 0, "parked": 1}
    assert 0 <= state["oldest_waiting_seconds"] < 60
    assert [(one["id"], one["error_code"]) for one in state["parked"]] == [(parked, "empty")]
    assert any_client_of("verifier").post(f"/api/v1/photos/{parked}/retry").status_code == 403
    supervisor = any_client_of("supervisor")
    assert supervisor.post(f"/api/v1/photos/{queued}/retry").json()["code"] == "not_parked"
    assert supervisor.post("/api/v1/photos/9999/retry").status_code == 404
    assert supervisor.post(f"/api/v1/photos/{parked}/retry").json() == {"id": parked, "state": "queued"}
    assert supervisor.get("/api/v1/queue").json()["parked"] == []
    photo = photo_of(any_service, parked)
    assert (photo.state, photo.attempts, photo.error) == (PhotoState.QUEUED, 0, "")


def test_an_empty_queue(any_client_of: Client) -> None:
    state = any_client_of("admin").get("/api/v1/queue").json()
    assert state == {
        "counts": {"queued": 0, "working": 0, "done": 0, "parked": 0},
        "oldest_waiting_seconds": None,
        "parked": [],
        "parked_total": 0,
    }
    assert any_client_of("east_reporter").get("/api/v1/queue").status_code == 403


def test_others_photos_are_not_shown(any_service: Service, any_town: Town, any_client_of: Client) -> None:
    (photo_id,) = waiting(any_service, any_town.users["west_reporter"], 1)
    with any_service.database.write() as session:
        session.execute(update(Photo).values(state=PhotoState.PARKED))
    assert any_client_of("east_verifier").get("/api/v1/queue").json()["parked_total"] == 0
    assert any_client_of("verifier").get("/api/v1/queue").json()["parked"][0]["id"] == photo_id

"""From queued photos to results: the real model, real files, both databases."""

import functools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
import simplejpeg
import structlog
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from service.intake import queue
from service.intake.boxes import given_boxes
from service.intake.worker import Recorder, work
from service.settings import Settings
from service.state import Service
from service.store.issues import Evidence, Issue
from service.store.messages import OutboxEvent
from service.store.photos import Photo, Purpose
from tests.service.conftest import opened
from tests.service.intake.photos import add_photo, photo_of, photos_of
from tests.service.town import Town, build_town
from vision.categories import category_of
from vision.datasets.scenes import SceneKind, draw_scene
from vision.images import NDArrayImage
from vision.inference.detector import Detector
from vision.inference.results import Box

Weighed = tuple[list[Box], tuple[int, ...]]
EVENT = {
    "picture": {
        "boxes": [
            {"seconds": 1, "category": "litter", "score": 0.61234, "box": [10.04, 20, 700, 60]},
            {"seconds": 1, "category": "litter", "score": 0.5, "box": [650, 20, 700, 60]},  # outside of the photo
        ]
    }
}


def weigh(_service: Service, _photo_id: int, boxes: Sequence[Box], pixels: NDArrayImage) -> Weighed:
    return [box for box in boxes if category_of(box.category).is_problem], pixels.shape


def record(session: Session, photo: Photo, weighed: Weighed) -> None:
    """Make an issue of each problem."""
    for box in weighed[0]:
        issue = Issue(category=box.category, confidence=box.score)
        session.add(issue)
        session.flush()
        session.add(Evidence(issue_id=issue.id, photo_id=photo.id, kind="first", boxes=[box.model_dump(mode="json")]))


EACH_BOX = Recorder(weigh, record)


@contextmanager
def working(service: Service, recorder: Recorder = EACH_BOX, count: int = 1, **options: Any) -> Iterator[None]:
    """Let workers run meanwhile; whatever they raise is raised at the end."""
    stopping, raised = threading.Event(), list[BaseException]()

    def run() -> None:
        try:
            work(service, stopping, recorder, **options)
        except BaseException as error:  # noqa: BLE001
            raised.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopping.set()
        began = time.monotonic()
        for thread in threads:
            thread.join()
        if raised:
            raise raised[0]
        assert time.monotonic() - began < 5


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def all_ended(service: Service) -> Callable[[], bool]:
    return lambda: {photo.state for photo in photos_of(service)} <= {"done", "parked"}


@pytest.fixture(autouse=True)
def _plain_logs() -> None:
    """Other tests may have sent the log to where nobody can write any more."""
    structlog.reset_defaults()


@functools.cache
def drawn(seed: int) -> bytes:
    """Return a photo with overflowing bins."""
    return encoded(draw_scene(seed=seed, kind=SceneKind.OVERFLOWING_BINS, size=(640, 480))[0])


def plain(shade: int) -> bytes:
    """Return a photo of which an event says what is on it."""
    return encoded(np.full((480, 640, 3), shade, np.uint8))


def encoded(image: NDArrayImage) -> bytes:
    data: bytes = simplejpeg.encode_jpeg(np.ascontiguousarray(image), quality=90)
    return data


@pytest.fixture
def far_service(sqlite_settings: Settings, postgres: Callable[[], str]) -> Iterator[Service]:
    """A service whose database is a server that can be away, with a person who reports."""
    service = opened(sqlite_settings.model_copy(update={"database": postgres()}))
    yield service
    service.close()


@pytest.fixture
def admit(far_service: Service) -> Iterator[Callable[[bool], None]]:
    """Let nobody into that database, or everybody again."""
    url = far_service.database.engine.url
    server = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")

    def set_admitted(is_admitted: bool) -> None:
        with server.connect() as connection:
            connection.execute(text(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS {is_admitted}"))
            if not is_admitted:
                terminate = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
                connection.execute(text(terminate), {"name": url.database})

    yield set_admitted
    server.dispose()


def evidence(service: Service) -> Sequence[Evidence]:
    with service.database.read() as session:
        return session.scalars(select(Evidence).order_by(Evidence.id)).all()


def test_photos_become_what_the_detector_says(any_service: Service, any_town: Town, detector: Detector) -> None:
    reporter = any_town.users["east_reporter"]
    photos = {add_photo(any_service, reporter, data): data for data in (drawn(seed) for seed in range(4))}
    broken = add_photo(any_service, reporter, drawn(0)[:3000])
    event = add_photo(any_service, reporter, plain(98), purpose=Purpose.EVENT, given=EVENT)
    gone = add_photo(any_service, reporter, plain(97))
    any_service.photos.delete(photo_of(any_service, gone).sha256)
    with working(any_service, count=2):
        until(lambda: sum(photo.state in ("done", "parked") for photo in photos_of(any_service)) == 6)
    problems = 0
    for photo_id, data in photos.items():
        photo, found = photo_of(any_service, photo_id), detector.detect(data)
        assert photo.boxes is not None
        assert [(box["category"], box["score"]) for box in photo.boxes] == [
            (name, pytest.approx(score, abs=1e-3)) for _, score, name in found
        ]
        assert [box["box"] for box in photo.boxes] == [pytest.approx(box.tolist(), abs=0.2) for box, _, _ in found]
        assert photo.model == f"cleanlane-n {detector.model.sha256[:12]}"
        assert (photo.state, photo.attempts, photo.claim, photo.error) == ("done", 1, "", "")
        problems += sum(category_of(name).is_problem for _, _, name in found)
    assert problems > 0
    assert len(evidence(any_service)) == problems + 1
    parked = photo_of(any_service, broken)
    assert (parked.state, parked.error_code, parked.boxes) == ("parked", "truncated", None)
    told = photo_of(any_service, event)
    assert told.boxes == [{"category": "litter", "score": 0.6123, "box": [10.0, 20.0, 640.0, 60.0]}]
    assert told.model == ""
    again = photo_of(any_service, gone)
    assert (again.state, again.error_code, again.attempts) == ("queued", "file_missing", 1)
    with any_service.database.read() as session:
        (told_of,) = session.scalars(select(OutboxEvent).where(OutboxEvent.event == "photo.parked"))
    assert told_of.detail["photo"] == broken


def test_boxes_of_an_event_lie_within_the_photo() -> None:
    (box,) = given_boxes(EVENT, 640, 480)
    assert box.box == (10.0, 20.0, 640.0, 60.0)


def test_a_failure_concerns_only_its_photo_and_leaves_nothing(any_service: Service, any_town: Town) -> None:
    def fails(session: Session, photo: Photo, weighed: Weighed) -> None:
        record(session, photo, weighed)
        if photo.id == unlucky:
            raise KeyError("no such cell")

    reporter = any_town.users["east_reporter"]
    lucky, unlucky = (add_photo(any_service, reporter, plain(shade), given=EVENT) for shade in (1, 2))
    with working(any_service, Recorder(weigh, fails)):
        until(lambda: photo_of(any_service, unlucky).attempts == 1 and photo_of(any_service, unlucky).error != "")
        until(lambda: photo_of(any_service, lucky).state == "done")
    failed = photo_of(any_service, unlucky)
    assert (failed.state, failed.error_code, failed.boxes) == ("queued", "internal", None)
    assert [one.photo_id for one in evidence(any_service)] == [lucky]


def test_what_the_database_always_refuses_holds_nothing_up(service: Service, town: Town) -> None:
    def refused(session: Session, photo: Photo, weighed: Weighed) -> None:
        if photo.id == unlucky:
            session.execute(text("SELECT * FROM nothing"))  # an OperationalError, as an outage is
        record(session, photo, weighed)

    reporter = town.users["east_reporter"]
    unlucky, lucky = (add_photo(service, reporter, plain(shade), given=EVENT) for shade in (1, 2))
    with working(service, Recorder(weigh, refused)):
        until(lambda: photo_of(service, lucky).state == "done")
    failed = photo_of(service, unlucky)
    assert (failed.state, failed.error_code, failed.attempts) == ("queued", "internal", 1)


def test_a_worker_that_was_too_slow_writes_nothing(service: Service, town: Town) -> None:
    began, goes_on = threading.Event(), threading.Event()

    def slow(*given: Any) -> Weighed:
        began.set()
        assert goes_on.wait(20)
        return weigh(*given)

    photo_id = add_photo(service, town.users["east_reporter"], plain(1), given=EVENT)
    with working(service, Recorder(slow, record), lease=timedelta(seconds=0.2)):
        assert began.wait(20)
        with working(service):
            until(all_ended(service))
        goes_on.set()
        time.sleep(0.3)
    assert photo_of(service, photo_id).attempts == 2
    assert len(evidence(service)) == 1


def test_stopping_gives_back_what_is_not_finished(service: Service, town: Town) -> None:
    stopping = threading.Event()

    def tired(*given: Any) -> Weighed:
        stopping.set()
        return weigh(*given)

    ids = [add_photo(service, town.users["east_reporter"], plain(shade), given=EVENT) for shade in range(4)]
    work(service, stopping, Recorder(tired, record))
    rows = [photo_of(service, photo_id) for photo_id in ids]
    assert [(row.state, row.attempts, row.claim) for row in rows] == [("done", 1, "")] + [("queued", 0, "")] * 3


def test_woken_at_once(service: Service, town: Town) -> None:
    with working(service):
        add_photo(service, town.users["east_reporter"], plain(0), given=EVENT)
        until(all_ended(service))
        waits = []
        for shade in range(1, 6):
            photo_id = add_photo(service, town.users["east_reporter"], plain(shade), given=EVENT)
            queue.wake()
            until(all_ended(service))
            photo = photo_of(service, photo_id)
            assert photo.finished is not None
            waits.append((photo.finished - photo.due).total_seconds())
    assert sorted(waits)[2] < 0.25  # a look every half second would take as long on average


def test_an_outage_is_waited_out(
    far_service: Service, admit: Callable[[bool], None], capsys: pytest.CaptureFixture[str]
) -> None:
    with far_service.database.write() as session:
        reporter = build_town(session).users["east_reporter"]
    for shade in range(3):
        add_photo(far_service, reporter, plain(shade), given=EVENT)
    outages, over = iter([False]), threading.Event()

    def end() -> None:
        admit(True)
        over.set()

    def weigh_in_an_outage(*given: Any) -> Weighed:
        for is_admitted in outages:  # the first time only
            admit(is_admitted)
            threading.Timer(1, end).start()
        return weigh(*given)

    with working(far_service, Recorder(weigh_in_an_outage, record), count=2):
        assert over.wait(20)
        until(all_ended(far_service))
    assert [(row.state, row.attempts) for row in photos_of(far_service)] == [("done", 1)] * 3
    assert len(evidence(far_service)) == 3
    log = capsys.readouterr().out
    assert 1 <= log.count("the database can't be reached") <= 2  # by each worker once
    assert "the database answers again" in log


def test_told_to_stop_during_an_outage(far_service: Service, admit: Callable[[bool], None]) -> None:
    with working(far_service):
        time.sleep(0.5)
        admit(False)
        time.sleep(1)

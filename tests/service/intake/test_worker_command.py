"""`cleanlane worker` as a process that is told to stop, interrupted and killed."""

import signal
from collections.abc import Callable, Iterator

import pytest

from service.settings import Settings
from service.state import Service
from service.store.preparing import prepare
from tests.service.intake.photos import add_photo, photo_of, photos_of
from tests.service.intake.test_worker import drawn, evidence
from tests.service.load.processes import Program, until, worker
from tests.service.town import build_town


@pytest.fixture
def service(sqlite_settings: Settings) -> Iterator[Service]:
    """A service whose database is as the service makes it."""
    made = Service.open(sqlite_settings)
    prepare(made.database)
    yield made
    made.close()


@pytest.fixture
def queued(service: Service) -> list[int]:
    """Ids of photos that wait."""
    with service.database.write() as session:
        reporter = build_town(session).users["east_reporter"]
    return [add_photo(service, reporter, drawn(seed)) for seed in range(4)]


@pytest.fixture
def start(service: Service) -> Iterator[Callable[[str], Program]]:
    """Start a worker on the service's folder."""
    started: list[Program] = []

    def starter(name: str) -> Program:
        started.append(worker(service.settings.data, "", name, lease=2))
        started[-1].start()
        return started[-1]

    yield starter
    for program in started:
        program.kill()


def ended(service: Service) -> bool:
    return {photo.state for photo in photos_of(service)} == {"done"}


def stops(running: Program, how: signal.Signals, code: int) -> None:
    """Tell a worker to stop, which it does soon and without complaint."""
    assert running.end(how, seconds=8) == code
    printed = running.log.read_text()
    assert "model loaded" in printed
    assert "Traceback" not in printed


def test_works_until_told_to_stop(service: Service, queued: list[int], start: Callable[[str], Program]) -> None:
    running = start("one")
    until(lambda: ended(service), 60)
    stops(running, signal.SIGTERM, 0)


def test_killed_in_the_middle_another_takes_over(
    service: Service, queued: list[int], start: Callable[[str], Program]
) -> None:
    first = start("first")
    until(lambda: photo_of(service, queued[-1]).state == "working", 60)
    first.kill()
    second = start("second")
    until(lambda: ended(service), 60)
    stops(second, signal.SIGINT, 130)
    attempts = {photo.attempts for photo in photos_of(service)}
    assert attempts in ({1, 2}, {2})  # some may have been done before
    issues = [(one.issue_id, one.photo_id) for one in evidence(service)]
    assert len(issues) == len(set(issues))


def test_without_a_model(service: Service) -> None:
    running = worker(service.settings.data, "")
    running.environment["CLEANLANE_MODEL"] = "none.onnx"
    running.start()
    assert running.process is not None
    assert running.process.wait(60) == 2
    printed = running.log.read_text()
    assert "cleanlane: none.onnx: expected an ONNX model" in printed
    assert "Traceback" not in printed

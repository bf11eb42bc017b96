"""What the pages of issues need besides the town: deadline rules, and a worker that looks at photos."""

import threading
from collections.abc import Iterator

import pytest

from service.intake import worker
from service.state import Service
from service.store.deadlines import default_rules


@pytest.fixture
def deadline_rules(service: Service) -> None:
    """The rules that a new installation starts with."""
    with service.database.write() as session:
        session.add_all(default_rules())


@pytest.fixture
def working(service: Service) -> Iterator[None]:
    """A worker with the published model."""
    stopping = threading.Event()
    thread = threading.Thread(target=worker.work, args=(service, stopping))
    thread.start()
    yield
    stopping.set()
    thread.join(30)
    assert not thread.is_alive()

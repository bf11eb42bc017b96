"""What tests of footage share."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.footage.cameras import RtspServer, missing_for_rtsp


@pytest.fixture(scope="session")
def _rtsp_is_possible() -> None:
    if missing := missing_for_rtsp():
        pytest.skip(missing)


@pytest.fixture
def rtsp_server(_rtsp_is_possible: None) -> Iterator[Callable[[Path], RtspServer]]:
    """Start cameras, each of which shows a file of bare H.264 over and over; they end with the test."""
    servers: list[RtspServer] = []

    def started(clip: Path) -> RtspServer:
        servers.append(RtspServer(clip))
        return servers[-1]

    yield started
    for server in servers:
        server.kill()

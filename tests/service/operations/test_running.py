"""`cleanlane serve` as a real process: what it says, what it refuses, how it ends."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

Serve = Callable[..., "Served"]


class Served:
    """A running `cleanlane serve`."""

    def __init__(self, folder: Path, *arguments: str, **environment: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = [sys.executable, "-m", "cleanlane.cli", "serve", "--port", str(self.port), "--workers", "0"]
        self.process = subprocess.Popen(
            [*command, *arguments],
            cwd=folder,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ready(self) -> "Served":
        """Wait until it answers."""
        end = time.monotonic() + 30
        while True:
            assert self.process.poll() is None, self.process.communicate()[0]
            assert time.monotonic() < end
            try:
                if httpx.get(f"{self.url}/readyz").status_code == 200:
                    return self
            except httpx.TransportError:
                time.sleep(0.1)

    def stop(self) -> str:
        """End it as a service manager does; returns what it printed."""
        self.process.send_signal(signal.SIGTERM)
        return self.output()

    def output(self) -> str:
        printed: str = self.process.communicate(timeout=30)[0]
        assert "Traceback" not in printed
        return printed


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    started: list[Served] = []

    def start(*arguments: str, **environment: str) -> Served:
        started.append(Served(tmp_path, *arguments, **environment))
        return started[-1]

    yield start
    for served in started:
        served.process.kill()
        served.process.communicate()


def test_first_start(serve: Serve, tmp_path: Path) -> None:
    printed = serve().ready().stop()
    first = re.search(r"/login/(\S+)", printed)
    assert first is not None
    assert (tmp_path / "cleanlane-data" / "secret.key").stat().st_mode & 0o777 == 0o600
    second = serve().ready()  # nobody has signed in yet: there is a new link, and the old one is useless
    assert second.process.stdout is not None
    link = re.search(r"/login/(\S+)", second.process.stdout.readline() + second.process.stdout.readline())
    assert link is not None
    with httpx.Client(base_url=second.url) as browser:
        assert browser.post(f"/login/{first[1]}").status_code == 403
        assert browser.post(f"/login/{link[1]}").status_code == 303
        assert "管理员" in browser.get("/account").text
    second.stop()
    assert "/login/" not in serve().ready().stop()


@pytest.mark.parametrize(
    ("arguments", "environment", "says"),
    [
        (["--host", "0.0.0.0"], {}, "CLEANLANE_SECRET is not set; it has to be where others can reach"),  # noqa: S104
        ([], {"CLEANLANE_ENVIRONMENT": "production"}, "CLEANLANE_SECRET is not set; in production it has to be"),
        ([], {"CLEANLANE_SECRET": "short"}, "expected 32 characters or more"),
        ([], {"CLEANLANE_TIMEZONE": "Mars/Base"}, "no time zone"),
        (["--database", "mysql://x"], {}, "expected sqlite or postgresql, got mysql"),
        (["--database", "postgresql://x@127.0.0.1:1/x"], {}, "database: can't be reached"),
        (["--photos", "nonsense://x"], {}, "photos: nonsense can't be used"),
    ],
)
def test_refusals(serve: Serve, arguments: list[str], environment: dict[str, str], says: str) -> None:
    served = serve(*arguments, **environment)
    printed = " ".join(served.output().split())
    assert served.process.returncode == 2
    assert printed.startswith("cleanlane: ")
    assert says in printed


def test_a_taken_port(serve: Serve) -> None:
    first = serve().ready()
    second = serve("--port", str(first.port))
    assert "the address can't be had" in second.output()
    assert second.process.returncode == 2
    first.stop()
    assert first.process.returncode == 0

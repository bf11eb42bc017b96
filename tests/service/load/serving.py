"""The application in a server process of its own, for tests that need one."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from fastapi import FastAPI

from service.api.app import create_app
from service.settings import Settings
from service.state import Service
from service.store.tables import Base

__all__ = ["app", "free_port", "serving"]


def app() -> FastAPI:
    """Return the application with the settings of the environment, its tables made."""
    service = Service.open(Settings())
    Base.metadata.create_all(service.database.engine)
    return create_app(service)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def serving(settings: Settings) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run a server process with these settings; yields its address and the process."""
    given = settings.model_dump(mode="json", exclude_defaults=True)
    environment = os.environ | {f"CLEANLANE_{name.upper()}": str(value) for name, value in given.items()}
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "tests.service.load.serving:app", "--factory", "--port", str(port)]
    command += ["--no-access-log", "--log-level", "warning"]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url, server)
        yield url, server
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if server.poll() is not None:
            raise RuntimeError(f"the server ended with {server.returncode}")
        try:
            httpx.get(f"{url}/healthz", trust_env=False)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the server doesn't answer")

"""Real processes of the service, which can be killed and started again: a server, workers, a PostgreSQL cluster."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx

__all__ = ["Cluster", "Program", "answers", "free_port", "postgres_programs", "server", "until", "worker"]


def free_port() -> int:
    """Return a port that nobody uses just now."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


class Program:
    """A program that is started, killed and started again; its output goes to a file.

    Args:
        command: What is run.
        log: Gets what it prints.
        environment: Variables besides one's own.
    """

    def __init__(self, command: list[str], log: Path, environment: Mapping[str, str] | None = None) -> None:
        self.command, self.log = command, log
        self.environment = {**os.environ, **(environment or {})}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, if it doesn't run."""
        if self.process is None or self.process.poll() is not None:
            with self.log.open("ab") as log:
                self.process = subprocess.Popen(
                    self.command, stdout=log, stderr=log, env=self.environment, start_new_session=True
                )

    def kill(self) -> None:
        """Kill it and all that it started, without a word."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def end(self, how: signal.Signals = signal.SIGTERM, seconds: float = 20) -> int:
        """Ask it to end, and return its exit code."""
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(seconds)


def server(data: Path, port: int, database: str) -> Program:
    """Return the server on a folder, without workers of its own."""
    command = [sys.executable, "-m", "cleanlane.cli", "serve", "--data", str(data), "--port", str(port)]
    command += ["--workers", "0", *(["--database", database] if database else [])]
    return Program(command, data.parent / "server.log", {"CLEANLANE_UPLOAD_RATE": "100000/minute"})


def worker(data: Path, database: str, name: str = "worker", lease: float = 3) -> Program:
    """Return a worker on a folder."""
    command = [sys.executable, "-m", "cleanlane.cli", "worker", "--data", str(data), "--lease", str(lease)]
    command += ["--device", "cpu", "--precision", "fp32", *(["--database", database] if database else [])]
    return Program(command, data.parent / f"{name}.log")


def postgres_programs() -> Path | None:
    """Return the folder of PostgreSQL's programs; None if it isn't installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


class Cluster:
    """A PostgreSQL cluster of its own, which may be killed; with fsync, as in earnest.

    Args:
        folder: Gets the data.
        programs: Folder of initdb and postgres.
    """

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder, self.programs, self.port = folder, programs, free_port()
        folder.mkdir(parents=True)
        # PostgreSQL refuses to run as root; `postgres` is the user that its packages make.
        self.user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self.user:
            shutil.chown(folder, "postgres")
        self._run("initdb", "--pgdata", str(folder / "data"), "--username", "cleanlane", "--auth", "trust")
        options = ["-D", str(folder / "data"), "-p", str(self.port), "-h", "127.0.0.1", "-k", str(folder)]
        self.program = Program(
            [*self.user, str(programs / "postgres"), *options], folder.parent / "postgres.log", {"LC_ALL": "C.UTF-8"}
        )

    @property
    def url(self) -> str:
        """The database."""
        return f"postgresql+psycopg://cleanlane@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start it, if it doesn't run, and wait until it answers."""
        self.program.start()
        until(self._answers, 60)

    def kill(self) -> None:
        """Kill the server and all its processes."""
        self.program.kill()

    def _answers(self) -> bool:
        self.program.start()  # killed so that it left shared memory in use, it ends again and has to be repeated
        ready = [str(self.programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(ready, check=False).returncode == 0

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run([*self.user, str(self.programs / program), *arguments], check=True, capture_output=True)


def until(condition: Callable[[], bool], seconds: float) -> None:
    """Wait for something.

    Raises:
        TimeoutError: It doesn't come true in time.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited for {seconds} s")
        time.sleep(0.05)


def answers(port: int) -> bool:
    """Whether a server on this machine is ready."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5).is_success
    except httpx.HTTPError:
        return False

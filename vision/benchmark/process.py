"""Python modules run in processes of their own, so that nobody's libraries, threads and memory are another's."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping

from vision.errors import UserError

__all__ = ["run_module", "run_shown"]


def run_module(who: str, module: str, *arguments: str, given: str = "") -> str:
    """Run `python -m module arguments…` and return what it prints.

    Args:
        who: What an error message calls it.
        module: The module.
        arguments: Of its command line.
        given: Its standard input.

    Raises:
        UserError: It failed; the message has its last words.
    """
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)  # noqa: S603
    _check(who, done)
    return done.stdout


def run_shown(who: str, module: str, *arguments: str, environment: Mapping[str, str] | None = None) -> float:
    """Run `python -m module arguments…` where people see what it prints, and return how long it took.

    Args:
        who: What an error message calls it.
        module: The module.
        arguments: Of its command line.
        environment: Variables that it has in addition to ours.

    Returns:
        Seconds from its start to its end.

    Raises:
        UserError: It failed; the message has its last words.
    """
    command = [sys.executable, "-m", module, *arguments]
    variables = {**os.environ, **(environment or {})}
    started = time.perf_counter()
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, env=variables, check=False)  # noqa: S603
    seconds = time.perf_counter() - started
    _check(who, done)
    return seconds


def _check(who: str, done: subprocess.CompletedProcess[str]) -> None:
    if done.returncode:
        words = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise UserError(f"{who}: the run failed: {words[-1]}")

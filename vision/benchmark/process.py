"""Python modules run in processes of their own, so that nobody's libraries, threads and memory are another's."""

import subprocess
import sys

from vision.errors import UserError

__all__ = ["run_module"]


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
    if done.returncode:
        words = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise UserError(f"{who}: the run failed: {words[-1]}")
    return done.stdout

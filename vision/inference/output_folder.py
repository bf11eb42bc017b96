"""The folder that a screening writes into: one run at a time, nothing replaced unasked, nothing foreign removed."""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout

from vision.errors import UserError

__all__ = [
    "COPIES",
    "JOURNAL",
    "Existing",
    "claim_folder",
    "interrupted_settings",
    "prepare_folder",
    "remove_copies",
    "remove_journals",
]

Existing = Literal["refuse", "resume", "overwrite"]

JOURNAL = "unfinished.jsonl"
JOURNALS = "unfinished*.jsonl"  # of work in several parts
LOCK = ".cleanlane.lock"
COPIES = "annotated"
COPY_NAME = re.compile(r"-[0-9a-f]{12}\.jpg$")
UNFINISHED_COPY = re.compile(r"^\..*-[0-9a-f]{12}\.jpg\.\d+-[0-9a-f]+\.tmp$")  # as vision.files names it
RESULT_FILES = ("results.json", "results.csv", "index.html")


@contextmanager
def claim_folder(out: Path) -> Iterator[None]:
    """Keep other runs out of a folder, which is made if it isn't there.

    Raises:
        UserError: It can't be made or written, or another run is at work in it.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        with FileLock(out / LOCK, blocking=False):
            try:
                yield
            finally:
                (out / LOCK).unlink(missing_ok=True)
    except Timeout:
        raise UserError(
            f"{out}: another run is writing there; wait for it, or give another folder with --out"
        ) from None
    except OSError as error:
        if error.filename is None or Path(error.filename) not in (out, out / LOCK):
            raise
        raise UserError(
            f"{out}: results can't be written there ({error.strerror}); give another folder with --out"
        ) from error


def interrupted_settings(out: Path) -> dict[str, Any]:
    """Return the settings of the interrupted run in a folder, as `write_report` keeps them; empty if there is none."""
    try:
        with (out / JOURNAL).open(encoding="utf-8") as journal:
            settings = json.loads(journal.readline())
    except (OSError, ValueError):  # killed while it began
        return {}
    return settings if isinstance(settings, dict) else {}


def prepare_folder(out: Path, existing: Existing, result_files: Sequence[str] = RESULT_FILES) -> None:
    """Make sure that results can go into the claimed folder `out`.

    Args:
        out: The folder.
        existing: What to do with what lies there.
        result_files: Names of the files that a finished run leaves there.

    Raises:
        UserError: It can't be written, or it holds results or an interrupted run and `existing` doesn't say what to do.
    """
    try:
        if existing == "overwrite":
            for name in result_files:
                (out / name).unlink(missing_ok=True)
            remove_journals(out)
            remove_copies(out, keep=set())
    except OSError as error:
        raise UserError(
            f"{out}: results can't be written there ({error.strerror}); give another folder with --out"
        ) from error
    if any(out.glob(JOURNALS)):
        if existing != "resume":
            raise UserError(f"{out}: holds an interrupted run; go on with --resume, or start again with --overwrite")
    elif any((out / name).exists() for name in result_files):
        raise UserError(f"{out}: holds results already; give another folder, or replace them with --overwrite")


def remove_journals(out: Path) -> None:
    """Remove what an interrupted run would have gone on from."""
    for journal in out.glob(JOURNALS):
        journal.unlink(missing_ok=True)


def remove_copies(out: Path, keep: set[str | None]) -> None:
    """Remove annotated copies that no result refers to, or half-written ones, and never a file of someone else's."""
    for copy in (out / COPIES).glob("*.jpg"):
        if COPY_NAME.search(copy.name) and f"{COPIES}/{copy.name}" not in keep:
            copy.unlink()
    for left in (out / COPIES).glob(".*.tmp"):  # of a run that was killed as it wrote
        if UNFINISHED_COPY.match(left.name):
            left.unlink()

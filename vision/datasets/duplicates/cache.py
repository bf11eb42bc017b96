"""A file that remembers fingerprints and compared pairs, so that a second run reads only new photos."""

import json
import sqlite3
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from types import TracebackType

import numpy as np

from vision.alignment import Alignment
from vision.datasets.duplicates.fingerprints import Fingerprint
from vision.errors import RecipeError

__all__ = ["Cache"]

FORMAT = 1  # raised whenever fingerprints or alignments are computed differently
KEPT_AT_ONCE = 200  # so many new entries are lost at most where the machine stops

TABLES = """
CREATE TABLE IF NOT EXISTS photos (path TEXT PRIMARY KEY, size INTEGER, mtime INTEGER, version TEXT,
    file_sha256 TEXT, pixels_sha256 TEXT, hash_table BLOB, embedding BLOB);
CREATE TABLE IF NOT EXISTS pairs (first TEXT, second TEXT, version TEXT, alignment TEXT, PRIMARY KEY (first, second));
"""


class Cache(AbstractContextManager["Cache"]):
    """Fingerprints by path, size and time of change; alignments by the pixels of both photos.

    Args:
        path: An SQLite file, made where there is none.
        model_sha256: Of the model that embeds; what another model made isn't used.

    Raises:
        RecipeError: The file is something else, or can't be written.
    """

    def __init__(self, path: Path, model_sha256: str) -> None:
        self._version = f"{FORMAT}-{model_sha256[:16]}"
        self._unsaved = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path)
            self._database.executescript(TABLES)
        except (OSError, sqlite3.Error) as error:
            raise RecipeError(
                f"{path}: expected a file for fingerprints that can be written, but it can't be used ({error}); "
                "give another with --cache"
            ) from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Keep what was found, also where the run was interrupted."""
        self._database.commit()
        self._database.close()

    def fingerprint(self, path: Path) -> Fingerprint | None:
        """Return what is known of a file that hasn't changed since."""
        row = self._database.execute(
            "SELECT file_sha256, pixels_sha256, hash_table, embedding FROM photos "
            "WHERE path = ? AND size = ? AND mtime = ? AND version = ?",
            (*_identity(path), self._version),
        ).fetchone()
        if row is None:
            return None
        table, embedding = (np.frombuffer(blob, np.float32) for blob in row[2:])
        return Fingerprint(row[0], row[1], table.reshape(8, 8), embedding)

    def keep_fingerprint(self, path: Path, found: Fingerprint) -> None:
        """Remember a file's fingerprint."""
        blobs = (found.table.astype(np.float32).tobytes(), found.embedding.astype(np.float32).tobytes())
        row = (*_identity(path), self._version, found.file_sha256, found.pixels_sha256, *blobs)
        self._keep("INSERT OR REPLACE INTO photos VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)

    def alignment(self, first: Fingerprint, second: Fingerprint) -> Alignment | None:
        """Return how one photo lay over another, if they were compared."""
        row = self._database.execute(
            "SELECT alignment FROM pairs WHERE first = ? AND second = ? AND version = ?",
            (first.pixels_sha256, second.pixels_sha256, self._version),
        ).fetchone()
        return None if row is None else Alignment(**json.loads(row[0]))

    def keep_alignment(self, first: Fingerprint, second: Fingerprint, found: Alignment) -> None:
        """Remember how one photo lies over another."""
        row = (first.pixels_sha256, second.pixels_sha256, self._version, json.dumps(asdict(found)))
        self._keep("INSERT OR REPLACE INTO pairs VALUES (?, ?, ?, ?)", row)

    def _keep(self, statement: str, row: tuple[object, ...]) -> None:
        self._database.execute(statement, row)
        self._unsaved += 1
        if self._unsaved >= KEPT_AT_ONCE:
            self._database.commit()
            self._unsaved = 0


def _identity(path: Path) -> tuple[str, int, int]:
    try:
        status = path.stat()
    except OSError:
        return str(path.resolve()), -1, -1
    # A name may hold bytes that aren't UTF-8, which SQLite's text can't.
    return str(path.resolve()).encode("utf-8", "backslashreplace").decode(), status.st_size, status.st_mtime_ns

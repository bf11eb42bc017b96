"""The journal of a screening: every finished photo is a line on disk, so that an interrupted run can go on."""

import base64
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from vision.inference.results import PhotoResult
from vision.unfinished import restore

__all__ = ["Entry", "Journal", "Key"]


@dataclass(frozen=True)
class Entry:
    """What is kept of a photo: its result, a thumbnail (encoded image) and the annotated copy's file name."""

    result: PhotoResult
    thumbnail: bytes | None = None
    copy: str | None = None


Key = tuple[str, str | None]  # path and sha256


class Journal:
    """A JSON Lines file: first the run's settings, then an entry per photo.

    Only the places of the entries are held in memory, so that it doesn't grow with what was found. Entries may be read
    by several threads, and added by one.

    Args:
        path: The file; made if it isn't there.
        settings: What results depend on; an existing journal with other settings is refused.

    Raises:
        UserError: The journal belongs to a run with other settings, or can't be written.
    """

    def __init__(self, path: Path, settings: dict[str, Any]) -> None:
        self._offsets: dict[Key, int] = {}
        self._lock = threading.Lock()
        self._file = restore(path, settings, self._index)

    def _index(self, line: bytes, offset: int) -> bool:
        """Note where an entry is."""
        try:
            result = _entry(line).result
        except (ValueError, TypeError, KeyError):
            return False
        self._offsets[result.path, result.sha256] = offset
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def append(self, entry: Entry) -> None:
        """Add a photo; it is with the operating system when this returns."""
        thumbnail = base64.b64encode(entry.thumbnail).decode() if entry.thumbnail else None
        line = {"result": entry.result.model_dump(mode="json"), "thumbnail": thumbnail, "copy": entry.copy}
        encoded = json.dumps(line, ensure_ascii=False).encode() + b"\n"
        with self._lock:
            offset = self._file.seek(0, 2)
            self._file.write(encoded)
            self._file.flush()
            self._offsets[entry.result.path, entry.result.sha256] = offset

    def __iter__(self) -> Iterator[Key]:
        """Yield the keys of all photos in it, in the order of their entries."""
        return iter(self._offsets)

    def __contains__(self, key: Key) -> bool:
        """Return whether there is an entry of that photo."""
        return key in self._offsets

    def read(self, key: Key) -> Entry:
        """Return the entry of a photo that is in the journal."""
        with self._lock:
            self._file.seek(self._offsets[key])
            line = self._file.readline()
        return _entry(line)


def _entry(line: bytes) -> Entry:
    content = json.loads(line)
    thumbnail = base64.b64decode(content["thumbnail"]) if content["thumbnail"] else None
    return Entry(PhotoResult.model_validate(content["result"]), thumbnail, content["copy"])

"""The journal of a screening: every finished photo is a line on disk, so that an interrupted run can go on."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from vision.errors import UserError
from vision.inference.results import PhotoResult

__all__ = ["Entry", "Journal"]


@dataclass(frozen=True)
class Entry:
    """What is kept of a photo: its result, a thumbnail (encoded image) and the annotated copy's file name."""

    result: PhotoResult
    thumbnail: bytes | None = None
    copy: str | None = None


class Journal:
    """A JSON Lines file: first the run's settings, then an entry per photo.

    Results are held in memory, thumbnails only on disk.

    Args:
        path: The file; made if it isn't there.
        settings: What results depend on; an existing journal with other settings is refused.

    Attributes:
        results: Every photo's result by (path, sha256).
        copies: Likewise the annotated copy's path relative to the results, None without one.

    Raises:
        UserError: The journal belongs to a run with other settings, or can't be written.
    """

    def __init__(self, path: Path, settings: dict[str, Any]) -> None:
        self.results: dict[tuple[str, str | None], PhotoResult] = {}
        self.copies: dict[tuple[str, str | None], str | None] = {}
        self._offsets: dict[tuple[str, str | None], int] = {}
        header = json.dumps(settings, sort_keys=True).encode() + b"\n"
        try:
            self._file = path.open("r+b" if path.exists() else "w+b")
        except OSError as error:
            raise UserError(f"{path}: can't be written ({error.strerror}); give another folder with --out") from error
        first = self._file.readline()
        if first.endswith(b"\n") and first != header:
            self._file.close()
            raise UserError(
                f"{path.parent}: the interrupted run there had another model or options; repeat them or --overwrite"
            )
        if not first.endswith(b"\n"):
            self._file.seek(0)
            self._file.write(header)
        self._index(len(header))

    def _index(self, offset: int) -> None:
        """Find the lines after `offset` and cut off everything from the first one that a kill or a crash damaged."""
        self._file.seek(offset)
        for line in self._file:
            try:
                content = json.loads(line)
                result = PhotoResult.model_validate(content["result"])
            except (ValueError, TypeError, KeyError):
                break
            if not line.endswith(b"\n"):
                break
            self._note(result, content["copy"], offset)
            offset += len(line)
        self._file.truncate(offset)
        self._file.seek(offset)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def append(self, entry: Entry) -> None:
        """Add a photo; it is with the operating system when this returns."""
        offset = self._file.seek(0, 2)
        thumbnail = base64.b64encode(entry.thumbnail).decode() if entry.thumbnail else None
        line = {"result": entry.result.model_dump(mode="json"), "thumbnail": thumbnail, "copy": entry.copy}
        self._file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        self._file.flush()
        self._note(entry.result, entry.copy, offset)

    def _note(self, result: PhotoResult, copy: str | None, offset: int) -> None:
        key = result.path, result.sha256
        self.results[key], self.copies[key], self._offsets[key] = result, copy, offset

    def read(self, result: PhotoResult) -> Entry:
        """Return the entry of a photo that is in the journal."""
        self._file.seek(self._offsets[result.path, result.sha256])
        line = json.loads(self._file.readline())
        thumbnail = base64.b64decode(line["thumbnail"]) if line["thumbnail"] else None
        return Entry(result, thumbnail, line["copy"])

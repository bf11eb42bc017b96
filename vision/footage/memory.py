"""What the detector has found so far, on disk, so that an interrupted run can go on without looking again."""

import json
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from vision.detections import Detections
from vision.unfinished import restore

__all__ = ["Memory", "identity_of"]


class Memory:
    """A JSON Lines file: first the run's settings, then a line for each picture that was looked at.

    Args:
        path: The file; made if it isn't there.
        settings: What the finds depend on; an existing file with others is refused.
        names: The model's categories.

    Raises:
        UserError: The file belongs to a run with other settings.
    """

    def __init__(self, path: Path, settings: dict[str, Any], names: tuple[str, ...]) -> None:
        self._names = names
        self._known: dict[tuple[str, float], Detections] = {}
        self._lock = threading.Lock()
        self._file = restore(path, settings, self._read)

    def _read(self, line: bytes, _offset: int) -> bool:
        try:
            source, seconds, boxes, scores, categories = json.loads(line)
            self._known[source, seconds] = Detections.of(boxes, scores, categories, self._names)
        except (ValueError, TypeError):
            return False
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def get(self, source: str, seconds: float) -> Detections | None:
        """Return what was found on a picture, if it has been looked at."""
        return self._known.get((source, round(seconds, 3)))

    def keep(self, source: str, seconds: float, found: Detections) -> None:
        """Remember what was found; it is with the operating system when this returns."""
        row = [source, round(seconds, 3), found.boxes.tolist(), found.scores.tolist(), found.categories.tolist()]
        with self._lock:
            self._file.write(json.dumps(row).encode() + b"\n")
            self._file.flush()


def identity_of(path: Path) -> str:
    """Return what tells a recording apart from a changed one of the same name."""
    status = path.stat()
    return f"{path.resolve()}|{status.st_size}|{status.st_mtime_ns}"

"""Write files so that nobody ever meets a half-written one."""

import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["replacing", "replacing_folder"]


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a path beside `path` to write to; it takes the place of `path` on success and is removed on failure.

    The name is the thread's own: two threads may write the same file, and the last one wins.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident():x}.tmp")
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Yield a new folder beside `path` to fill; on success it takes the place of `path`, whatever lay there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(dir=path.parent, prefix=".unfinished-"))
    try:
        yield unfinished
        unfinished.chmod(0o755)
        if path.is_dir():
            shutil.rmtree(path)
        unfinished.replace(path)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)

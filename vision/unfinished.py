"""The file that an interrupted run goes on from: what is finished, a line for each piece of it."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from vision.errors import UserError

__all__ = ["restore"]


def restore(path: Path, settings: Mapping[str, Any], read: Callable[[bytes, int], bool]) -> BinaryIO:
    """Open a JSON Lines file: first what results depend on, then whatever the run adds to it.

    Args:
        path: The file; made if it isn't there.
        settings: What results depend on; an existing file with others is refused.
        read: Given each line after the first and its offset; returns whether it is whole and right. From the first one
            on that isn't, as a kill or a crash damaged it, everything is cut off.

    Returns:
        The file, to be read and written, at its end.

    Raises:
        UserError: It belongs to a run with other settings, or can't be written.
    """
    header = json.dumps({**settings}, sort_keys=True).encode() + b"\n"
    try:
        file = path.open("r+b" if path.exists() else "w+b")
    except OSError as error:
        raise UserError(f"{path}: can't be written ({error.strerror}); give another folder with --out") from error
    first = file.readline()
    if first.endswith(b"\n") and first != header:
        file.close()
        raise UserError(
            f"{path.parent}: the interrupted run there had another model or options; repeat them or --overwrite"
        )
    end = len(header) if first == header else 0
    for line in file if end else ():
        if not line.endswith(b"\n") or not read(line, end):
            break
        end += len(line)
    file.truncate(end)
    file.seek(end)
    if not end:
        file.write(header)
    return file

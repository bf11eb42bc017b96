"""The first stage: files' bytes and their hashes, read ahead, in order, and never waited for without end."""

import hashlib
import itertools
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass

from vision.errors import PhotoError, UserError
from vision.inference.sources import PhotoFile
from vision.inference.stages import Clock, untimed

__all__ = ["PATIENCE", "ReadPhoto", "read_ahead"]

AHEAD = 8  # files at a time: a network folder answers several sooner than one after the other
PATIENCE = 60.0  # seconds; a file that takes longer to read lies on a share that doesn't answer


@dataclass(frozen=True, eq=False)
class ReadPhoto:
    """A file as it was read.

    Attributes:
        name: What results call it.
        data: Its bytes; or why there are none.
        sha256: Hash of the bytes.
    """

    name: str
    data: bytes | PhotoError
    sha256: str | None


def read_ahead(photos: Iterable[PhotoFile], patience: float = PATIENCE, clock: Clock = untimed) -> Iterator[ReadPhoto]:
    """Read files on threads of their own, a few ahead of the consumer.

    Args:
        photos: What to read.
        patience: Seconds after which a file is given up.
        clock: Times the reading.

    Yields:
        Each file, in the order of `photos`; one that stalls as a failure.

    Raises:
        UserError: So many files stalled one after the other that their folder must be gone.
    """
    waiting: deque[tuple[PhotoFile, float, Future[ReadPhoto]]] = deque()
    stalled = 0
    following = iter(photos)
    while True:
        for photo in itertools.islice(following, AHEAD - len(waiting)):
            waiting.append((photo, time.monotonic() + patience, _start(photo, clock)))
        if not waiting:
            return
        photo, deadline, future = waiting.popleft()
        try:
            yield future.result(timeout=max(0.0, deadline - time.monotonic()))
            stalled = 0
        except TimeoutError:
            stalled += 1
            message = f"{photo.name}: the file couldn't be read within {patience:g} s; its folder doesn't answer"
            yield ReadPhoto(photo.name, PhotoError("stalled", message), None)
        if stalled >= AHEAD:
            raise UserError(
                f"{photo.name}: this file and the {AHEAD - 1} before it couldn't be read within {patience:g} s; see "
                "whether their folder can be reached, then repeat the command with --resume"
            )


def _start(photo: PhotoFile, clock: Clock) -> Future[ReadPhoto]:
    """Read a file on a thread that may be abandoned: nothing can interrupt the read of a file that stalls."""
    future: Future[ReadPhoto] = Future()
    threading.Thread(target=_read, args=(photo, clock, future), name="cleanlane-read", daemon=True).start()
    return future


def _read(photo: PhotoFile, clock: Clock, future: Future[ReadPhoto]) -> None:
    try:
        with clock("read"):
            data = photo.read()
            sha256 = hashlib.sha256(data).hexdigest()
        future.set_result(ReadPhoto(photo.name, data, sha256))
    except PhotoError as error:
        future.set_result(ReadPhoto(photo.name, error, None))
    except BaseException as error:  # noqa: BLE001 - our bug, to be raised where the result is asked for
        future.set_exception(error)

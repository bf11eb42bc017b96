"""What stages of a pipeline have in common: work on a pool with bounded queues, in order, and a clock."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TypeVar

__all__ = ["Clock", "StageClock", "ordered_map", "untimed"]

Item = TypeVar("Item")
Output = TypeVar("Output")
Clock = Callable[[str], AbstractContextManager[None]]  # times what happens within the context of a stage's name


def untimed(_stage: str) -> AbstractContextManager[None]:
    """Be the clock where nobody asks for the time."""
    return nullcontext()


def ordered_map(
    pool: Executor, function: Callable[[Item], Output], items: Iterable[Item], ahead: int
) -> Iterator[Output]:
    """Map on the pool with at most `ahead` results waiting, so that a slow consumer holds back the work."""
    waiting: deque[Future[Output]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) >= ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


class StageClock:
    """Collects how long each stage took, photo by photo.

    Attributes:
        seconds: By stage, two lists: on the clock, and of the calling thread's own work on a core.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, tuple[list[float], list[float]]] = {}
        self._lock = threading.Lock()

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Time what happens within the context."""
        started, worked = time.perf_counter(), time.thread_time()
        yield
        wall, cpu = time.perf_counter() - started, time.thread_time() - worked
        with self._lock:
            walls, cpus = self.seconds.setdefault(stage, ([], []))
            walls.append(wall)
            cpus.append(cpu)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self.seconds.clear()

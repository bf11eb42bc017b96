"""What happened to a live camera's pictures and to its connection, in numbers."""

import threading
import time
from collections import deque
from dataclasses import dataclass, field

__all__ = ["Counters", "Tally"]

RATE_SECONDS = 10.0  # over which rates are taken


class Tally:
    """A count, and how fast it grows."""

    def __init__(self) -> None:
        self.total = 0
        self._recent: deque[tuple[float, int]] = deque()
        self._lock = threading.Lock()

    def add(self, count: int = 1) -> None:
        """Count so many more."""
        with self._lock:
            self.total += count
            self._recent.append((time.monotonic(), count))
            self._forget()

    @property
    def per_second(self) -> float:
        """Mean over the last 10 s."""
        with self._lock:
            self._forget()
            return sum(count for _, count in self._recent) / RATE_SECONDS

    def _forget(self) -> None:
        oldest = time.monotonic() - RATE_SECONDS
        while self._recent and self._recent[0][0] < oldest:
            self._recent.popleft()


@dataclass
class Counters:
    """What happened to a camera's pictures, and to its connection.

    Attributes:
        decoded: Pictures that were decoded.
        looked_at: Frames whose result is there.
        skipped: Frames that were ready, but a newer one came before they were taken.
        damaged: Packets or pictures that couldn't be decoded.
        reconnects: Attempts to connect anew.
        frozen: How often that was because no new picture came.
    """

    decoded: Tally = field(default_factory=Tally)
    looked_at: Tally = field(default_factory=Tally)
    skipped: int = 0
    damaged: int = 0
    reconnects: int = 0
    frozen: int = 0

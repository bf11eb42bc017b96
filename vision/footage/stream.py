"""Live cameras: the newest frame for a detector that is slower than they are, whatever happens on the way to them."""

import atexit
import datetime as dt
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from tenacity import RetryCallState, Retrying, retry_if_result, wait_random_exponential
from tenacity.nap import sleep_using_event

from vision.footage.frames import Frame, frame_of
from vision.footage.stream_connection import Connection, picture_of
from vision.footage.stream_counters import Counters
from vision.footage.stream_reader import Order, Report
from vision.footage.stream_settings import StreamSettings

__all__ = ["State", "Stream", "StreamSettings", "without_password"]

GRACE_SECONDS = 0.7  # for closing a connection in order, and again for ending one that doesn't


class State(StrEnum):
    """What a stream is doing."""

    CONNECTING = "connecting"
    RUNNING = "running"
    RECONNECTING = "reconnecting"
    STOPPED = "stopped"


@dataclass(frozen=True)
class _Arrival:
    seconds: float
    time: dt.datetime
    about: dict[str, Any]
    pixels: bytes


class Stream:
    """A camera that is read in the background from now until `stop`, or until it is given up.

    While it waits, FFmpeg can't be interrupted from outside, and Python that ends around it crashes now and then. So
    each connection is a process of its own, which can be ended, and a thread here takes what it sends.

    Args:
        name: What the camera is called.
        url: What FFmpeg can open: rtsp://, http:// and so on, or a file, which is read as fast as it can be.
        settings: How it is read.
        interval: Seconds between the frames that are wanted, or a function that is asked at least once a second.
        on_change: Told of each new state and note; it is called in the background, and mustn't take long.

    Attributes:
        source: The address without its password.
        state: What the stream is doing.
        note: Why it isn't running, or wasn't when it was stopped: one sentence, or nothing.
        counters: What has happened so far.
        on_result: Told how many seconds after its arrival a frame's result was there.
    """

    def __init__(
        self,
        name: str,
        url: str,
        settings: StreamSettings,
        interval: Callable[[], float] | float,
        on_change: Callable[[State, str], object] = lambda *_: None,
    ) -> None:
        self.name, self.source = name, without_password(url)
        self.state, self.note, self.counters = State.CONNECTING, "", Counters()
        self.on_result: Callable[[float], object] = lambda _: None
        self._url, self._settings, self._on_change = url, settings, on_change
        self._interval = interval if callable(interval) else lambda: interval
        self._backoff = wait_random_exponential(settings.first_wait * 2, settings.longest_wait, min=settings.first_wait)
        self._stopping, self._news = threading.Event(), threading.Condition()
        self._waiting: _Arrival | None = None
        self._connection: Connection | None = None
        self._first: float | None = None  # when the camera's first picture came
        self._newest = time.monotonic()  # when the last one came
        self._began: float | None = None  # when the connection's first picture came
        self._good_for = 0.0  # seconds from then to its newest
        self._was_good, self._reason = False, "no answer has come yet"  # the connection, and why it ended
        self._thread = threading.Thread(target=self._run, name=f"stream {name}", daemon=True)
        atexit.register(self.stop)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def is_frame_waiting(self) -> bool:
        """Whether a frame is ready to be taken."""
        return self._waiting is not None

    def frames(self) -> Iterator[Frame]:
        """Yield the newest frame each time, waiting for one if there is none, until the stream has stopped."""
        while True:
            with self._news:
                self._news.wait_for(lambda: self._waiting or self._is_over)
                arrival, self._waiting = self._waiting, None
            if arrival is None or self._is_over:
                return
            picture, aspect = picture_of(arrival.about, arrival.pixels)
            yield frame_of(picture, arrival.seconds, arrival.time, aspect)

    def done(self, frame: Frame) -> None:
        """Count a frame as looked at; to be called when its result is there."""
        self.counters.looked_at.add()
        self.on_result(time.monotonic() - (self._first or 0.0) - frame.seconds)

    def stop(self) -> None:
        """End the connection and the background thread, and with them `frames`, within 2 s; again is harmless."""
        self._stopping.set()
        with self._news:
            self._news.notify_all()
        if self._connection and self.state is State.RUNNING:
            self._connection.terminate()
            self._join()
        if self._connection:
            self._connection.kill()
        self._join()
        atexit.unregister(self.stop)

    @property
    def _is_over(self) -> bool:
        return self._stopping.is_set() or self.state is State.STOPPED

    def _join(self) -> None:
        if threading.current_thread() is not self._thread:
            self._thread.join(GRACE_SECONDS)

    def _run(self) -> None:
        retrying = Retrying(
            retry=retry_if_result(lambda _: True),
            wait=self._wait,
            stop=self._is_last,
            sleep=sleep_using_event(self._stopping),
            before_sleep=self._announce,
            retry_error_callback=lambda _: None,
        )
        try:
            retrying(self._connect)
        finally:
            is_wanted = self._stopping.is_set()
            note = self._sentence("it was stopped" if is_wanted else "it was given up")
            self._change(State.STOPPED, "" if is_wanted and self.state is State.RUNNING else note)

    def _connect(self) -> None:
        if self._stopping.is_set():
            return
        interval, self._began, self._good_for, self._was_good = self._interval(), None, 0.0, False
        how = self._settings.model_dump(include={"transport", "open_timeout", "read_timeout", "frozen_after"})
        try:
            self._connection = connection = Connection(Order(url=self._url, interval=interval, **how))
        except OSError as error:
            self._reason = f"no process could be started for it ({error.strerror})"
            return
        with connection:
            if self._stopping.is_set():  # `stop` may not have seen the connection
                connection.kill()
            for report, pixels in connection.reports():
                self._take(report, pixels)
                if (wanted := self._interval()) != interval:
                    connection.set_interval(wanted)
                    interval = wanted
        self._was_good = self._good_for >= self._settings.steady_after and not report.frozen
        if not self._stopping.is_set():
            self._reason = report.ended

    def _take(self, report: Report, pixels: bytes) -> None:
        now = time.monotonic()
        self.counters.decoded.add(report.decoded)
        self.counters.damaged += report.damaged
        self.counters.frozen += report.frozen
        if report.decoded:
            self._newest = now
            self._began = self._began or now
            self._good_for = now - self._began
            self._change(State.RUNNING, "")
        if report.picture:
            self._first = self._first or now
            arrival = _Arrival(now - self._first, dt.datetime.now().astimezone(), report.picture, pixels)
            with self._news:
                self.counters.skipped += self._waiting is not None
                self._waiting = arrival
                self._news.notify_all()

    def _wait(self, attempt: RetryCallState) -> float:
        if self._was_good:
            attempt.attempt_number = 1
        return self._backoff(attempt)

    def _is_last(self, attempt: RetryCallState) -> bool:
        limit = self._settings.give_up_after
        late = limit is not None and time.monotonic() + attempt.upcoming_sleep - self._newest >= limit
        return late or self._stopping.is_set()

    def _announce(self, _: RetryCallState) -> None:
        self.counters.reconnects += 1
        self._change(State.RECONNECTING, self._sentence("trying again"))

    def _sentence(self, outcome: str) -> str:
        return f"{self.source}: expected a live video, but {self._reason}; {outcome}"

    def _change(self, state: State, note: str) -> None:
        with self._news:
            is_new = (state, note) != (self.state, self.note)
            self.state, self.note = state, note
            self._news.notify_all()
        if is_new:
            self._on_change(state, note)


def without_password(url: str) -> str:
    """Return an address in which stars stand for the user, the password, and what is called a key or a token."""
    url = re.sub(r"(?<=://).*@", "***@", url)  # to the last @, as passwords have unescaped ones
    return re.sub(r"(?i)((?:pass|pwd|psw|secret|token|key|auth|sign)[^=&/?]*=)[^&/]*", r"\1***", url)

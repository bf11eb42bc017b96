"""Times and lengths of time as people read them, and the ticks of a time axis."""

import datetime as dt
import math
from typing import NamedTuple

__all__ = ["Tick", "clock_span", "elapsed", "lasting", "ticks"]

MINUTE, HOUR, DAY = 60, 3600, 86_400
UNITS = ((DAY, "天", "d"), (HOUR, "小时", "h"), (MINUTE, "分", "min"), (1, "秒", "s"))
# Distances between ticks, in seconds.
STEPS = (1, 2, 5, 10, 15, 30, *(n * MINUTE for n in (1, 2, 5, 10, 15, 30)), *(n * HOUR for n in (1, 2, 3, 6, 12)), DAY)
MOST_TICKS = 9


class Tick(NamedTuple):
    """A mark of a time axis, `share` (0..1) of its length from the start."""

    share: float
    label: str


def elapsed(seconds: float) -> str:
    """Return time since a start as m:ss or h:mm:ss."""
    minutes, second = divmod(int(seconds), MINUTE)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def lasting(seconds: float) -> tuple[str, str]:
    """Return a length of time in Chinese and English, in its two largest units."""
    left = round(seconds)
    counts = []
    for length, zh, en in UNITS:
        count, left = divmod(left, length)
        counts.append((count, zh, en))
    while len(counts) > 1 and not counts[0][0]:
        del counts[0]
    said = [unit for unit in counts[:2] if unit[0]]
    if not said:
        return "不到 1 秒", "under 1 s"
    return " ".join(f"{n} {zh}" for n, zh, _ in said), " ".join(f"{n} {en}" for n, _, en in said)


def clock_span(start: dt.datetime, end: dt.datetime, seconds: bool = True) -> tuple[str, str]:
    """Return both times on the clock; the second one has a date only if that differs."""
    clock = "%H:%M:%S" if seconds else "%H:%M"
    return f"{start:%Y-%m-%d {clock}}", f"{end:{clock}}" if start.date() == end.date() else f"{end:%Y-%m-%d {clock}}"


def ticks(length: float, start: dt.datetime | None) -> list[Tick]:
    """Return at most ten ticks of an axis.

    Args:
        length: Of the axis, in seconds, above 0.
        start: Time on the clock where it begins: ticks then lie at round clock times, otherwise at round times
            since the start.
    """
    step = next((step for step in STEPS if length / step <= MOST_TICKS), math.ceil(length / DAY / MOST_TICKS) * DAY)
    into_day = 0.0 if start is None else start.hour * HOUR + start.minute * MINUTE + start.second
    first = math.ceil(into_day / step) * step - into_day
    seconds = [first + i * step for i in range(MOST_TICKS + 1) if first + i * step <= length]
    return [Tick(s / length, elapsed(s) if start is None else _clock(start, s, step)) for s in seconds]


def _clock(start: dt.datetime, seconds: float, step: int) -> str:
    time = start + dt.timedelta(seconds=seconds)
    if (time.hour, time.minute, time.second) == (0, 0, 0) and seconds:
        return f"{time:%m-%d}"
    return f"{time:%H:%M}" if step >= MINUTE else f"{time:%H:%M:%S}"

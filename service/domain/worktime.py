"""Working time: the office's hours, China's public holidays with their make-up workdays, and the town's own days.

All times have a zone. Only working time is counted; what falls between is moved to the next working moment.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar  # type: ignore[import-untyped]

__all__ = [
    "OFFICE_HOURS",
    "Calendar",
    "Span",
    "add_working_days",
    "add_working_hours",
    "next_working_moment",
    "working_hours_between",
]

Span = tuple[time, time]  # from, until; within one day
OFFICE_DAY: tuple[Span, ...] = ((time(8, 30), time(12)), (time(13, 30), time(17, 30)))
OFFICE_HOURS: tuple[tuple[Span, ...], ...] = (OFFICE_DAY,) * 5 + ((), ())
LAST_YEAR = 9000  # beyond it, there is no time to count in


@dataclass(frozen=True)
class Calendar:
    """When a town works.

    Attributes:
        zone: In which hours and days are meant.
        hours: Seven times the hours of a day, Monday first: spans in order, without overlap; () for a day off.
        follows_china: Whether China's public holidays and make-up workdays (调休) hold.
        days_off, days_on: The town's own; they override everything else.

    Raises:
        ValueError: There are not seven days, no hours at all, or spans that overlap or end before they begin.
    """

    zone: ZoneInfo
    hours: tuple[tuple[Span, ...], ...] = OFFICE_HOURS
    follows_china: bool = True
    days_off: frozenset[date] = frozenset()
    days_on: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        if len(self.hours) != 7:
            raise ValueError(f"expected the hours of 7 weekdays, got {len(self.hours)}")
        if not any(self.hours):
            raise ValueError("expected a weekday with working hours, got none")
        for spans in self.hours:
            moments = [moment for span in spans for moment in span]
            if moments != sorted(set(moments)):
                raise ValueError("expected spans in order, each ending after it begins and before the next one")

    def knows(self, year: int) -> bool:
        """Whether the holidays of a year are known; where not, plain weekdays are counted."""
        if not self.follows_china:
            return True
        try:
            chinese_calendar.is_workday(date(year, 1, 1))
        except NotImplementedError:
            return False
        return True

    def is_estimated(self, start: datetime, end: datetime) -> bool:
        """Whether a time between the two is counted without its year's holidays."""
        years = sorted((start.astimezone(self.zone).year, end.astimezone(self.zone).year))
        return not (self.knows(years[0]) and self.knows(years[1]))

    def is_workday(self, day: date) -> bool:
        """Whether the town works on a day."""
        if day in self.days_on or day in self.days_off:
            return day in self.days_on
        if not self.follows_china:
            return bool(self.hours[day.weekday()])
        try:
            if day.weekday() < 5:
                return bool(chinese_calendar.is_workday(day)) and bool(self.hours[day.weekday()])
            return bool(chinese_calendar.is_workday(day) or self.hours[day.weekday()])
        except NotImplementedError:
            return bool(self.hours[day.weekday()])

    def spans(self, day: date) -> list[tuple[datetime, datetime]]:
        """Return the working hours of a day, UTC; a make-up day has those of the first weekday with any."""
        if not self.is_workday(day):
            return []
        hours = self.hours[day.weekday()] or next(filter(None, self.hours))
        return [(self._moment(day, start), self._moment(day, end)) for start, end in hours]

    def _moment(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, self.zone).astimezone(UTC)


def next_working_moment(start: datetime, calendar: Calendar) -> datetime:
    """Return `start` if it is in working time, else the next beginning of it; UTC.

    Raises:
        ValueError: The calendar has none for years.
    """
    for begin, end in _spans_from(start, calendar):
        if start < end:
            return max(start.astimezone(UTC), begin)
    raise ValueError("expected a calendar with working time to come")


def add_working_hours(start: datetime, hours: float, calendar: Calendar) -> datetime:
    """Return when that many working hours (0 or more) have passed since `start`, UTC: the earliest such moment.

    No hours: `start` itself, moved to the next working moment.
    """
    if hours <= 0:
        return next_working_moment(start, calendar)
    left = timedelta(hours=hours)
    for begin, end in _spans_from(start, calendar):
        begins = max(begin, start.astimezone(UTC))
        if begins < end:
            if left <= end - begins:
                return begins + left
            left -= end - begins
    raise ValueError("expected a calendar with enough working time to come")


def add_working_days(start: datetime, days: int, calendar: Calendar) -> datetime:
    """Return the same time of day that many workdays later, UTC, as offices count it.

    An order given outside working time counts as given at the next working moment: on Saturday with 1 working day is
    due on Tuesday when the office opens. If the time of day isn't working time on the last day, the next moment that
    is counts.
    """
    begin = next_working_moment(start, calendar).astimezone(calendar.zone)
    day, left = begin.date(), days
    while left > 0:
        day += timedelta(days=1)
        if day.year > LAST_YEAR:
            raise ValueError("expected a calendar with enough workdays to come")
        left -= calendar.is_workday(day)
    return next_working_moment(datetime.combine(day, begin.timetz().replace(tzinfo=None), calendar.zone), calendar)


def working_hours_between(start: datetime, end: datetime, calendar: Calendar) -> float:
    """Return the working hours from `start` to `end`; 0 if it isn't later."""
    total = timedelta()
    for begins, ends in _spans_from(start, calendar):
        if begins >= end:
            break
        total += max(min(ends, end) - max(begins, start), timedelta())
    return total / timedelta(hours=1)


def _spans_from(start: datetime, calendar: Calendar) -> Iterator[tuple[datetime, datetime]]:
    day = start.astimezone(calendar.zone).date()
    while day.year <= LAST_YEAR:
        yield from calendar.spans(day)
        day += timedelta(days=1)

"""Working hours until one moment, for thousands of issues: each day is counted once."""

from datetime import date, datetime, time, timedelta

from service.domain.worktime import Calendar, working_hours_between

__all__ = ["Clock"]


class Clock:
    """Tells how many working hours passed until `at`."""

    def __init__(self, calendar: Calendar, at: datetime) -> None:
        self.at = at
        self._calendar = calendar
        self._today = at.astimezone(calendar.zone).date()
        self._from_midnight = {self._today: working_hours_between(self._midnight(self._today), at, calendar)}

    def since(self, start: datetime) -> float:
        """Return the working hours from `start` on; 0 if it isn't earlier."""
        day = start.astimezone(self._calendar.zone).date()
        if day >= self._today:
            return working_hours_between(start, self.at, self._calendar)
        morrow = day + timedelta(days=1)
        return working_hours_between(start, self._midnight(morrow), self._calendar) + self._since_midnight(morrow)

    def _since_midnight(self, first: date) -> float:
        day = min(self._from_midnight)
        while day > first:
            before = day - timedelta(days=1)
            hours = working_hours_between(self._midnight(before), self._midnight(day), self._calendar)
            self._from_midnight[before] = hours + self._from_midnight[day]
            day = before
        return self._from_midnight[first]

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self._calendar.zone)

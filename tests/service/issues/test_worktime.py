"""Working time: hours, holidays with make-up days, unknown years; adding and counting are each other's inverse."""

import random
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from service.domain.worktime import (
    OFFICE_HOURS,
    Calendar,
    add_working_days,
    add_working_hours,
    next_working_moment,
    working_hours_between,
)

ZONE = ZoneInfo("Asia/Shanghai")
OFFICE = Calendar(ZONE)
NIGHTS = ((time(0, 0), time(6, 15)), (time(20, 0), time(23, 59)))
CALENDARS = {
    "office": OFFICE,
    "plain weeks": Calendar(ZONE, follows_china=False),
    "own days": Calendar(ZONE, days_off=frozenset({date(2026, 3, 3)}), days_on=frozenset({date(2026, 10, 2)})),
    "one day a week": Calendar(ZONE, ((), (), ((time(9), time(9, 45)),), (), (), (), ())),
    "nights": Calendar(ZONE, (NIGHTS,) * 7, follows_china=False),
    "summer time": Calendar(ZoneInfo("Europe/Berlin"), (NIGHTS,) * 7, follows_china=False),
}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("start", "hours", "expected"),
    [
        ("2026-11-26 16:00", 4, "2026-11-27 11:00"),  # Thursday afternoon: 1.5 h, then 2.5 h of Friday
        ("2026-11-26 12:30", 1, "2026-11-26 14:30"),  # the lunch break doesn't count
        ("2026-11-27 17:00", 1, "2026-11-30 09:00"),  # over the weekend
        ("2026-11-26 08:30", 3.5, "2026-11-26 12:00"),  # the earliest such moment, not 13:30
        ("2026-11-28 10:00", 0, "2026-11-30 08:30"),  # nothing to count: the next working moment
        ("2026-09-30 16:30", 2, "2026-10-08 09:30"),  # National Day week
        ("2026-10-09 17:00", 1, "2026-10-10 09:00"),  # a make-up Saturday has office hours
        ("2026-02-13 17:00", 1, "2026-02-14 09:00"),  # another, before Spring Festival
        ("2026-02-14 17:00", 1, "2026-02-24 09:00"),
    ],
)
def test_add_hours(start: str, hours: float, expected: str) -> None:
    assert add_working_hours(at(start), hours, OFFICE) == at(expected)


@pytest.mark.parametrize(
    ("start", "days", "expected"),
    [
        ("2026-11-26 16:00", 1, "2026-11-27 16:00"),  # the same time of day
        ("2026-11-27 16:00", 1, "2026-11-30 16:00"),
        ("2026-11-28 10:00", 1, "2026-12-01 08:30"),  # given on Saturday: counts from Monday's opening
        ("2026-11-26 12:30", 2, "2026-11-30 13:30"),
        ("2026-11-26 20:00", 1, "2026-11-30 08:30"),
        ("2026-09-30 10:00", 2, "2026-10-09 10:00"),
        ("2026-10-09 10:00", 1, "2026-10-10 10:00"),  # make-up Saturday
    ],
)
def test_add_days(start: str, days: int, expected: str) -> None:
    assert add_working_days(at(start), days, OFFICE) == at(expected)


def test_own_days_override_everything() -> None:
    own = Calendar(ZONE, days_off=frozenset({date(2026, 11, 27)}), days_on=frozenset({date(2026, 11, 28)}))
    assert add_working_hours(at("2026-11-26 17:00"), 1, own) == at("2026-11-28 09:00")
    assert working_hours_between(at("2026-11-27 00:00"), at("2026-11-29 00:00"), own) == 7.5


@pytest.mark.parametrize("year", [2003, 2031, 2999])
def test_year_without_known_holidays(year: int) -> None:
    start = datetime(year, 10, 1, 9, tzinfo=ZONE)
    end = add_working_hours(start, 30, OFFICE)
    assert end == add_working_hours(start, 30, CALENDARS["plain weeks"])
    assert OFFICE.is_estimated(start, end)
    assert not CALENDARS["plain weeks"].is_estimated(start, end)  # nothing was asked of the holidays


def test_only_the_end_is_unknown() -> None:
    assert not OFFICE.is_estimated(at("2026-11-26 16:00"), at("2026-12-30 10:00"))
    assert OFFICE.is_estimated(at("2026-12-30 16:00"), at("2027-01-04 10:00"))


def random_times(seed: int, count: int) -> list[datetime]:
    chance = random.Random(seed)  # noqa: S311
    first = datetime(2025, 1, 1, tzinfo=UTC)
    return [first + timedelta(seconds=chance.randrange(3 * 365 * 86400)) for _ in range(count)]


@pytest.mark.parametrize("name", CALENDARS)
def test_counting_undoes_adding(name: str) -> None:
    chance = random.Random(name)  # noqa: S311
    for start in random_times(1, 50):
        hours = chance.choice([0.25, 1, 7.5, chance.uniform(0.01, 90)])
        end = add_working_hours(start, hours, CALENDARS[name])
        assert working_hours_between(start, end, CALENDARS[name]) == pytest.approx(hours, abs=1e-6)
        assert end > start
        before = working_hours_between(start, end - timedelta(seconds=1), CALENDARS[name])
        assert before < hours  # it is the earliest such moment


@pytest.mark.parametrize("name", CALENDARS)
def test_more_and_later_are_never_earlier(name: str) -> None:
    calendar = CALENDARS[name]
    chance = random.Random(name)  # noqa: S311
    for start in random_times(2, 30):
        less, more = sorted((chance.uniform(0, 40), chance.uniform(0, 40)))
        later = start + timedelta(seconds=chance.randrange(5 * 86400))
        assert add_working_hours(start, less, calendar) <= add_working_hours(start, more, calendar)
        assert add_working_hours(start, more, calendar) <= add_working_hours(later, more, calendar)
        days = chance.randrange(6)
        assert add_working_days(start, days, calendar) <= add_working_days(start, days + 1, calendar)
        assert add_working_days(start, days, calendar) <= add_working_days(later, days, calendar)
        assert next_working_moment(start, calendar) == add_working_days(start, 0, calendar)


@pytest.mark.parametrize("name", CALENDARS)
def test_parts_add_up(name: str) -> None:
    calendar = CALENDARS[name]
    times = sorted(random_times(3, 3))
    for offset in range(0, 60, 7):
        a, b, c = (time + timedelta(days=offset) for time in times)
        whole = working_hours_between(a, c, calendar)
        assert whole == pytest.approx(working_hours_between(a, b, calendar) + working_hours_between(b, c, calendar))
    assert working_hours_between(times[2], times[0], calendar) == 0


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (OFFICE_HOURS[:6], "7 weekdays"),
        (((),) * 7, "none"),
        ((((time(12), time(8)),),) + ((),) * 6, "in order"),
        ((((time(8), time(12)), (time(11), time(17))),) + ((),) * 6, "in order"),
    ],
)
def test_impossible_hours(hours: tuple[tuple[tuple[time, time], ...], ...], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Calendar(ZONE, hours)

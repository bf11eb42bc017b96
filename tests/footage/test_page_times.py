import datetime as dt

import pytest

from vision.footage.page_times import clock_span, elapsed, lasting, ticks

NINE = dt.datetime(2026, 3, 12, 9, 0, 30)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (9.9, "0:09"), (61, "1:01"), (3599, "59:59"), (3600, "1:00:00"), (9e4, "25:00:00")],
)
def test_elapsed(seconds: float, text: str) -> None:
    assert elapsed(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (0.3, "不到 1 秒", "under 1 s"),
        (59.7, "1 分", "1 min"),
        (492.4, "8 分 12 秒", "8 min 12 s"),
        (3605, "1 小时", "1 h"),
        (100_000, "1 天 3 小时", "1 d 3 h"),
    ],
)
def test_lasting(seconds: float, zh: str, en: str) -> None:
    assert lasting(seconds) == (zh, en)


def test_clock_span_repeats_the_date_only_if_it_changes() -> None:
    assert clock_span(NINE, NINE + dt.timedelta(hours=2)) == ("2026-03-12 09:00:30", "11:00:30")
    assert clock_span(NINE, NINE + dt.timedelta(hours=20), False) == ("2026-03-12 09:00", "2026-03-13 05:00")


@pytest.mark.parametrize(
    ("length", "start", "labels"),
    [
        (0.04, None, ["0:00"]),
        (10, None, ["0:00", "0:02", "0:04", "0:06", "0:08", "0:10"]),
        (492, None, ["0:00", "1:00", "2:00", "3:00", "4:00", "5:00", "6:00", "7:00", "8:00"]),
        (20, NINE, ["09:00:30", "09:00:35", "09:00:40", "09:00:45", "09:00:50"]),
        (3 * 3600, NINE, ["09:30", "10:00", "10:30", "11:00", "11:30", "12:00"]),
        (86_400, NINE, ["12:00", "15:00", "18:00", "21:00", "03-13", "03:00", "06:00", "09:00"]),
        (30 * 86_400, NINE, ["03-16", "03-20", "03-24", "03-28", "04-01", "04-05", "04-09"]),
    ],
    ids=str,
)
def test_ticks(length: float, start: dt.datetime | None, labels: list[str]) -> None:
    assert [tick.label for tick in ticks(length, start)] == labels
    assert all(0 <= tick.share <= 1 for tick in ticks(length, start))


def test_ticks_lie_at_their_times() -> None:
    assert [round(tick.share * 3600) for tick in ticks(3600, NINE)] == [570, 1170, 1770, 2370, 2970, 3570]

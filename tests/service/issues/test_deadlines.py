"""Deadlines: which rule holds, what the town's calendar makes of it, and how both are changed."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient

from service.domain.deadlines import DEFAULTS, Clock, Rule, choose, deadline_of
from service.domain.worktime import Calendar
from service.state import Service
from service.store.deadlines import calendar_of, deadline_for, default_rules, due_for, rules_of
from tests.service.issues.setting import pile
from tests.service.town import Town
from vision.categories import PROBLEMS

ZONE = ZoneInfo("Asia/Shanghai")
ANY, GRAVE = Rule("", None, 1, Clock.WORKING_DAYS), Rule("", 3, 2, Clock.WORKING_HOURS)
PILE, GRAVE_PILE = Rule("garbage_pile", None, 4, Clock.WORKING_HOURS), Rule("garbage_pile", 3, 1, Clock.HOURS)
CALLED = Rule("", None, 5, Clock.WORKING_DAYS, for_department=True)
RULES = [ANY, GRAVE, PILE, GRAVE_PILE, CALLED]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("category", "severity", "for_department", "expected"),
    [
        ("garbage_pile", 3, False, GRAVE_PILE),
        ("garbage_pile", 2, False, PILE),
        ("litter", 3, False, GRAVE),
        ("litter", 1, False, ANY),
        ("garbage_pile", 3, True, CALLED),
    ],
)
def test_most_specific_rule_holds(category: str, severity: int, for_department: bool, expected: Rule) -> None:
    for rules in (RULES, RULES[::-1]):
        assert choose(rules, category, severity, for_department=for_department) == expected


def test_category_beats_severity() -> None:
    assert choose([GRAVE, PILE], "garbage_pile", 3) == PILE


def test_no_rule() -> None:
    assert choose([PILE], "litter", 1) is None
    assert choose([PILE], "garbage_pile", 1, for_department=True) is None


@pytest.mark.parametrize(
    ("amount", "clock", "expected"),
    [
        (4, Clock.WORKING_HOURS, "2026-11-30 11:00"),
        (1, Clock.WORKING_DAYS, "2026-11-30 16:00"),
        (4, Clock.HOURS, "2026-11-27 20:00"),
        (1.5, Clock.DAYS, "2026-11-29 04:00"),
    ],
)
def test_clocks(amount: float, clock: Clock, expected: str) -> None:
    friday = at("2026-11-27 16:00")
    assert deadline_of(Rule("", None, amount, clock), friday, Calendar(ZONE)) == at(expected)


def test_defaults_cover_everything() -> None:
    keys = [(rule.category, rule.severity, rule.for_department) for rule in DEFAULTS]
    assert len(keys) == len(set(keys))
    for category in PROBLEMS:
        for severity in (1, 2, 3):
            assert choose(DEFAULTS, category, severity) is not None
            assert choose(DEFAULTS, category, severity, for_department=True) is not None


def test_from_the_database(any_service: Service, any_town: Town) -> None:
    settings, start = any_service.settings, at("2026-11-26 16:00")
    with any_service.database.write() as session:
        issue = pile(session, any_town)
        assert deadline_for(session, settings, issue, start) is None  # no rules at all
        session.add_all(default_rules())
    with any_service.database.read() as session:
        assert rules_of(session) == list(DEFAULTS)
        assert deadline_for(session, settings, issue, start) == at("2026-11-27 11:00")
        assert deadline_for(session, settings, issue, start, for_department=True) == at("2026-12-03 16:00")


def rules_body(*rules: Rule) -> dict[str, Any]:
    return {"rules": [vars(rule) for rule in rules]}


def test_changed_by_the_admin(any_service: Service, any_client_of: Callable[[str], TestClient]) -> None:
    admin = any_client_of("admin")
    sent = rules_body(ANY, GRAVE_PILE)
    assert admin.put("/api/v1/deadline-rules", json=sent).json() == sent
    assert admin.get("/api/v1/deadline-rules").json() == sent
    calendar = admin.get("/api/v1/work-calendar").json()
    assert calendar["hours"][0] == [["08:30:00", "12:00:00"], ["13:30:00", "17:30:00"]]
    calendar |= {"days_off": ["2026-11-27"], "hours": [[["09:00", "17:00"]]] * 5 + [[], []]}
    assert admin.put("/api/v1/work-calendar", json=calendar).status_code == 200
    assert admin.put("/api/v1/work-calendar", json=calendar).status_code == 200  # replaced, not added
    with any_service.database.read() as session:
        due = due_for(session, any_service.settings, "litter", 1, at("2026-11-26 16:00"))
        assert due is not None
        assert due.at == at("2026-11-30 16:00")
        assert not calendar_of(session, any_service.settings).is_workday(at("2026-11-27 10:00").date())


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ([PILE], "默认时限"),
        ([ANY, ANY], "two rules"),
        ([ANY, Rule("bin", None, 1, Clock.DAYS)], "expected one of"),
        ([ANY, Rule("litter", None, 0, Clock.DAYS)], "greater than 0"),
        ([ANY, Rule("litter", None, 1.5, Clock.WORKING_DAYS)], "whole working days"),
        ([ANY, Rule("litter", None, 3000, Clock.WORKING_HOURS)], "2000"),
    ],
)
def test_refused_rules(client_of: Callable[[str], TestClient], rules: list[Rule], said: str) -> None:
    answer = client_of("admin").put("/api/v1/deadline-rules", json=rules_body(*rules))
    assert answer.status_code == 422
    assert said in answer.json()["message"]


@pytest.mark.parametrize(
    "change",
    [
        {"hours": [[]] * 7},
        {"hours": [[["12:00", "08:00"]]] * 7},
        {"hours": [[["08:00", "12:00"]]] * 6},
        {"hours": [[["08:00+08:00", "12:00+08:00"]]] * 7},
        {"days_off": ["2026-12-31"], "days_on": ["2026-12-31"]},
        {"days_off": ["9999-12-31"]},
    ],
)
def test_refused_calendars(client_of: Callable[[str], TestClient], change: dict[str, Any]) -> None:
    assert client_of("admin").put("/api/v1/work-calendar", json=change).status_code == 422


def test_preview_saves_nothing(client_of: Callable[[str], TestClient]) -> None:
    admin = client_of("admin")
    sent = {**rules_body(PILE, ANY), "calendar": {}, "start": "2026-12-31T16:00:00+08:00"}
    lines = admin.post("/api/v1/deadline-preview", json=sent).json()["lines"]
    assert [datetime.fromisoformat(line["deadline"]) for line in lines] == [
        at("2027-01-01 11:00"),
        at("2027-01-01 16:00"),
    ]
    assert all(line["is_estimated"] for line in lines)  # New Year's Day of a year whose holidays nobody knows yet
    assert admin.get("/api/v1/deadline-rules").json() == {"rules": []}


@pytest.mark.parametrize("path", ["deadline-rules", "work-calendar"])
def test_only_the_admin(client_of: Callable[[str], TestClient], path: str) -> None:
    for name in ("supervisor", "verifier", "east_handler", "east_reporter"):
        assert client_of(name).get(f"/api/v1/{path}").status_code == 403
        assert client_of(name).put(f"/api/v1/{path}", json={}).status_code == 403
    assert client_of("").get(f"/api/v1/{path}").status_code == 401

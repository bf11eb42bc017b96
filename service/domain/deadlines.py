"""Deadlines: which rule of the town's table holds for an issue, and when its time is up."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from service.domain.worktime import Calendar, add_working_days, add_working_hours

__all__ = ["CLOCKS", "DEFAULTS", "Clock", "Due", "Rule", "choose", "deadline_of", "due_of"]


class Clock(StrEnum):
    """What time is counted in."""

    WORKING_HOURS = "working_hours"
    WORKING_DAYS = "working_days"
    HOURS = "hours"
    DAYS = "days"


# What a clock is called, in Chinese and English.
CLOCKS: dict[Clock, tuple[str, str]] = {
    Clock.WORKING_HOURS: ("工作小时", "working hours"),
    Clock.WORKING_DAYS: ("工作日", "working days"),
    Clock.HOURS: ("小时", "hours"),
    Clock.DAYS: ("天", "days"),
}


@dataclass(frozen=True)
class Rule:
    """How long an issue may take.

    Attributes:
        category: Of vision.categories; empty: every one.
        severity: 1 minor, 2 ordinary, 3 grave; None: every one.
        amount: Of the clock's unit; whole for working days.
        clock: What is counted.
        for_department: Whether it is the clock of a department after escalation.
    """

    category: str
    severity: int | None
    amount: float
    clock: Clock
    for_department: bool = False


@dataclass(frozen=True)
class Due:
    """A deadline by the rules.

    Attributes:
        at: When the time is up.
        rule: Which rule says so.
        is_estimated: Whether the holidays of its year aren't known yet, so that plain weekdays were counted.
    """

    at: datetime
    rule: Rule
    is_estimated: bool


# What a new installation starts with; towns differ, so every line is changed on a page.
DEFAULTS: tuple[Rule, ...] = (
    Rule("", None, 1, Clock.WORKING_DAYS),
    Rule("garbage_pile", None, 4, Clock.WORKING_HOURS),
    Rule("garbage_pile", 3, 2, Clock.WORKING_HOURS),
    Rule("overflowing_bin", None, 4, Clock.WORKING_HOURS),
    Rule("litter", None, 2, Clock.WORKING_HOURS),
    Rule("stacked_debris", None, 2, Clock.WORKING_DAYS),
    Rule("illegal_posting", None, 1, Clock.WORKING_DAYS),
    Rule("graffiti", None, 3, Clock.WORKING_DAYS),
    Rule("", None, 5, Clock.WORKING_DAYS, for_department=True),
    Rule("", 3, 3, Clock.WORKING_DAYS, for_department=True),
)


def choose(rules: Iterable[Rule], category: str, severity: int, *, for_department: bool = False) -> Rule | None:
    """Return the most specific rule that fits: category and severity, category, severity, neither; None without one."""
    fitting = [
        rule
        for rule in rules
        if rule.for_department == for_department
        and rule.category in ("", category)
        and rule.severity in (None, severity)
    ]
    return max(fitting, key=lambda rule: (bool(rule.category), rule.severity is not None), default=None)


def deadline_of(rule: Rule, start: datetime, calendar: Calendar) -> datetime:
    """Return when the time is up for an issue whose clock starts at `start`."""
    if rule.clock is Clock.WORKING_HOURS:
        return add_working_hours(start, rule.amount, calendar)
    if rule.clock is Clock.WORKING_DAYS:
        return add_working_days(start, int(rule.amount), calendar)
    return start + (timedelta(hours=rule.amount) if rule.clock is Clock.HOURS else timedelta(days=rule.amount))


def due_of(rule: Rule, start: datetime, calendar: Calendar) -> Due:
    """Return the deadline with the rule that led to it, and how far it can be trusted."""
    at = deadline_of(rule, start, calendar)
    counts_work = rule.clock in (Clock.WORKING_HOURS, Clock.WORKING_DAYS)
    return Due(at, rule, counts_work and calendar.is_estimated(start, at))

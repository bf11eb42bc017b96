"""The town's rules of deadlines and its working calendar, as the database keeps them."""

from datetime import date, datetime, time
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema, model_validator
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.deadlines import DEFAULTS, Clock, Due, Rule, choose, due_of
from service.domain.worktime import OFFICE_HOURS, Calendar
from service.settings import Settings
from service.store.issues import Issue
from service.store.rules import DeadlineRule, Setting

__all__ = [
    "CALENDAR",
    "EXAMPLE",
    "WorkCalendar",
    "calendar_of",
    "deadline_for",
    "default_rules",
    "due_for",
    "rules_of",
    "work_calendar",
]

CALENDAR = "work_calendar"
EXAMPLE: Any = {
    "hours": [[["08:30", "12:00"], ["13:30", "17:30"]]] * 5 + [[], []],
    "follows_china": True,
    "days_off": ["2026-12-31"],
    "days_on": [],
}


def _without_zone(at: time) -> time:
    if at.tzinfo is not None:
        raise ValueError("expected a time of day without a zone, such as 08:30")
    return at.replace(second=0, microsecond=0)


TimeOfDay = Annotated[
    time,
    AfterValidator(_without_zone),
    WithJsonSchema({"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?$"}),
]
Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2200, 1, 1))]


class WorkCalendar(BaseModel):
    """Working hours and days as people set them."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": EXAMPLE})

    hours: list[Annotated[list[tuple[TimeOfDay, TimeOfDay]], Field(max_length=6)]] = Field(
        default=[list(spans) for spans in OFFICE_HOURS], min_length=7, max_length=7, description="Monday first."
    )
    follows_china: bool = Field(default=True, description="China's public holidays and make-up workdays hold.")
    days_off: list[Day] = Field(default=[], max_length=500, description="The town's own days off.")
    days_on: list[Day] = Field(default=[], max_length=500, description="The town's own workdays.")

    @model_validator(mode="after")
    def _checked(self) -> Self:
        both = sorted(set(self.days_off) & set(self.days_on))
        if both:
            raise ValueError(f"{both[0]} is both a day off and a workday")
        Calendar(ZoneInfo("UTC"), self._spans())  # checks the hours
        return self

    def calendar(self, settings: Settings) -> Calendar:
        """Return it as the rules use it, in the town's zone."""
        return Calendar(
            settings.zone, self._spans(), self.follows_china, frozenset(self.days_off), frozenset(self.days_on)
        )

    def _spans(self) -> tuple[tuple[tuple[time, time], ...], ...]:
        return tuple(tuple(spans) for spans in self.hours)


def default_rules() -> list[DeadlineRule]:
    """Return the rows that a new database starts with."""
    return [DeadlineRule(**vars(rule)) for rule in DEFAULTS]


def rules_of(session: Session) -> list[Rule]:
    """Return the town's rules, in the order in which people see them."""
    rows = session.scalars(select(DeadlineRule).order_by(DeadlineRule.id))
    return [Rule(row.category, row.severity, row.amount, Clock(row.clock), row.for_department) for row in rows]


def work_calendar(session: Session) -> WorkCalendar:
    """Return the town's working calendar; office hours unless it set others."""
    setting = session.get(Setting, CALENDAR)
    return WorkCalendar.model_validate(setting.value) if setting else WorkCalendar()


def calendar_of(session: Session, settings: Settings) -> Calendar:
    """Return the town's working calendar as the rules use it."""
    return work_calendar(session).calendar(settings)


def due_for(
    session: Session, settings: Settings, category: str, severity: int, start: datetime, *, for_department: bool = False
) -> Due | None:
    """Return the deadline of an issue of that category and severity; None where no rule fits."""
    rule = choose(rules_of(session), category, severity, for_department=for_department)
    if rule is None:
        return None
    return due_of(rule, start, calendar_of(session, settings))


def deadline_for(
    session: Session, settings: Settings, issue: Issue, start: datetime, *, for_department: bool = False
) -> datetime | None:
    """Return when an issue's time is up whose clock starts at `start`; None where no rule fits."""
    due = due_for(session, settings, issue.category, issue.severity, start, for_department=for_department)
    return due.at if due else None

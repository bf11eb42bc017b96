"""The town's deadlines: rules by category and severity, working hours and days, and a preview of what they mean."""

from datetime import datetime
from typing import Self

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import delete
from sqlalchemy.orm import Session

from service.api.dependencies import Reading, TheService, Writing, allow
from service.domain.deadlines import Clock, Rule, choose, due_of
from service.domain.roles import Permission
from service.domain.worktime import Calendar
from service.errors import invalid
from service.store.base import now
from service.store.deadlines import CALENDAR, EXAMPLE, WorkCalendar, rules_of, work_calendar
from service.store.rules import DeadlineRule, Setting
from vision.categories import PROBLEMS

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["deadlines"], dependencies=[allow(Permission.MANAGE)])
LONGEST = {Clock.WORKING_HOURS: 2000, Clock.WORKING_DAYS: 250, Clock.HOURS: 8760, Clock.DAYS: 365}


class RuleFields(BaseModel):
    """A rule: how long an issue of a category and severity may take."""

    model_config = ConfigDict(extra="forbid")

    category: str = Field(default="", max_length=30, description="Empty: every one without a rule of its own.")
    severity: int | None = Field(default=None, ge=1, le=3, description="None: every one.")
    amount: float = Field(gt=0, le=8760, allow_inf_nan=False)
    clock: Clock
    for_department: bool = Field(default=False, description="The clock of a department after escalation.")

    @model_validator(mode="after")
    def _checked(self) -> Self:
        if self.category and self.category not in PROBLEMS:
            raise ValueError(f"expected one of {', '.join(sorted(PROBLEMS))}, or nothing; got {self.category!r}")
        if self.amount > LONGEST[self.clock]:
            raise ValueError(f"expected {LONGEST[self.clock]} {self.clock} or less, got {self.amount:g}")
        if self.clock is Clock.WORKING_DAYS and self.amount != int(self.amount):
            raise ValueError(f"expected whole working days, got {self.amount:g}; use working_hours for less")
        return self

    def rule(self) -> Rule:
        """Return it as the rules use it."""
        return Rule(self.category, self.severity, self.amount, self.clock, self.for_department)


class Rules(BaseModel):
    """All rules; they replace those that were there."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "rules": [
                    {"category": "garbage_pile", "severity": None, "amount": 4, "clock": "working_hours"},
                    {"category": "", "severity": None, "amount": 1, "clock": "working_days"},
                    {"category": "", "severity": None, "amount": 5, "clock": "working_days", "for_department": True},
                ]
            }
        },
    )

    rules: list[RuleFields] = Field(max_length=200)

    @model_validator(mode="after")
    def _checked(self) -> Self:
        seen = [(rule.category, rule.severity, rule.for_department) for rule in self.rules]
        twice = next((key for key in seen if seen.count(key) > 1), None)
        if twice:
            raise ValueError(f"two rules for category {twice[0] or 'all'}, severity {twice[1] or 'all'}; keep one")
        return self


class Preview(BaseModel):
    """What rules and calendar, saved or not, would mean for an order given at a moment."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "rules": [{"category": "", "severity": None, "amount": 1, "clock": "working_days"}],
                "calendar": EXAMPLE,
                "start": "2026-11-27T16:00:00+08:00",
            }
        },
    )

    rules: list[RuleFields] = Field(max_length=200)
    calendar: WorkCalendar
    start: AwareDatetime | None = Field(default=None, description="When the order is given; none: now.")


class PreviewLine(BaseModel):
    """The deadline that one rule leads to."""

    category: str
    severity: int | None
    for_department: bool
    deadline: datetime
    is_estimated: bool = Field(description="The holidays of that year aren't known yet: plain weekdays were counted.")


class PreviewLines(BaseModel):
    """The deadlines of all rules, in their order."""

    start: datetime
    lines: list[PreviewLine]


@router.get("/deadline-rules")
def read_rules(session: Reading) -> Rules:
    """Return the rules of deadlines."""
    return Rules(rules=[RuleFields.model_validate(vars(rule)) for rule in rules_of(session)])


@router.put("/deadline-rules")
def write_rules(session: Writing, sent: Rules) -> Rules:
    """Replace the rules of deadlines; issues that were dispatched keep the deadlines they have."""
    if choose([rule.rule() for rule in sent.rules], "", 0) is None:
        raise invalid(
            "default_missing",
            "须保留一条适用于所有类别和等级的默认时限",
            "a default rule, for every category and severity, has to stay",
        )
    session.execute(delete(DeadlineRule))
    session.add_all(DeadlineRule(**vars(rule.rule())) for rule in sent.rules)
    return sent


@router.get("/work-calendar")
def read_calendar(session: Reading) -> WorkCalendar:
    """Return the working hours and days."""
    return work_calendar(session)


@router.put("/work-calendar")
def write_calendar(session: Writing, sent: WorkCalendar) -> WorkCalendar:
    """Set the working hours and days."""
    _save(session, sent)
    return sent


@router.post("/deadline-preview")
def preview(service: TheService, sent: Preview) -> PreviewLines:
    """Return the deadline that each of the given rules leads to; saves nothing."""
    start = sent.start or now()
    if not 2000 <= start.year <= 2200:
        raise invalid("start_far", "派单时间须在 2000 至 2200 年之间", "expected a start in the years 2000 to 2200")
    calendar = sent.calendar.calendar(service.settings)
    return PreviewLines(start=start, lines=[_line(rule.rule(), start, calendar) for rule in sent.rules])


def _line(rule: Rule, start: datetime, calendar: Calendar) -> PreviewLine:
    due = due_of(rule, start, calendar)
    return PreviewLine(
        category=rule.category,
        severity=rule.severity,
        for_department=rule.for_department,
        deadline=due.at,
        is_estimated=due.is_estimated,
    )


def _save(session: Session, calendar: WorkCalendar) -> None:
    value = calendar.model_dump(mode="json")
    setting = session.get(Setting, CALENDAR)
    if setting is None:
        session.add(Setting(key=CALENDAR, value=value))
    else:
        setting.value = value

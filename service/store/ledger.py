"""The ledger (台账): which issues a person asks for, in which order."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import ColumnElement, Select, SQLColumnExpression, case, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from service.domain.lifecycle import OPEN, State
from service.domain.roles import Actor
from service.fields import LARGEST_ID, Id, ShortText
from service.store.base import now
from service.store.issues import Issue
from service.store.people import Unit
from service.store.places import Grid
from service.store.rules import Slip
from service.store.text_search import holds
from service.store.trees import below
from service.store.visible import visible_issues

__all__ = ["COUNTED", "RUNNING", "SLIPS_GIVEN", "LedgerFilter", "Sort", "due_time", "is_overdue", "ledger_query"]

COUNTED = 5_000  # issues that are counted and shown; beyond, the answer is "5,000+"
# States in which the deadline runs. While an issue waits for its verification, the unit has done its part: the clock
# stands still, and runs on if the rectification is returned.
RUNNING = frozenset(OPEN - {State.PENDING_VERIFICATION})
SLIPS_GIVEN = ("issued", "answered")


class Sort(StrEnum):
    """In which order; among equals, what was found last comes first."""

    FOUND = "found"
    DEADLINE = "deadline"
    STATE = "state"
    UNIT = "unit"
    OVERDUE = "overdue"


class SlipColour(StrEnum):
    """Colour of a slip."""

    WHITE = "white"
    YELLOW = "yellow"
    RED = "red"


class LedgerFilter(BaseModel):
    """What of the ledger is asked for, as query parameters; empty ones ask for everything."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    unit: Id | None = Field(default=None, description="Responsible unit or department, or one below it.")
    grid: Id | None = Field(default=None, description="Grid cell, or one below it.")
    site: Id | None = None
    category: ShortText | None = Field(default=None, description="Such as garbage_pile.")
    state: Annotated[list[State], Field(max_length=len(State))] = []
    open: bool = Field(default=False, description="Confirmed, and neither closed nor cancelled.")
    overdue: bool = Field(default=False, description="Deadline passed; not while waiting for verification.")
    severity: Annotated[int, Field(ge=1, le=3)] | None = None
    text: ShortText = Field(default="", description="Number of an issue, or part of its address or description.")
    found_from: date | None = Field(default=None, description="First day, in the town's time zone.")
    found_to: date | None = Field(default=None, description="Last day.")
    deadline_from: date | None = None
    deadline_to: date | None = None
    slip: SlipColour | None = Field(default=None, description="Colour of a slip that was issued.")
    handler: Id | None = Field(default=None, description="User id of the person responsible.")
    recurrence: bool = Field(default=False, description="A closed problem that is back again.")
    sort: Sort = Sort.FOUND
    page: Annotated[int, Field(ge=1, le=COUNTED)] = 1
    size: Annotated[int, Field(ge=1, le=200)] = 50

    @model_validator(mode="after")
    def _within_reach(self) -> Self:
        if self.page * self.size > COUNTED:
            raise ValueError(f"expected one of the first {COUNTED:,} issues; narrow the filter to reach further ones")
        return self

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, values: Any) -> Any:
        """Forms send their empty fields, too."""
        if not isinstance(values, dict):
            return values
        kept = {
            name: [v for v in value if v != ""] if isinstance(value, list) else value for name, value in values.items()
        }
        return {name: value for name, value in kept.items() if value not in ("", [])}

    def query(self, **changes: Any) -> dict[str, Any]:
        """Return the query parameters of this filter, with some changed, without those that ask for nothing."""
        values = self.model_dump(mode="json", exclude_defaults=True) | changes
        return {name: value for name, value in values.items() if value not in (None, "", [], False)}


def due_time() -> ColumnElement[datetime]:
    """Return the deadline that counts: the department's own after an escalation, else the unit's."""
    return func.coalesce(Issue.department_deadline, Issue.deadline)


def is_overdue(at: datetime) -> ColumnElement[bool]:
    """Return the condition that an issue is overdue at a time."""
    return Issue.state.in_(sorted(RUNNING)) & (due_time() < at)


def ledger_query(wanted: LedgerFilter, actor: Actor, zone: ZoneInfo) -> Select[int]:
    """Return the query on the ids of the issues asked for that the person may see, in order, of all pages.

    Args:
        wanted: The filter; `page` and `size` are left to the caller.
        actor: Who asks.
        zone: The town's, in which its days begin.
    """
    conditions = [*_places(wanted), *_kinds(wanted), *_days(wanted, zone)]
    query = visible_issues(select(Issue.id).where(*conditions), actor)
    if not wanted.text:
        return query.order_by(*_order(wanted.sort, Issue.found))
    # The table is read from end to end: in the order of an index, each row would be looked up one by one.
    return query.where(_mentions(wanted.text)).order_by(*_order(wanted.sort, func.coalesce(Issue.found, Issue.found)))


def _places(wanted: LedgerFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.unit is not None:
        units = below(Unit, wanted.unit)
        conditions.append(or_(Issue.unit_id.in_(units), Issue.department_id.in_(units)))
    if wanted.grid is not None:
        conditions.append(_read_along(Issue.grid_id).in_(below(Grid, wanted.grid)))
    if wanted.site is not None:
        conditions.append(_read_along(Issue.site_id) == wanted.site)
    if wanted.handler is not None:
        conditions.append(Issue.handler_id == wanted.handler)
    return conditions


def _read_along(column: InstrumentedAttribute[int | None]) -> ColumnElement[int]:
    """Return a column's value so that no index on it is used, but one that gives the order and has the column, too."""
    return func.coalesce(column, 0)


def _kinds(wanted: LedgerFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.state:
        conditions.append(Issue.state.in_(wanted.state))
    if wanted.open:
        conditions.append(Issue.state.in_(sorted(OPEN)))
    if wanted.overdue:
        conditions.append(is_overdue(now()))
    if wanted.category is not None:
        conditions.append(Issue.category == wanted.category)
    if wanted.severity is not None:
        conditions.append(Issue.severity == wanted.severity)
    if wanted.recurrence:
        conditions.append(Issue.recurrence_of_id.is_not(None))
    if wanted.slip is not None:
        slips = select(Slip.issue_id).where(Slip.colour == wanted.slip, Slip.state.in_(SLIPS_GIVEN))
        conditions.append(Issue.id.in_(slips))
    return conditions


def _mentions(text: str) -> ColumnElement[bool]:
    number = text.removeprefix("#")
    places = [holds(column, text) for column in (Issue.address, Issue.description)]
    if number.isascii() and number.isdecimal() and int(number) <= LARGEST_ID:
        places.append(Issue.id == int(number))
    return or_(*places)


def _days(wanted: LedgerFilter, zone: ZoneInfo) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    for column, first, last in (
        (Issue.found, wanted.found_from, wanted.found_to),
        (due_time(), wanted.deadline_from, wanted.deadline_to),
    ):
        if first is not None:
            conditions.append(column >= _midnight(first, zone))
        if last is not None and last < date.max:
            conditions.append(column < _midnight(last + timedelta(days=1), zone))
    return conditions


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    # The first and last day of the calendar have no UTC time; they ask for everything all the same.
    return datetime.combine(min(max(day, date(1, 1, 3)), date(9999, 12, 29)), time(), zone)


def _order(sort: Sort, found: SQLColumnExpression[datetime]) -> Sequence[ColumnElement[Any]]:
    newest = (found.desc(), Issue.id.desc())
    match sort:
        case Sort.FOUND:
            return newest
        case Sort.DEADLINE:
            return (due_time().asc().nulls_last(), *newest)
        case Sort.STATE:
            # From suspected to cancelled: the names descend as the work does, so that an index gives the order.
            return (Issue.state.desc(), *newest)
        case Sort.UNIT:
            return (func.coalesce(Issue.unit_id, LARGEST_ID), *newest)  # those without a unit last
        case Sort.OVERDUE:
            return (case((is_overdue(now()), 0), else_=1), due_time().asc().nulls_last(), *newest)

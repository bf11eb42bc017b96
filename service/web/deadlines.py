"""The page on which the town sets its deadlines, working hours and days."""

from datetime import datetime, time
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from service.api.dependencies import Reading, TheService, allow
from service.domain.deadlines import CLOCKS
from service.domain.roles import Actor, Permission
from service.store.base import now
from service.store.deadlines import rules_of, work_calendar
from service.web.pages import show
from vision.categories import CATEGORIES

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
WEEKDAYS = (
    ("周一", "Monday"),
    ("周二", "Tuesday"),
    ("周三", "Wednesday"),
    ("周四", "Thursday"),
    ("周五", "Friday"),
    ("周六", "Saturday"),
    ("周日", "Sunday"),
)


@router.get("/admin/deadlines")
def deadlines_page(
    request: Request, actor: Annotated[Actor, allow(Permission.MANAGE)], service: TheService, session: Reading
) -> HTMLResponse:
    """Show the rules and the calendar, to be changed in place."""
    zone = service.settings.zone
    today = now().astimezone(zone)
    calendar = work_calendar(session)
    hours = [", ".join(f"{a:%H:%M}-{b:%H:%M}" for a, b in spans) for spans in calendar.hours]
    return show(
        request,
        "deadlines.jinja",
        actor,
        rules=rules_of(session),
        weekdays=list(zip(WEEKDAYS, hours, strict=True)),
        calendar=calendar,
        known=[year for year in (today.year, today.year + 1) if calendar.calendar(service.settings).knows(year)],
        years=(today.year, today.year + 1),
        categories=[category for category in CATEGORIES if category.is_problem],
        clocks=CLOCKS,
        start=datetime.combine(today.date(), time(16)).strftime("%Y-%m-%dT%H:%M"),
        offset=today.strftime("%z")[:3] + ":" + today.strftime("%z")[3:],
        zone=zone.key,
    )

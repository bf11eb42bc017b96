"""Issues of every kind in the small town, for the tests of the ledger."""

import random
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from service.domain.lifecycle import State
from service.store.issues import Issue
from service.store.rules import Slip
from tests.service.records import PILE
from tests.service.town import Town
from vision.categories import PROBLEMS

__all__ = ["add_issues", "plain_issue"]


def plain_issue(town: Town, **values: object) -> Issue:
    """Return an issue in progress in the eastern community."""
    at = datetime.now(UTC)
    given = {
        "state": State.IN_PROGRESS,
        "address": "东门路 12 号",
        "grid_id": town.east_cell,
        "unit_id": town.east,
        "handler_id": town.users["east_handler"],
        "measure": "清运",
        "found": at - timedelta(days=3),
        "deadline": at + timedelta(days=4),
    }
    return Issue(**(PILE | given | values))


def add_issues(session: Session, town: Town, count: int = 80) -> list[Issue]:
    """Write issues that differ in everything that a filter asks for; returns them."""
    chance = random.Random(7)  # noqa: S311 - the same every time
    at = datetime.now(UTC)
    made = []
    for number in range(count):
        state = chance.choice(list(State))
        found = at - timedelta(days=chance.uniform(0, 60))
        is_dispatched = state not in (State.SUSPECTED, State.PENDING_DISPATCH)
        is_escalated = is_dispatched and chance.random() < 0.3
        ended = state in (State.CLOSED, State.CANCELLED)
        issue = plain_issue(
            town,
            state=state,
            category=chance.choice(sorted(PROBLEMS)),
            severity=chance.choice([1, 2, 3]),
            address=chance.choice(["东门路 12 号", "西村 100% 广场", "学院路_3 号", "KTV 后巷", ""]),
            description=chance.choice(["清运不及时", "反复出现", ""]),
            grid_id=chance.choice([town.east_cell, town.west_cell, None]),
            site_id=chance.choice([town.east_site, None]),
            latitude=chance.choice([30.005, None]),
            longitude=120.005,
            datum="WGS-84",
            unit_id=chance.choice([town.east, town.west, town.office, None]),
            handler_id=chance.choice([town.users["east_handler"], None]),
            department_id=town.department if is_escalated else None,
            reporter_id=chance.choice([town.users["east_reporter"], town.users["west_reporter"], None]),
            found=found,
            deadline=found + timedelta(days=chance.uniform(1, 40)) if is_dispatched else None,
            department_deadline=found + timedelta(days=50) if is_escalated else None,
            submitted=found + timedelta(days=2) if ended else None,
            ended=min(at, found + timedelta(days=chance.uniform(0.1, 20))) if ended else None,
        )
        session.add(issue)
        session.flush()
        made.append(issue)
        if number and chance.random() < 0.2:
            issue.recurrence_of_id = made[0].id
        if chance.random() < 0.3:
            slip_state = chance.choice(["issued", "proposed", "answered"])
            colour = chance.choice(["white", "yellow", "red"])
            session.add(Slip(issue_id=issue.id, colour=colour, reason="超期", state=slip_state))
    session.flush()
    return made

"""What the ledger's filters find, compared with the same filters written in plain Python."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient
from pydantic import ValidationError
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from service.api.dependencies import actor_of
from service.domain.lifecycle import OPEN
from service.state import Service
from service.store.issues import Evidence, Issue
from service.store.ledger import RUNNING, LedgerFilter, ledger_query
from service.store.ledger_rows import ledger_page
from service.store.people import User
from service.store.photos import Photo
from service.store.rules import Slip
from service.store.trees import units_below
from tests.service.ledger.issues import add_issues, plain_issue
from tests.service.town import Town

ZONE = ZoneInfo("Asia/Shanghai")
Client = Callable[[str], TestClient]
Test = Callable[[Issue], bool]


def due(issue: Issue) -> datetime | None:
    return issue.department_deadline or issue.deadline


def on(moment: datetime | None) -> date:
    return moment.astimezone(ZONE).date() if moment else date.min


def cases(session: Session, town: Town) -> dict[str, tuple[dict[str, object], Test]]:
    """Return filters and what they mean."""
    at, day = datetime.now(UTC), date.fromordinal(date.today().toordinal() - 20)
    office = units_below(session, town.office)
    slips = {s.issue_id for s in session.scalars(select(Slip).where(Slip.colour == "red", Slip.state != "proposed"))}
    handler = town.users["east_handler"]
    return {
        "all": ({}, lambda i: True),
        "unit": ({"unit": town.east}, lambda i: i.unit_id == town.east),
        "office": ({"unit": town.office}, lambda i: i.unit_id in office),
        "department": ({"unit": town.department}, lambda i: i.department_id == town.department),
        "cell": ({"grid": town.east_cell}, lambda i: i.grid_id == town.east_cell),
        "area": ({"grid": 1}, lambda i: i.grid_id in (town.east_cell, town.west_cell)),
        "office and area": ({"unit": town.office, "grid": 1}, lambda i: i.unit_id in office and i.grid_id is not None),
        "site": ({"site": town.east_site}, lambda i: i.site_id == town.east_site),
        "category": ({"category": "litter"}, lambda i: i.category == "litter"),
        "states": ({"state": ["suspected", "closed"]}, lambda i: i.state in ("suspected", "closed")),
        "open": ({"open": "true"}, lambda i: i.state in OPEN),
        "overdue": ({"overdue": "1"}, lambda i: i.state in RUNNING and (due(i) or at) < at),
        "severity": ({"severity": 3}, lambda i: i.severity == 3),
        "text": ({"text": "东门"}, lambda i: "东门" in i.address),
        "case": ({"text": "ktv"}, lambda i: "KTV" in i.address),
        "description": ({"text": "不及时"}, lambda i: "不及时" in i.description),
        "percent": ({"text": "100%"}, lambda i: "100%" in i.address),
        "underscore": ({"text": "_3"}, lambda i: "_3" in i.address),
        "number": ({"text": "#17"}, lambda i: i.id == 17),
        "found": ({"found_from": day, "found_to": day}, lambda i: on(i.found) == day),
        "deadline": ({"deadline_from": day}, lambda i: on(due(i)) >= day),
        "deadline_to": ({"deadline_to": day}, lambda i: date.min < on(due(i)) <= day),
        "slip": ({"slip": "red"}, lambda i: i.id in slips),
        "handler": ({"handler": handler}, lambda i: i.handler_id == handler),
        "recurrence": ({"recurrence": "true"}, lambda i: i.recurrence_of_id is not None),
        "both": (
            {"open": "1", "severity": 2, "text": "路"},
            lambda i: i.state in OPEN and i.severity == 2 and "路" in i.address,
        ),
        "nothing": ({"text": "查无此处"}, lambda i: False),
        "far": ({"found_from": "0001-01-01", "found_to": "9999-12-31"}, lambda i: True),
    }


def test_filters(any_service: Service, any_town: Town) -> None:
    with any_service.database.write() as session:
        issues = add_issues(session, any_town)
        for person in ("admin", "east_handler", "west_reporter"):
            actor = actor_of(session, session.get_one(User, any_town.users[person]))
            seen = [i for i in issues if actor.covers(i.unit_id, i.department_id) or i.reporter_id == actor.id]
            for name, (query, means) in cases(session, any_town).items():
                wanted = LedgerFilter.model_validate(query)
                found = session.scalars(ledger_query(wanted, actor, ZONE)).all()
                newest = sorted((i for i in seen if means(i)), key=lambda i: (i.found, i.id), reverse=True)
                assert list(found) == [i.id for i in newest], (person, name)
                if person == "admin":
                    assert bool(found) != (name == "nothing") or name == "number", name


def test_orders(any_service: Service, any_town: Town) -> None:
    latest = datetime.max.replace(tzinfo=UTC)
    order = ["suspected", "returned", "pending_verification", "pending_dispatch", "in_progress", "closed", "cancelled"]
    at = datetime.now(UTC)

    def is_late(issue: Issue) -> bool:
        return issue.state in RUNNING and (due(issue) or latest) < at

    keys: dict[str, Callable[[Issue], Any]] = {
        "deadline": lambda i: due(i) or latest,
        "state": lambda i: order.index(i.state),
        "unit": lambda i: i.unit_id or 2**40,
        "overdue": lambda i: (not is_late(i), due(i) or latest),
    }
    with any_service.database.write() as session:
        issues = add_issues(session, any_town)
        issues.sort(key=lambda i: (i.found, i.id), reverse=True)
        admin = actor_of(session, session.get_one(User, any_town.users["admin"]))
        for sort, key in keys.items():
            found = session.scalars(ledger_query(LedgerFilter.model_validate({"sort": sort}), admin, ZONE)).all()
            assert list(found) == [i.id for i in sorted(issues, key=key)], sort


def test_pages_and_statements(any_service: Service, any_town: Town) -> None:
    """A page takes as many statements with 5 lines as with 40, and pages don't overlap."""
    with any_service.database.write() as session:
        add_issues(session, any_town)
    statements: list[str] = []
    event.listen(any_service.database.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    counts, seen = set(), []
    with any_service.database.read() as session:
        admin = actor_of(session, session.get_one(User, any_town.users["admin"]))
        for size, page in ((5, 1), (40, 1), (40, 2)):
            session.expire_all()
            statements.clear()
            found = ledger_page(session, LedgerFilter(size=size, page=page), admin, ZONE)
            for row in found.rows:
                assert row.issue.unit is None or row.issue.unit.name
                assert row.issue.grid is None or row.issue.grid.name
                assert row.issue.handler is None or row.issue.handler.name
            counts.add(len(statements))
            assert (found.total, found.is_more) == (80, False)
            seen += [row.issue.id for row in found.rows] if size == 40 else []
    assert sorted(seen) == list(range(1, 81))
    assert len(counts) == 1
    assert max(counts) <= 6


def test_row(service: Service, town: Town) -> None:
    """A line shows the first photo, the last one afterwards, the gravest slip that was issued, and how late it is."""
    at = datetime.now(UTC)
    with service.database.write() as session:
        issue = plain_issue(town, deadline=at.replace(year=at.year - 1))
        session.add(issue)
        session.flush()
        photos = [
            Photo(
                sha256=f"{n:064x}",
                name="a.jpg",
                content_type="image/jpeg",
                byte_count=1,
                width=1,
                height=1,
                reporter_id=1,
            )
            for n in range(4)
        ]
        session.add_all(photos)
        session.flush()
        for photo, kind in zip(photos, ("first", "again", "after", "after"), strict=True):
            session.add(Evidence(issue_id=issue.id, photo_id=photo.id, kind=kind))
            session.flush()
        for colour, state in (("yellow", "issued"), ("white", "answered"), ("red", "proposed")):
            session.add(Slip(issue_id=issue.id, colour=colour, reason="超期", state=state))
        session.flush()
        admin = actor_of(session, session.get_one(User, town.users["admin"]))
        (row,) = ledger_page(session, LedgerFilter(), admin, ZONE).rows
        assert (row.before, row.after, row.slip) == (photos[0].id, photos[3].id, "yellow")
        assert row.overdue is not None
        assert row.overdue.days in (365, 366)
        issue.state = "pending_verification"
        session.flush()
        assert ledger_page(session, LedgerFilter(), admin, ZONE).rows[0].overdue is None


@pytest.mark.parametrize(
    "query",
    [
        {"colour": "red"},
        {"page": 0},
        {"page": 101, "size": 50},
        {"size": 201},
        {"unit": 2**31},
        {"severity": 4},
        {"text": "\x00"},
    ],
    ids=str,
)
def test_wrong_filters(query: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        LedgerFilter.model_validate(query)


def test_json(any_service: Service, any_town: Town, any_client_of: Client) -> None:
    with any_service.database.write() as session:
        add_issues(session, any_town)
    answer = any_client_of("admin").get("/api/v1/ledger?state=closed&state=cancelled&unit=&size=3&sort=deadline").json()
    assert len(answer["items"]) == 3
    assert answer["total"] > 3
    assert {item["state_name"] for item in answer["items"]} <= {"已结案", "注销"}
    assert any_client_of("admin").get("/api/v1/ledger?nonsense=1").status_code == 422
    assert any_client_of("").get("/api/v1/ledger").status_code == 401
    mine = any_client_of("west_handler").get("/api/v1/ledger?size=200").json()["items"]
    assert {item["unit"]["id"] for item in mine} == {any_town.west}

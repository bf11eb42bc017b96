"""The overview's numbers, compared with plain Python over the same issues."""

from collections import Counter
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from service.api.dependencies import actor_of
from service.domain.lifecycle import OPEN, State
from service.state import Service
from service.store import statistics
from service.store.issues import Issue
from service.store.ledger import RUNNING
from service.store.people import User
from tests.service.ledger.issues import add_issues
from tests.service.town import Town

ZONE = ZoneInfo("Asia/Shanghai")


def due(issue: Issue) -> datetime:
    return issue.department_deadline or issue.deadline or datetime.max.replace(tzinfo=UTC)


def share(issues: list[Issue]) -> float | None:
    given = [issue for issue in issues if issue.deadline or issue.department_deadline]
    met = [issue for issue in given if issue.submitted and issue.submitted <= due(issue)]
    return len(met) / len(given) if given else None


def test_numbers(any_service: Service, any_town: Town) -> None:
    at = datetime.now(ZONE)
    month = at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    with any_service.database.write() as session:
        issues = add_issues(session, any_town)
        for person in ("admin", "east_handler"):
            actor = actor_of(session, session.get_one(User, any_town.users[person]))
            mine = [i for i in issues if actor.covers(i.unit_id, i.department_id) or i.reporter_id == actor.id]
            opened = [i for i in mine if i.state in OPEN]
            late = [i for i in opened if i.state in RUNNING and due(i) < at]
            closed = [i for i in mine if i.state == State.CLOSED and i.ended and i.ended >= month]
            found = statistics.tiles(session, actor, ZONE)
            assert found.states == Counter(
                State(i.state) for i in mine if i.state in OPEN or i.state == State.SUSPECTED
            )
            assert (found.overdue, found.closed, found.in_time) == (len(late), len(closed), share(closed))
            assert statistics.by_category(session, actor) == Counter(i.category for i in opened)
            assert statistics.by_grid(session, actor) == Counter(i.grid_id for i in opened if i.grid_id)
            worst = statistics.worst_overdue(session, actor)
            assert worst == [i.id for i in sorted(late, key=lambda i: (due(i), i.id))[:10]]
            assert len(statistics.open_points(session, actor)) == sum(i.latitude is not None for i in opened)
            for unit in statistics.by_unit(session, actor, ZONE):
                of = [i for i in opened if i.unit_id == unit.id]
                done = [i for i in closed if i.unit_id == unit.id]
                assert (unit.open, unit.overdue) == (len(of), len([i for i in of if i in late]))
                assert (unit.closed, unit.in_time) == (len(done), share(done))
            days = statistics.trend(session, actor, ZONE)
            assert [day.start.date() for day in days][-1] == at.date()
            assert len(days) == 30
            for day in days:
                on = day.start.date()
                assert day.found == sum(
                    i.found.astimezone(ZONE).date() == on for i in mine if i.state != State.CANCELLED
                )
                ended = [i.ended for i in mine if i.state == State.CLOSED and i.ended]
                assert day.closed == sum(moment.astimezone(ZONE).date() == on for moment in ended)


def test_empty(any_service: Service, any_town: Town) -> None:
    with any_service.database.read() as session:
        admin = actor_of(session, session.get_one(User, any_town.users["admin"]))
        assert statistics.tiles(session, admin, ZONE) == statistics.Tiles({}, 0, 0, None)
        assert statistics.by_unit(session, admin, ZONE) == []
        assert {(day.found, day.closed) for day in statistics.trend(session, admin, ZONE)} == {(0, 0)}

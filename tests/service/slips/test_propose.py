"""Slips that rules propose, on both databases, and by two servers at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

from sqlalchemy import func, select

from service.domain.lifecycle import State
from service.domain.roles import Actor, Role
from service.state import Service
from service.store.base import now
from service.store.issues import HistoryEntry, Issue
from service.store.messages import OutboxEvent
from service.store.rules import Slip
from service.store.slips import approve, drop, due_issues, numbers_of, propose_due, watch
from tests.service.slips.conftest import MONDAY, add_issue
from tests.service.town import Town

BOSS = Actor(1, "admin", Role.ADMIN, None)


def proposed_at(service: Service, at: datetime) -> list[tuple[int, str, str]]:
    with service.database.write() as session:
        return [(slip.issue_id, slip.colour, slip.reason) for slip in propose_due(session, service.settings, at)]


def test_which(any_ruled: Service, any_town: Town) -> None:
    with any_ruled.database.write() as session:
        overdue = add_issue(session, any_town)
        add_issue(session, any_town, state=State.PENDING_VERIFICATION)
        add_issue(session, any_town, state=State.CLOSED)
        add_issue(session, any_town, state=State.SUSPECTED)
        add_issue(session, any_town, deadline=MONDAY + timedelta(days=1))
        add_issue(session, any_town, unit_id=None)
        returned = add_issue(session, any_town, deadline=None, state=State.RETURNED, returns=1)
        before = add_issue(session, any_town, state=State.CLOSED, found=MONDAY - timedelta(days=20))
        back = add_issue(session, any_town, deadline=None, recurrence_of_id=before.id, found=MONDAY)
        escalated = add_issue(
            session,
            any_town,
            department_id=any_town.department,
            deadline=MONDAY - timedelta(days=9),
            department_deadline=MONDAY + timedelta(hours=2),
        )
    at = MONDAY + timedelta(hours=5)  # 10:00 to 15:00, with an hour and a half of lunch
    assert proposed_at(any_ruled, at) == [
        (overdue.id, "white", "超过整改期限 3.5 个工时（规定：满 0.5 个工时督办）"),
        (returned.id, "white", "整改核查未通过，已退回 1 次（规定：满 1 次督办）"),
        (back.id, "white", "同一地点问题 30 天内反弹 1 次（规定：满 1 次督办）"),
        (escalated.id, "white", "超过整改期限 1.5 个工时（规定：满 0.5 个工时督办）"),
    ]
    assert proposed_at(any_ruled, at) == []
    with any_ruled.database.read() as session:
        assert session.scalar(select(Slip.unit_id).where(Slip.issue_id == escalated.id)) == any_town.department
        entry = session.scalars(select(HistoryEntry).where(HistoryEntry.issue_id == overdue.id)).one()
        assert (entry.action, entry.user_id, entry.detail and entry.detail["colour"]) == ("slip", None, "white")
        assert session.scalar(select(func.count()).where(OutboxEvent.event == "slip.proposed")) == 4


def test_white_yellow_red(any_ruled: Service, any_town: Town) -> None:
    with any_ruled.database.write() as session:
        issue_id = add_issue(session, any_town).id
    at, given = MONDAY + timedelta(hours=2), []
    while at < MONDAY + timedelta(days=7):
        for found, colour, _ in proposed_at(any_ruled, at):
            assert found == issue_id
            given.append((colour, (at - MONDAY) / timedelta(hours=1)))
            with any_ruled.database.write() as session:
                slip = session.scalars(select(Slip).where(Slip.state == "proposed")).one()
                approve(session, slip, BOSS, "")
                slip.decided = at
        at += timedelta(hours=1)
    # Working hours: 7.5 a day from 8:30 to 17:30, so the same hour of the next day, and two days later.
    assert given == [("white", 2), ("yellow", 26), ("red", 74)]


def test_dropped_is_not_proposed_again(any_ruled: Service, any_town: Town) -> None:
    with any_ruled.database.write() as session:
        add_issue(session, any_town)
        (slip,) = propose_due(session, any_ruled.settings, MONDAY + timedelta(hours=2))
        drop(session, slip, BOSS, "已延期")
    assert proposed_at(any_ruled, MONDAY + timedelta(days=9)) == []


def test_two_servers_at_once(any_ruled: Service, any_town: Town) -> None:
    with any_ruled.database.write() as session:
        for _ in range(40):
            add_issue(session, any_town)
    together = Barrier(4)

    def server() -> int:
        together.wait()
        return len(proposed_at(any_ruled, MONDAY + timedelta(hours=2)))

    with ThreadPoolExecutor(4) as pool:
        counts = [future.result() for future in [pool.submit(server) for _ in range(4)]]
    assert sorted(counts) == [0, 0, 0, 40]
    with any_ruled.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Slip)) == 40


def test_numbers_count_by_colour_and_year(any_ruled: Service, any_town: Town) -> None:
    zone = any_ruled.settings.zone
    times = [datetime(2025, 12, 31, 23, 59), datetime(2026, 1, 1, 0, 1), datetime(2026, 1, 2), datetime(2026, 1, 3)]
    with any_ruled.database.write() as session:
        issue = add_issue(session, any_town)
        slips = [
            Slip(
                issue_id=issue.id,
                unit_id=any_town.east,
                colour=colour,
                reason="",
                state=state,
                decided=at.replace(tzinfo=zone),
            )
            for at, colour, state in zip(
                times, ["white", "white", "yellow", "white"], ["issued", "answered", "issued", "issued"], strict=True
            )
        ]
        slips.append(Slip(issue_id=issue.id, colour="white", reason="", state="dropped", decided=slips[1].decided))
        session.add_all(slips)
        session.flush()
        numbers = numbers_of(session, slips, any_ruled.settings)
        assert [numbers.get(slip.id) for slip in slips] == [(2025, 1), (2026, 1), (2026, 1), (2026, 2), None]
        assert numbers_of(session, slips[3:4], any_ruled.settings) == {slips[3].id: (2026, 2)}


def test_watch(ruled: Service, town: Town) -> None:
    with ruled.database.write() as session:
        add_issue(session, town, deadline=now() - timedelta(days=30))
    stopping = threading.Event()
    thread = threading.Thread(target=watch, args=(ruled, stopping))
    thread.start()
    count = 0
    for _ in range(200):
        with ruled.database.read() as session:
            count = session.scalar(select(func.count()).select_from(Slip)) or 0
        if count:
            break
        stopping.wait(0.02)
    stopping.set()
    thread.join(5)
    assert (count, thread.is_alive()) == (1, False)


def test_pages_of_candidates(ruled: Service, town: Town) -> None:
    with ruled.database.write() as session:
        first = add_issue(session, town).id
        session.add_all(
            Issue(state=State.IN_PROGRESS, category="litter", unit_id=town.east, deadline=MONDAY) for _ in range(1100)
        )
    with ruled.database.read() as session:
        due = due_issues(session, ruled.settings, MONDAY + timedelta(hours=2))
    assert due == list(range(first, first + 1101))

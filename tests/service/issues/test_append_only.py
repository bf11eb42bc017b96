"""The history's rows are only ever added: the database itself refuses anything else, and the service lives with it."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from service.domain.lifecycle import State
from service.domain.roles import Role
from service.state import Service
from service.store import acting
from service.store.append_only import append_only_ddl, append_only_drop
from service.store.changing import change
from service.store.issues import HistoryEntry, Issue
from service.store.steps import note
from tests.service.issues.setting import actor, after_photo, pile
from tests.service.town import Town

CHANGES = ("UPDATE history SET why = 'never happened'", "DELETE FROM history")


def execute(service: Service, statements: list[str]) -> None:
    with service.database.write() as session:
        for statement in statements:
            session.execute(text(statement))


@pytest.mark.parametrize("change", CHANGES)
def test_changes_are_refused(any_service: Service, any_town: Town, change: str) -> None:
    with any_service.database.write() as session:
        issue = pile(session, any_town)
        note(session, issue, "found", None, "as it was")
    with pytest.raises(DBAPIError, match="append-only"):
        execute(any_service, [change])
    with any_service.database.read() as session:
        assert session.scalars(select(HistoryEntry.why)).all() == ["as it was"]


def test_truncate_is_refused(any_service: Service, any_town: Town) -> None:
    if any_service.database.is_sqlite:
        pytest.skip("SQLite has no TRUNCATE")
    with pytest.raises(DBAPIError, match="append-only"):
        execute(any_service, ["TRUNCATE history CASCADE"])


def test_way_down_and_up(any_service: Service, any_town: Town) -> None:
    dialect = any_service.database.engine.dialect.name
    execute(any_service, append_only_drop(dialect))
    with any_service.database.write() as session:
        note(session, pile(session, any_town), "found", None)
    execute(any_service, list(CHANGES))
    execute(any_service, append_only_ddl(dialect))
    with any_service.database.write() as session:
        note(session, pile(session, any_town), "found", None)
    with pytest.raises(DBAPIError, match="append-only"):
        execute(any_service, [CHANGES[0]])


def test_a_life_under_the_triggers(any_service: Service, any_town: Town) -> None:
    handler = actor(any_town, "east_handler", Role.HANDLER, any_town.east)
    boss, verifier = (actor(any_town, name, Role(name)) for name in ("supervisor", "verifier"))
    with any_service.database.write() as session:
        issue = pile(session, any_town)
        acting.dispatch(session, any_service.settings, boss, issue, any_town.east)
        change(session, boss, issue, {"address": "东门路"})
    after_photo(any_service, issue.id, handler.id)
    with any_service.database.write() as session:
        issue = session.get_one(Issue, issue.id)
        acting.submit(session, handler, issue, "已清运")
        acting.close(session, verifier, issue, "")
    with any_service.database.read() as session:
        actions = session.scalars(select(HistoryEntry.action).order_by(HistoryEntry.id)).all()
        assert actions == ["dispatch", "change", "after", "submit", "close"]
        assert session.get_one(Issue, issue.id).state == State.CLOSED

"""The schema is made, taken down and made again by migrations; it is the one that the tables describe."""

import threading
from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, select

from service.settings import Settings
from service.store.database import Database
from service.store.preparing import latest_revision, migrate, prepare, revision_of
from service.store.rules import DeadlineRule
from service.store.tables import Base
from vision.errors import UserError


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, sqlite_settings: Settings) -> str:
    """Address of a database without tables."""
    made: str = sqlite_settings.database_url if request.param == "sqlite" else request.getfixturevalue("postgres")()
    return made


@pytest.fixture
def empty(url: str) -> Iterator[Database]:
    """A database without tables."""
    database = Database(url)
    yield database
    database.close()


def tables(database: Database) -> set[str]:
    return set(inspect(database.engine).get_table_names()) - {"alembic_version"}


def test_up_down_up(empty: Database) -> None:
    for _ in range(2):
        migrate(empty, "head")
        assert tables(empty) == set(Base.metadata.tables)
        migrate(empty, "base")
        assert tables(empty) == set()


def test_migrations_make_what_the_tables_say(empty: Database) -> None:
    migrate(empty, "head")
    with empty.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
        assert revision_of(connection) == latest_revision()


def test_servers_that_start_at_once(url: str, empty: Database) -> None:
    errors: list[BaseException] = []

    def start() -> None:
        database = Database(url)
        try:
            prepare(database)
        except BaseException as error:  # noqa: BLE001 - shown below
            errors.append(error)
        database.close()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with empty.read() as session:
        rules = session.scalars(select(DeadlineRule)).all()
    assert len(rules) == len({(rule.category, rule.severity, rule.for_department) for rule in rules}) > 0


def test_a_newer_database(empty: Database) -> None:
    migrate(empty, "head")
    with empty.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(UserError, match="9999 is unknown to this version"):
        prepare(empty)


def test_no_database() -> None:
    with pytest.raises(UserError, match="can't be reached"):
        prepare(Database("postgresql://nobody@127.0.0.1:1/none"))

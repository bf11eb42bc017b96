"""A running service on SQLite and PostgreSQL, with a small town in it."""

import os
import tempfile
import uuid
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
import structlog
from fastapi.testclient import TestClient
from playwright.sync_api import Browser
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from service.api.app import create_app
from service.settings import Settings
from service.state import Service
from service.store.database import Database
from service.store.preparing import prepare
from service.store.tables import Base
from tests.service.pages import OpenPage, at_a_port, page_opener
from tests.service.town import Town, build_town

POSTGRES = os.environ.get("CLEANLANE_TEST_POSTGRES", "postgresql+psycopg://root@127.0.0.1:5432/postgres")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], str]]:
    """Make an empty database each time it is called; they are dropped at the end."""
    engine = create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
    made: list[str] = []
    try:
        engine.connect().close()
    except OperationalError:
        pytest.skip("needs a PostgreSQL server; CLEANLANE_TEST_POSTGRES says where it is")

    def make() -> str:
        made.append(f"cleanlane_{uuid.uuid4().hex[:12]}")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {made[-1]}"))
            connection.execute(text(f"ALTER DATABASE {made[-1]} SET synchronous_commit = off"))
        return engine.url.set(database=made[-1]).render_as_string(hide_password=False)

    yield make
    with engine.connect() as connection:
        for name in made:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture(scope="session")
def shared_postgres(postgres: Callable[[], str]) -> str:
    """One database with all tables, that tests empty before they use it: making one takes a second."""
    url = postgres()
    database = Database(url)
    prepare(database)
    database.close()
    return url


@pytest.fixture
def sqlite_settings(tmp_path: Path) -> Settings:
    """Settings of a service in an empty folder, without workers."""
    return Settings(data=tmp_path / "data", workers=0, device="cpu", precision="fp32")


@pytest.fixture(params=["sqlite", "postgresql"])
def any_settings(request: pytest.FixtureRequest, sqlite_settings: Settings) -> Settings:
    """The same on both databases, for what depends on the database."""
    if request.param == "sqlite":
        return sqlite_settings
    return sqlite_settings.model_copy(update={"database": request.getfixturevalue("shared_postgres")})


def opened(settings: Settings) -> Service:
    """Open a service with the schema that migrations make, its tables empty."""
    if settings.database:
        service = Service.open(settings)
        prepare(service.database)  # of the shared one that is done
        _empty(service.database)
        return service
    settings.data.mkdir(parents=True, exist_ok=True)
    (settings.data / "cleanlane.db").write_bytes(_sqlite_template())
    return Service.open(settings)


@cache
def _sqlite_template() -> bytes:
    """Return an SQLite file with the schema: to migrate for each test would take a third of a second."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cleanlane.db"
        database = Database(f"sqlite:///{path}")
        prepare(database)
        _empty(database)
        database.close()  # with the last connection goes the write-ahead log
        return path.read_bytes()


def _empty(database: Database) -> None:
    """Remove all rows and start numbers anew; the history, whose rows can't be removed, included."""
    with database.writing() as connection:
        if not database.is_sqlite:
            connection.execute(
                text("SET LOCAL session_replication_role = replica")
            )  # without triggers and foreign keys
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())
        if not database.is_sqlite:
            numbered = [table.name for table in Base.metadata.sorted_tables if "id" in table.columns]
            restarts = ", ".join(f"setval('{name}_id_seq', 1, false)" for name in numbered)
            connection.execute(text(f"SELECT {restarts}"))


@pytest.fixture
def service(sqlite_settings: Settings) -> Iterator[Service]:
    """A service on SQLite, its tables empty."""
    made = opened(sqlite_settings)
    yield made
    made.close()


@pytest.fixture
def any_service(any_settings: Settings) -> Iterator[Service]:
    """A service on each database, its tables empty."""
    made = opened(any_settings)
    yield made
    made.close()


@pytest.fixture
def town(service: Service) -> Town:
    """The small town, in `service`."""
    with service.database.write() as session:
        return build_town(session)


@pytest.fixture
def any_town(any_service: Service) -> Town:
    """The small town, in `any_service`."""
    with any_service.database.write() as session:
        return build_town(session)


@pytest.fixture
def client_of(service: Service, town: Town) -> Callable[[str], TestClient]:
    """Return a client of the application that acts for a person of the town, by key; "" for nobody."""
    return clients(service, town)


@pytest.fixture
def any_client_of(any_service: Service, any_town: Town) -> Callable[[str], TestClient]:
    """The same, on each database."""
    return clients(any_service, any_town)


@pytest.fixture
def address(service: Service) -> Iterator[str]:
    """Where the application of `service` answers to browsers and other programs."""
    with at_a_port(service) as found:
        yield found


@pytest.fixture
def open_page(service: Service, town: Town, address: str, browser: Browser) -> Iterator[OpenPage]:
    """Open pages as people of the town; what goes wrong in one, and isn't told to the person, fails the test."""
    with page_opener(service, town, address, browser) as opened:
        yield opened


def clients(service: Service, town: Town) -> Callable[[str], TestClient]:
    """Return a maker of clients."""
    app = create_app(service)

    def client(username: str) -> TestClient:
        headers = {"Authorization": f"Bearer {town.tokens[username]}"} if username else {}
        return TestClient(app, headers=headers, follow_redirects=False)

    return client


@pytest.fixture(autouse=True)
def _fresh_logs() -> Iterator[None]:
    """A command that a test ran in this process has bound the log to a screen that is gone by now."""
    yield
    structlog.reset_defaults()

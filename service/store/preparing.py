"""Brings a database to the present schema, and fills an empty one with the town's default rules."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from service.store.database import Database
from service.store.deadlines import default_rules
from service.store.slips import default_slip_rules
from vision.errors import UserError

__all__ = ["latest_revision", "migrate", "prepare", "revision_of"]

MIGRATIONS = Path(__file__).with_name("migrations")
LOCK = 7_214_503  # of PostgreSQL, so that two servers that start at once don't migrate at once; any number


def prepare(database: Database) -> None:
    """Migrate to the newest schema; a new database gets the default rules. Safe to call from several processes.

    Raises:
        UserError: The database can't be reached, or is newer than this program.
    """
    try:
        migrate(database, "head")
    except OperationalError as error:
        raise UserError(f"database: can't be reached or opened ({error.orig})") from error


def migrate(database: Database, revision: str) -> None:
    """Bring the schema to a revision, up or down, in one transaction; an empty database gets the default rules.

    Raises:
        UserError: The database is of a revision that this program doesn't know.
    """
    with database.writing() as connection:
        if not database.is_sqlite:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
        config = _config(connection)
        present = revision_of(connection)
        try:
            goes_down = revision != "head" and _is_below(config, revision, present)
            (command.downgrade if goes_down else command.upgrade)(config, revision)
        except CommandError as error:
            raise UserError(
                f"database: its schema {present} is unknown to this version of CleanLane; install the newer version "
                "that made it"
            ) from error
        if present is None and revision == "head":
            with Session(connection) as session:
                session.add_all([*default_rules(), *default_slip_rules()])
                session.flush()


def revision_of(connection: Connection) -> str | None:
    """Return the revision of a database's schema; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def latest_revision() -> str:
    """Return the revision that this program works with."""
    return str(ScriptDirectory(str(MIGRATIONS)).get_current_head())


def _is_below(config: Config, revision: str, present: str | None) -> bool:
    """Whether `revision` lies before the present one."""
    if present is None:
        return False
    if revision == "base":
        return True
    script = ScriptDirectory.from_config(config)
    return revision in {step.revision for step in script.iterate_revisions(present, "base")} - {present}


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config

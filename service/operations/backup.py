"""Backup and restore: one zip with every table as JSON Lines and every photo; moves between the databases, too.

The archive holds people's names, phone numbers and photos: keep it as safe as the service itself.
"""

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from sqlalchemy import Connection, Table, func, inspect, select, text

from service.state import Service
from service.store.base import UtcTime, now
from service.store.preparing import migrate, revision_of
from service.store.tables import Base
from vision.errors import UserError, sentence
from vision.files import replacing
from vision.inference.results import Strict

__all__ = ["Manifest", "Progress", "backup", "restore"]

CHUNK = 1000  # rows inserted at a time
LEFT_OUT = frozenset({"login_sessions", "login_links"})  # nobody shall be signed in by an old archive

Progress = Callable[[int, int], None]  # photos done, photos in all


class Manifest(Strict):
    """What an archive says of itself."""

    format: str = Field(default="cleanlane-backup", pattern="^cleanlane-backup$")
    version: int = Field(default=1, ge=1, le=1)
    created: datetime
    revision: str = Field(description="Of the database's schema.")
    rows: dict[str, int]
    photos: int


def backup(service: Service, path: Path, progress: Progress = lambda _done, _all: None) -> Manifest:
    """Write an archive of one moment's state while the service goes on; an existing file is replaced by a whole one.

    Raises:
        UserError: The database has no tables yet, or a photo is missing in the store.
    """
    rows: dict[str, int] = {}
    with replacing(path) as unfinished, zipfile.ZipFile(unfinished, "w", zipfile.ZIP_STORED) as archive:
        with service.database.snapshot() as connection:
            revision = revision_of(connection)
            if revision is None:
                raise UserError("backup: the database is empty; nothing was written")
            for table in _tables():
                rows[table.name] = _write_table(archive, connection, table)
            photos = list(connection.scalars(select(Base.metadata.tables["photos"].c.sha256)))
        for i, sha256 in enumerate(photos):
            _write_photo(service, archive, sha256)
            progress(i + 1, len(photos))
        manifest = Manifest(created=now(), revision=revision, rows=rows, photos=len(photos))
        archive.writestr("manifest.json", manifest.model_dump_json(indent=1))
    return manifest


def restore(service: Service, path: Path, progress: Progress = lambda _done, _all: None) -> Manifest:
    """Fill an empty database and the photo store from an archive, then bring the schema up to date.

    Raises:
        UserError: The file is no archive of ours or damaged, or the database isn't empty; nothing was changed.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = Manifest.model_validate_json(archive.read("manifest.json"))
            _check_empty(service)
            _read_photos(service, archive, progress)  # first: a photo too many harms nobody
            migrate(service.database, manifest.revision)
            with service.database.writing() as connection:
                _defer_checks(service, connection)
                for table in _tables():
                    _read_table(archive, connection, table, manifest.rows.get(table.name, 0))
                _set_sequences(service, connection)
    except (OSError, zipfile.BadZipFile, KeyError) as error:
        raise UserError(f"{path}: expected an archive of `cleanlane backup`, but it can't be read ({error})") from error
    except ValidationError as error:
        raise UserError(f"{path}: expected an archive of `cleanlane backup`: {sentence(error)}") from error
    migrate(service.database, "head")
    return manifest


def _tables() -> list[Table]:
    return [table for table in Base.metadata.sorted_tables if table.name not in LEFT_OUT]


def _write_table(archive: zipfile.ZipFile, connection: Connection, table: Table) -> int:
    count = 0
    info = zipfile.ZipInfo(f"tables/{table.name}.jsonl", now().timetuple()[:6])
    info.compress_type = zipfile.ZIP_DEFLATED
    with archive.open(info, "w", force_zip64=True) as file:
        for row in connection.execution_options(yield_per=CHUNK).execute(select(table)).mappings():
            file.write(json.dumps(dict(row), ensure_ascii=False, default=datetime.isoformat).encode() + b"\n")
            count += 1
    return count


def _write_photo(service: Service, archive: zipfile.ZipFile, sha256: str) -> None:
    try:
        archive.writestr(f"photos/{sha256}", service.photos.read(sha256))
    except FileNotFoundError as error:
        raise UserError(f"backup: photo {sha256} is missing in the store; nothing was written") from error


def _check_empty(service: Service) -> None:
    """Refuse to overwrite work; what the first start makes (rules, an administrator) isn't any."""
    with service.database.engine.connect() as connection:
        known = set(inspect(connection).get_table_names())
        for table in _tables():
            made_at_first = {"deadline_rules": 10**6, "slip_rules": 10**6, "users": 1}.get(table.name, 0)
            if table.name in known and _count(connection, table) > made_at_first:
                raise UserError("restore: the database isn't empty; restore into a new one (--database or --data)")
    if known:
        migrate(service.database, "base")


def _count(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


def _read_photos(service: Service, archive: zipfile.ZipFile, progress: Progress) -> None:
    names = [name for name in archive.namelist() if name.startswith("photos/")]
    for i, name in enumerate(names):
        data, sha256 = archive.read(name), name.removeprefix("photos/")
        if hashlib.sha256(data).hexdigest() != sha256:
            raise UserError(f"{archive.filename}: photo {sha256} is damaged; the database was not changed")
        received = service.photos.incoming() / f"restored-{sha256}"
        received.write_bytes(data)
        service.photos.take(sha256, received)
        progress(i + 1, len(names))


def _read_table(archive: zipfile.ZipFile, connection: Connection, table: Table, expected: int) -> None:
    count = 0
    for rows in _chunks(archive, table):
        connection.execute(table.insert(), rows)
        count += len(rows)
    if count != expected:
        raise UserError(
            f"{archive.filename}: expected {expected} rows of {table.name}, got {count}; nothing was changed"
        )


def _chunks(archive: zipfile.ZipFile, table: Table) -> Iterator[list[dict[str, Any]]]:
    times = [column.name for column in table.columns if isinstance(column.type, UtcTime)]
    rows: list[dict[str, Any]] = []
    with archive.open(f"tables/{table.name}.jsonl") as file:
        for line in file:
            row = json.loads(line)
            row |= {name: datetime.fromisoformat(row[name]) for name in times if row.get(name)}
            rows.append(row)
            if len(rows) == CHUNK:
                yield rows
                rows = []
    if rows:
        yield rows


def _defer_checks(service: Service, connection: Connection) -> None:
    """Rows may name rows that come later: units their parents, photos their issues."""
    how = "PRAGMA defer_foreign_keys=ON" if service.database.is_sqlite else "SET CONSTRAINTS ALL DEFERRED"
    connection.execute(text(how))


def _set_sequences(service: Service, connection: Connection) -> None:
    if service.database.is_sqlite:
        return
    for table in _tables():
        if "id" in table.columns:
            name = f"pg_get_serial_sequence('{table.name}', 'id')"
            connection.execute(text(f"SELECT setval({name}, (SELECT coalesce(max(id), 1) FROM {table.name}))"))  # noqa: S608

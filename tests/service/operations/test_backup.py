"""A backup brings everything back: into the same kind of database, or the other one."""

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from service.domain.lifecycle import Action
from service.domain.roles import Actor, Role
from service.operations.backup import backup, restore
from service.settings import Settings
from service.state import Service
from service.store.issues import Evidence, HistoryEntry, Issue
from service.store.people import LoginLink, User
from service.store.photos import Photo
from service.store.preparing import prepare
from service.store.sign_in import make_link
from service.store.steps import take_step
from service.store.tables import Base
from tests.service.records import add_issue, store_photo
from tests.service.town import build_town
from vision.errors import UserError
from vision.images import NDArrayImage

Opener = Callable[[str], Service]
KINDS = ["sqlite", "postgresql"]


@pytest.fixture
def open_new(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Opener]:
    """Open a new installation on a kind of database."""
    opened: list[Service] = []

    def opener(kind: str) -> Service:
        database = "" if kind == "sqlite" else request.getfixturevalue("postgres")()
        settings = Settings(data=tmp_path / f"data{len(opened)}", workers=0, database=database)
        opened.append(Service.open(settings))
        prepare(opened[-1].database)
        return opened[-1]

    yield opener
    for service in opened:
        service.close()


@pytest.fixture
def filled(open_new: Opener, request: pytest.FixtureRequest, street: NDArrayImage) -> Service:
    """An installation with a town, and an issue that was confirmed; its photo names the issue, and the issue it."""
    service = open_new(request.param)
    with service.database.write() as session:
        town = build_town(session)
        make_link(session, session.get_one(User, town.users["admin"]))
    photo_id = store_photo(service, street, town.users["east_reporter"])
    with service.database.write() as session:
        issue = add_issue(session, town, photo_id)
        take_step(session, issue, Action.CONFIRM, Actor(town.users["admin"], "admin", Role.ADMIN, None))
        session.scalars(select(Photo)).one().issue_id = issue.id
    return service


def contents(service: Service) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables but the open sign-ins."""
    with service.database.engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in Base.metadata.sorted_tables
            if table.name not in ("login_links", "login_sessions")
        }


@pytest.mark.parametrize("target", KINDS)
@pytest.mark.parametrize("filled", KINDS, indirect=True)
def test_everything_comes_back(filled: Service, open_new: Opener, target: str, tmp_path: Path) -> None:
    archive, steps = tmp_path / "backup.zip", list[tuple[int, int]]()
    backup(filled, archive, lambda done, total: steps.append((done, total)))
    assert steps == [(1, 1)]
    restored = open_new(target)
    restore(restored, archive)
    assert contents(restored) == contents(filled)
    with restored.database.write() as session:
        assert session.scalars(select(LoginLink)).all() == []
        photo = session.scalars(select(Photo)).one()
        assert restored.photos.read(photo.sha256) == filled.photos.read(photo.sha256)
        evidence = session.scalars(select(Evidence)).one()
        session.add(HistoryEntry(issue_id=evidence.issue_id, action="later"))  # numbers go on after the restored ones
        session.add(Issue(category="litter"))


def test_a_full_database_is_not_overwritten(open_new: Opener, tmp_path: Path) -> None:
    service = open_new("sqlite")
    with service.database.write() as session:
        build_town(session)
    backup(service, tmp_path / "a.zip")
    with pytest.raises(UserError, match="isn't empty"):
        restore(service, tmp_path / "a.zip")


def test_damaged_archives(open_new: Opener, tmp_path: Path) -> None:
    service, path = open_new("sqlite"), tmp_path / "a.zip"
    path.write_bytes(b"no zip")
    with pytest.raises(UserError, match="expected an archive of `cleanlane backup`"):
        restore(service, path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", "{}")
    with pytest.raises(UserError, match="expected an archive"):
        restore(service, path)
    backup(service, path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(f"photos/{'0' * 64}", "something else")
    with pytest.raises(UserError, match="is damaged"):
        restore(open_new("sqlite"), path)


def test_a_missing_photo(open_new: Opener, tmp_path: Path, street: NDArrayImage) -> None:
    service = open_new("sqlite")
    with service.database.write() as session:
        town = build_town(session)
    store_photo(service, street, town.users["east_reporter"])
    with service.database.read() as session:
        service.photos.delete(session.scalars(select(Photo.sha256)).one())
    with pytest.raises(UserError, match="is missing in the store"):
        backup(service, tmp_path / "a.zip")
    assert not list(tmp_path.glob("*.zip*"))

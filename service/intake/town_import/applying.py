"""Writes a plan into the database, all or nothing."""

from collections.abc import Sequence

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from service.errors import conflict
from service.intake.town_import.columns import SHEETS, Entry, Kind
from service.intake.town_import.plan import Plan, make_plan
from service.intake.town_import.report import Link, Report
from service.intake.town_import.snapshot import MODELS, REFERENCES, town_of
from service.state import Service
from service.store.people import LoginLink, User
from service.store.rules import Setting
from service.store.sign_in import make_link

__all__ = ["bump_grids_version", "import_town"]


def import_town(
    service: Service, files: Sequence[tuple[str, bytes]], *, apply: bool, datum: str = "", base_url: str = ""
) -> Report:
    """Check files and, if asked and nothing is wrong with them, bring the town up to them.

    Args:
        service: The running service.
        files: Names and contents of workbooks, CSV files, GeoJSON.
        apply: Whether to write; else it is a dry run.
        datum: Of coordinates whose file doesn't tell it.
        base_url: Address of the service, for the new people's links.

    Returns:
        Everything that is wrong, what changes, and one-time links of new people.

    Raises:
        ServiceError: Somebody else changed the town meanwhile.
    """
    with service.database.read() as session:
        before = town_of(session)
    plan = make_plan(files, before, datum)
    report = plan.report()
    if not apply or report.errors:
        return report
    with service.database.write() as session:
        if not service.database.is_sqlite:  # there nobody else writes anyway
            session.execute(text("LOCK TABLE units, users, grids, sites IN SHARE ROW EXCLUSIVE MODE"))
        if town_of(session) != before:
            zh = "导入期间其他人修改了单位或网格，请重新试运行"
            raise conflict("overtaken", zh, "somebody else changed the town meanwhile; try again")
        new_people = _write(session, plan)
        links = [_link(session, user, base_url) for user in new_people if user.is_active]
    return report.model_copy(update={"applied": True, "links": links})


def bump_grids_version(session: Session) -> None:
    """Tell whoever keeps the grids in memory that they changed."""
    setting = session.get(Setting, "grids_version", with_for_update=True)
    if setting is None:
        session.add(Setting(key="grids_version", value=1))
    else:
        setting.value = int(setting.value) + 1


def _write(session: Session, plan: Plan) -> list[User]:
    """Write what changes; returns the new people."""
    changes = plan.changes()
    new_people: list[User] = []
    for kind in SHEETS:
        changed = [change for change in changes if change.kind == kind]
        key = getattr(MODELS[kind], SHEETS[kind].key.field)
        rows = {getattr(row, key.key): row for row in session.scalars(select(MODELS[kind]))} if changed else {}
        for change in changed:
            if change.is_new:
                rows[change.key] = MODELS[kind](**{key.key: change.key})
                session.add(rows[change.key])
            _set(rows[change.key], kind, plan.after[kind][change.key])
        session.flush()
        _point(session, kind, [(rows[change.key], plan.after[kind][change.key]) for change in changed])
        if kind == "people":
            new_people = [rows[change.key] for change in changed if change.is_new]
            _shut_out(session, [rows[change.key] for change in changed])
    if any(change.kind == "grids" for change in changes):
        bump_grids_version(session)
    return new_people


def _set(row: object, kind: Kind, entry: Entry) -> None:
    for field, value in entry.items():
        if (kind, field) not in REFERENCES and getattr(row, field) != value:
            setattr(row, field, value)


def _point(session: Session, kind: Kind, changed: list[tuple[object, Entry]]) -> None:
    """Set the references, once everything that they name is there."""
    for (owner, field), (column, named) in REFERENCES.items():
        if owner != kind or not changed:
            continue
        model = MODELS[named]
        found = session.execute(select(getattr(model, SHEETS[named].key.field), model.id))
        ids = {row[0]: row[1] for row in found}
        for row, entry in changed:
            setattr(row, column, None if entry[field] is None else ids[entry[field]])
    session.flush()


def _shut_out(session: Session, people: list[User]) -> None:
    """Links that were handed out earlier don't outlive a person's account."""
    for user in people:
        if not user.is_active:
            session.execute(delete(LoginLink).where(LoginLink.user_id == user.id))


def _link(session: Session, user: User, base_url: str) -> Link:
    url = f"{base_url.rstrip('/')}/login/{make_link(session, user)}"
    return Link(username=user.username, name=user.name, url=url)

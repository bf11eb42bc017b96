"""The town as the database has it, in the same shape as an import: entries by key."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.intake.town_import.columns import SHEETS, Entry, Kind, Town, empty_town
from service.intake.town_import.values import rounded
from service.store.people import Unit, User
from service.store.places import Grid, Site

__all__ = ["MODELS", "town_of"]

MODELS: dict[Kind, Any] = {"units": Unit, "people": User, "grids": Grid, "sites": Site}
# Fields that name another entry: their column of the database, and what they name.
REFERENCES: dict[tuple[Kind, str], tuple[str, Kind]] = {
    ("units", "parent"): ("parent_id", "units"),
    ("people", "unit"): ("unit_id", "units"),
    ("grids", "parent"): ("parent_id", "grids"),
    ("grids", "unit"): ("unit_id", "units"),
    ("sites", "grid"): ("grid_id", "grids"),
}


def town_of(session: Session) -> Town:
    """Return everything that an import could change."""
    town, keys = empty_town(), {kind: _keys(session, kind) for kind in SHEETS}
    for kind, model in MODELS.items():
        for found in session.scalars(select(model).order_by(model.id)):
            town[kind][getattr(found, SHEETS[kind].key.field)] = _entry(kind, found, keys)
    return town


def _keys(session: Session, kind: Kind) -> dict[int, str]:
    model = MODELS[kind]
    return {row[0]: row[1] for row in session.execute(select(model.id, getattr(model, SHEETS[kind].key.field)))}


def _entry(kind: Kind, found: Any, keys: dict[Kind, dict[int, str]]) -> Entry:
    entry: Entry = {}
    for column in SHEETS[kind].columns:
        reference = REFERENCES.get((kind, column.field))
        if reference is None:
            value = getattr(found, column.field)
            entry[column.field] = rounded(value) if column.field == "geometry" else value
        else:
            number = getattr(found, reference[0])
            entry[column.field] = None if number is None else keys[reference[1]][number]
    return entry

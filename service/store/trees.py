"""The trees of units and of grid cells."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from service.store.people import Unit
from service.store.places import Grid

__all__ = ["below", "units_below"]


def below(table: type[Unit] | type[Grid], row: int) -> Select[int]:
    """Return the query of the ids of a unit or cell and of all below it."""
    found = select(table.id).where(table.id == row).cte(f"{table.__tablename__}_below", recursive=True)
    return select(found.union(select(table.id).join(found, table.parent_id == found.c.id)).c.id)


def units_below(session: Session, unit_id: int) -> frozenset[int]:
    """Return a unit and all units below it."""
    return frozenset(session.scalars(below(Unit, unit_id)))

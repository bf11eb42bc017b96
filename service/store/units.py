"""The tree of units."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.store.people import Unit

__all__ = ["units_below"]


def units_below(session: Session, unit_id: int) -> frozenset[int]:
    """Return a unit and all units below it."""
    below = select(Unit.id).where(Unit.id == unit_id).cte("below", recursive=True)
    below = below.union(select(Unit.id).join(below, Unit.parent_id == below.c.id))
    return frozenset(session.scalars(select(below.c.id)))

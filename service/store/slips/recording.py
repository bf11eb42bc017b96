"""What every change of a slip does: wait for whoever else decides, and tell the issue's history and the outbox."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from service.domain.roles import Actor
from service.domain.slips import SlipState
from service.store.messages import OutboxEvent
from service.store.rules import Slip
from service.store.steps import note

__all__ = ["one_at_a_time", "tell"]

LOCK = 0x51195  # of PostgreSQL, for whoever proposes or numbers slips; SQLite has one writer anyway


def one_at_a_time(session: Session) -> None:
    """Wait until nobody else proposes or decides; holds until the transaction ends."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})


def tell(session: Session, slip: Slip, state: SlipState, actor: Actor | None, words: str) -> None:
    """Write what happened to a slip into its issue's history and the outbox."""
    detail = {"slip": slip.id, "colour": slip.colour, "state": state.value, "reason": slip.reason}
    note(session, slip.issue, "slip", actor, words, detail)
    session.add(OutboxEvent(event=f"slip.{state}", issue_id=slip.issue_id, detail=detail))

"""The table of rules for slips."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.slips import DEFAULTS, Colour, Reason, Rule
from service.store.rules import SlipRule

__all__ = ["default_slip_rules", "rules_of"]


def default_slip_rules() -> list[SlipRule]:
    """Return the rows that a new database starts with."""
    return [
        SlipRule(
            colour=rule.colour,
            reason=rule.reason,
            threshold=rule.threshold,
            window_days=rule.window_days,
            after=rule.after or "",
        )
        for rule in DEFAULTS
    ]


def rules_of(session: Session) -> list[Rule]:
    """Return the active rules."""
    rows = session.scalars(select(SlipRule).where(SlipRule.is_active).order_by(SlipRule.id))
    return [
        Rule(
            row.id,
            Colour(row.colour),
            Reason(row.reason),
            row.threshold,
            row.window_days,
            Colour(row.after) if row.after else None,
        )
        for row in rows
    ]

"""Slips in the database: finding issues that have earned one, proposing it once, deciding on it."""

from service.store.slips.deciding import answer, approve, drop, numbers_of, slip_for_decision
from service.store.slips.earning import due_issues
from service.store.slips.proposing import propose_by_hand, propose_due
from service.store.slips.table import default_slip_rules, rules_of
from service.store.slips.watching import watch

__all__ = [
    "answer",
    "approve",
    "default_slip_rules",
    "drop",
    "due_issues",
    "numbers_of",
    "propose_by_hand",
    "propose_due",
    "rules_of",
    "slip_for_decision",
    "watch",
]

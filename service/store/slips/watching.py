"""The loop that proposes slips."""

import threading

import structlog
from sqlalchemy.exc import SQLAlchemyError

from service.state import Service
from service.store.base import now
from service.store.slips.earning import due_issues
from service.store.slips.proposing import propose_due

__all__ = ["watch"]

PERIOD = 60.0  # seconds between looks
AT_ONCE = 100  # proposed in one transaction: meanwhile nobody else can write to SQLite
log = structlog.get_logger()


def watch(service: Service, stopping: threading.Event) -> None:
    """Propose slips every minute, until told to stop."""
    while not stopping.is_set():
        try:
            with service.database.read() as session:
                due = due_issues(session, service.settings, now())
            for start in range(0, len(due), AT_ONCE):
                with service.database.write() as session:
                    proposed = propose_due(session, service.settings, now(), due[start : start + AT_ONCE])
                log.info("slips proposed", count=len(proposed))
        except SQLAlchemyError as error:
            log.error("slips can't be proposed now", error=type(error).__name__)
        stopping.wait(PERIOD)

"""Issues that earn slips, and the rules for slips."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from service.domain.lifecycle import State
from service.state import Service
from service.store.issues import Issue
from service.store.slips import default_slip_rules
from tests.service import records
from tests.service.records import PILE
from tests.service.town import Town

MONDAY = datetime.fromisoformat("2026-03-02T10:00:00+08:00")  # a plain working week


def add_issue(session: Session, town: Town, **values: Any) -> Issue:
    """Add an issue in the east; by default in progress with a deadline that has passed."""
    defaults: dict[str, Any] = {
        "state": State.IN_PROGRESS,
        "site_id": town.east_site,
        "address": "市场北门外 20 米",
        "found": MONDAY - timedelta(days=4),
        "deadline": MONDAY,
    }
    return records.add_issue(session, town, **(PILE | defaults | values))


@pytest.fixture
def ruled(service: Service, town: Town) -> Service:
    """The service with the town and the usual rules."""
    with service.database.write() as session:
        session.add_all(default_slip_rules())
    return service


@pytest.fixture
def any_ruled(any_service: Service, any_town: Town) -> Service:
    """The same, on each database."""
    with any_service.database.write() as session:
        session.add_all(default_slip_rules())
    return any_service

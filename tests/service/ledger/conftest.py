"""The small town with issues of every kind."""

import pytest

from service.state import Service
from tests.service.ledger.issues import add_issues
from tests.service.town import Town


@pytest.fixture
def eighty(service: Service, town: Town) -> None:
    """80 issues, in `service`."""
    with service.database.write() as session:
        add_issues(session, town)

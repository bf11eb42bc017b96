"""Requests of every kind, made from the OpenAPI document: nothing that is sent brings the service down.

`CLEANLANE_SCHEMATHESIS_EXAMPLES=200` tries each operation so many times, and not the same ones at every run;
`CLEANLANE_SCHEMATHESIS_DATABASE=postgresql` does it on PostgreSQL.
"""

import os
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode, checks
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import select

from service.api.app import create_app
from service.domain.roles import Role
from service.settings import Settings
from service.state import Service
from service.store.people import User
from service.store.sign_in import make_token
from tests.service.conftest import opened
from tests.service.everything import add_everything
from tests.service.town import Town, build_town

EXAMPLES = int(os.environ.get("CLEANLANE_SCHEMATHESIS_EXAMPLES", "3"))
ON_POSTGRES = os.environ.get("CLEANLANE_SCHEMATHESIS_DATABASE") == "postgresql"
IS_LONG = EXAMPLES > 3
CHECKS = [
    checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


# An endless stream: each request would last until a timeout. test_roles.py reads it from a real server.
ENDLESS = "/api/v1/photos/progress"


class Fuzzed:
    """A service that is sent things, and the person who sends them."""

    def __init__(self, service: Service, town: Town, username: str) -> None:
        self.service, self.town, self.username = service, town, username
        self.token = town.tokens[username]
        self.statuses: Counter[int] = Counter()
        self.random = random.Random(1)  # noqa: S311 - only a choice

    def send(self, case: Any) -> None:
        """Send a request and judge the answer."""
        self._aim(case)
        response = self._call(case)
        if response.status_code == 401 or (self.username == "admin" and response.status_code == 403):
            # It had itself signed out, switched off or put down before.
            self._sign_in()
            response = self._call(case)
        self.statuses[response.status_code] += 1
        case.validate_response(response, checks=CHECKS)

    def _call(self, case: Any) -> Any:
        if case.path.startswith("/open311/"):
            key = case.body if case.method == "POST" else case.query
            if isinstance(key, dict) and self.random.random() < 2 / 3:
                key["api_key"] = self.token
        return case.call(headers={"Authorization": f"Bearer {self.token}"})

    def _aim(self, case: Any) -> None:
        """Let two of three numbers be those of something that is there."""
        for values in (case.path_parameters, case.body if isinstance(case.body, dict) else {}):
            for name, value in (values or {}).items():
                is_number = isinstance(value, int) and not isinstance(value, bool)
                if is_number and (name.endswith("_id") or name == "into") and self.random.random() < 2 / 3:
                    values[name] = self.random.randint(1, 7)

    def _sign_in(self) -> None:
        with self.service.database.write() as session:
            user = session.scalars(select(User).where(User.id == self.town.users[self.username])).one()
            user.is_active, user.username = True, self.username
            user.role = Role.ADMIN if self.username == "admin" else Role.HANDLER
            self.token = make_token(session, user, "tests")


@pytest.fixture(params=["admin", "east_handler"])
def fuzzed(request: pytest.FixtureRequest, sqlite_settings: Settings) -> Iterator[Fuzzed]:
    """A town with something of everything."""
    changes = {"upload_rate": "1000000/minute", "private_webhooks": True, "login_rate": "1000000/minute"}
    if ON_POSTGRES:
        changes["database"] = request.getfixturevalue("shared_postgres")
    service = opened(sqlite_settings.model_copy(update=changes))
    with service.database.write() as session:
        town = build_town(session)
    add_everything(service, town)
    made = Fuzzed(service, town, request.param)
    yield made
    print(sum(made.statuses.values()), "requests", dict(sorted(made.statuses.items())))  # noqa: T201 - what a long run is for
    service.close()


@pytest.fixture
def document(fuzzed: Fuzzed) -> Any:
    """The application's document."""
    app = create_app(fuzzed.service)
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", app).exclude(path=ENDLESS)


@pytest.mark.parametrize("mode", GenerationMode)
def test_every_operation(fuzzed: Fuzzed, document: Any, mode: GenerationMode) -> None:
    """Right requests and wrong ones."""
    wrong = []
    for result in document.get_all_operations():
        operation = result.ok()
        try:
            _try(fuzzed, operation, mode)
        except Unsatisfiable:  # an operation without parameters can't be asked wrongly
            assert mode is GenerationMode.NEGATIVE
        except (FailureGroup, Failure) as failure:
            found = failure.exceptions if isinstance(failure, FailureGroup) else [failure]
            wrong += [f"{operation.label}: {one}" for one in found]
    if wrong:
        pytest.fail("\n\n".join(wrong))


def _try(fuzzed: Fuzzed, operation: Any, mode: GenerationMode) -> None:
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        derandomize=not IS_LONG,
        database=None,
        deadline=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    def send(case: Any) -> None:
        fuzzed.send(case)

    send()


def test_document(service: Service) -> None:
    """Every operation says what it is for, and every body has an example."""
    document = create_app(service).openapi()
    operations = [
        (f"{method} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    for name, operation in operations:
        assert all(operation.get(field) for field in ("summary", "description", "tags", "operationId")), name
        for content in operation.get("requestBody", {}).get("content", {}).values():
            shape = content["schema"].get("$ref", "").rpartition("/")[2]
            described = document["components"]["schemas"].get(shape, {})
            assert content.keys() & {"example", "examples"} or described.keys() & {"example", "examples"}, name
    ids = [operation["operationId"] for _, operation in operations]
    assert len(set(ids)) == len(ids)

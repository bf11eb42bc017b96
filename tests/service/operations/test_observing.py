"""Health, metrics, log lines and the headers of every answer."""

from collections.abc import Callable

import pytest
import structlog
from fastapi.testclient import TestClient

from service.state import Service
from service.store.issues import Issue
from tests.service.town import Town

Client = Callable[[str], TestClient]


def test_health(client_of: Client, service: Service) -> None:
    assert client_of("").get("/healthz").json() == {"status": "ok"}
    assert client_of("").get("/readyz").json() == {"status": "ok"}


def test_a_database_that_is_gone(service: Service, client_of: Client) -> None:
    client = client_of("")
    service.database.engine.dispose()
    service.settings.data.rename(service.settings.data.with_name("gone"))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")
    assert client.get("/healthz").status_code == 200


def test_metrics(any_client_of: Client, any_service: Service, any_town: Town) -> None:
    with any_service.database.write() as session:
        session.add_all([Issue(category="litter"), Issue(category="litter", state="closed")])
    admin = any_client_of("admin")
    admin.get("/account")
    lines = admin.get("/metrics").text.splitlines()
    assert 'cleanlane_issues{state="suspected"} 1.0' in lines
    assert 'cleanlane_issues{state="closed"} 1.0' in lines
    assert 'cleanlane_photos{state="queued"} 0.0' in lines
    assert any(
        line.startswith('cleanlane_requests_total{method="GET",route="/account",status="200"}') for line in lines
    )
    assert any_client_of("supervisor").get("/metrics").status_code == 403
    assert any_client_of("").get("/metrics").status_code == 401


def test_log_lines_hold_no_secrets(client_of: Client) -> None:
    with structlog.testing.capture_logs() as lines:
        client_of("").get("/login/a-secret-token?also=secret")
        client_of("").get("/healthz")
    (line,) = lines
    assert (line["path"], line["status"], line["method"]) == ("/login/{token}", 200, "GET")
    assert "secret" not in str(line)


@pytest.mark.parametrize("path", ["/healthz", "/login", "/nothing", "/static/app.css", "/api/v1/openapi.json"])
def test_headers(client_of: Client, path: str) -> None:
    headers = client_of("").get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'self'" in headers["content-security-policy"]
    assert len(headers["x-request-id"]) == 12
    assert ("cache-control" in headers) is not path.startswith("/static/")

"""A client of GeoReport v2 reads and posts."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from fastapi.testclient import TestClient

from service.domain.lifecycle import State
from service.state import Service
from service.store.base import now
from service.store.issues import HistoryEntry, Issue
from tests.service.town import Town

Client = Callable[[str], TestClient]
CODE = "GB/T 47678.5-2026:06010"
BASE = "/open311/v2"


@pytest.fixture
def issues(any_service: Service, any_town: Town) -> dict[State, int]:
    """One confirmed issue in each state, and a suspected one that no person confirmed."""
    made = {}
    with any_service.database.write() as session:
        for state in State:
            issue = Issue(state=state, category="garbage_pile", standard="GB/T 47678.5-2026", code="06010")
            issue.code_name, issue.unit_id, issue.address = "暴露垃圾", any_town.east, "东门街 1 号"
            issue.latitude, issue.longitude, issue.datum, issue.deadline = 30.005, 120.005, "WGS-84", now()
            session.add(issue)
            session.flush()
            made[state] = issue.id
            if state != State.SUSPECTED:
                session.add(HistoryEntry(issue_id=issue.id, action="confirm"))
    return made


def test_states(any_client_of: Client, any_town: Town, issues: dict[State, int]) -> None:
    key = {"api_key": any_town.tokens["verifier"]}
    rows = any_client_of("").get(f"{BASE}/requests.json", params=key).json()
    assert {row["status_notes"]: row["status"] for row in rows} == {
        "待派单": "open",
        "处理中": "open",
        "待核查": "open",
        "退回整改": "open",
        "已结案": "closed",
        "注销": "closed",
    }
    assert rows[0]["service_code"] == CODE
    assert rows[0]["agency_responsible"] == "东门社区"
    assert (rows[0]["lat"], rows[0]["long"]) == (30.005, 120.005)
    for name in ("requested_datetime", "updated_datetime", "expected_datetime"):
        assert datetime.fromisoformat(rows[0][name]).utcoffset() is not None
    closed = any_client_of("").get(f"{BASE}/requests.json", params={**key, "status": "closed"}).json()
    assert {int(row["service_request_id"]) for row in closed} == {issues[State.CLOSED], issues[State.CANCELLED]}


def test_xml_says_the_same(any_client_of: Client, any_town: Town, issues: dict[State, int]) -> None:
    key, client = {"api_key": any_town.tokens["verifier"]}, any_client_of("")
    path = f"{BASE}/requests/{issues[State.IN_PROGRESS]}"
    (row,) = client.get(f"{path}.json", params=key).json()
    answer = client.get(f"{path}.xml", params=key)
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    tree = ET.fromstring(answer.content)  # noqa: S314 - our own
    assert (tree.tag, tree[0].tag) == ("service_requests", "request")
    assert {child.tag: child.text for child in tree[0]} == {
        name: None if value is None or value == "" else str(value) for name, value in row.items()
    }


def test_services(any_client_of: Client) -> None:
    services = any_client_of("").get(f"{BASE}/services.json").json()
    assert [service["service_code"].partition(":")[2] for service in services] == [
        "06010",
        "06042",
        "06036",
        "07001",
        "06012",
    ]
    for service in services:
        definition = any_client_of("").get(f"{BASE}/services/{service['service_code']}.json")
        assert definition.json() == [{"service_code": service["service_code"], "attributes": []}]
    assert any_client_of("").get(f"{BASE}/services/nonsense.xml").status_code == 404
    tree = ET.fromstring(any_client_of("").get(f"{BASE}/services.xml").content)  # noqa: S314 - our own
    assert tree[0].findtext("metadata") == "false"
    assert any_client_of("").get(f"{BASE}/discovery.json").status_code == 200


def test_a_posted_request_waits_for_review(any_client_of: Client, any_town: Town, any_service: Service) -> None:
    key = any_town.tokens["east_reporter"]
    form = {"api_key": key, "service_code": CODE, "lat": "30.005", "long": "120.005", "description": "路边一堆垃圾"}
    answer = any_client_of("").post(f"{BASE}/requests.json", data={**form, "media_url": "https://example.org/1.jpg"})
    assert answer.status_code == 201
    number = answer.json()[0]["service_request_id"]
    (row,) = any_client_of("").get(f"{BASE}/requests/{number}.json", params={"api_key": key}).json()
    assert (row["status"], row["status_notes"], row["description"]) == ("open", "疑似", "路边一堆垃圾")
    with any_service.database.read() as session:
        issue = session.get_one(Issue, int(number))
        assert (issue.unit_id, issue.grid_id) == (any_town.east, any_town.east_cell)
        assert [entry.action for entry in issue.history] == ["report", "open311"]


POSTED: dict[str, Any] = {"service_code": CODE, "address_string": "东门街 1 号"}


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        ({"api_key": None}, 403, "api_key"),
        ({"api_key": "wrong"}, 403, "api_key"),
        ({"service_code": None}, 400, "service_code"),
        ({"service_code": "06010"}, 404, "service_code"),
        ({"address_string": None}, 400, "address_string"),
        ({"lat": "30"}, 400, "lat and long"),
        ({"lat": "91", "long": "0"}, 400, "lat"),
        ({"lat": "nan", "long": "0"}, 400, "lat"),
        ({"address_string": None, "address_id": "99"}, 422, "site"),
        ({"address_id": "9" * 30}, 400, "address_id"),
        ({"description": "a\0b"}, 400, "description"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_refusals(any_client_of: Client, any_town: Town, change: dict[str, Any], status: int, says: str) -> None:
    form = {"api_key": any_town.tokens["east_reporter"], **POSTED, **change}
    sent = {name: value for name, value in form.items() if value is not None}
    answer = any_client_of("").post(f"{BASE}/requests.xml", data=sent)
    error = ET.fromstring(answer.content)[0]  # noqa: S314 - our own
    assert (answer.status_code, error.findtext("code")) == (status, str(status))
    assert says in (error.findtext("description") or "")


def test_reading_needs_a_key(any_client_of: Client, issues: dict[State, int]) -> None:
    for path in ("requests.json", f"requests/{issues[State.CLOSED]}.json"):
        assert any_client_of("").get(f"{BASE}/{path}").status_code == 403


def test_what_nobody_confirmed_stays_inside(any_client_of: Client, any_town: Town, issues: dict[State, int]) -> None:
    key = {"api_key": any_town.tokens["admin"]}
    assert any_client_of("").get(f"{BASE}/requests/{issues[State.SUSPECTED]}.json", params=key).status_code == 404

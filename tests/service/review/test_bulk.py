"""One verdict on many issues."""

from collections.abc import Callable

from fastapi.testclient import TestClient
from sqlalchemy import func, select

from service.domain.lifecycle import State
from service.state import Service
from service.store.issues import HistoryEntry, Issue
from tests.service.records import add_issue
from tests.service.review.suspects import suspect
from tests.service.town import Town

Client = Callable[[str], TestClient]


def test_one_bad_one_stops_nothing(any_service: Service, any_town: Town, any_client_of: Client) -> None:
    first, last = suspect(any_service, any_town, 1), suspect(any_service, any_town, 2)
    decided = suspect(any_service, any_town, 3, state=State.PENDING_DISPATCH)
    ids = [first.id, decided.id, 4711, last.id]
    answer = any_client_of("verifier").post(
        "/api/v1/review/bulk", json={"ids": ids, "action": "reject", "reason": "no_such_thing"}
    )
    assert [(result["id"], result["ok"], result["code"]) for result in answer.json()["results"]] == [
        (first.id, True, ""),
        (decided.id, False, "state"),
        (4711, False, "not_found"),
        (last.id, True, ""),
    ]
    assert answer.json()["results"][1]["message"] == "案件处于“待派单”，不能“不立案”"
    assert (answer.json()["done"], answer.json()["failed"]) == (2, 2)
    with any_service.database.read() as session:
        assert session.scalars(select(Issue.id).where(Issue.is_hard_negative)).all() == [first.id, last.id]
        assert session.scalar(select(func.count()).select_from(HistoryEntry)) == 2


def test_two_hundred(any_service: Service, any_town: Town, any_client_of: Client) -> None:
    with any_service.database.write() as session:
        ids = [add_issue(session, any_town).id for _ in range(200)]
    answer = any_client_of("supervisor").post(
        "/api/v1/review/bulk", json={"ids": ids, "action": "confirm", "severity": 1, "why": "集中审核"}
    )
    assert answer.json()["done"] == 200
    with any_service.database.read() as session:
        assert set(session.scalars(select(Issue.state))) == {State.PENDING_DISPATCH}


def test_other_peoples_issues(service: Service, town: Town, client_of: Client) -> None:
    own, foreign = suspect(service, town, 1), suspect(service, town, 2, unit_id=town.west)
    answer = client_of("east_verifier").post(
        "/api/v1/review/bulk", json={"ids": [own.id, foreign.id], "action": "confirm"}
    )
    assert [result["code"] for result in answer.json()["results"]] == ["", "not_found"]


def test_wrong_requests(client_of: Client) -> None:
    client = client_of("verifier")
    missing = client.post("/api/v1/review/bulk", json={"ids": [1], "action": "reject"})
    assert (missing.status_code, missing.json()["message"]) == (422, "驳回须选择原因")
    for body in (
        {"ids": [], "action": "confirm"},
        {"ids": [1] * 201, "action": "confirm"},
        {"ids": [1], "action": "x"},
    ):
        assert client.post("/api/v1/review/bulk", json=body).status_code == 422

"""Proposing, approving, dropping and answering slips, and the table of rules."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from service.domain.lifecycle import State
from service.state import Service
from service.store.issues import HistoryEntry, Issue
from service.store.messages import OutboxEvent
from service.store.slips import propose_due
from tests.service.slips.conftest import add_issue
from tests.service.town import Town

Client = Callable[[str], TestClient]


@pytest.fixture
def issue_id(ruled: Service, town: Town) -> int:
    with ruled.database.write() as session:
        return add_issue(session, town).id


def test_from_proposal_to_answer(ruled: Service, client_of: Client, issue_id: int) -> None:
    supervisor, admin, handler = client_of("supervisor"), client_of("admin"), client_of("east_handler")
    body = {"colour": "white", "reason": "群众多次反映"}
    made = supervisor.post(f"/api/v1/issues/{issue_id}/slips", json=body)
    assert (made.status_code, made.json()["state"], made.json()["number"]) == (201, "proposed", "")
    slip = made.json()["id"]
    assert supervisor.post(f"/api/v1/issues/{issue_id}/slips", json=body).json()["code"] == "slip_waiting"
    own = supervisor.post(f"/api/v1/slips/{slip}/approve", json={})
    assert (own.status_code, own.json()["code"]) == (403, "four_eyes")
    assert handler.get("/api/v1/slips").json() == {"total": 0, "slips": []}  # not yet the unit's business
    assert handler.post(f"/api/v1/slips/{slip}/answer", json={"text": "好"}).json()["code"] == "slip_state"
    issued = admin.post(f"/api/v1/slips/{slip}/approve", json={"note": "限两日"}).json()
    year = issued["decided"][:4]
    assert (issued["state"], issued["number"], issued["decision"]) == ("issued", f"净督〔{year}〕白 第 1 号", "限两日")
    assert admin.post(f"/api/v1/slips/{slip}/drop", json={"why": "误"}).json()["code"] == "slip_state"
    assert [row["id"] for row in handler.get("/api/v1/slips").json()["slips"]] == [slip]
    answered = handler.post(f"/api/v1/slips/{slip}/answer", json={"text": "已清运"}).json()
    assert (answered["state"], answered["answer"]) == ("answered", "已清运")
    assert handler.post(f"/api/v1/slips/{slip}/answer", json={"text": "又"}).status_code == 409
    with ruled.database.read() as session:
        events = list(session.scalars(select(OutboxEvent.event).order_by(OutboxEvent.id)))
        history = session.execute(select(HistoryEntry.user_name, HistoryEntry.why).order_by(HistoryEntry.id)).all()
    assert events == ["slip.proposed", "slip.issued", "slip.answered"]
    assert [tuple(row) for row in history] == [
        ("supervisor", "群众多次反映"),
        ("admin", "限两日"),
        ("east_handler", "已清运"),
    ]


def test_drop(client_of: Client, issue_id: int) -> None:
    supervisor = client_of("supervisor")
    body = {"colour": "white", "reason": "脏"}
    slip = supervisor.post(f"/api/v1/issues/{issue_id}/slips", json=body).json()["id"]
    assert supervisor.post(f"/api/v1/slips/{slip}/drop", json={"why": " "}).status_code == 422
    assert supervisor.post(f"/api/v1/slips/{slip}/drop", json={"why": "误报"}).json()["state"] == "dropped"
    assert client_of("admin").post(f"/api/v1/slips/{slip}/approve", json={}).json()["code"] == "slip_state"
    again = supervisor.post(f"/api/v1/issues/{issue_id}/slips", json=body)
    assert again.json()["code"] == "slip_repeated"


def test_solved_meanwhile(ruled: Service, client_of: Client, issue_id: int) -> None:
    slip = client_of("supervisor").post(
        f"/api/v1/issues/{issue_id}/slips", json={"colour": "white", "reason": "脏"}
    ).json()["id"]  # fmt: skip
    with ruled.database.write() as session:
        session.get_one(Issue, issue_id).state = State.CLOSED
    assert client_of("admin").post(f"/api/v1/slips/{slip}/approve", json={}).json()["code"] == "state"
    body = {"colour": "white", "reason": "又脏"}
    assert client_of("admin").post(f"/api/v1/slips/{slip}/drop", json={"why": "已办结"}).status_code == 200
    assert client_of("admin").post(f"/api/v1/issues/{issue_id}/slips", json=body).json()["code"] == "state"


def test_other_units_see_nothing(client_of: Client, issue_id: int) -> None:
    slip = client_of("supervisor").post(
        f"/api/v1/issues/{issue_id}/slips", json={"colour": "white", "reason": "脏"}
    ).json()["id"]  # fmt: skip
    client_of("admin").post(f"/api/v1/slips/{slip}/approve", json={})
    west = client_of("west_handler")
    assert west.get("/api/v1/slips").json()["total"] == 0
    assert west.post(f"/api/v1/slips/{slip}/answer", json={"text": "?"}).status_code == 404
    assert west.get(f"/slips/{slip}/sheet").status_code == 404
    assert client_of("east_handler").get(f"/slips/{slip}/sheet").status_code == 200
    assert client_of("east_verifier").post(f"/api/v1/slips/{slip}/answer", json={"text": "?"}).status_code == 403


def test_filters(client_of: Client, town: Town, ruled: Service) -> None:
    supervisor = client_of("supervisor")
    with ruled.database.write() as session:
        ids = [add_issue(session, town, unit_id=unit).id for unit in (town.east, town.west, town.east)]
    for issue in ids:
        supervisor.post(f"/api/v1/issues/{issue}/slips", json={"colour": "white", "reason": "脏"})
    client_of("admin").post("/api/v1/slips/1/approve", json={})

    def found(query: str) -> list[int]:
        return [slip["issue"] for slip in supervisor.get(f"/api/v1/slips?{query}").json()["slips"]]

    assert found("") == ids[::-1]
    assert found("state=issued") == ids[:1]
    assert found(f"unit={town.east}&state=proposed") == ids[2:]
    assert found("colour=red") == []
    assert found("size=2&page=2") == ids[:1]


@pytest.mark.parametrize(
    "body",
    [{"colour": "blue", "reason": "x"}, {"colour": "white", "reason": "a\x00b"}, {"colour": "white", "reason": ""}],
)
def test_wrong_bodies(client_of: Client, issue_id: int, body: dict[str, str]) -> None:
    assert client_of("supervisor").post(f"/api/v1/issues/{issue_id}/slips", json=body).status_code == 422


def test_rules(any_ruled: Service, any_client_of: Client, any_town: Town) -> None:
    admin = any_client_of("admin")
    rules = admin.get("/api/v1/slip-rules").json()["rules"]
    assert len(rules) == 9
    with any_ruled.database.write() as session:
        issue = add_issue(session, any_town)
        assert issue.deadline is not None
        propose_due(session, any_ruled.settings, issue.deadline + timedelta(hours=2))
    new = {"colour": "red", "reason": "overdue", "threshold": 40}
    answer = admin.put("/api/v1/slip-rules", json={"rules": [*rules[1:3], new]}).json()["rules"]
    # The first one has been used: it stays, switched off.
    assert [(rule["colour"], rule["reason"], rule["is_active"]) for rule in answer] == [
        ("white", "overdue", False),
        ("white", "returned", True),
        ("white", "recurred", True),
        ("red", "overdue", True),
    ]
    for wrong, code in [
        ([{**new, "after": "red"}], "rule_order"),
        ([{**new, "id": 999}], "rule_unknown"),
        ([{**new, "threshold": 0}], "wrong_request"),
    ]:
        assert admin.put("/api/v1/slip-rules", json={"rules": wrong}).json()["code"] == code
    assert any_client_of("supervisor").get("/api/v1/slip-rules").status_code == 403

"""街道吹哨、部门报到: a department is called, has a clock of its own, answers, and may submit."""

from collections.abc import Callable
from datetime import datetime

import pytest
from fastapi.testclient import TestClient

from service.domain.lifecycle import State
from service.domain.worktime import working_hours_between
from service.state import Service
from service.store.base import now
from service.store.deadlines import calendar_of, default_rules
from tests.service.issues.setting import after_photo, pile
from tests.service.town import Town

Clients = Callable[[str], TestClient]


@pytest.fixture
def issue_id(any_service: Service, any_town: Town) -> int:
    with any_service.database.write() as session:
        session.add_all(default_rules())
        return pile(session, any_town, State.IN_PROGRESS).id


def test_the_whole_way(any_service: Service, any_town: Town, any_client_of: Clients, issue_id: int) -> None:
    town, url = any_town, f"/api/v1/issues/{issue_id}"
    department, supervisor = any_client_of("department_handler"), any_client_of("supervisor")
    assert department.get(url).status_code == 404
    called = {"department_id": town.department, "why": "占道经营，社区无执法权", "measure": "联合执法"}
    issue = supervisor.post(f"{url}/escalate", json=called).json()
    assert (issue["state"], issue["department"]["name"], issue["measure"]) == ("in_progress", "综合执法局", "联合执法")
    with any_service.database.read() as session:
        calendar = calendar_of(session, any_service.settings)
    due = datetime.fromisoformat(issue["department_deadline"])
    assert working_hours_between(now(), due, calendar) == pytest.approx(5 * 7.5, abs=0.1)  # five working days
    assert issue["deadline"] is None  # the unit's own clock is untouched

    seen = department.get(url).json()
    assert seen["possible"] == []
    answered = department.post(f"{url}/department-answer", json={"text": "周四前拆除"}).json()
    assert [(e["action"], e["user_name"], e["why"]) for e in answered["history"]][-1] == (
        "department_answer",
        "department_handler",
        "周四前拆除",
    )
    after_photo(any_service, issue_id, town.users["department_handler"])
    assert department.post(f"{url}/submit", json={"note": "已拆除"}).json()["state"] == "pending_verification"
    assert any_client_of("verifier").post(f"{url}/close", json={}).json()["state"] == "closed"


def test_only_departments_are_called(any_town: Town, any_client_of: Clients, issue_id: int) -> None:
    supervisor, url = any_client_of("supervisor"), f"/api/v1/issues/{issue_id}"
    for unit in (any_town.west, 999):
        answer = supervisor.post(f"{url}/escalate", json={"department_id": unit, "why": "x"})
        assert (answer.status_code, answer.json()["code"]) == (422, "not_a_department")
    answer = supervisor.post(f"{url}/escalate", json={"department_id": any_town.department, "why": ""})
    assert answer.json()["code"] == "reason_missing"
    assert supervisor.get(url).json()["department"] is None


def test_who_answers(any_town: Town, any_client_of: Clients, issue_id: int) -> None:
    supervisor, url = any_client_of("supervisor"), f"/api/v1/issues/{issue_id}"
    handler, answer = any_client_of("east_handler"), {"text": "好"}
    assert handler.post(f"{url}/department-answer", json=answer).json()["code"] == "not_escalated"
    supervisor.post(f"{url}/escalate", json={"department_id": any_town.department, "why": "x"})
    assert handler.post(f"{url}/department-answer", json=answer).json()["code"] == "unit"
    assert supervisor.post(f"{url}/department-answer", json=answer).json()["code"] == "role"
    department = any_client_of("department_handler")
    assert department.post(f"{url}/department-answer", json={"text": "  "}).status_code == 422
    supervisor.post(f"{url}/cancel", json={"why": "重复"})
    assert department.post(f"{url}/department-answer", json=answer).json()["code"] == "not_escalated"


def test_dispatching_again_ends_it(any_service: Service, any_town: Town, any_client_of: Clients, issue_id: int) -> None:
    town, url = any_town, f"/api/v1/issues/{issue_id}"
    supervisor, department = any_client_of("supervisor"), any_client_of("department_handler")
    supervisor.post(f"{url}/escalate", json={"department_id": town.department, "why": "x"})
    after_photo(any_service, issue_id, town.users["department_handler"])
    department.post(f"{url}/submit", json={})
    any_client_of("verifier").post(f"{url}/return", json={"why": "未清"})
    issue = supervisor.post(f"{url}/dispatch", json={"unit_id": town.west}).json()
    assert (issue["department"], issue["department_deadline"], issue["unit"]["name"]) == (None, None, "西村")
    assert issue["history"][-1]["detail"]["from_department"] == "综合执法局"

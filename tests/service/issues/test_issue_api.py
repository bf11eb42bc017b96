"""Issues over HTTP: from a report by hand to the strike-off, changes with old and new values, and what is refused."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from service.domain.lifecycle import State
from service.state import Service
from service.store.base import now
from service.store.deadlines import default_rules
from service.store.people import User
from service.store.photos import Photo
from tests.service.issues.setting import after_photo, pile, queued_after_photo
from tests.service.records import store_photo
from tests.service.town import Town
from vision.datasets.scenes import SceneKind, draw_scene

Clients = Callable[[str], TestClient]


def add(service: Service, town: Town, state: State = State.PENDING_DISPATCH, **columns: Any) -> int:
    with service.database.write() as session:
        return pile(session, town, state, **columns).id


def test_from_dispatch_to_strike_off(any_service: Service, any_town: Town, any_client_of: Clients) -> None:
    town = any_town
    with any_service.database.write() as session:
        session.add_all(default_rules())
    url = f"/api/v1/issues/{add(any_service, town)}"
    issue_id = int(url.rsplit("/", 1)[1])
    supervisor, handler, verifier = (any_client_of(name) for name in ("supervisor", "east_handler", "verifier"))

    sent = {"unit_id": town.east, "handler_id": town.users["east_handler"], "measure": "当日清运"}
    issue = supervisor.post(f"{url}/dispatch", json=sent).json()
    assert (issue["state"], issue["unit"]["name"], issue["handler"]["name"]) == (
        "in_progress",
        "东门社区",
        "east_handler",
    )
    assert datetime.fromisoformat(issue["deadline"]) > now()
    assert handler.get(url).json()["possible"] == []  # no photo of the place yet
    assert handler.post(f"{url}/submit", json={}).json()["code"] == "after_photo_missing"

    after_photo(any_service, issue_id, town.users["east_handler"])
    assert handler.get(url).json()["possible"] == ["submit"]
    assert handler.post(f"{url}/submit", json={"note": "已清运"}).json()["state"] == "pending_verification"
    assert verifier.post(f"{url}/return", json={"why": " "}).json()["code"] == "reason_missing"
    issue = verifier.post(f"{url}/return", json={"why": "墙角仍有残留"}).json()
    assert (issue["state"], issue["returns"], issue["submitted"]) == ("returned", 1, None)
    # What was photographed before the return no longer counts.
    assert handler.post(f"{url}/submit", json={}).json()["code"] == "after_photo_missing"

    after_photo(any_service, issue_id, town.users["east_handler"], seed=8)
    handler.post(f"{url}/submit", json={"note": "已复清"})
    issue = verifier.post(f"{url}/close", json={"note": "现场干净"}).json()
    assert (issue["state"], issue["possible"]) == ("closed", [])
    assert issue["ended"]
    steps = [(entry["action"], entry["user_name"], entry["why"]) for entry in issue["history"] if entry["to_state"]]
    assert steps == [
        ("dispatch", "supervisor", ""),
        ("submit", "east_handler", "已清运"),
        ("return", "verifier", "墙角仍有残留"),
        ("submit", "east_handler", "已复清"),
        ("close", "verifier", "现场干净"),
    ]
    assert issue["history"][-1]["detail"]["detector"] == "gone"
    assert supervisor.post(f"{url}/cancel", json={"why": "错"}).json()["code"] == "state"


def test_photo_still_waiting(any_service: Service, any_town: Town, any_client_of: Clients) -> None:
    issue_id = add(any_service, any_town, State.IN_PROGRESS)
    url, handler = f"/api/v1/issues/{issue_id}", any_client_of("east_handler")
    photo_id = queued_after_photo(any_service, issue_id, any_town.users["east_handler"])
    for seed in (7, 8):  # alone, and beside one that was looked at
        answer = handler.post(f"{url}/submit", json={})
        assert (answer.status_code, answer.json()["message"]) == (409, "照片正在识别，请稍候")
        after_photo(any_service, issue_id, any_town.users["east_handler"], seed)
    assert handler.get(url).json()["waiting_photos"] == 1
    assert handler.get(url).json()["state"] == "in_progress"
    with any_service.database.write() as session:
        session.execute(update(Photo).where(Photo.id == photo_id).values(state="parked"))
    assert handler.post(f"{url}/submit", json={}).json()["state"] == "pending_verification"


def test_handler_cannot_verify_in_another_role(any_service: Service, any_town: Town, any_client_of: Clients) -> None:
    issue_id = add(any_service, any_town, State.IN_PROGRESS)
    url, person = f"/api/v1/issues/{issue_id}", any_client_of("east_handler")
    after_photo(any_service, issue_id, any_town.users["east_handler"])
    person.post(f"{url}/submit", json={})
    with any_service.database.write() as session:
        session.get_one(User, any_town.users["east_handler"]).role = "supervisor"
    for step, body in (("close", {}), ("return", {"why": "不行"})):
        answer = person.post(f"{url}/{step}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "handler_cannot_verify")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"unit_id": 999}, 422, "unit_unknown"),
        ({"handler_id": "west_handler"}, 422, "not_a_handler"),
        ({"handler_id": "east_verifier"}, 422, "not_a_handler"),
        ({"deadline": "2020-01-01T00:00:00Z"}, 422, "deadline_odd"),
        ({"deadline": "2999-01-01T00:00:00Z"}, 422, "deadline_odd"),
        ({"deadline": "2026-12-01T10:00:00"}, 422, "wrong_request"),
        ({"measure": "a\x00b"}, 422, "wrong_request"),
        ({"unit_id": 2**70}, 422, "wrong_request"),
        ({"state": "closed"}, 422, "wrong_request"),
    ],
)
def test_refused_dispatch(
    service: Service, town: Town, client_of: Clients, change: dict[str, Any], status: int, code: str
) -> None:
    issue_id = add(service, town)
    change = {name: town.users.get(value, value) if name == "handler_id" else value for name, value in change.items()}
    answer = client_of("supervisor").post(f"/api/v1/issues/{issue_id}/dispatch", json={"unit_id": town.east} | change)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    issue = client_of("supervisor").get(f"/api/v1/issues/{issue_id}").json()
    assert (issue["state"], issue["history"]) == ("pending_dispatch", [])


def test_inactive_handler(service: Service, town: Town, client_of: Clients) -> None:
    issue_id = add(service, town)
    with service.database.write() as session:
        session.get_one(User, town.users["east_handler"]).is_active = False
    sent = {"unit_id": town.east, "handler_id": town.users["east_handler"]}
    answer = client_of("admin").post(f"/api/v1/issues/{issue_id}/dispatch", json=sent)
    assert answer.json()["code"] == "not_a_handler"


def test_own_deadline(service: Service, town: Town, client_of: Clients) -> None:
    wanted = (datetime.now(UTC) + timedelta(days=9)).replace(microsecond=0)
    sent = {"unit_id": town.east, "deadline": wanted.isoformat()}
    issue = client_of("admin").post(f"/api/v1/issues/{add(service, town)}/dispatch", json=sent).json()
    assert datetime.fromisoformat(issue["deadline"]) == wanted


def test_changes_are_noted(any_service: Service, any_town: Town, any_client_of: Clients) -> None:
    town, supervisor = any_town, any_client_of("supervisor")
    handler_id, deadline = town.users["east_handler"], now() + timedelta(hours=5)
    columns = {"handler_id": handler_id, "deadline": deadline, "address": "东门路"}
    url = f"/api/v1/issues/{add(any_service, town, State.IN_PROGRESS, **columns)}"
    assert supervisor.patch(url, json={"unit_id": town.west}).json()["code"] == "reason_missing"
    later = deadline + timedelta(days=1)
    sent = {"unit_id": town.west, "address": "西门路", "deadline": later.isoformat(), "why": "属西村地界"}
    issue = supervisor.patch(url, json=sent).json()
    assert (issue["unit"]["name"], issue["handler"], issue["address"]) == ("西村", None, "西门路")
    entry = issue["history"][-1]
    assert (entry["action"], entry["why"], entry["user_name"]) == ("change", "属西村地界", "supervisor")
    assert entry["detail"]["changes"] == {
        "address": ["东门路", "西门路"],
        "unit": ["东门社区", "西村"],
        "handler": ["east_handler", None],
        "deadline": [deadline.isoformat(), later.isoformat()],
    }
    again = supervisor.patch(url, json={"address": "西门路"}).json()
    assert len(again["history"]) == len(issue["history"])  # nothing changed, nothing noted
    assert supervisor.patch(url, json={"handler_id": handler_id}).json()["code"] == "not_a_handler"
    named = supervisor.patch(url, json={"handler_id": town.users["west_handler"]}).json()
    assert named["handler"]["name"] == "west_handler"
    assert supervisor.patch(url, json={"handler_id": None}).json()["handler"] is None
    assert any_client_of("east_handler").patch(url, json={"address": "x"}).status_code == 403


def test_ended_ones_stay(service: Service, town: Town, client_of: Clients) -> None:
    url = f"/api/v1/issues/{add(service, town, State.CLOSED)}"
    assert client_of("admin").patch(url, json={"address": "x"}).json()["code"] == "state"


def test_reported_by_hand(any_service: Service, any_town: Town, any_client_of: Clients) -> None:
    town, reporter = any_town, any_client_of("west_reporter")
    image = draw_scene(seed=3, kind=SceneKind.GARBAGE_HEAP, size=(320, 240))[0]
    boxes = [{"category": "garbage_pile", "score": 0.7, "box": [1, 2, 30, 40]}]
    photo_id = store_photo(any_service, image, town.users["west_reporter"], boxes=boxes)
    sent = {"category": "garbage_pile", "description": "装修垃圾", "latitude": 30.005, "longitude": 120.005}
    answer = reporter.post("/api/v1/issues", json=sent | {"photo_ids": [photo_id]})
    issue = answer.json()
    assert (answer.status_code, issue["state"], issue["code"]) == (201, "suspected", "06010")
    assert (issue["grid"]["name"], issue["unit"]["name"]) == ("东门社区一网格", "东门社区")
    assert (issue["reporter"]["name"], issue["confidence"]) == ("west_reporter", 0.7)
    assert [item["boxes"] for item in issue["evidence"]] == [boxes]
    assert [entry["action"] for entry in issue["history"]] == ["report"]
    assert reporter.get(f"/api/v1/issues/{issue['id']}").status_code == 200  # elsewhere, but theirs
    assert any_client_of("west_handler").get(f"/api/v1/issues/{issue['id']}").status_code == 404
    by_site = any_client_of("east_reporter").post(
        "/api/v1/issues", json={"category": "litter", "site_id": town.east_site}
    )
    assert (by_site.json()["address"], by_site.json()["unit"]["name"]) == ("东门农贸市场", "东门社区")
    stolen = any_client_of("east_reporter").post("/api/v1/issues", json=sent | {"photo_ids": [photo_id]})
    assert (stolen.status_code, stolen.json()["code"]) == (403, "not_your_photo")


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"category": "bin", "address": "路口"}, "category_unknown"),
        ({"category": "litter"}, "place_missing"),
        ({"category": "litter", "latitude": 30.0}, "point_incomplete"),
        ({"category": "litter", "site_id": 999}, "place_unknown"),
        ({"category": "litter", "latitude": 91, "longitude": 0}, "wrong_request"),
        ({"category": "litter", "address": "x", "severity": 4}, "wrong_request"),
    ],
)
def test_refused_reports(client_of: Clients, sent: dict[str, Any], code: str) -> None:
    answer = client_of("east_reporter").post("/api/v1/issues", json=sent)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize(
    "step", ["dispatch", "submit", "close", "return", "escalate", "department-answer", "cancel", ""]
)
def test_foreign_issues_are_unknown(service: Service, town: Town, client_of: Clients, step: str) -> None:
    issue_id = add(service, town)
    bodies = {"dispatch": {"unit_id": town.west}, "escalate": {"department_id": town.department, "why": "x"}}
    body = bodies.get(
        step, {"text": "x"} if step == "department-answer" else {"why": "x"} if step in ("return", "cancel") else {}
    )
    with service.database.write() as session:
        session.get_one(User, town.users["west_handler"]).role = "supervisor"
    for name in ("west_handler", "department_handler"):
        client = client_of(name)
        path = f"/api/v1/issues/{issue_id}"
        answer = client.post(f"{path}/{step}", json=body) if step else client.get(path)
        assert answer.status_code in (403, 404), answer.text
        assert client.get(f"/issues/{issue_id}").status_code == 404
        assert client.get(f"/issues/{issue_id}/sheet").status_code == 404

"""The queue of suspected issues, and verdicts on them."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from service.domain.lifecycle import State
from service.state import Service
from service.store.issues import HistoryEntry, Issue
from service.store.messages import OutboxEvent
from tests.service.records import add_issue
from tests.service.review.suspects import suspect
from tests.service.town import Town

Client = Callable[[str], TestClient]


def test_oldest_first_in_pages(any_service: Service, any_town: Town, any_client_of: Client) -> None:
    ids = [suspect(any_service, any_town, seed, hours_ago=hours).id for seed, hours in ((1, 1), (2, 5), (3, 3))]
    client = any_client_of("verifier")
    first = client.get("/api/v1/review?limit=2").json()
    assert [issue["id"] for issue in first["issues"]] == [ids[1], ids[2]]
    assert (first["left"], first["next"]) == (3, ids[2])
    # The page goes on where it ended, even if that issue was decided meanwhile.
    assert client.post(f"/api/v1/issues/{ids[2]}/confirm", json={}).status_code == 200
    second = client.get(f"/api/v1/review?limit=2&after={ids[2]}").json()
    assert [issue["id"] for issue in second["issues"]] == [ids[0]]
    assert (second["left"], second["next"]) == (2, None)


def test_what_is_shown(any_service: Service, any_town: Town, any_client_of: Client) -> None:
    issue = suspect(any_service, any_town, confidence=0.7, site_id=any_town.east_site, code_name="暴露垃圾")
    with any_service.database.write() as session:
        same_site = add_issue(session, any_town, site_id=any_town.east_site, state=State.IN_PROGRESS)
        other = add_issue(session, any_town, category="litter")
        add_issue(session, any_town, state=State.CLOSED)
        add_issue(session, any_town, grid_id=any_town.west_cell, unit_id=any_town.west)
    shown = any_client_of("east_verifier").get("/api/v1/review").json()["issues"][0]
    assert shown["id"] == issue.id
    assert (shown["site"], shown["unit"], shown["confidence"]) == ("东门农贸市场", "东门社区", 0.7)
    assert shown["evidence"][0]["boxes"] == [{"category": "garbage_pile", "score": 0.8, "box": [100, 100, 300, 260]}]
    assert (shown["evidence"][0]["width"], shown["evidence"][0]["height"]) == (640, 480)
    assert [found["id"] for found in shown["duplicates"]] == [same_site.id, other.id]
    assert [found["is_same_site"] for found in shown["duplicates"]] == [True, False]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("category=litter", {"litter"}),
        ("unit={west}", {"west"}),
        ("unit={office}", {"sure", "litter", "west"}),
        ("grid={east_cell}", {"sure", "litter"}),
        ("grid={area}", {"sure", "litter", "west"}),
        ("least=0.9", {"sure"}),
        ("most=0.5&category=litter", {"litter"}),
        ("least=0.4&most=0.5", {"litter", "west"}),
    ],
)
def test_filters(any_service: Service, any_town: Town, any_client_of: Client, query: str, expected: set[str]) -> None:
    with any_service.database.write() as session:
        add_issue(session, any_town, confidence=0.95, description="sure")
        add_issue(session, any_town, confidence=0.4, category="litter", description="litter")
        add_issue(
            session, any_town, confidence=0.5, description="west", unit_id=any_town.west, grid_id=any_town.west_cell
        )
    places = {"west": any_town.west, "office": any_town.office, "east_cell": any_town.east_cell, "area": 1}
    answer = any_client_of("supervisor").get(f"/api/v1/review?{query.format(**places)}").json()
    assert {issue["description"] for issue in answer["issues"]} == expected
    assert answer["left"] == len(expected)


def test_units_see_their_own(service: Service, town: Town, client_of: Client) -> None:
    foreign = suspect(service, town, unit_id=town.west, grid_id=town.west_cell)
    client = client_of("east_verifier")
    assert client.get("/api/v1/review").json()["issues"] == []
    assert client.get(f"/api/v1/review?after={foreign.id}").status_code == 404
    for method, path, body in [
        ("POST", "confirm", {}),
        ("POST", "reject", {"reason": "duplicate"}),
        ("POST", "merge", {"into": 999}),
        ("PATCH", "category", {"category": "litter"}),
        ("PUT", "evidence/1/boxes", {"boxes": []}),
    ]:
        answer = client.request(method, f"/api/v1/issues/{foreign.id}/{path}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
        assert (
            client_of("west_handler").request(method, f"/api/v1/issues/{foreign.id}/{path}", json=body).status_code
            == 403
        ), path


def test_one_may_see_what_one_reported_but_not_decide_it(service: Service, town: Town, client_of: Client) -> None:
    foreign = suspect(service, town, unit_id=town.west, reporter_id=town.users["east_verifier"])
    client = client_of("east_verifier")
    assert client.get("/api/v1/review").json()["left"] == 1
    for method, path, body in [
        ("POST", "confirm", {}),
        ("PATCH", "category", {"category": "litter"}),
        ("PUT", f"evidence/{foreign.id}/boxes", {"boxes": []}),
    ]:
        answer = client.request(method, f"/api/v1/issues/{foreign.id}/{path}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "unit"), path


def test_confirm(any_service: Service, any_town: Town, any_client_of: Client) -> None:
    issue = suspect(any_service, any_town)
    client = any_client_of("verifier")
    answer = client.post(f"/api/v1/issues/{issue.id}/confirm", json={"severity": 3, "note": "很大一堆"})
    assert (answer.json()["state"], answer.json()["severity"]) == ("pending_dispatch", 3)
    again = client.post(f"/api/v1/issues/{issue.id}/confirm", json={})
    assert (again.status_code, again.json()["message"]) == (409, "案件处于“待派单”，不能“立案”")
    with any_service.database.read() as session:
        (entry,) = session.scalars(select(HistoryEntry))
        assert (entry.action, entry.why, entry.user_name) == ("confirm", "很大一堆", "verifier")
        assert session.scalars(select(OutboxEvent.event)).all() == ["issue.confirm"]


@pytest.mark.parametrize(("reason", "is_negative"), [("no_such_thing", True), ("private_ground", False)])
def test_reject(any_service: Service, any_town: Town, any_client_of: Client, reason: str, is_negative: bool) -> None:
    issue = suspect(any_service, any_town)
    path = f"/api/v1/issues/{issue.id}/reject"
    answer = any_client_of("verifier").post(path, json={"reason": reason, "why": "落叶"})
    assert (answer.json()["state"], answer.json()["is_hard_negative"]) == ("cancelled", is_negative)
    with any_service.database.read() as session:
        (entry,) = session.scalars(select(HistoryEntry))
        assert entry.detail == {"reason": reason}
        assert entry.why.endswith("；落叶")
        assert session.get_one(Issue, issue.id).ended is not None


def test_category_renews_code_and_labels(service: Service, town: Town, client_of: Client) -> None:
    issue = suspect(service, town, code="06010")
    answer = client_of("verifier").patch(f"/api/v1/issues/{issue.id}/category", json={"category": "illegal_posting"})
    assert (answer.json()["category"], answer.json()["code"], answer.json()["code_name"]) == (
        "illegal_posting",
        "07001",
        "非法小广告",
    )
    with service.database.read() as session:
        changed = session.get_one(Issue, issue.id)
        (evidence,) = changed.evidence
        assert evidence.corrected == [{"category": "illegal_posting", "score": 1.0, "box": [100, 100, 300, 260]}]
        assert evidence.boxes[0]["category"] == "garbage_pile"
        assert changed.history[0].detail == {"from": "garbage_pile", "to": "illegal_posting"}


def test_category_is_fixed_after_dispatch(service: Service, town: Town, client_of: Client) -> None:
    issue = suspect(service, town, state=State.IN_PROGRESS)
    answer = client_of("verifier").patch(f"/api/v1/issues/{issue.id}/category", json={"category": "litter"})
    assert (answer.status_code, answer.json()["message"]) == (409, "案件处于“处理中”，不能再改类别")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("confirm", {"severity": 4}),
        ("confirm", {"category": "bin"}),
        ("confirm", {"note": "a\x00b"}),
        ("reject", {}),
        ("reject", {"reason": "because"}),
        ("merge", {"into": 2**40}),
        ("confirm", {"surplus": 1}),
    ],
)
def test_wrong_requests(service: Service, town: Town, client_of: Client, path: str, body: dict[str, object]) -> None:
    issue = suspect(service, town)
    assert client_of("verifier").post(f"/api/v1/issues/{issue.id}/{path}", json=body).status_code == 422

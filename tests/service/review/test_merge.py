"""Two issues that tell of one problem."""

import threading
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from service.domain.lifecycle import State
from service.state import Service
from service.store.issues import HistoryEntry, Issue
from tests.service.review.suspects import suspect
from tests.service.town import Town

Client = Callable[[str], TestClient]


def test_evidence_moves(any_service: Service, any_town: Town, any_client_of: Client) -> None:
    target = suspect(any_service, any_town, 1, hours_ago=5, state=State.IN_PROGRESS, confidence=0.5)
    issue = suspect(any_service, any_town, 2, hours_ago=1, severity=3, presence="unclear")
    answer = any_client_of("verifier").post(
        f"/api/v1/issues/{issue.id}/merge", json={"into": target.id, "why": "同一堆"}
    )
    assert (answer.status_code, answer.json()["merged_into_id"]) == (200, target.id)
    with any_service.database.read() as session:
        merged, kept = session.get_one(Issue, issue.id), session.get_one(Issue, target.id)
        assert (merged.state, merged.evidence) == (State.CANCELLED, [])
        assert [(evidence.kind, evidence.issue_id) for evidence in kept.evidence] == [
            ("first", target.id),
            ("again", target.id),
        ]
        assert (kept.state, kept.confidence, kept.severity, kept.presence) == (State.IN_PROGRESS, 0.8, 3, "unclear")
        assert (kept.found, kept.last_seen) == (target.found, issue.last_seen)
        told = {entry.issue_id: (entry.action, entry.detail) for entry in session.scalars(select(HistoryEntry))}
        assert told[issue.id] == ("merge", {"into": target.id})
        assert told[target.id] == ("merged", {"from": issue.id, "evidence": [kept.evidence[1].id]})


@pytest.mark.parametrize("state", [State.CLOSED, State.CANCELLED])
def test_ended_targets_take_nothing_in(service: Service, town: Town, client_of: Client, state: State) -> None:
    target, issue = suspect(service, town, 1, state=state), suspect(service, town, 2)
    answer = client_of("verifier").post(f"/api/v1/issues/{issue.id}/merge", json={"into": target.id})
    assert (answer.status_code, answer.json()["code"]) == (409, "merge_target")


def test_no_circles(service: Service, town: Town, client_of: Client) -> None:
    first, second = suspect(service, town, 1), suspect(service, town, 2)
    client = client_of("verifier")
    assert client.post(f"/api/v1/issues/{first.id}/merge", json={"into": first.id}).json()["code"] == "merge_itself"
    assert client.post(f"/api/v1/issues/{first.id}/merge", json={"into": second.id}).status_code == 200
    back = client.post(f"/api/v1/issues/{second.id}/merge", json={"into": first.id})
    assert (back.status_code, back.json()["code"]) == (409, "merge_target")


def test_foreign_targets(service: Service, town: Town, client_of: Client) -> None:
    issue = suspect(service, town, 1)
    hidden = suspect(service, town, 2, unit_id=town.west)
    reported = suspect(service, town, 3, unit_id=town.west, reporter_id=town.users["east_verifier"])
    client = client_of("east_verifier")
    assert client.post(f"/api/v1/issues/{issue.id}/merge", json={"into": hidden.id}).status_code == 404
    assert client.post(f"/api/v1/issues/{issue.id}/merge", json={"into": reported.id}).json()["code"] == "unit"


def test_two_people_merge_crosswise(any_service: Service, any_town: Town, any_client_of: Client) -> None:
    pair = [suspect(any_service, any_town, 1).id, suspect(any_service, any_town, 2).id]
    start, statuses = threading.Barrier(2), []

    def merge(issue: int, into: int) -> None:
        client = any_client_of("verifier")
        start.wait()
        statuses.append(client.post(f"/api/v1/issues/{issue}/merge", json={"into": into}).status_code)

    threads = [threading.Thread(target=merge, args=ids) for ids in (pair, pair[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(statuses) == [200, 409]
    with any_service.database.read() as session:
        states = sorted(session.scalars(select(Issue.state)))
        assert states == [State.CANCELLED, State.SUSPECTED]

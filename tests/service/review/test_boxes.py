"""Boxes that a person corrects."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from service.state import Service
from service.store.issues import Evidence, Issue
from tests.service.review.suspects import suspect
from tests.service.town import Town

Client = Callable[[str], TestClient]


def test_correcting(any_service: Service, any_town: Town, any_client_of: Client) -> None:
    issue = suspect(any_service, any_town)
    drawn = [{"category": "garbage_pile", "box": [0, 0, 640, 480]}, {"category": "litter", "box": [1.5, 2, 30, 40]}]
    client = any_client_of("verifier")
    answer = client.put(f"/api/v1/issues/{issue.id}/evidence/{issue.id}/boxes", json={"boxes": drawn})
    assert answer.json()["is_corrected"]
    assert [(box["category"], box["score"]) for box in answer.json()["boxes"]] == [("garbage_pile", 1), ("litter", 1)]
    with any_service.database.read() as session:
        (evidence,) = session.get_one(Issue, issue.id).evidence
        assert evidence.corrected_by_id == any_town.users["verifier"]
        assert len(evidence.boxes) == 1  # what the detector said is kept
        entry = session.get_one(Issue, issue.id).history[0]
        assert (entry.action, entry.detail) == ("boxes", {"evidence": evidence.id, "before": 1, "after": 2})
    shown = client.get("/api/v1/review").json()["issues"][0]["evidence"][0]
    assert (shown["is_corrected"], len(shown["boxes"])) == (True, 2)


@pytest.mark.parametrize(
    ("corners", "code"),
    [
        ([0, 0, 641, 480], "box_outside"),
        ([0, 0, 640, 480.5], "box_outside"),
        ([30, 0, 30, 40], "box_outside"),
        ([30, 50, 60, 40], "box_outside"),
        ([-1, 0, 60, 40], "wrong_request"),
        ([0, 0, 1e300, 40], "wrong_request"),
        ([0, 0, 60], "wrong_request"),
    ],
)
def test_wrong_boxes(service: Service, town: Town, client_of: Client, corners: list[float], code: str) -> None:
    issue = suspect(service, town)
    boxes = [{"category": "litter", "box": [1, 1, 2, 2]}, {"category": "litter", "box": corners}]
    path = f"/api/v1/issues/{issue.id}/evidence/{issue.id}/boxes"
    answer = client_of("verifier").put(path, json={"boxes": boxes})
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    if code == "box_outside":
        assert answer.json()["message"] == "第 2 个框须在 640×480 的照片内，且左上角在右下角之前"


def test_evidence_of_another_issue(service: Service, town: Town, client_of: Client) -> None:
    own, other = suspect(service, town, 1), suspect(service, town, 2)
    with service.database.read() as session:
        foreign = session.get_one(Issue, other.id).evidence[0].id
    answer = client_of("verifier").put(f"/api/v1/issues/{own.id}/evidence/{foreign}/boxes", json={"boxes": []})
    assert answer.status_code == 404
    with service.database.read() as session:
        assert session.get_one(Evidence, foreign).corrected is None

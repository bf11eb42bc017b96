"""Lists and details of photos, rates, places to choose from."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from service.api.app import create_app
from service.settings import Settings
from service.state import Service
from service.store.base import now
from service.store.issues import Evidence, Issue
from service.store.photos import Photo, PhotoState
from tests.service.conftest import opened
from tests.service.intake.sending import jpeg, send
from tests.service.town import Town, build_town

Client = Callable[[str], TestClient]


def small(tmp_path: Path, **settings: object) -> TestClient:
    """Return a client of a service with other settings."""
    service = opened(Settings(data=tmp_path / "data", workers=0).model_copy(update=settings))
    with service.database.write() as session:
        town = build_town(session)
    headers = {"Authorization": f"Bearer {town.tokens['east_reporter']}"}
    return TestClient(create_app(service), headers=headers)


def test_several_files_each_with_its_own_answer(client_of: Client) -> None:
    answer = send(client_of("east_reporter"), jpeg(1), ("a.pdf", b"%PDF-1.7"), jpeg(1), ("b.jpg", b""))
    files = answer.json()["files"]
    assert answer.status_code == 202
    assert [(file["name"], file["outcome"], file["code"]) for file in files] == [
        ("0.jpg", "accepted", None),
        ("a.pdf", "refused", "not_a_photo"),
        ("2.jpg", "duplicate", None),
        ("b.jpg", "refused", "empty"),
    ]
    assert "PDF" in files[1]["message"]
    mixed = send(client_of("east_reporter"), ("a.pdf", b"%PDF-1.7"), ("b.jpg", b""))
    assert (mixed.status_code, mixed.json()["code"]) == (422, "not_a_photo")


def test_english(client_of: Client) -> None:
    client = client_of("east_reporter")
    client.cookies.set("cleanlane_language", "en", domain="testserver.local")
    assert "only photos are taken" in send(client, b"GARBAGE").json()["message"]


def test_nobody_uploads_unseen(client_of: Client) -> None:
    assert send(client_of(""), jpeg(1)).status_code == 401


def test_list_and_details(any_service: Service, any_town: Town, any_client_of: Client) -> None:
    reporter, other = any_client_of("east_reporter"), any_client_of("west_reporter")
    sent = send(reporter, *(jpeg(seed) for seed in range(5)), site_id=any_town.east_site).json()["files"]
    ids = sorted(file["id"] for file in sent)
    box = {"category": "garbage_pile", "score": 0.9, "box": [1, 1, 20, 20]}
    with any_service.database.write() as session:
        photo = session.get_one(Photo, ids[0])
        photo.state, photo.boxes, photo.finished = PhotoState.DONE, [box], now()
        photo.received = now() - timedelta(days=2)
        issues = [Issue(category="garbage_pile", unit_id=unit) for unit in (any_town.east, any_town.west)]
        session.add_all(issues)
        session.flush()
        session.add_all(Evidence(issue_id=issue.id, photo_id=ids[0], kind="first") for issue in issues)
        east_issue, west_issue = (issue.id for issue in issues)
    first = reporter.get("/api/v1/photos", params={"size": 2}).json()
    assert ([photo["id"] for photo in first["photos"]], first["next_page"]) == ([ids[4], ids[3]], 2)
    last = reporter.get("/api/v1/photos", params={"size": 2, "page": 3}).json()
    assert ([photo["id"] for photo in last["photos"]], last["next_page"]) == ([ids[0]], None)
    listed = reporter.get("/api/v1/photos", params={"state": "done"}).json()["photos"]
    assert [photo["id"] for photo in listed] == [ids[0]]
    since = (now() - timedelta(days=1)).isoformat()
    assert len(reporter.get("/api/v1/photos", params={"since": since, "purpose": "inspection"}).json()["photos"]) == 4
    assert [photo["id"] for photo in other.get("/api/v1/photos").json()["photos"]] == [ids[0]]  # evidence of theirs
    assert other.get("/api/v1/photos", params={"mine": True}).json()["photos"] == []
    details = reporter.get(f"/api/v1/photos/{ids[0]}").json()
    assert (details["site"], details["boxes"], details["issues"]) == ("东门农贸市场", [box], [east_issue])
    assert other.get(f"/api/v1/photos/{ids[0]}").json()["issues"] == [west_issue]
    assert other.get(f"/api/v1/photos/{ids[1]}").status_code == 404


@pytest.mark.parametrize(
    "query", ["size=201", "page=0", "page=99999999999", "state=x", "since=yesterday", "since=2026-01-01T00:00:00"]
)
def test_wrong_filters(client_of: Client, query: str) -> None:
    assert client_of("admin").get(f"/api/v1/photos?{query}").status_code == 422


def test_rate(tmp_path: Path) -> None:
    client = small(tmp_path, upload_rate="3/minute")
    first = send(client, *(jpeg(seed) for seed in range(4)), key="k")
    assert [file["code"] for file in first.json()["files"]] == [None, None, None, "too_many_photos"]
    refused = send(client, jpeg(9))
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_photos")
    assert 0 < int(refused.headers["retry-after"]) <= 60


def test_large_files(tmp_path: Path) -> None:
    client = small(tmp_path, max_photo_bytes=20_000, max_photos_per_request=3)
    large = jpeg(1) + bytes(20_000)
    answer = send(client, large, jpeg(2))
    assert [file["code"] for file in answer.json()["files"]] == ["too_large", None]
    assert send(client, large).status_code == 413
    endless = send(client, jpeg(1) + bytes(60_000), jpeg(3))
    assert (endless.status_code, endless.json()["code"]) == (413, "too_large")
    many = send(client, *(jpeg(seed) for seed in range(4)))
    assert (many.status_code, many.json()["code"]) == (413, "too_many_files")
    assert list((tmp_path / "data" / "photos" / ".incoming").iterdir()) == []


def test_places(any_town: Town, any_client_of: Client) -> None:
    client = any_client_of("east_reporter")

    def found(q: str) -> list[tuple[str, str]]:
        return [
            (place["kind"], place["name"]) for place in client.get("/api/v1/places", params={"q": q}).json()["places"]
        ]

    assert found("东门") == [("site", "东门农贸市场"), ("grid", "东门社区一网格")]
    assert found("330100010001") == [("grid", "西村一网格")]
    assert found("%") == []
    page = client.get("/api/v1/places", params={"size": 1, "page": 2}).json()
    assert (len(page["places"]), page["next_page"]) == (1, 3)
    assert client.get("/api/v1/places", params={"q": "a\x00"}).status_code == 422

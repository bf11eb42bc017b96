"""What is stored of a photo, and what is refused."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pillow_heif
import pytest
from fastapi.testclient import TestClient

from service.state import Service
from service.store.base import now
from service.store.issues import Evidence, Issue
from service.store.photos import Photo, PhotoState, Purpose
from tests.service.intake.sending import exif_of, jpeg, send
from tests.service.town import Town
from vision.images import NDArrayImage

Client = Callable[[str], TestClient]


def stored(service: Service, photo_id: int) -> Photo:
    with service.database.read() as session:
        return session.get_one(Photo, photo_id)


def sent_id(answer: object) -> int:
    photo_id: int = answer.json()["files"][0]["id"]  # type: ignore[attr-defined]
    return photo_id


def incoming(service: Service) -> list[Path]:
    return list(service.photos.incoming().iterdir())


def test_photo_is_stored_and_queued(any_service: Service, any_town: Town, any_client_of: Client) -> None:
    exif = exif_of("2026:05:18 08:12:03", 30.005, 120.005)
    data = jpeg(1, exif=exif)
    answer = send(any_client_of("east_reporter"), ("垃圾.jpg", data), note=" 桶边 ")
    assert answer.status_code == 202
    photo = stored(any_service, sent_id(answer))
    assert any_service.photos.read(photo.sha256) == data
    assert (photo.name, photo.content_type, photo.byte_count) == ("垃圾.jpg", "image/jpeg", len(data))
    assert (photo.width, photo.height, photo.state, photo.purpose) == (64, 48, "queued", "inspection")
    assert photo.captured == datetime(2026, 5, 18, 0, 12, 3, tzinfo=UTC)  # the town's zone is assumed
    assert (photo.latitude, photo.longitude, photo.datum) == (30.005, 120.005, "WGS-84")
    assert (photo.grid_id, photo.reporter_id) == (any_town.east_cell, any_town.users["east_reporter"])
    assert (photo.note, photo.issue_id, photo.given) == ("桶边", None, None)
    assert incoming(any_service) == []


@pytest.mark.parametrize(
    ("file_format", "kind"), [("HEIF", "image/heic"), ("PNG", "image/png"), ("WEBP", "image/webp")]
)
def test_other_formats(
    service: Service, client_of: Client, street: NDArrayImage, encode: Callable[..., bytes], file_format: str, kind: str
) -> None:
    pillow_heif.register_heif_opener()
    answer = send(client_of("east_reporter"), ("photo.jpg", encode(street, file_format)))
    photo = stored(service, sent_id(answer))
    assert (photo.content_type, photo.width, photo.height) == (kind, 640, 480)


def test_the_cameras_point_comes_first(service: Service, town: Town, client_of: Client) -> None:
    """Then the form's, then the site's."""
    reporter = client_of("east_reporter")
    west: dict[str, Any] = {"latitude": 30.005, "longitude": 120.015}
    form = stored(service, sent_id(send(reporter, jpeg(1), site_id=town.east_site, **west)))
    assert (form.longitude, form.grid_id, form.site_id) == (120.015, town.west_cell, town.east_site)
    own = stored(service, sent_id(send(reporter, jpeg(2, exif=exif_of("", 30.005, 120.005)), **west)))
    assert (own.longitude, own.grid_id) == (120.005, town.east_cell)
    site = stored(service, sent_id(send(reporter, jpeg(3), site_id=town.east_site)))
    assert (site.longitude, site.grid_id) == (120.005, town.east_cell)
    grid = stored(service, sent_id(send(reporter, jpeg(4), site_id=town.east_site, grid_id=town.west_cell)))
    assert (grid.longitude, grid.grid_id) == (120.005, town.west_cell)
    foreign = stored(service, sent_id(send(reporter, jpeg(5, exif=exif_of("", 10.0, 20.0, "TOKYO")), **west)))
    assert (foreign.longitude, foreign.datum) == (120.015, "WGS-84")  # a point in an unknown datum is none


def test_same_bytes_are_one_photo(any_service: Service, any_town: Town, any_client_of: Client) -> None:
    data = jpeg(1)
    reporter = any_client_of("east_reporter")
    first = sent_id(send(reporter, data))
    again = send(reporter, data, data).json()["files"]
    assert [(file["outcome"], file["duplicate"], file["id"], file["state"]) for file in again] == [
        ("duplicate", True, first, "queued")
    ] * 2
    other = send(any_client_of("west_reporter"), data)
    assert other.status_code == 202
    assert other.json()["files"][0] | {"name": ""} == {
        "name": "",
        "outcome": "duplicate",
        "duplicate": True,
        "id": first,
        "state": None,  # not theirs to know
        "code": None,
        "message": None,
    }
    assert any_client_of("west_reporter").get(f"/api/v1/photos/{first}").status_code == 404
    twice = send(reporter, jpeg(2), jpeg(2)).json()["files"]
    assert [file["outcome"] for file in twice] == ["accepted", "duplicate"]
    assert twice[0]["id"] == twice[1]["id"]


def test_damaged_photo_is_accepted_for_the_worker_to_park(service: Service, client_of: Client) -> None:
    answer = send(client_of("east_reporter"), jpeg(1, size=(640, 480))[:2000])
    assert stored(service, sent_id(answer)).state == PhotoState.QUEUED


@pytest.fixture
def issue(service: Service, town: Town) -> Issue:
    """An issue of the eastern community in progress, found yesterday."""
    with service.database.write() as session:
        made = Issue(state="in_progress", category="garbage_pile", unit_id=town.east, found=now() - timedelta(days=1))
        session.add(made)
    return made


def test_after_photo(service: Service, town: Town, client_of: Client, issue: Issue) -> None:
    handler = client_of("east_handler")
    photo = stored(service, sent_id(send(handler, jpeg(1), purpose="after", issue_id=issue.id)))
    assert (photo.purpose, photo.issue_id) == (Purpose.AFTER, issue.id)
    known = send(handler, jpeg(1), purpose="after", issue_id=issue.id)
    assert (known.status_code, known.json()["code"]) == (409, "after_photo_known")
    assert "新拍摄" in known.json()["message"]
    old = jpeg(2, exif=exif_of("2020:01:01 00:00:00"))
    refused = send(handler, old, purpose="after", issue_id=issue.id)
    assert (refused.status_code, refused.json()["code"]) == (422, "after_photo_old")
    assert incoming(service) == []


@pytest.mark.parametrize(
    ("who", "state", "status", "code"),
    [
        ("east_reporter", "in_progress", 404, "not_found"),
        ("east_verifier", "in_progress", 403, "role"),
        ("west_handler", "in_progress", 404, "not_found"),
        ("east_handler", "closed", 409, "state"),
    ],
)
def test_after_photo_of_the_wrong_person_or_time(
    service: Service, client_of: Client, issue: Issue, who: str, state: str, status: int, code: str
) -> None:
    with service.database.write() as session:
        found = session.get_one(Issue, issue.id)
        found.state = state
        if who == "east_reporter":
            found.unit_id = None
    answer = send(client_of(who), jpeg(1), purpose="after", issue_id=issue.id)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"site_id": 999}, "点位"),
        ({"grid_id": 999}, "网格"),
        ({"site_id": 10**30}, "site_id"),
        ({"latitude": 30}, "latitude and longitude"),
        ({"latitude": "nan", "longitude": 1}, "latitude"),
        ({"purpose": "after"}, "issue_id"),
        ({"purpose": "event"}, "purpose"),
        ({"datum": "TOKYO"}, "datum"),
        ({"note": "a\x00b"}, "NUL"),
        ({"note": "x" * 501}, "note"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_wrong_form(client_of: Client, fields: dict[str, Any], word: str) -> None:
    answer = send(client_of("east_reporter"), jpeg(1), **fields)
    assert answer.status_code == 422
    assert word in answer.json()["message"]


def test_evidence_makes_the_earlier_photo_visible(service: Service, town: Town, client_of: Client) -> None:
    photo_id = sent_id(send(client_of("east_reporter"), jpeg(1)))
    with service.database.write() as session:
        issue = Issue(category="garbage_pile", unit_id=town.west)
        session.add(issue)
        session.flush()
        session.add(Evidence(issue_id=issue.id, photo_id=photo_id, kind="first"))
    again = send(client_of("west_reporter"), jpeg(1)).json()["files"][0]
    assert (again["id"], again["state"]) == (photo_id, "queued")

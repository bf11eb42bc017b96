"""Results of footage, as an archive and as single files."""

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from service.state import Service
from service.store.photos import Photo
from tests.service.intake.sending import archive, events_of, exif_of, jpeg
from tests.service.town import Town
from vision.footage.result import Event

Client = Callable[[str], TestClient]


def send_events(client: TestClient, files: dict[str, bytes], key: str = "", **fields: object) -> httpx2.Response:
    return client.post(
        "/api/v1/events",
        files=[("files", (name, data)) for name, data in files.items()],
        data={name: str(value) for name, value in fields.items()},
        headers={"Idempotency-Key": key} if key else {},
    )


def packed(result: dict[str, Any], frames: dict[str, bytes], folder: str = "") -> bytes:
    files = {"events.json": json.dumps(result).encode(), "clips/a.mp4": b"film", **frames}
    return archive({folder + name: data for name, data in files.items()})


def photos(service: Service) -> list[Photo]:
    with service.database.read() as session:
        return list(session.scalars(select(Photo).order_by(Photo.captured, Photo.name)))


@pytest.mark.parametrize("folder", ["", "result/"])
def test_archive(any_service: Service, any_town: Town, any_client_of: Client, folder: str) -> None:
    frames = {"frames/a.jpg": jpeg(1), "frames/b.jpg": jpeg(2)}
    data = packed(events_of(*frames, place=(30.005, 120.015)), frames, folder)
    client = any_client_of("east_reporter")
    answer = send_events(client, {"result.zip": data})
    assert answer.status_code == 202
    assert [(file["name"], file["outcome"]) for file in answer.json()["files"]] == [
        ("000000000000", "accepted"),
        ("000000000001", "accepted"),
    ]
    first, second = photos(any_service)
    assert (first.name, first.purpose, first.state) == ("a.jpg", "event", "queued")
    assert (first.grid_id, first.longitude) == (any_town.west_cell, 120.015)
    assert first.captured is not None
    assert first.captured.isoformat() == "2026-05-18T00:00:01+00:00"
    assert Event.model_validate_json(json.dumps(first.given)).id == "000000000000"
    assert any_service.photos.read(second.sha256) == frames["frames/b.jpg"]
    again = send_events(client, {"result.zip": data})
    assert {file["outcome"] for file in again.json()["files"]} == {"duplicate"}
    assert len(photos(any_service)) == 2


def test_single_files(service: Service, town: Town, client_of: Client) -> None:
    frames = {"frames/a.jpg": jpeg(1, exif=exif_of("", 30.005, 120.005)), "frames/b.jpg": jpeg(2)}
    files = {"events.json": json.dumps(events_of(*frames)).encode(), "frames/a.jpg": frames["frames/a.jpg"]}
    files["b.jpg"] = frames["frames/b.jpg"]  # browsers leave the folder out
    answer = send_events(client_of("east_reporter"), files, grid_id=town.west_cell, note="夜班")
    assert {file["outcome"] for file in answer.json()["files"]} == {"accepted"}
    first, second = photos(service)
    assert (first.grid_id, first.longitude, first.note) == (town.west_cell, 120.005, "夜班")
    assert second.longitude is None


def test_events_that_share_a_picture_are_one_photo(service: Service, client_of: Client) -> None:
    result = events_of("frames/a.jpg", "frames/a.jpg", "frames/same.jpg")
    result["events"][1]["picture"]["boxes"][0] = result["events"][1]["picture"]["boxes"][0] | {"box": [1, 1, 9, 9]}
    data = packed(result, {"frames/a.jpg": jpeg(1), "frames/same.jpg": jpeg(1)})
    answer = send_events(client_of("east_reporter"), {"result.zip": data}).json()["files"]
    (photo,) = photos(service)
    assert [(file["name"][-1], file["id"]) for file in answer] == [("0", photo.id), ("1", photo.id), ("2", photo.id)]
    assert photo.given is not None
    assert [box["box"] for box in photo.given["picture"]["boxes"]] == [[4, 4, 40, 30], [1, 1, 9, 9], [4, 4, 40, 30]]


def test_bad_frames_have_their_own_answer(client_of: Client) -> None:
    frames = {"frames/a.jpg": jpeg(1), "frames/b.jpg": b"<svg/>", "frames/c.jpg": jpeg(2, size=(32, 32))}
    result = events_of(*frames, "frames/none.jpg", "../../etc/passwd")
    answer = send_events(client_of("east_reporter"), {"result.zip": packed(result, frames)})
    assert answer.status_code == 202
    assert [file["code"] for file in answer.json()["files"]] == [
        None,
        "not_a_photo",
        "frame_size",
        "frame_missing",
        "frame_missing",
    ]


def test_no_numbers(client_of: Client) -> None:
    result = json.dumps(events_of("frames/a.jpg")).replace('"end_seconds": 5.0', '"end_seconds": 1e999')
    data = archive({"events.json": result.encode(), "frames/a.jpg": jpeg(1)})
    answer = send_events(client_of("east_reporter"), {"result.zip": data})
    assert (answer.status_code, answer.json()["code"]) == (422, "events_wrong")


def test_key(service: Service, client_of: Client) -> None:
    client = client_of("east_reporter")
    data = packed(events_of("frames/a.jpg"), {"frames/a.jpg": jpeg(1)})
    first = send_events(client, {"result.zip": data}, key="k")
    assert send_events(client, {"result.zip": data}, key="k").json() == first.json()
    other = packed(events_of("frames/a.jpg"), {"frames/a.jpg": jpeg(2)})
    assert send_events(client, {"result.zip": other}, key="k").status_code == 409


def test_not_as_rectification(client_of: Client) -> None:
    data = packed(events_of("frames/a.jpg"), {"frames/a.jpg": jpeg(1)})
    answer = send_events(client_of("east_handler"), {"result.zip": data}, purpose="after", issue_id=1)
    assert answer.status_code == 422

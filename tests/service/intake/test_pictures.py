"""Pictures of photos: sizes, boxes, caches, links."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from fastapi.testclient import TestClient
from itsdangerous import TimestampSigner
from PIL import ExifTags, Image

from service.intake.pictures import photo_link, picture
from service.state import Service
from service.store.issues import Evidence, Issue
from service.store.photos import Photo
from tests.service.intake.sending import jpeg, send
from tests.service.town import Town
from vision.images import NDArrayImage
from vision.inference.results import Box

Client = Callable[[str], TestClient]
BOX = {"category": "garbage_pile", "score": 0.9, "box": [40.0, 30.0, 300.0, 200.0]}


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


@pytest.fixture
def photo_id(service: Service, client_of: Client, street: NDArrayImage, encode: Callable[..., bytes]) -> int:
    """A photo of 640x480, stored lying on its side, with a box."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    data = encode(Image.fromarray(np.ascontiguousarray(np.rot90(street))), "JPEG", exif=exif.tobytes())
    answer = send(client_of("east_reporter"), ('街 道/"1".jpg', data))
    found: int = answer.json()["files"][0]["id"]
    with service.database.write() as session:
        session.get_one(Photo, found).boxes = [BOX]
    return found


def test_upright_and_scaled(client_of: Client, photo_id: int) -> None:
    client = client_of("east_reporter")
    full = client.get(f"/api/v1/photos/{photo_id}/picture")
    assert full.headers["content-type"] == "image/jpeg"
    assert "immutable" in full.headers["cache-control"]
    assert opened(full.content).size == (640, 480)
    assert opened(client.get(f"/api/v1/photos/{photo_id}/picture?side=320").content).size == (320, 240)
    assert client.get(f"/api/v1/photos/{photo_id}/picture?side=99999").status_code == 422


def test_boxes_are_drawn(client_of: Client, photo_id: int) -> None:
    client = client_of("east_reporter")
    plain = np.asarray(opened(client.get(f"/api/v1/photos/{photo_id}/picture").content)).astype(int)
    answer = client.get(f"/api/v1/photos/{photo_id}/picture?boxes=1")
    drawn = np.asarray(opened(answer.content)).astype(int)
    changed = abs(plain - drawn).max(axis=2) > 60
    assert changed[28:34, 60:280].mean() > 0.3
    assert not changed[250:, 350:].any()
    assert answer.headers["cache-control"] == "private, no-cache"  # the detector may look again


def test_browser_keeps_them(service: Service, client_of: Client, photo_id: int) -> None:
    client = client_of("east_reporter")
    url = f"/api/v1/photos/{photo_id}/picture?boxes=1"
    tag = client.get(url).headers["etag"]
    assert client.get(url, headers={"If-None-Match": tag}).status_code == 304
    with service.database.write() as session:
        session.get_one(Photo, photo_id).boxes = []
    assert client.get(url, headers={"If-None-Match": tag}).status_code == 200


def test_thumbnail_is_made_once(service: Service, client_of: Client, photo_id: int) -> None:
    client = client_of("east_reporter")
    first = client.get(f"/api/v1/photos/{photo_id}/thumbnail")
    assert opened(first.content).size == (400, 300)
    (kept,) = (service.settings.data / "thumbnails").rglob("*.jpg")
    kept.write_bytes(b"kept")
    assert client.get(f"/api/v1/photos/{photo_id}/thumbnail").content == b"kept"
    assert (
        client.get(f"/api/v1/photos/{photo_id}/thumbnail", headers={"If-None-Match": first.headers["etag"]}).status_code
        == 304
    )


def test_file(client_of: Client, photo_id: int) -> None:
    answer = client_of("east_reporter").get(f"/api/v1/photos/{photo_id}/file")
    assert answer.headers["content-type"] == "image/jpeg"
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith(f"attachment; filename=\"photo-{photo_id}.jpeg\"; filename*=UTF-8''")
    assert '"1"' not in disposition


@pytest.mark.parametrize("what", ["file", "picture", "thumbnail"])
def test_only_for_those_who_may_see_it(client_of: Client, photo_id: int, what: str) -> None:
    assert client_of("west_reporter").get(f"/api/v1/photos/{photo_id}/{what}").status_code == 404
    assert client_of("").get(f"/api/v1/photos/{photo_id}/{what}").status_code == 401
    assert client_of("admin").get(f"/api/v1/photos/999/{what}").status_code == 404
    assert client_of("verifier").get(f"/api/v1/photos/{photo_id}/{what}").status_code == 200


def test_evidence(service: Service, town: Town, client_of: Client, photo_id: int) -> None:
    with service.database.write() as session:
        issue = Issue(category="garbage_pile", unit_id=town.west)
        session.add(issue)
        session.flush()
        evidence = Evidence(issue_id=issue.id, photo_id=photo_id, kind="first", boxes=[BOX])
        session.add(evidence)
    url = f"/api/v1/evidence/{evidence.id}/picture"
    client = client_of("west_handler")
    plain = np.asarray(opened(client.get(f"{url}?boxes=0").content)).astype(int)
    own = np.asarray(opened(client.get(f"{url}?boxes=1").content)).astype(int)
    with service.database.write() as session:
        session.get_one(Evidence, evidence.id).corrected = [BOX | {"box": [400.0, 300.0, 600.0, 460.0]}]
    corrected = np.asarray(opened(client.get(f"{url}?boxes=1").content)).astype(int)
    by_own, by_corrected = abs(plain - own).max(axis=2) > 60, abs(plain - corrected).max(axis=2) > 60
    assert by_own[:240, :320].any()
    assert not by_own[260:, 380:].any()
    assert by_corrected[260:, 380:].any()
    assert not by_corrected[:240, :320].any()
    assert client_of("department_handler").get(url).status_code == 404
    assert client_of("admin").get("/api/v1/evidence/999/picture").status_code == 404


def test_damaged_or_missing(service: Service, client_of: Client) -> None:
    client = client_of("east_reporter")
    damaged = send(client, jpeg(1, size=(640, 480))[:1500]).json()["files"][0]["id"]
    for what in ("picture", "thumbnail"):
        answer = client.get(f"/api/v1/photos/{damaged}/{what}")
        assert (answer.status_code, answer.json()["code"]) == (422, "truncated")
    assert client.get(f"/api/v1/photos/{damaged}/file").status_code == 200
    service.photos.delete(client.get(f"/api/v1/photos/{damaged}").json()["sha256"])
    for what in ("picture", "thumbnail", "file"):
        assert client.get(f"/api/v1/photos/{damaged}/{what}").status_code == 503


def test_link(service: Service, client_of: Client, photo_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    link = photo_link(service, photo_id, "https://town.example/")
    assert link.startswith("https://town.example/photo/")
    path = link.removeprefix("https://town.example")
    nobody = client_of("")
    assert opened(nobody.get(path).content).size == (640, 480)
    assert nobody.get(path[:-1] + ("a" if path[-1] != "a" else "b")).status_code == 404
    assert nobody.get("/photo/1").status_code == 404
    in_a_week = TimestampSigner.get_timestamp(service.signer.make_signer()) + 7 * 86400 + 5  # type: ignore[arg-type]
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _self: in_a_week)
    answer = nobody.get(path)
    assert (answer.status_code, answer.json()["code"]) == (410, "link_expired")


def test_picture_for_other_parts(service: Service, client_of: Client, photo_id: int) -> None:
    with service.database.read() as session:
        photo = session.get_one(Photo, photo_id)
        made = picture(service, photo, 200, [Box.model_validate(BOX)])
    assert opened(made).size == (200, 150)

"""Uploads that want something else than to be looked at."""

import io
import os
import socket
import time
import zipfile
from collections.abc import Callable

import httpx2
import pytest
from fastapi.testclient import TestClient
from PIL import Image, ImageFile
from sqlalchemy import select

from service.api.app import create_app
from service.intake.uploads import PREFIX, plain_name
from service.state import Service
from service.store.photos import Photo
from tests.service.intake.sending import archive, jpeg, pixel_bomb, send
from tests.service.town import Town

Client = Callable[[str], TestClient]
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def nothing_left(service: Service) -> bool:
    with service.database.read() as session:
        has_rows = session.scalars(select(Photo.id)).all() != []
    files = [path for path in service.photos.incoming().parent.rglob("*") if path.is_file()]
    return not has_rows and not files


@pytest.mark.parametrize(
    ("data", "status", "code", "word"),
    [
        pytest.param(SVG, 415, "not_a_photo", "SVG", id="svg"),
        pytest.param(b"\xef\xbb\xbf \n<svg></svg>", 415, "not_a_photo", "SVG", id="svg with a mark"),
        pytest.param(b"<!DOCTYPE html><script>1</script>", 415, "not_a_photo", "HTML", id="html"),
        pytest.param(archive({"a.jpg": bytes(10**6)}), 415, "not_a_photo", "ZIP", id="zip"),
        pytest.param(b"%PDF-1.7", 415, "not_a_photo", "PDF", id="pdf"),
        pytest.param(b"%!PS-Adobe-3.0 EPSF-3.0", 415, "not_a_photo", "不是照片", id="postscript"),
        pytest.param(b"MZ" + bytes(1000), 415, "not_a_photo", "不是照片", id="program"),
        pytest.param(b"\xff\xd8\xff\xe0", 415, "not_a_photo", "不是照片", id="only a beginning"),
        pytest.param(b"", 422, "empty", "空", id="empty"),
        pytest.param(pixel_bomb(20_000, 20_000), 413, "too_many_pixels", "100 百万", id="pixel bomb"),
        pytest.param(pixel_bomb(12_000, 12_000), 413, "too_many_pixels", "100 百万", id="above the service's cap"),
        pytest.param(pixel_bomb(2**31 - 1, 2**31 - 1), 413, "too_many_pixels", "100 百万", id="giant"),
    ],
)
def test_refused_by_content(
    service: Service, client_of: Client, data: bytes, status: int, code: str, word: str
) -> None:
    answer = send(client_of("east_reporter"), ("photo.jpg", data))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert word in answer.json()["message"]
    assert nothing_left(service)


def test_pixel_bomb_is_told_from_its_header(client_of: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> None:
        raise AssertionError("pixels were decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", refuse)
    assert send(client_of("east_reporter"), pixel_bomb(20_000, 20_000)).status_code == 413
    assert send(client_of("east_reporter"), jpeg(1)).status_code == 202


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("/etc/cron.d/x", "x"),
        ("..", "photo"),
        ("a\r\nSet-Cookie: x=1.jpg", "aSet-Cookie: x=1.jpg"),
        ("\u202egpj.exe", "gpj.exe"),
        ("x" * 300 + ".jpg", "x" * 196 + ".jpg"),
    ],
)
def test_names_lead_nowhere(sent: str, kept: str) -> None:
    assert plain_name(sent) == kept


def test_traversal(service: Service, client_of: Client) -> None:
    client = client_of("east_reporter")
    answer = send(client, ("../../../evil.jpg", jpeg(1))).json()["files"][0]
    assert (answer["name"], answer["outcome"]) == ("evil.jpg", "accepted")
    files = [path for path in service.settings.data.parent.rglob("*") if path.is_file() and "photos" in path.parts]
    assert [path.name for path in files] == [client.get(f"/api/v1/photos/{answer['id']}").json()["sha256"]]


def test_polyglot_is_only_ever_a_picture(client_of: Client) -> None:
    """A JPEG that is HTML and a zip archive as well is sent back in a way that no browser runs."""
    client = client_of("east_reporter")
    data = jpeg(1) + b"<html><script>alert(1)</script></html>" + archive({"x": b"y"})
    photo_id = send(client, ("x.html", data)).json()["files"][0]["id"]
    answer = client.get(f"/api/v1/photos/{photo_id}/file")
    assert answer.content == data
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"].startswith('attachment; filename="photo-')
    assert "sandbox" in answer.headers["content-security-policy"]
    picture = client.get(f"/api/v1/photos/{photo_id}/picture")
    assert b"<script>" not in picture.content


def part(name: str, data: bytes, filename: str | None = None) -> bytes:
    file = "" if filename is None else f'; filename="{filename}"'
    return f'--b\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode() + data + b"\r\n"


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        pytest.param(b"", "multipart/form-data", 415, "multipart_expected", id="no boundary"),
        pytest.param(b"{}", "application/json", 415, "multipart_expected", id="json"),
        pytest.param(b"", "multipart/form-data; boundary=" + "b" * 5000, 422, "multipart_damaged", id="long boundary"),
        pytest.param(b"garbage", "multipart/form-data; boundary=b", 422, "multipart_damaged", id="garbage"),
        pytest.param(b"", "multipart/form-data; boundary=b", 422, "multipart_damaged", id="no body"),
        pytest.param(
            part("files", jpeg(1), "a.jpg")[:-100],
            "multipart/form-data; boundary=b",
            422,
            "multipart_damaged",
            id="cut",
        ),
        pytest.param(
            part("files", b"x", "a.jpg") * 1000 + b"--b--",
            "multipart/form-data; boundary=b",
            413,
            "too_many_files",
            id="1000 files",
        ),
        pytest.param(
            b"".join(part(f"f{i}", b"x") for i in range(1000)) + b"--b--",
            "multipart/form-data; boundary=b",
            422,
            "too_many_fields",
            id="1000 fields",
        ),
        pytest.param(
            part("note", b"x" * 5_000_000) + b"--b--",
            "multipart/form-data; boundary=b",
            413,
            "field_too_large",
            id="huge field",
        ),
        pytest.param(
            b"--b\r\nX-Long: " + b"x" * 500_000 + b"\r\n\r\n",
            "multipart/form-data; boundary=b",
            422,
            "multipart_damaged",
            id="huge header",
        ),
        pytest.param(b"--b--\r\n", "multipart/form-data; boundary=b", 422, "no_files", id="no parts"),
        pytest.param(
            part("files", b"", "") + b"--b--\r\n", "multipart/form-data; boundary=b", 422, "no_files", id="none chosen"
        ),
    ],
)
@pytest.mark.parametrize("path", ["/api/v1/photos", "/api/v1/events"])
def test_malformed_bodies(
    service: Service, client_of: Client, path: str, body: bytes, content_type: str, status: int, code: str
) -> None:
    if path == "/api/v1/events" and code == "too_many_files":
        body = part("files", b"x", "a.jpg") * 1002 + b"--b--"
    answer = client_of("east_reporter").post(path, content=body, headers={"Content-Type": content_type})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert nothing_left(service)


def test_every_truncation_is_answered(client_of: Client) -> None:
    """A picture cut anywhere is refused or accepted, never an error of ours."""
    client = client_of("admin")
    for file_format in ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP"):
        buffer = io.BytesIO()
        Image.new("RGB", (32, 32), "red").save(buffer, file_format)
        data = buffer.getvalue()
        files = [data[: len(data) * cut // 12] for cut in range(1, 13)]
        answer = send(client, *files)
        assert answer.status_code == 202
        assert answer.json()["files"][-1]["outcome"] == "accepted"


def test_sender_that_goes_away_leaves_nothing(service: Service, town: Town, address: str) -> None:
    with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2]))) as sender:
        head = (
            f"POST /api/v1/photos HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {town.tokens['east_reporter']}\r\n"
            "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 9000000\r\n\r\n"
        )
        sender.sendall(head.encode() + part("files", jpeg(1) + bytes(1_000_000), "a.jpg"))
        wait_for(lambda: any(service.photos.incoming().iterdir()))
    wait_for(lambda: nothing_left(service))


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_start_removes_what_a_kill_left(service: Service, town: Town) -> None:
    old, young, other = (service.photos.incoming() / name for name in (f"{PREFIX}old", f"{PREFIX}young", "other"))
    for path in (old, young, other):
        path.write_bytes(b"x")
    for path in (old, other):
        os.utime(path, (time.time() - 7200,) * 2)
    with TestClient(create_app(service)):
        pass
    assert sorted(path.name for path in service.photos.incoming().iterdir()) == [young.name, "other"]


def test_zip_bomb_in_events(client_of: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.intake.footage.MAX_EVENTS_BYTES", 10**6)
    bomb = archive({"events.json": b" " * 10**7})
    assert len(bomb) < 20_000
    answer = events(client_of("east_reporter"), bomb)
    assert (answer.status_code, answer.json()["code"]) == (413, "archive_too_large")


def lying() -> bytes:
    """An archive whose table of contents says that a member is small."""
    data = bytearray(archive({"events.json": b" " * 10**7}))
    at = data.rfind(b"PK\x01\x02")
    data[at + 24 : at + 28] = (10).to_bytes(4, "little")
    return bytes(data)


def encrypted() -> bytes:
    data = bytearray(archive({"events.json": b"{}"}))
    data[6] |= 1
    data[data.rfind(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        pytest.param(archive({"../events.json": b"{}"}), 422, "archive_path", id="out of it"),
        pytest.param(archive({"/etc/events.json": b"{}"}), 422, "archive_path", id="absolute"),
        pytest.param(archive({"..\\events.json": b"{}"}), 422, "archive_path", id="backslash"),
        pytest.param(archive({"events.json": b"{}", "a.zip": archive({"x": b""})}), 422, "archive_nested", id="nested"),
        pytest.param(archive({f"f{i}": b"" for i in range(5001)}), 413, "archive_too_many", id="too many"),
        pytest.param(archive({"a.txt": b""}), 422, "events_missing", id="no events"),
        pytest.param(archive({"a/events.json": b"", "b/events.json": b""}), 422, "events_missing", id="two"),
        pytest.param(archive({"events.json": b"{}"}), 422, "events_wrong", id="wrong"),
        pytest.param(archive({"events.json": b"[" * 100_000}), 422, "events_wrong", id="deep"),
        pytest.param(archive({"events.json": b"{}"})[:-10], 422, "archive_damaged", id="cut"),
        pytest.param(b"PK\x03\x04" + bytes(100), 422, "archive_damaged", id="only a beginning"),
        pytest.param(encrypted(), 422, "archive_encrypted", id="encrypted"),
        pytest.param(lying(), 422, "archive_damaged", id="lying about a size"),
        pytest.param(archive({"events.json": b"{}"}, zipfile.ZIP_LZMA), 422, "events_wrong", id="lzma"),
    ],
)
def test_hostile_archives(service: Service, client_of: Client, data: bytes, status: int, code: str) -> None:
    answer = events(client_of("east_reporter"), data)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert str(service.settings.data) not in answer.text
    assert nothing_left(service)


def events(client: TestClient, data: bytes) -> httpx2.Response:
    return client.post("/api/v1/events", files=[("files", ("result.zip", data))])

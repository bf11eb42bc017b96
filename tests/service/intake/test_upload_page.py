"""The pages for uploading, in a real browser."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Page, expect

from service.state import Service
from service.store.base import now
from service.store.photos import Photo, PhotoState
from tests.service.intake.sending import jpeg, send
from tests.service.pages import OpenPage
from tests.service.town import Town
from vision.images import NDArrayImage

Client = Callable[[str], TestClient]
Phone = Callable[[str], Page]
BOX = {"category": "overflowing_bin", "score": 0.9, "box": [40.0, 30.0, 300.0, 200.0]}


@pytest.fixture
def phone(open_page: OpenPage) -> Phone:
    """Open a page on the eastern reporter's phone, at 30.005, 120.015."""
    where = {"latitude": 30.005, "longitude": 120.015}
    return lambda path: open_page(path, "east_reporter", 375, geolocation=where, permissions=["geolocation"])


def photos(service: Service) -> list[Photo]:
    with service.database.read() as session:
        return list(session.query(Photo).order_by(Photo.name))


def test_two_photos_from_choice_to_result(
    service: Service, town: Town, phone: Phone, tmp_path: Path, street: NDArrayImage, encode: Callable[..., bytes]
) -> None:
    (tmp_path / "a.jpg").write_bytes(encode(street, "JPEG"))
    (tmp_path / "b.jpg").write_bytes(jpeg(1, size=(320, 240)))
    (tmp_path / "c.jpg").write_bytes(b"%PDF-1.7")
    page = phone("/upload")
    page.fill("#place", "农贸")
    page.get_by_role("option", name="东门农贸市场").click()
    expect(page.locator("#chosen")).to_contain_text("东门农贸市场")
    page.click("#locate")
    expect(page.locator("#position")).to_contain_text("30.00500, 120.01500")
    page.fill("#note", "桶边有垃圾")
    page.set_input_files("#gallery", [tmp_path / name for name in ("a.jpg", "b.jpg", "c.jpg")])
    items = page.locator("#queue .item")
    expect(items.filter(has_text="c.jpg")).to_contain_text("PDF")
    for name in ("a.jpg", "b.jpg"):
        expect(items.filter(has_text=name)).to_contain_text("排队中")
    first, second = photos(service)
    assert (first.site_id, first.note, first.grid_id) == (town.east_site, "桶边有垃圾", town.west_cell)
    assert (first.latitude, first.longitude, first.datum) == (30.005, 120.015, "WGS-84")
    with service.database.write() as session:
        done, parked = session.get_one(Photo, first.id), session.get_one(Photo, second.id)
        done.state, done.boxes, done.finished = PhotoState.DONE, [BOX, BOX], now()
        parked.state, parked.error_code, parked.error = PhotoState.PARKED, "truncated", "照片不完整"
    expect(items.filter(has_text="a.jpg")).to_contain_text("已完成 垃圾满溢 ×2")
    expect(items.filter(has_text="b.jpg")).to_contain_text("无法识别 照片不完整")
    expect(page.locator("#counts")).to_contain_text("今日：已完成 1 · 无法识别 1")
    assert page.evaluate("document.documentElement.scrollWidth") == 375


def test_lost_answer_is_asked_for_again(service: Service, phone: Phone, tmp_path: Path) -> None:
    """The service took the photo, but the phone didn't hear of it: it sends again, and is told the same."""
    (tmp_path / "a.jpg").write_bytes(jpeg(1))
    keys: list[str] = []

    def lose_the_first(route: object) -> None:
        keys.append(route.request.headers["idempotency-key"])  # type: ignore[attr-defined]
        if len(keys) == 1:
            route.fetch()  # type: ignore[attr-defined]
            route.abort("connectionreset")  # type: ignore[attr-defined]
        else:
            route.continue_()  # type: ignore[attr-defined]

    page = phone("/upload")
    page.route("**/api/v1/photos", lose_the_first)
    page.set_input_files("#camera", tmp_path / "a.jpg")
    expect(page.locator("#queue .item")).to_contain_text("排队中", timeout=10_000)
    assert (len(keys), len(set(keys))) == (2, 1)
    assert len(photos(service)) == 1


def test_own_photos(service: Service, client_of: Client, phone: Phone) -> None:
    sent = send(client_of("east_reporter"), *(jpeg(seed) for seed in range(3)), note="街角").json()["files"]
    send(client_of("west_reporter"), ("theirs.jpg", jpeg(9)))
    with service.database.write() as session:
        photo = session.get_one(Photo, sent[0]["id"])
        photo.state, photo.boxes = PhotoState.DONE, [BOX]
    page = phone("/photos")
    expect(page.locator("article")).to_have_count(3)
    expect(page.locator("article").filter(has_text="0.jpg")).to_contain_text("垃圾满溢 ×1")
    assert "theirs" not in page.content()
    page.get_by_role("link", name="已完成").click()
    expect(page.locator("article")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") == 375

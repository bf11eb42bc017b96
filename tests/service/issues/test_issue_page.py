"""The page of an issue in a real browser: from dispatch to strike-off, the slider, the sheet, the page of deadlines."""

import io
import os
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from service.state import Service
from service.store.issues import Evidence
from tests.service.intake.visits import boxes_of, cleared, taken_again
from tests.service.issues.setting import after_photo, pile
from tests.service.pages import OpenPage
from tests.service.records import PILE, store_photo
from tests.service.town import Town
from vision.datasets.scenes import SceneKind, draw_scene
from vision.images import NDArrayImage

LOOK = os.environ.get("CLEANLANE_TEST_SCREENSHOTS")  # a folder: what the pages look like is put there

pytestmark = pytest.mark.usefixtures("deadline_rules")


def look(page: Page, name: str) -> None:
    if LOOK:
        page.screenshot(path=Path(LOOK) / f"{name}.png", full_page=True)


def payload(image: NDArrayImage, name: str) -> FilePayload:
    data = io.BytesIO()
    Image.fromarray(image).save(data, "JPEG", quality=88)
    return {"name": name, "mimeType": "image/jpeg", "buffer": data.getvalue()}


@cache
def heap_and_cleared() -> tuple[NDArrayImage, list[dict[str, Any]], NDArrayImage, NDArrayImage]:
    """Return a photo of a heap (720, 960, 3), its boxes, and two photos of the place after it was cleared."""
    pixels, labels = draw_scene(seed=5, kind=SceneKind.GARBAGE_HEAP, size=(960, 720))
    boxes = [box.model_dump(mode="json") for box in boxes_of(labels) if box.category == "garbage_pile"]
    clean = cleared(pixels, labels.boxes)
    nothing = labels[np.zeros(len(labels), bool)]
    return pixels, boxes, taken_again(clean, nothing, 1, 0.3)[0], taken_again(clean, nothing, 2, 0.3)[0]


@pytest.fixture
def heap(service: Service, town: Town) -> tuple[int, NDArrayImage, NDArrayImage]:
    """An issue with a photo of a heap; its number, and two photos of the place after it was cleared."""
    pixels, boxes, first, second = heap_and_cleared()
    photo = store_photo(service, pixels, town.users["east_reporter"], boxes=boxes)
    where: dict[str, Any] = {"latitude": 30.0048, "longitude": 120.0061, "datum": "WGS-84"}
    with service.database.write() as session:
        issue = pile(session, town, photo_id=photo, boxes=boxes, address="东门路 12 号对面", **PILE, **where)
    return issue.id, first, second


@pytest.mark.usefixtures("working")
def test_from_dispatch_to_strike_off(open_page: OpenPage, heap: tuple[int, NDArrayImage, NDArrayImage]) -> None:
    issue_id, first, second = heap
    path = f"/issues/{issue_id}"
    supervisor = open_page(path, "supervisor")
    supervisor.get_by_role("button", name="派单").click()
    dialog = supervisor.get_by_role("dialog", name="派单")
    expect(dialog).to_contain_text("按规则截止")
    look(supervisor, "dispatch")
    dialog.get_by_label("责任单位").select_option(label="东门社区")
    assert dialog.get_by_label("责任人").locator("option:not([hidden])").all_text_contents() == ["–", "east_handler"]
    dialog.get_by_label("责任人").select_option(label="east_handler")
    dialog.get_by_label("整改措施").fill("当日清运并复拍")
    dialog.get_by_role("button", name="派单").click()
    expect(supervisor.locator("[data-state]")).to_have_text("处理中")
    expect(supervisor.locator("[data-until]")).to_contain_text("剩余")

    handler = open_page(path, "east_handler", width=375)
    look(handler, "phone-handler")
    for photo, name in ((first, "复拍1.jpg"), (second, "复拍2.jpg")):
        handler.get_by_label("整改后照片").set_input_files(payload(photo, name))
        handler.get_by_role("button", name="提交整改").click()
        expect(handler.locator("[data-state]")).to_have_text("待核查", timeout=60_000)
        verifier = open_page(path, "verifier")
        expect(verifier.get_by_role("region", name="整改前后对比")).to_contain_text("照片比对")
        look(verifier, f"verify-{name[2]}")
        if photo is first:
            verifier.get_by_role("button", name="退回整改").click()
            verifier.get_by_label("退回原因").fill("拍摄角度不符，请补拍")
            verifier.get_by_role("button", name="确认退回").click()
            expect(verifier.locator("[data-state]")).to_have_text("退回整改")
            handler.reload()
    verifier.get_by_label("核查意见").fill("现场干净")
    verifier.get_by_role("button", name="核查通过").click()
    expect(verifier.locator("[data-state]")).to_have_text("已结案")
    expect(verifier.get_by_role("heading", name="办理", exact=True)).to_have_count(0)  # nothing is left to do
    history = verifier.get_by_role("region", name="办理过程")
    expect(history.locator("li b").first).to_have_text("核查销号")
    expect(history).to_contain_text("拍摄角度不符，请补拍")
    look(verifier, "closed")


@pytest.fixture
def compared(service: Service, town: Town, heap: tuple[int, NDArrayImage, NDArrayImage]) -> int:
    """The issue with a photo afterwards, which is no larger and shows the place elsewhere."""
    issue_id, first, _ = heap
    evidence_id = after_photo(service, issue_id, town.users["east_handler"])
    photo = store_photo(service, first, town.users["east_handler"], purpose="after", issue_id=issue_id)
    with service.database.write() as session:
        evidence = session.get_one(Evidence, evidence_id)
        before = session.get_one(Evidence, evidence_id - 1)
        evidence.photo_id = photo
        there = [side / 2 for side in before.boxes[0]["box"]]
        evidence.comparison = {**(evidence.comparison or {}), "photo_id": before.photo_id, "box": there}
        before.boxes = before.boxes[:1]
    return issue_id


def test_slider(open_page: OpenPage, compared: int) -> None:
    page = open_page(f"/issues/{compared}", "verifier", has_touch=True)
    slider = page.get_by_role("slider")
    slider.focus()
    for key, value in {"ArrowRight": 55, "PageDown": 35, "ArrowLeft": 30, "End": 100, "Home": 0, "PageUp": 20}.items():
        page.keyboard.press(key)
        expect(slider).to_have_attribute("aria-valuenow", str(value))
    box = page.locator(".compare").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + 80)
    page.mouse.up()
    expect(slider).to_have_attribute("aria-valuenow", "75")
    page.touchscreen.tap(box["x"] + box["width"] * 0.4, box["y"] + 80)
    expect(slider).to_have_attribute("aria-valuenow", "40")
    clipped = page.locator(".compare .before").evaluate("figure => getComputedStyle(figure).clipPath")
    assert "60%" in clipped or "calc" in clipped
    page.get_by_role("button", name="左右并排").click()
    expect(slider).to_be_hidden()
    before, after = (page.locator(f".compare .{side}").bounding_box() for side in ("before", "after"))
    assert before
    assert after
    assert before["x"] + before["width"] <= after["x"]


def test_photos_are_aligned(open_page: OpenPage, compared: int) -> None:
    page = open_page(f"/issues/{compared}", "verifier")
    after = page.locator(".compare .after image")
    frame = [float(after.get_attribute(name) or "") for name in ("x", "y", "width", "height")]
    # The place lies at half its coordinates on the photo afterwards: twice as large, it covers itself.
    assert frame == pytest.approx([0, 0, 1920, 1440], abs=0.5)


def test_escalation(service: Service, town: Town, open_page: OpenPage, heap: tuple[int, object, object]) -> None:
    page = open_page(f"/issues/{heap[0]}", "supervisor")
    page.get_by_role("button", name="吹哨报到").click()
    page.get_by_label("报到部门").select_option(label="综合执法局")
    page.get_by_label("吹哨原因").fill("社区无执法权")
    page.get_by_role("button", name="吹哨", exact=True).click()
    expect(page.get_by_role("region", name="案件信息")).to_contain_text("→ 综合执法局")
    department = open_page(f"/issues/{heap[0]}", "department_handler")
    department.get_by_label("部门回复").fill("周四前处理")
    department.get_by_role("button", name="回复吹哨").click()
    expect(department.get_by_role("region", name="办理过程")).to_contain_text("周四前处理")


def test_change(service: Service, town: Town, open_page: OpenPage, heap: tuple[int, object, object]) -> None:
    page = open_page(f"/issues/{heap[0]}", "supervisor")
    page.get_by_role("button", name="修改信息").click()
    dialog = page.get_by_role("dialog", name="修改信息")
    dialog.get_by_label("地址").fill("东门路 21 号")
    dialog.get_by_label("截止时间").fill("2027-03-01T10:00")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#notice")).to_contain_text("须写明原因")
    dialog.get_by_label("原因").fill("门牌有误")
    page.get_by_role("button", name="保存").click()
    history = page.get_by_role("region", name="办理过程")
    expect(history).to_contain_text("东门路 12 号对面 → 东门路 21 号")
    expect(history).to_contain_text("– → 2027-03-01 10:00")


def test_sheet_as_pdf(open_page: OpenPage, compared: int, tmp_path: Path) -> None:
    page = open_page(f"/issues/{compared}/sheet", "verifier")
    for words in ("案件处置单", "东门路 12 号对面", "经办人（签字）", "06010"):
        expect(page.locator(".paper")).to_contain_text(words)
    loaded = "() => [...document.images].every(image => image.complete && image.naturalWidth > 100)"
    page.wait_for_function(loaded)
    look(page, "sheet")
    data = page.pdf(path=Path(LOOK or tmp_path) / "sheet.pdf", prefer_css_page_size=True, print_background=True)
    assert data.count(b"/Type /Page\n") == 1
    assert b"/MediaBox [0 0 594" in data or b"/MediaBox [0 0 595" in data  # A4
    assert data.count(b"/Subtype /Image") >= 2


@pytest.mark.parametrize(("width", "language"), [(375, "zh"), (1280, "en")])
def test_pages_fit(open_page: OpenPage, compared: int, width: int, language: str) -> None:
    for path, username in ((f"/issues/{compared}", "supervisor"), ("/admin/deadlines", "admin")):
        page = open_page(path, username, width, language=language)
        page.wait_for_load_state("networkidle")
        look(page, f"{path.split('/')[1]}-{width}-{language}")
        wide = "width => [...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > width)"
        inside = page.evaluate(
            f"{wide}.filter(e => !e.closest('.scroll, .strip, svg')).map(e => e.outerHTML.slice(0, 90))", width
        )
        assert inside == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_deadlines_page(open_page: OpenPage) -> None:
    page = open_page("/admin/deadlines", "admin")
    page.get_by_label("派单时间").fill("2026-11-26T16:00")
    row = page.locator("#rules tbody tr").nth(1)
    expect(row.locator("output")).to_contain_text("11:00")  # 4 working hours
    row.get_by_label("时限").fill("2")
    expect(row.locator("output")).to_contain_text("09:00")
    page.get_by_label("周五").fill("10:00-12:00")
    expect(row.locator("output")).to_contain_text("10:30")
    page.get_by_label("周五").fill("十点")
    expect(page.get_by_role("alert")).to_contain_text("须写作 08:30-12:00")
    page.get_by_label("周五").fill("10:00-12:00")
    page.get_by_role("button", name="增加规则").click()
    added = page.locator("#rules tbody tr").last
    added.get_by_label("类别").select_option("litter")
    added.get_by_label("等级").select_option("3")
    page.get_by_role("button", name="保存规则").click()
    expect(page.locator("#notice")).to_have_text("规则已保存")
    page.get_by_role("button", name="保存日历").click()
    expect(page.locator("#notice")).to_have_text("日历已保存")
    page.reload()
    expect(page.get_by_label("周五")).to_have_value("10:00-12:00")
    expect(page.locator("#rules tbody tr").last.get_by_label("等级")).to_have_value("3")

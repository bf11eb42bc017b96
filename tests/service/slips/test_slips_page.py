"""The board, the printed sheet and the rules in Chromium."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from service.state import Service
from service.store.rules import Slip, SlipRule
from service.store.slips import propose_due
from tests.service.pages import OpenPage
from tests.service.records import store_photo
from tests.service.slips.conftest import MONDAY, add_issue
from tests.service.town import Town
from vision.images import NDArrayImage

RATIO = """() => {
  const rgb = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const ground = node => {
    for (; node; node = node.parentElement) {
      const colour = rgb(getComputedStyle(node).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const texts = [...document.querySelectorAll("main *")].filter(node =>
    [...node.childNodes].some(child => child.nodeType === 3 && child.textContent.trim()) && node.offsetParent);
  return Math.min(...texts.map(node => {
    const [a, b] = [light(rgb(getComputedStyle(node).color)), light(ground(node))].sort((x, y) => y - x);
    return (a + .05) / (b + .05);
  }));
}"""


@pytest.fixture
def slips(ruled: Service, town: Town, street: NDArrayImage) -> list[int]:
    """Three proposed white slips, the first with a photo; ids."""
    photo_id = store_photo(ruled, street, town.users["east_reporter"])
    with ruled.database.write() as session:
        add_issue(session, town, photo_id=photo_id, boxes=[], description="市场北门外垃圾桶满溢，周边散落生活垃圾")
        add_issue(session, town, category="litter", code_name="道路不洁", code="06012")
        add_issue(session, town, unit_id=town.west, category="stacked_debris", code_name="乱堆杂物", code="06036")
        return [slip.id for slip in propose_due(session, ruled.settings, MONDAY + timedelta(hours=3))]


def test_board(open_page: OpenPage, slips: list[int], ruled: Service) -> None:
    page = open_page("/slips", "supervisor")
    first = page.locator(".slip").last  # the newest is first
    expect(first).to_contain_text("白单 · 提醒")
    expect(first).to_contain_text("待审批")
    first.get_by_label("审批意见").fill("限两个工作日")
    first.get_by_role("button", name="同意签发").click()
    expect(page.locator(".slip-column.white .slip")).to_contain_text("第 1 号")
    second = page.locator(".slip").nth(1)
    second.get_by_text("不签发", exact=True).click()
    second.get_by_label("原因").fill("已延期")
    second.get_by_role("button", name="确认不签发").click()
    expect(page.locator(".slip")).to_have_count(2)
    handler = open_page("/slips?colour=white", "east_handler")
    handler.get_by_label("整改回复").fill("已清运，增设两个桶")
    handler.get_by_role("button", name="提交回复").click()
    expect(handler.locator(".slip")).to_contain_text("已回复")
    with ruled.database.read() as session:
        assert list(session.scalars(select(Slip.state).order_by(Slip.id))) == ["answered", "dropped", "proposed"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize(("username", "path"), [("supervisor", "/slips"), ("admin", "/admin/slips")])
def test_narrow_wide_and_readable(
    open_page: OpenPage, slips: list[int], username: str, path: str, width: int, scheme: str
) -> None:
    page = open_page(path, username, width)
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(RATIO) >= 4.5


@pytest.mark.parametrize("colour", ["white", "yellow", "red"])
def test_sheet_prints_on_one_page(
    open_page: OpenPage, slips: list[int], ruled: Service, tmp_path: Path, colour: str
) -> None:
    with ruled.database.write() as session:
        slip = session.get_one(Slip, slips[0])
        slip.colour, slip.state, slip.decided, slip.decision = colour, "issued", MONDAY, "限两个工作日内整改到位"
    page = open_page(f"/slips/{slips[0]}/sheet", "supervisor")
    names = {"white": ("白", "提醒"), "yellow": ("黄", "警示约谈"), "red": ("红", "追责问责")}
    expect(page.locator(".paper-number")).to_contain_text(f"净督〔2026〕{names[colour][0]} 第 1 号")
    expect(page.locator(".paper-colour")).to_have_text(f"{names[colour][0]}单 · {names[colour][1]}")
    assert page.locator(".paper img").evaluate("async image => { await image.decode(); return image.naturalWidth; }")
    assert page.evaluate(RATIO) >= 4.5
    pdf = tmp_path / "slip.pdf"
    page.pdf(path=pdf, prefer_css_page_size=True, print_background=True)
    data = pdf.read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b", data)) == 1
    box = re.search(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", data)
    assert box is not None
    assert [round(float(side)) for side in box.groups()] == [595, 842]  # A4


def test_rules(open_page: OpenPage, ruled: Service) -> None:
    page = open_page("/admin/slips", "admin")
    rows = page.locator("#rules tbody tr")
    expect(rows).to_have_count(9)
    page.get_by_role("button", name="增加规则").click()
    rows.last.get_by_label("颜色").select_option("red")
    rows.last.get_by_label("达到").fill("40")
    rows.first.get_by_role("button", name="删除").click()
    with page.expect_event("load"):  # it is loaded anew once it is saved
        page.get_by_role("button", name="保存").click()
    expect(rows.last.get_by_label("达到")).to_have_value("40")
    with ruled.database.read() as session:
        found = session.execute(select(SlipRule.colour, SlipRule.threshold).order_by(SlipRule.id)).all()
    assert (len(found), tuple(found[-1])) == (9, ("red", 40.0))


def test_in_english(open_page: OpenPage, slips: list[int]) -> None:
    page = open_page("/slips", "supervisor", language="en")
    expect(page.locator("main h1")).to_have_text("Slips")
    expect(page.locator(".slip").first).to_contain_text("White slip · reminder")

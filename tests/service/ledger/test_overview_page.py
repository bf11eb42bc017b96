"""The overview in a real browser."""

import pytest
from playwright.sync_api import expect

from tests.service.pages import OpenPage

pytestmark = pytest.mark.usefixtures("eighty")


def test_numbers_lead_to_the_ledger(open_page: OpenPage) -> None:
    page = open_page("/", "admin")
    tile = page.locator(".tile", has_text="待派单")
    count = int(tile.locator("b").inner_text())
    assert count > 0
    tile.click()
    expect(page.locator("#total")).to_contain_text(str(count))


def test_map(open_page: OpenPage) -> None:
    page = open_page("/", "admin")
    cells = page.locator(".map svg a:has(path)")
    assert cells.count() == 2
    number = cells.first.locator("text").text_content() or "?"
    assert number in (cells.first.locator("title").text_content() or "")
    circle = page.locator(".points circle").first
    expect(circle).not_to_be_visible()
    page.get_by_label("显示案件位置").check()
    expect(circle).to_be_visible()
    page.get_by_label("显示案件位置").uncheck()
    cells.first.locator("path").click()
    expect(page.locator("#total")).to_contain_text(number)


def test_phone_and_english(open_page: OpenPage) -> None:
    page = open_page("/", "east_handler", 375)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", name="Last 30 days")).to_be_visible()

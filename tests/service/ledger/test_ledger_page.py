"""The ledger's page in a real browser."""

from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect

from service.exports.ledger_columns import COLUMNS
from tests.service.pages import OpenPage

MEASURE = [column.header for column in COLUMNS].index("整改措施") + 1

pytestmark = pytest.mark.usefixtures("eighty")


def test_filter_is_in_the_address(open_page: OpenPage) -> None:
    page = open_page("/ledger", "admin")
    expect(page.locator("#total")).to_contain_text("80")
    page.get_by_label("只看超期").check()
    page.get_by_label("排序").select_option("overdue")
    page.get_by_role("button", name="筛选").click()
    assert "overdue=true" in page.url
    expect(page.get_by_label("只看超期")).to_be_checked()
    rows = page.locator("table.ledger tbody tr")
    assert rows.count() > 0
    assert rows.locator(".due .error").count() == rows.count()
    number = rows.first.locator(".number a")
    assert number.get_attribute("href") == f"/issues/{number.inner_text()}"


def test_paging_and_phone(open_page: OpenPage) -> None:
    page = open_page("/ledger?size=30", "admin", 375)
    first = page.locator(".number a").first.inner_text()
    page.get_by_role("link", name="下一页").click()
    assert "page=2" in page.url
    assert "size=30" in page.url
    assert page.locator(".number a").first.inner_text() != first
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


def test_export_and_import(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page("/ledger?state=in_progress", "supervisor")
    with page.expect_download() as download:
        page.locator("#export").click()
    download.value.save_as(tmp_path / "ledger.xlsx")
    book = load_workbook(tmp_path / "ledger.xlsx")
    book["台账"].cell(4, MEASURE).value = "改用密闭桶"
    book.save(tmp_path / "ledger.xlsx")
    page.locator("#import-open").click()
    page.locator("#import-form input[type=file]").set_input_files(tmp_path / "ledger.xlsx")
    page.get_by_role("button", name="检查").click()
    expect(page.locator("#import-result")).to_contain_text("修改 1")
    page.get_by_role("button", name="确认导入").click()
    expect(page.locator("#notice")).to_contain_text("已导入")


def test_who_sees_what(open_page: OpenPage) -> None:
    page = open_page("/ledger?size=200", "west_reporter")
    assert page.locator("#export, #import-open").count() == 0
    assert 0 < page.locator("table.ledger tbody tr").count() < 80

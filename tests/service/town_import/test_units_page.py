"""The page of units and cells, in a real browser."""

from pathlib import Path

from playwright.sync_api import expect

from service.state import Service
from service.store.people import Unit
from tests.service.pages import OpenPage
from tests.service.town import Town
from tests.service.town_import.helpers import UNITS, book
from tests.service.town_import.test_import import TOWN


def test_import_in_the_browser(open_page: OpenPage, tmp_path: Path) -> None:
    (tmp_path / "bad.xlsx").write_bytes(book(单位=[UNITS, ("甲", "公司", "", "", "")]))
    (tmp_path / "town.xlsx").write_bytes(TOWN)
    page = open_page("/units", "admin")
    page.get_by_role("button", name="导入…").click()
    page.get_by_label("文件", exact=True).set_input_files(tmp_path / "bad.xlsx")
    page.get_by_role("button", name="试运行").click()
    expect(page.locator("#report")).to_contain_text("bad.xlsx · 单位 · 行 2 · 类别")
    expect(page.get_by_role("button", name="正式导入")).to_be_disabled()
    page.get_by_label("文件", exact=True).set_input_files(tmp_path / "town.xlsx")
    page.get_by_role("button", name="试运行").click()
    expect(page.locator("#report")).to_contain_text("网格: 新增 3")
    page.get_by_role("button", name="正式导入").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="下载登录链接 (1)").click()
    links = Path(download.value.path()).read_text("utf-8-sig").splitlines()
    assert links[0] == '"姓名","登录名","链接"'
    assert links[1].startswith('"王五","wangwu","http://127.0.0.1:')
    page.get_by_role("button", name="查看结果").click()
    expect(page.locator("#grids-title ~ ul")).to_contain_text("片长")


def test_search_map_and_edit(open_page: OpenPage, service: Service, town: Town) -> None:
    page = open_page("/units", "admin")
    page.locator("path.cell").first.click()
    expect(page.locator("#chosen-name")).to_contain_text("网格长0")
    expect(page.locator(f"#grid-{town.east_cell} > .leaf")).to_be_visible()
    page.get_by_label("查找单位").fill("西村")
    expect(page.get_by_text("东门社区", exact=True).first).to_be_hidden()
    expect(page.get_by_text("西村", exact=True).first).to_be_visible()
    page.get_by_role("button", name="编辑 西村").click()
    page.get_by_label("负责人", exact=True).fill("赵六")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#units-title").locator("xpath=../..")).to_contain_text("赵六")
    with service.database.read() as session:
        unit = session.get_one(Unit, town.west)
        assert (unit.head, unit.parent_id, unit.code) == ("赵六", town.office, "11330100MB0000004D")


def test_fits_a_phone(open_page: OpenPage) -> None:
    page = open_page("/units", "admin", 375)
    for path in ("/units", "/admin", "/admin/model"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 375, path

"""The page of people, in a real browser."""

from playwright.sync_api import expect

from service.state import Service
from service.store.people import User
from tests.service.pages import OpenPage
from tests.service.town import Town


def test_people(open_page: OpenPage, service: Service, town: Town) -> None:
    page = open_page("/admin", "admin")
    page.get_by_role("button", name="新增人员").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("登录名").fill("newcomer")
    dialog.get_by_label("姓名").fill("新人")
    dialog.get_by_label("角色").select_option("handler")
    dialog.get_by_label("单位").select_option(label="西村")
    dialog.get_by_role("button", name="保存").click()
    expect(dialog.locator("#once output")).to_contain_text("/login/")
    dialog.get_by_role("button", name="关闭").click()
    row = page.locator("tr", has_text="newcomer")
    expect(row).to_contain_text("经办人")
    row.get_by_role("button").click()
    dialog.get_by_label("用途").fill("大屏")
    dialog.get_by_role("button", name="生成密钥").click()
    expect(dialog.locator("#tokens")).to_contain_text("大屏")
    dialog.get_by_role("button", name="撤销").click()
    expect(dialog.locator("#tokens")).to_contain_text("没有密钥")
    dialog.get_by_label("在用").uncheck()
    dialog.get_by_role("button", name="保存").click()
    dialog.get_by_role("button", name="关闭").click()
    expect(page.locator("tr", has_text="newcomer")).to_contain_text("已停用")


def test_the_last_administrator_is_told(open_page: OpenPage, service: Service, town: Town) -> None:
    page = open_page("/admin?search=admin", "admin")
    page.get_by_role("button", name="管理 admin").click()
    page.get_by_role("dialog").get_by_label("角色").select_option("reporter")
    page.get_by_role("dialog").get_by_role("button", name="保存").click()
    expect(page.locator("#notice")).to_contain_text("最后一名在用的管理员")
    with service.database.read() as session:
        assert session.get_one(User, town.users["admin"]).role == "admin"


def test_model_page(open_page: OpenPage) -> None:
    page = open_page("/admin/model", "admin")
    expect(page.get_by_role("heading", name="识别模型")).to_be_visible()
    expect(page.get_by_label("模型")).to_have_value("")

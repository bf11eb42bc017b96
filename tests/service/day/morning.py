"""The morning: the town is imported, people get their links, photos are taken on a round."""

from tests.service.day.office import Office, program, until
from tests.service.day.photos import Taken
from tests.service.messages.receiver import SECRET

__all__ = ["add_webhook", "import_town", "make_people", "upload", "wait_for_the_detector"]

PEOPLE = (
    ("reporter", "巡查员小陈", "reporter", True),
    ("handler", "经办人老王", "handler", True),
    ("verifier", "核查员李姐", "verifier", False),
    ("supervisor", "督办员赵主任", "supervisor", False),
    ("deputy", "督办员钱主任", "supervisor", False),
)


def import_town(office: Office) -> None:
    """Import the example town on the page of units: a dry run first."""
    with office.step("管理员在“单位网格”页导入示例乡镇：先试运行，再导入") as told:
        workbook = office.out / "town.xlsx"
        program("example-town", workbook)
        page = office.people["admin"].page
        page.goto("/units")
        page.locator("#open-import").click()
        page.set_input_files("#import-form [name=files]", workbook)
        page.get_by_role("button", name="试运行").click()
        page.locator("#report").get_by_text("没有问题，可以导入").wait_for(timeout=60_000)
        assert office.get("admin", "/api/v1/grids", size=1)["total"] == 0, "the dry run has changed something"
        page.get_by_role("button", name="正式导入").click()
        page.locator("#report").get_by_text("已导入").first.wait_for(timeout=60_000)
        grids = office.get("admin", "/api/v1/grids", size=1)["total"]
        units = office.get("admin", "/api/v1/units", size=200)
        assert grids == 6 + 26 + 299 + 650, f"expected 981 cells, found {grids}"
        communities = [unit["name"] for unit in units["items"] if unit["name"].endswith("社区")]
        office.community = sorted(communities)[0]
        local = next(unit for unit in units["items"] if unit["name"] == office.community)
        office.send("admin", f"/api/v1/units/{local['id']}", {"code": "11330100MB0000003C"}, "PATCH")  # records need it
        told.append(f"网格 {grids}，单位 {units['total']}，今天的社区：{office.community}")


def add_webhook(office: Office, url: str) -> None:
    """Add a receiver of messages on its page."""
    with office.step("管理员添加消息推送，并发送测试"):
        page = office.people["admin"].page
        page.goto("/admin/webhooks")
        for name, value in (("name", "街道平台"), ("url", url), ("secret", SECRET)):
            page.locator(f"#new [name={name}]").fill(value)
        page.locator("#new [name=kind]").select_option("generic")
        page.locator("#new").get_by_role("button", name="添加").click()
        page.locator("#made").get_by_role("button", name="关闭").click()
        page.get_by_role("button", name="发送测试").click()
        page.locator(".result", has_text="测试消息已送达").wait_for()


def make_people(office: Office) -> None:
    """Make five people on the page of people; each signs in with their link, sets a password and makes a key."""
    with office.step("管理员新增五人；各人用一次性链接登录、设密码、生成密钥"):
        page = office.people["admin"].page
        for username, name, role, is_local in PEOPLE:
            page.goto("/admin")
            page.locator("#add").click()
            dialog = page.locator("#person")
            dialog.get_by_label("登录名").fill(username)
            dialog.get_by_label("姓名").fill(name)
            dialog.get_by_label("角色").select_option(role)
            if is_local:
                dialog.get_by_label("单位").select_option(label=office.community)
            dialog.get_by_role("button", name="保存").click()
            dialog.locator("#once").wait_for()
            office.sign_in(username, name, dialog.locator("#once output").inner_text())


def upload(office: Office, taken: list[Taken]) -> None:
    """Upload the photos on a phone's page: fifteen at the community's site and at three of its cells each."""
    with office.step(f"巡查员在“上传”页选四处位置，各上传 {len(taken) // 4} 张照片") as told:
        page = office.people["reporter"].page
        page.goto("/upload")
        for place in range(4):
            page.locator("#place").fill(office.community)
            options = page.locator("#places [role=option]:not(.more)", has_text=office.community)
            options.nth(place).wait_for()
            name = options.nth(place).inner_text()
            options.nth(place).click()
            told.append(name)
            batch = taken[place * 15 : place * 15 + 15]
            page.set_input_files("#gallery", [one.path for one in batch])
            page.locator(f"#queue .item:nth-child({15 * place + 15})").wait_for(state="attached")
        until(lambda: _count(office) == len(taken), f"{len(taken)} photos are accepted", 60)


def wait_for_the_detector(office: Office, taken: list[Taken]) -> None:
    """Wait until all photos are looked at, and the page says so."""
    with office.step("识别完成，形成疑似案件") as told:
        until(lambda: _count(office, "done") + _count(office, "parked") == len(taken), "all photos are looked at")
        assert _count(office, "done") == len(taken), "some of the photos were parked"
        page = office.people["reporter"].page
        page.locator("#queue .badge.done").nth(len(taken) - 1).wait_for(timeout=10_000)
        left = office.get("verifier", "/api/v1/review", limit=1)["left"]
        assert left >= 20, f"expected 20 suspected issues or more of {len(taken)} photos, found {left}"
        told.append(f"疑似案件 {left} 件")


def _count(office: Office, state: str = "") -> int:
    query = {"state": state} if state else {}
    return len(office.get("reporter", "/api/v1/photos", mine=True, size=200, **query)["photos"])

"""Import of a town on both databases: dry run, all or nothing, twice, and back out."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from service.errors import ServiceError
from service.intake.town_import import applying
from service.intake.town_import.applying import import_town
from service.intake.town_import.exporting import template
from service.intake.town_import.plan import make_plan
from service.intake.town_import.snapshot import town_of
from service.state import Service
from service.store.people import LoginLink, Unit, User
from service.store.places import Grid, Site
from service.store.rules import Setting
from tests.service.town import Town
from tests.service.town_import.helpers import GRIDS, PEOPLE, SITES, UNITS, book, csv_file, geojson, square

Client = Callable[[str], TestClient]

TOWN = book(
    单位=[UNITS, ("南桥村", "村社", "新街道", "王五", "13800000000"), ("新街道", "街道", "", "赵六", "")],
    人员=[PEOPLE, ("wangwu", "王五", 13800000000, "经办人", "南桥村", "是"), ("old", "旧", "", "核查员", "", "否")],
    网格=[
        GRIDS,
        (330200010, "一片", "片区", "", "新街道", "片长", "13800000001", "", ""),
        ("33020001001", "南桥", "村社", "330200010", "南桥村", "村长", "13800000002", "", ""),
        ("3302000100101", "南桥一", 5, "33020001001", "南桥村", "格长", "0571-88888888", "", ""),
    ],
    点位=[SITES, ("北门市场", "3302000100101", 30.5, 120.5, "GCJ02", "整洁")],
)
COUNTS = {"units": 2, "people": 2, "grids": 3, "sites": 1}


def _post(client: TestClient, *files: tuple[str, bytes], **query: Any) -> Any:
    answer = client.post("/api/v1/town/import", params=query, files=[("files", file) for file in files])
    return answer.status_code, answer.json()


def _version(service: Service) -> Any:
    with service.database.read() as session:
        found = session.get(Setting, "grids_version")
        return found.value if found else None


def test_dry_run_then_import(any_service: Service, any_town: Town, any_client_of: Client) -> None:
    admin = any_client_of("admin")
    with any_service.database.read() as session:
        before = town_of(session)
    status, report = _post(admin, ("town.xlsx", TOWN), dry_run=1)
    assert (status, report["errors"], report["applied"], report["links"]) == (200, 0, False, [])
    assert {kind: count["added"] for kind, count in report["counts"].items()} == COUNTS
    with any_service.database.read() as session:
        assert town_of(session) == before
    status, report = _post(admin, ("town.xlsx", TOWN))
    assert (status, report["applied"]) == (200, True)
    assert _version(any_service) == 1
    with any_service.database.read() as session:
        heads = session.execute(
            select(Grid.level, Grid.head, Grid.head_phone).where(Grid.code.startswith("3302")).order_by(Grid.level)
        )
        expected = [(2, "片长", "13800000001"), (3, "村长", "13800000002"), (5, "格长", "0571-88888888")]
        assert [tuple(row) for row in heads] == expected
        village = session.scalars(select(Unit).where(Unit.name == "南桥村")).one()
        assert village.parent is not None
        assert village.parent.name == "新街道"
        site = session.scalars(select(Site).where(Site.name == "北门市场")).one()
        assert (site.datum, site.grid.code if site.grid else "") == ("GCJ-02", "3302000100101")
    # the active new person can sign in with the link, once; the inactive one has none
    assert [link["username"] for link in report["links"]] == ["wangwu"]
    path = report["links"][0]["url"].removeprefix("http://testserver")
    assert any_client_of("").post(path).status_code == 303
    assert any_client_of("").post(path).status_code == 403


def test_the_same_again_changes_nothing(any_service: Service, any_town: Town) -> None:
    assert import_town(any_service, [("a.xlsx", TOWN)], apply=True).applied
    with any_service.database.read() as session:
        before = town_of(session)
    again = import_town(any_service, [("a.xlsx", TOWN)], apply=True)
    assert (again.changes, again.links) == ([], [])
    assert {kind: count.unchanged for kind, count in again.counts.items()} == COUNTS
    assert _version(any_service) == 1
    with any_service.database.read() as session:
        assert town_of(session) == before


def test_export_comes_back_unchanged(any_service: Service, any_town: Town, any_client_of: Client) -> None:
    admin = any_client_of("admin")
    assert _post(admin, ("a.xlsx", TOWN))[0] == 200
    assert admin.post("/api/v1/sites", json={"name": "=1+1"}).status_code == 201  # stays text in Excel
    workbook, cells = admin.get("/api/v1/town.xlsx").content, admin.get("/api/v1/grids.geojson").content
    status, report = _post(admin, ("town.xlsx", workbook), ("grids.geojson", cells))
    assert (status, report["errors"], report["changes"]) == (200, 0, [])
    assert report["counts"]["grids"]["unchanged"] == 6


def test_errors_change_nothing(any_service: Service, any_town: Town, any_client_of: Client) -> None:
    with any_service.database.read() as session:
        before = town_of(session)
    wrong = book(单位=[UNITS, ("好单位", "村社", "", "", "")], 人员=[PEOPLE, ("x", "X", "", "皇帝", "", "")])
    status, answer = _post(any_client_of("admin"), ("w.xlsx", wrong))
    assert (status, answer["code"], answer["report"]["errors"]) == (422, "import_wrong", 1)
    with any_service.database.read() as session:
        assert town_of(session) == before


def test_nothing_remains_when_the_end_fails(
    any_service: Service, any_town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> str:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(applying, "make_link", failing)
    with any_service.database.read() as session:
        before = town_of(session)
    with pytest.raises(RuntimeError):
        import_town(any_service, [("a.xlsx", TOWN)], apply=True)
    with any_service.database.read() as session:
        assert town_of(session) == before


def test_somebody_else_was_faster(any_service: Service, any_town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*arguments: Any) -> Any:
        made = make_plan(*arguments)
        with any_service.database.write() as session:
            session.add(Unit(name="刚刚新增"))
        return made

    monkeypatch.setattr(applying, "make_plan", slow)
    with pytest.raises(ServiceError) as error:
        import_town(any_service, [("a.xlsx", TOWN)], apply=True)
    assert (error.value.status, error.value.code) == (409, "overtaken")


def test_two_at_once(any_service: Service, any_town: Town) -> None:
    done: list[str] = []

    def run() -> None:
        try:
            done.append("yes" if import_town(any_service, [("a.xlsx", TOWN)], apply=True).applied else "no")
        except ServiceError as error:
            done.append(error.code)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "yes" in done
    assert set(done) <= {"yes", "overtaken"}
    with any_service.database.read() as session:
        assert session.scalar(select(func.count()).where(User.username == "wangwu")) == 1
        assert session.scalar(select(func.count()).select_from(LoginLink)) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_csv(service: Service, town: Town, encoding: str) -> None:
    units = csv_file([("名称", "负责人"), ("东门社区", "新主任")], encoding)
    people = csv_file([("登录名", "姓名", "角色", "单位"), ("li", "李", "巡查员", "东门社区")], encoding)
    report = import_town(service, [("u.csv", units), ("p.csv", people)], apply=True)
    assert (report.errors, report.counts["units"].changed, report.counts["people"].added) == (0, 1, 1)
    assert next((change.key, change.fields) for change in report.changes) == ("东门社区", ["负责人"])
    with service.database.read() as session:
        unit = session.get_one(Unit, town.east)
        # columns that aren't there keep their values
        assert (unit.head, unit.code, unit.parent_id) == ("新主任", "11330100MB0000003C", town.office)


def test_boundaries_complete_a_workbook(service: Service, town: Town) -> None:
    cells = geojson(({"code": "3302000100101", "name": "其他名称"}, square(120.5, 30.5)), datum="WGS-84")
    assert import_town(service, [("g.geojson", cells), ("a.xlsx", TOWN)], apply=True).errors == 0
    with service.database.read() as session:
        cell = session.scalars(select(Grid).where(Grid.code == "3302000100101")).one()
        assert (cell.name, cell.datum, bool(cell.geometry)) == ("南桥一", "WGS-84", True)


def test_whoever_is_deactivated_is_out(service: Service, town: Town, client_of: Client) -> None:
    handler = client_of("east_handler")
    assert handler.get("/account").status_code == 200
    out = book(人员=[("登录名", "在用"), ("east_handler", "否")])
    lacking = import_town(service, [("o.xlsx", out)], apply=True)
    assert "缺少列：姓名、角色" in lacking.problems[0].message
    out = book(人员=[("登录名", "姓名", "角色", "在用"), ("east_handler", "张", "经办人", "否")])
    assert import_town(service, [("o.xlsx", out)], apply=True).applied
    assert handler.get("/account").status_code == 401


def test_template_can_be_imported(service: Service, town: Town) -> None:
    report = import_town(service, [("t.xlsx", template())], apply=False)
    assert [problem.message for problem in report.problems if problem.severity == "error"] == []
    assert report.counts["grids"].added == 1

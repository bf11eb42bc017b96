"""Records of the standards, field by field."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.exports.gbt import Record, record_of
from service.state import Service
from service.store.issues import Issue
from service.store.people import Unit
from service.store.places import Grid
from tests.service.town import Town

Client = Callable[[str], TestClient]


def issue_with(**changes: Any) -> Issue:
    """An issue whose record is valid, but for what is changed: `unit.code`, `grid.code`, …"""
    issue = Issue(id=1, category="garbage_pile", address="东门街 1 号")
    issue.unit = Unit(name="东门社区", code="11330100MB0000003C")
    issue.grid = Grid(code="330100010000101", name="一网格", level=5)
    for path, value in changes.items():
        owner, _, name = path.rpartition("__")
        setattr(getattr(issue, owner) if owner else issue, name, value)
    return issue


@pytest.mark.parametrize(
    ("standard", "code", "name"),
    [("GB/T 47678.5-2026", "33010006010", "暴露垃圾"), ("GB/T 30428.2-2013", "3301000110", "暴露垃圾")],
)
def test_a_record(standard: Any, code: str, name: str) -> None:
    assert record_of(issue_with(), standard) == Record(
        item_code=code,
        item_name=name,
        department_code="11330100MB0000003C",
        department_name="东门社区",
        location="东门街 1 号",
        grid_code="330100010000101",
    )


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"address": ""}, ["location"]),
        ({"address": "长" * 257}, ["location"]),
        ({"unit__code": "123"}, ["department_code"]),
        ({"unit__name": "长" * 101}, ["department_name"]),
        ({"unit": None}, ["department_code", "department_name"]),
        ({"grid": None}, ["item_code", "grid_code"]),
        ({"grid__code": "东门01"}, ["item_code", "grid_code"]),
        ({"grid__code": "0" * 15}, ["item_code"]),
    ],
    ids=str,
)
def test_each_field_is_checked(change: dict[str, Any], fields: list[str]) -> None:
    faults = record_of(issue_with(**change), "GB/T 47678.5-2026")
    assert isinstance(faults, list)
    assert [fault.field for fault in faults] == fields
    assert all(fault.message.startswith("应为") for fault in faults)


def test_export(any_client_of: Client, any_service: Service, any_town: Town) -> None:
    rows = {"in_progress": "东门街 1 号", "closed": "=东门街 2 号", "suspected": "东门街 3 号", "returned": ""}
    with any_service.database.write() as session:
        for state, address in rows.items():
            issue = Issue(state=state, category="garbage_pile", address=address, unit_id=any_town.east)
            issue.grid_id = any_town.east_cell
            session.add(issue)
    answer = any_client_of("verifier").get("/api/v1/records").json()
    assert [row["record"] is not None for row in answer["records"]] == [True, True, False]
    assert answer["records"][2]["faults"][0]["field"] == "location"
    lines = any_client_of("verifier").get("/api/v1/records.csv").content.decode("utf-8-sig").splitlines()
    assert lines[0] == "事项代码,事项名称,主管部门代码,主管部门名称,所在位置,所在单元网格"
    assert [line.split(",")[4] for line in lines[1:]] == ["东门街 1 号", "'=东门街 2 号"]
    assert any_client_of("west_handler").get("/api/v1/records").json()["records"] == []
    assert any_client_of("east_reporter").get("/api/v1/records").status_code == 403

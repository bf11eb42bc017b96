"""The edited ledger, taken back in: exactly what was edited changes, or nothing."""

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient
from openpyxl import Workbook, load_workbook
from sqlalchemy import func, select

from service.domain.lifecycle import State
from service.exports.ledger_columns import COLUMNS
from service.state import Service
from service.store.issues import HistoryEntry, Issue
from tests.service.ledger.issues import plain_issue
from tests.service.town import Town

Client = Callable[[str], TestClient]
PLACE = {column.header: place for place, column in enumerate(COLUMNS, 1)}
SOON = (datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(days=30)).replace(tzinfo=None, second=0, microsecond=0)


@pytest.fixture
def exported(any_service: Service, any_town: Town, any_client_of: Client) -> Any:
    """The workbook of three issues: in progress (row 4), to dispatch (5), closed (6)."""
    at = datetime.now(UTC)
    with any_service.database.write() as session:
        for age, state in enumerate((State.IN_PROGRESS, State.PENDING_DISPATCH, State.CLOSED)):
            issue = plain_issue(any_town, state=state, found=at - timedelta(days=age), measure="=清运\r\n冲洗")
            session.add(issue)
            session.flush()
    return load_workbook(io.BytesIO(any_client_of("supervisor").get("/api/v1/ledger.xlsx").content))


def send(client: TestClient, book: Any, trial: bool = True) -> dict[str, Any]:
    data = io.BytesIO()
    book.save(data)
    answer = client.post(f"/api/v1/ledger/import?dry_run={trial}", files={"file": ("台账.xlsx", data.getvalue())})
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()
    return result


def edit(book: Any, row: int, **values: object) -> None:
    for header, value in values.items():
        book["台账"].cell(row, PLACE[header]).value = value


def test_round_trip(exported: Any, any_client_of: Client) -> None:
    result = send(any_client_of("supervisor"), exported, trial=False)
    assert result == {"is_applied": True, "changed": [], "unchanged": 3, "added": 0, "problems": []}


def test_edited(exported: Any, any_service: Service, any_town: Town, any_client_of: Client) -> None:
    edit(exported, 4, 整改措施="换大桶", 整改期限=SOON)
    edit(exported, 5, 责任单位="西村", 责任人="west_handler")
    client = any_client_of("supervisor")
    assert send(client, exported)["changed"] == [1, 2]
    with any_service.database.read() as session:
        assert session.scalar(select(func.count()).select_from(HistoryEntry)) == 0  # it was a trial
    result = send(client, exported, trial=False)
    assert (result["is_applied"], result["changed"], result["unchanged"], result["problems"]) == (True, [1, 2], 1, [])
    with any_service.database.read() as session:
        first, second = session.get_one(Issue, 1), session.get_one(Issue, 2)
        assert first.measure == "换大桶"
        assert first.deadline is not None
        assert first.deadline.astimezone(ZoneInfo("Asia/Shanghai")).replace(tzinfo=None) == SOON
        assert (second.unit_id, second.handler_id) == (any_town.west, any_town.users["west_handler"])
        assert (first.state, second.state) == ("in_progress", "pending_dispatch")
        entries = session.scalars(select(HistoryEntry).order_by(HistoryEntry.id)).all()
        assert [(e.issue_id, e.action, e.user_name, e.why) for e in entries] == [
            (1, "change", "supervisor", "台账导入"),
            (2, "change", "supervisor", "台账导入"),
        ]
        assert entries[1].detail is not None
        assert entries[1].detail["changes"]["unit"] == ["东门社区", "西村"]
    again = send(client, exported)  # the same file once more: these issues were changed since it was exported
    assert [p["row"] for p in again["problems"]] == [4, 5]
    assert "导出后已被修改" in again["problems"][0]["message"]


def test_problems(exported: Any, any_service: Service, any_client_of: Client) -> None:
    edit(exported, 4, 整改期限="下周", 整改措施="好的")
    edit(exported, 5, 责任单位="无此单位")
    edit(exported, 6, 整改措施="已结案还改")
    edit(exported, 7, 编号=99)
    edit(exported, 8, 编号=1)
    edit(exported, 9, 类别="天上掉馅饼", 位置="某处")
    edit(exported, 10, 编号=2, 整改措施="=1+1")
    result = send(any_client_of("supervisor"), exported, trial=False)
    assert not result["is_applied"]
    words = [problem["message"] for problem in result["problems"]]
    assert words[0] == "第 4 行 整改期限：应为日期，如 2026-12-01，现为“下周”"
    for message, start in zip(
        words[1:],
        (
            "第 5 行 责任单位",
            "第 6 行 状态",
            "第 7 行 编号：没有",
            "第 8 行 编号：编号 1 在",
            "第 9 行 类别：应为",
            "第 10 行 编号",
        ),
        strict=True,
    ):
        assert message.startswith(start)
    with any_service.database.read() as session:
        assert session.get_one(Issue, 1).measure == "=清运\r\n冲洗"


def test_cells(exported: Any, any_client_of: Client) -> None:
    edit(exported, 4, 状态="已结案")
    edit(exported, 5, 整改措施="=1+1")
    english = any_client_of("supervisor")
    english.cookies.set("cleanlane_language", "en")
    words = [problem["message"] for problem in send(english, exported)["problems"]]
    assert words[0].startswith("row 4, 状态: can't be changed here")
    assert words[1].startswith("row 5, 整改措施: formulas aren't imported")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2030-12-01", datetime(2030, 12, 1, 23, 59)),
        ("2030/12/1 17:30", datetime(2030, 12, 1, 17, 30)),
        ("2030年12月1日", datetime(2030, 12, 1, 23, 59)),
        (datetime(2030, 12, 1, 8, 5), datetime(2030, 12, 1, 8, 5)),
    ],
    ids=str,
)
def test_dates(service: Service, town: Town, client_of: Client, written: object, meant: datetime) -> None:
    with service.database.write() as session:
        session.add(plain_issue(town))
    book: Any = load_workbook(io.BytesIO(client_of("supervisor").get("/api/v1/ledger.xlsx").content))
    edit(book, 4, 整改期限=written)
    assert send(client_of("supervisor"), book, trial=False)["changed"] == [1]
    with service.database.read() as session:
        deadline = session.get_one(Issue, 1).deadline
        assert deadline is not None
        assert deadline.astimezone(ZoneInfo("Asia/Shanghai")).replace(tzinfo=None) == meant


def test_old_ledger(any_service: Service, any_town: Town, any_client_of: Client) -> None:
    book: Any = Workbook()
    book.active.append(["某某街道环境问题清单"])
    book.active.append(["类别", "位置", "网格", "点位", "责任单位", "发现时间", "备注"])
    book.active.append(
        ["暴露垃圾", "东门路 1 号", "东门社区一网格", "东门农贸市场", "东门社区", datetime(2026, 3, 2, 9, 0), "老台账"]
    )
    book.active.append(["非法小广告", "学院路 2 号", "33010001000101"])
    client = any_client_of("supervisor")
    result = send(client, book, trial=False)
    assert (result["added"], result["problems"]) == (2, [])
    with any_service.database.read() as session:
        first, second = session.scalars(select(Issue).order_by(Issue.id))
        assert (first.state, first.category, first.code, first.unit_id) == (
            "suspected",
            "garbage_pile",
            "06010",
            any_town.east,
        )
        assert (first.grid_id, first.site_id, second.grid_id) == (
            any_town.east_cell,
            any_town.east_site,
            any_town.west_cell,
        )
        assert first.found == datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
        assert [entry.action for entry in first.history] == ["import"]
    twice = send(client, book)
    assert [problem["row"] for problem in twice["problems"]] == [3, 4]
    assert "已在台账中，编号 1" in twice["problems"][0]["message"]


def test_who_may(exported: Any, any_service: Service, any_client_of: Client) -> None:
    data = io.BytesIO()
    exported.save(data)
    for person in ("east_reporter", "east_handler", "east_verifier"):
        answer = any_client_of(person).post("/api/v1/ledger/import", files={"file": ("a.xlsx", data.getvalue())})
        assert answer.status_code == 403

"""The exported workbook, read back."""

import hashlib
import io
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from openpyxl import load_workbook

from service.domain.lifecycle import State
from service.exports import ledger_excel
from service.exports.ledger_columns import COLUMNS
from service.state import Service
from service.store.issues import Evidence, HistoryEntry
from service.store.photos import Photo
from service.store.rules import Slip
from tests.service.ledger.issues import plain_issue
from tests.service.town import Town
from vision.images import NDArrayImage

Client = Callable[[str], TestClient]


@pytest.fixture
def filled(service: Service, town: Town, street: NDArrayImage, encode: Callable[..., bytes], tmp_path: Path) -> Service:
    """Three issues: one closed with photos before and after, one overdue whose photo is lost, one with odd texts."""
    picture = encode(street, "JPEG")
    (tmp_path / "in.jpg").write_bytes(picture)
    service.photos.take(sha := hashlib.sha256(picture).hexdigest(), tmp_path / "in.jpg")
    at = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
    with service.database.write() as session:
        closed = plain_issue(town, state=State.CLOSED, found=at, deadline=at + timedelta(days=2), submitted=at)
        late = plain_issue(town, found=at - timedelta(days=1), deadline=at)
        odd = plain_issue(
            town,
            state=State.SUSPECTED,
            address='=HYPERLINK("http://evil.example")',
            description="@SUM(1)\x07好",
            measure="",
        )
        odd.deadline, odd.found = None, at - timedelta(days=2)
        session.add_all([closed, late, odd])
        session.flush()
        photos = [
            Photo(sha256=s, name="a", content_type="image/jpeg", byte_count=1, width=640, height=480, reporter_id=1)
            for s in (sha, "0" * 64)
        ]
        session.add_all(photos)
        session.flush()
        for issue, photo, kind in ((closed, 0, "first"), (closed, 0, "after"), (late, 1, "first")):
            session.add(Evidence(issue_id=issue.id, photo_id=photos[photo].id, kind=kind))
        session.add(HistoryEntry(issue_id=closed.id, action="close", user_name="王核查", at=at))
        session.add(Slip(issue_id=late.id, colour="red", reason="超期", state="issued"))
    return service


def cells(sheet: Any, row: int) -> dict[str, Any]:
    return {column.header: sheet.cell(row, place).value for place, column in enumerate(COLUMNS, 1)}


def test_workbook(filled: Service, client_of: Client) -> None:
    answer = client_of("supervisor").get("/api/v1/ledger.xlsx?unit=3")
    assert answer.status_code == 200
    assert "filename*=UTF-8''%E9%97%AE%E9%A2%98%E5%8F%B0%E8%B4%A6" in answer.headers["content-disposition"]
    book = load_workbook(io.BytesIO(answer.content))
    sheet = book["台账"]
    assert sheet["A1"].value == "环境卫生问题台账"
    assert sheet["A2"].value.startswith("筛选条件：单位：东门社区")
    assert [cell.value for cell in sheet[3]] == [column.header for column in COLUMNS]
    closed, late, odd = (cells(sheet, row) for row in (4, 5, 6))
    assert closed["发现时间"] == datetime(2026, 3, 2, 9, 30)
    assert (closed["编号"], closed["状态"], closed["类别"], closed["标准代码"]) == (1, "已结案", "暴露垃圾", "06010")
    assert (closed["责任单位"], closed["责任人"], closed["网格"]) == ("东门社区", "east_handler", "东门社区一网格")
    assert (closed["核查人"], closed["核查时间"], closed["是否超期"]) == ("王核查", datetime(2026, 3, 2, 9, 30), "否")
    assert (late["督办"], late["整改前照片"]) == ("红色", "照片缺失")
    assert late["是否超期"].startswith("超期 ")
    assert (odd["位置"], odd["备注"]) == ('=HYPERLINK("http://evil.example")', "@SUM(1)好")
    address = sheet.cell(6, 6)
    assert (address.data_type, address.quotePrefix) == ("s", True)


def test_looks(filled: Service, client_of: Client) -> None:
    book = load_workbook(io.BytesIO(client_of("supervisor").get("/api/v1/ledger.xlsx").content))
    sheet: Any = book["台账"]
    assert sheet.freeze_panes == "B4"
    assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize), sheet.print_title_rows) == (
        "landscape",
        9,
        "$3:$3",
    )
    assert "&P" in sheet.oddFooter.center.text
    assert sheet.column_dimensions["W"].hidden
    assert sheet["F4"].alignment.wrap_text
    assert sheet["F4"].border.left.style == "thin"
    assert book["选项"].sheet_state == "hidden"
    rules = {
        str(rule.sqref).split(":")[0]: (rule.type, rule.formula1) for rule in sheet.data_validations.dataValidation
    }
    assert rules["I4"] == ("list", "选项!$A$1:$A$4")
    assert rules["J4"][0] == "list"
    assert rules["N4"][0] == "date"
    assert "B4" not in rules  # the state isn't changed in a workbook
    assert [book["选项"].cell(row, 1).value for row in range(1, 5)] == [
        "净巷街道办事处",
        "综合执法局",
        "东门社区",
        "西村",
    ]
    assert [(image.anchor._from.row, image.anchor._from.col) for image in sheet._images] == [(3, 15), (3, 16)]
    sizes = [max(image.width, image.height) for image in sheet._images]
    assert max(sizes) <= 160
    assert min(sizes) >= 90


def test_without_pictures(filled: Service, client_of: Client) -> None:
    answer = client_of("supervisor").get("/api/v1/ledger.xlsx?pictures=0&state=closed&overdue=")
    sheet: Any = load_workbook(io.BytesIO(answer.content))["台账"]
    assert (sheet._images, sheet["A4"].value, sheet["A5"].value) == ([], 1, None)


def test_limits(filled: Service, client_of: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_excel, "MOST_PICTURED", 2)
    answer = client_of("supervisor").get("/api/v1/ledger.xlsx")
    sheet: Any = load_workbook(io.BytesIO(answer.content))["台账"]
    assert sheet._images == []
    assert "未附照片" in sheet["A2"].value
    monkeypatch.setattr(ledger_excel, "MOST_ROWS", 2)
    refused = client_of("supervisor").get("/api/v1/ledger.xlsx")
    assert (refused.status_code, refused.json()["code"]) == (422, "too_many_rows")


def test_who_may(filled: Service, client_of: Client) -> None:
    assert client_of("east_reporter").get("/api/v1/ledger.xlsx").status_code == 403
    west = client_of("west_handler").get("/api/v1/ledger.xlsx")
    assert load_workbook(io.BytesIO(west.content))["台账"]["A4"].value is None


def test_libreoffice(filled: Service, client_of: Client, tmp_path: Path) -> None:
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("needs LibreOffice's program soffice")
    (tmp_path / "ledger.xlsx").write_bytes(client_of("supervisor").get("/api/v1/ledger.xlsx").content)
    subprocess.run(
        [office, "--headless", "--convert-to", "pdf", "--outdir", tmp_path, tmp_path / "ledger.xlsx"], check=True
    )
    assert (tmp_path / "ledger.pdf").read_bytes().startswith(b"%PDF")

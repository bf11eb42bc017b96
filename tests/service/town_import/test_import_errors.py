"""Broken files: every error is listed with its place, in a sentence that says what to do."""

import io
import json
import time
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.intake.town_import.columns import empty_town
from service.intake.town_import.plan import make_plan
from service.intake.town_import.report import Problem
from service.intake.town_import.snapshot import town_of
from service.state import Service
from tests.service.town import Town
from tests.service.town_import.helpers import GRIDS, PEOPLE, SITES, UNITS, book, csv_file, square

Client = Callable[[str], TestClient]
BOW_TIE = {"type": "Polygon", "coordinates": [[[120, 30], [121, 31], [121, 30], [120, 31], [120, 30]]]}
UNIT, AREA = ("甲村", "村社", "", "", ""), ("A1", "一片", "片区", "", "", "", "", "", "")


def _grid(code: Any, level: Any = "五级网格", parent: str = "A1", **cells: Any) -> tuple[Any, ...]:
    values = {"name": "格", "unit": "", "head": "", "phone": "", "geometry": "", "datum": ""} | cells
    return (code, values["name"], level, parent, *[values[k] for k in ("unit", "head", "phone", "geometry", "datum")])


def _problems(content: bytes, name: str = "town.xlsx") -> list[Problem]:
    return make_plan([(name, content)], empty_town()).problems


# sheet, rows, then row, column and words of the one problem; "warning" where it doesn't stop the import
BROKEN: dict[str, tuple[str, list[tuple[Any, ...]], int, str, str, str]] = {
    "unknown parent": ("单位", [UNITS, ("甲村", "村社", "乙街", "", "")], 2, "上级单位", "单位“乙街”不存在", "error"),
    "kind": ("单位", [UNITS, ("甲村", "公司", "", "", "")], 2, "类别", "应为 街道、村社、部门、队伍 之一", "error"),
    "duplicate": ("单位", [UNITS, UNIT, UNIT], 3, "单位名称", "“甲村”重复，已出现在“单位”第 2 行", "error"),
    "own parent": ("单位", [UNITS, ("甲", "村社", "甲", "", "")], 2, "上级单位", "上下级成环：甲 → 甲", "error"),
    "long name": ("单位", [UNITS, ("甲" * 101, "村社", "", "", "")], 2, "单位名称", "最多 100 个字符", "error"),
    "short phone": ("单位", [UNITS, ("甲", "村社", "", "王", "1380000")], 2, "电话", "不是有效的电话号码", "error"),
    "mobile": ("单位", [UNITS, ("甲", "村社", "", "王", "1380000000")], 2, "电话", "请填写 11 位手机号", "error"),
    "words": ("单位", [UNITS, ("甲", "村社", "", "王", "问王主任")], 2, "电话", "“问王主任”", "error"),
    "no key": ("单位", [UNITS, ("", "村社", "", "王", "")], 2, "单位名称", "不能为空", "error"),
    "role": ("人员", [PEOPLE, ("a", "A", "", "市长", "", "")], 2, "角色", "现为“市长”", "error"),
    "no role": ("人员", [PEOPLE, ("a", "A", "", "", "", "")], 2, "角色", "“角色”不能为空", "error"),
    "unit missing": ("人员", [PEOPLE, ("a", "A", "", "核查员", "丙", "")], 2, "单位", "单位“丙”不存在", "error"),
    "user name": ("人员", [PEOPLE, ("a b", "A", "", "核查员", "", "")], 2, "登录名", "登录名只能由", "error"),
    "no unit": ("人员", [PEOPLE, ("a", "A", "", "经办人", "", "")], 2, "单位", "能看到全镇的案件", "warning"),
    "long code": ("网格", [GRIDS, AREA, _grid("1234567890123456")], 3, "网格编码", "最多 15 个字符", "error"),
    "code": ("网格", [GRIDS, AREA, _grid("12 34")], 3, "网格编码", "编码只能由数字", "error"),
    "level": ("网格", [GRIDS, AREA, _grid("1", 7)], 3, "级别", "现为“7”", "error"),
    "order": ("网格", [GRIDS, AREA, _grid("1", "片区")], 3, "上级网格编码", "级别应高于本网格", "error"),
    "no such cell": ("网格", [GRIDS, AREA, _grid("1", parent="B")], 3, "上级网格编码", "网格“B”不存在", "error"),
    "orphan": ("网格", [GRIDS, AREA, _grid("1", parent="")], 3, "上级网格编码", "没有上级网格", "warning"),
    "no phone": ("网格", [GRIDS, AREA, _grid("1", head="李四")], 3, "网格长电话", "“李四”没有电话", "warning"),
    "no datum": (
        "网格", [GRIDS, AREA, _grid("1", geometry=json.dumps(square(120, 30)))], 3, "坐标系", "未声明坐标系", "error",
    ),
    "bow tie": (
        "网格", [GRIDS, AREA, _grid("1", geometry=json.dumps(BOW_TIE), datum="WGS-84")], 3, "边界",
        "自相交，位于 120.5, 30.5", "error",
    ),
    "reversed": (
        "网格", [GRIDS, AREA, _grid("1", geometry=json.dumps(square(30, 120)), datum="WGS-84")], 3, "边界",
        "经纬度颠倒请调换", "error",
    ),
    "a line": (
        "网格", [GRIDS, AREA, _grid("1", geometry="LINESTRING(120 30, 121 31)", datum="WGS-84")], 3, "边界",
        "请改为面要素", "error",
    ),
    "no geometry": ("网格", [GRIDS, AREA, _grid("1", geometry="如图", datum="WGS-84")], 3, "边界", "应为 WKT", "error"),
    "half a place": ("点位", [SITES, ("点", "", "30.1", "", "WGS-84", "")], 2, "经度", "须同时填写", "error"),
    "latitude": ("点位", [SITES, ("点", "", "130", "120", "WGS-84", "")], 2, "纬度", "-90 到 90", "error"),
    "datum": ("点位", [SITES, ("点", "", "30", "120", "北京54", "")], 2, "坐标系", "现为“北京54”", "error"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN.values(), ids=BROKEN.keys())
def test_one_problem(case: tuple[str, list[tuple[Any, ...]], int, str, str, str]) -> None:
    sheet, rows, number, column, words, severity = case
    (problem,) = _problems(book(**{sheet: rows}))
    assert (problem.file, problem.sheet, problem.row, problem.column) == ("town.xlsx", sheet, number, column)
    assert words in problem.message
    assert problem.severity == severity
    assert problem.message_en


def test_everything_is_listed() -> None:
    """One workbook with many faults: none hides another."""
    content = book(
        单位=[UNITS, ("甲", "村社", "乙", "", ""), ("乙", "村社", "甲", "", ""), ("丙", "无", "丁", "", "12")],
        人员=[PEOPLE, ("a", "", "x", "王", "戊", "也许")],
    )
    found = {(problem.sheet, problem.row, problem.column) for problem in _problems(content)}
    circle = {("单位", 2, "上级单位"), ("单位", 3, "上级单位")}
    third = {("单位", 4, "类别"), ("单位", 4, "上级单位"), ("单位", 4, "电话")}
    assert found == circle | third | {("人员", 2, name) for name in ("姓名", "电话", "角色", "单位", "在用")}


def test_the_last_administrator_stays(service: Service, town: Town) -> None:
    with service.database.read() as session:
        before = town_of(session)
    content = book(人员=[PEOPLE, ("admin", "A", "", "核查员", "", "")])
    (problem,) = make_plan([("a.xlsx", content)], before).problems
    assert "没有在用的管理员" in problem.message


def _bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(4):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", bytes(50_000_000))
    return buffer.getvalue()


def _with_entities() -> bytes:
    laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'
    source, buffer = zipfile.ZipFile(io.BytesIO(book(单位=[UNITS, UNIT]))), io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in source.namelist():
            archive.writestr(name, laughs if name.endswith("sheet1.xml") else source.read(name))
    return buffer.getvalue()


HOSTILE = {
    "zip bomb": (_bomb, "解压后超过 150 MB"),
    "entities": (_with_entities, "不允许的 XML 定义"),
    "damaged": (lambda: book(单位=[UNITS, UNIT])[:900], "已损坏"),
    "another zip": (lambda: b"PK\x03\x04" + bytes(100), "已损坏"),
    "other sheets": (lambda: book(随便=[UNITS]), "没有名为 单位、人员、网格 或 点位"),
    "old Excel": (lambda: b"\xd0\xcf\x11\xe0" + bytes(100), "另存为不加密的 .xlsx"),
    "a picture": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(100), "无法识别该文件"),
    "nothing": (lambda: b"", "第一行不是可识别的表头"),
    "large": (lambda: bytes(20_000_001), "超过 20 MB"),
    "deep": (lambda: b'{"features":' + b"[" * 100_000, "不是有效的 GeoJSON"),
    "deep values": (lambda: b'{"type":"FeatureCollection","features":[{"properties":{"a":' + b"[" * 100_000, "GeoJSON"),
    "not GeoJSON": (lambda: b'{"a": 1}', "应为 FeatureCollection"),
    "other headers": ("序号,备注\r\n1,无".encode, "第一行不是可识别的表头"),
    "a header missing": ("登录名,姓名\r\na,b".encode, "缺少列：角色"),
    "too many rows": (lambda: csv_file([("单位名称",), *[(f"{i}",) for i in range(20_001)]]), "最多 20000 行"),
    "a huge cell": (lambda: b"name,kind\r\n" + b"x" * 200_000, "CSV 文件无法解析"),
}


@pytest.mark.parametrize(("make", "words"), HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_files(make: Callable[[], bytes], words: str) -> None:
    content = make()
    started = time.process_time()
    (problem,) = _problems(content, "坏文件")
    assert words in problem.message
    assert (problem.severity, problem.file) == ("error", "坏文件")
    assert time.process_time() - started < 5


def test_too_large_a_request(client_of: Client, town: Town) -> None:
    """100 MB are refused by their announced length, before they are read."""
    admin = client_of("admin")
    answer = admin.post(
        "/api/v1/town/import",
        content=b"x",
        headers={"Content-Length": "100000000", "Content-Type": "multipart/form-data; boundary=x"},
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [({"json": {}}, "files_missing"), ({"files": [("other", b"x")]}, "files_missing")],
    ids=["JSON", "another field"],
)
def test_no_files(client_of: Client, town: Town, arguments: dict[str, Any], code: str) -> None:
    answer = client_of("admin").post("/api/v1/town/import", **arguments)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_command_line(run: Callable[..., tuple[int, str]], tmp_path: Any) -> None:
    data, good, bad = tmp_path / "data", tmp_path / "good.xlsx", tmp_path / "bad.xlsx"
    good.write_bytes(book(单位=[UNITS, UNIT], 人员=[PEOPLE, ("a", "A", "", "核查员", "", "")]))
    bad.write_bytes(book(单位=[UNITS, ("甲", "公司", "", "", "")]))
    status, printed = run("import-town", bad, "--data", data)
    assert status == 2
    assert "bad.xlsx 单位 2 类别 应为 街道、村社、部门、队伍 之一" in printed
    status, printed = run("import-town", good, "--data", data)
    assert (status, "试运行" in printed, "/login/" in printed) == (0, True, False)
    status, printed = run("import-town", good, "--data", data, "--apply")
    assert (status, printed.count("http://127.0.0.1:8000/login/")) == (0, 1)
    assert run("import-town", good, "--data", data, "--datum", "北京54")[0] == 2
    assert run("import-town", tmp_path / "none.xlsx", "--data", data)[0] == 2

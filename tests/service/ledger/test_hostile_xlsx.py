"""Workbooks that mean harm, or aren't any: one sentence, quickly, and nothing changes."""

import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from fastapi.testclient import TestClient
from openpyxl import Workbook

from service.exports import ledger_import
from service.state import Service
from tests.service.ledger.issues import plain_issue
from tests.service.town import Town

Client = Callable[[str], TestClient]


def workbook(*rows: Sequence[object]) -> bytes:
    book: Any = Workbook()
    for row in rows:
        book.active.append(row)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def replaced(part: str, content: bytes, base: bytes = b"") -> bytes:
    """Return a workbook with a part added or replaced."""
    made = io.BytesIO()
    given = io.BytesIO(base or workbook(["编号", "类别", "位置", "版本"]))
    with zipfile.ZipFile(given) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name != part:
                new.writestr(name, old.read(name))
        new.writestr(part, content)
    return made.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><worksheet>&b;</worksheet>'
)
FAR_ROW = (
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:XFD1048576"/>'
    b'<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>%s</t></is></c>'
    b'<c r="B1" t="inlineStr"><is><t>%s</t></is></c>'
    b'</row><row r="1048576"><c r="A1048576"><v>1</v></c></row></sheetData></worksheet>'
) % ("类别".encode(), "位置".encode())
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "not_a_workbook"),
    "text": ("编号,类别".encode, "not_a_workbook"),
    "html": (lambda: b"<html><table></table></html>", "not_a_workbook"),
    "cut": (lambda: workbook(["类别", "位置"])[:2000], "not_a_workbook"),
    "other zip": (lambda: replaced("a.txt", b"x", base=_zip_of("a.txt")), "not_a_workbook"),
    "no sheet": (lambda: replaced(SHEET, b"not xml"), "not_a_workbook"),
    "bomb": (lambda: replaced(SHEET, b" " * 160_000_000), "workbook_too_large"),
    "entities": (lambda: replaced(SHEET, LAUGHS), "not_a_workbook"),
    "links": (lambda: replaced("xl/externalLinks/externalLink1.xml", b"<x/>"), "external_links"),
    "a million rows": (lambda: replaced(SHEET, FAR_ROW), "workbook_too_large"),
    "no headers": (lambda: workbook(["a", "b"], [1, 2]), "no_headers"),
    "no versions": (lambda: workbook(["编号", "类别", "位置"], [1, "暴露垃圾", "x"]), "no_versions"),
}


def _zip_of(name: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        file.writestr(name, b"x")
    return made.getvalue()


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile(client_of: Client, town: Town, name: str) -> None:
    make, code = HOSTILE[name]
    answer = client_of("supervisor").post("/api/v1/ledger/import?dry_run=0", files={"file": ("a.xlsx", make())})
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json()["message"].count("。") == 0


def test_too_many_bytes(client_of: Client, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.api.ledger.LARGEST_BYTES", 1000)
    answer = client_of("supervisor").post("/api/v1/ledger/import", files={"file": ("a.xlsx", b"x" * 1001)})
    assert (answer.status_code, answer.json()["code"]) == (413, "workbook_too_large")


def test_odd_cells(service: Service, town: Town, client_of: Client) -> None:
    """Formulas, errors, huge numbers and times where text belongs are problems of their rows."""
    with service.database.write() as session:
        session.add(plain_issue(town))
    odd = workbook(
        ["编号", "类别", "位置", "整改措施", "整改期限", "版本"],
        ["=1+0", "暴露垃圾", "x", "", "", 1],
        [1e300, "暴露垃圾", "x", "", "", 1],
        [True, "暴露垃圾", "x", "", "", 1],
        [1, "暴露垃圾", "x", "长" * 501, "", 1],
        [None, "暴露垃圾", "x" * 300, None, None, None],
    )
    answer = client_of("supervisor").post("/api/v1/ledger/import", files={"file": ("a.xlsx", odd)})
    assert answer.status_code == 200, answer.text
    assert [problem["row"] for problem in answer.json()["problems"]] == [2, 3, 4, 5, 6]


def test_too_many_changes(client_of: Client, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_import, "MOST_CHANGES", 2)
    many = workbook(["类别", "位置"], *[["零星垃圾", f"{n} 号"] for n in range(3)])
    answer = client_of("supervisor").post("/api/v1/ledger/import", files={"file": ("a.xlsx", many)})
    assert (answer.status_code, answer.json()["code"]) == (422, "too_many_changes")

"""The papers of the day: the ledger to Excel and back, what other systems read, and the backup."""

import csv
import io
import sqlite3
from pathlib import Path
from xml.etree import ElementTree

from openpyxl import load_workbook

from tests.service.day.office import Office, program

__all__ = ["backup", "ledger", "standards"]

MEASURE = "增设垃圾桶两只，每日清运"


def ledger(office: Office) -> None:
    """Export the ledger, change two cells, import it: checked first, then in earnest."""
    with office.step("台账导出 Excel，改两格，导入：先检查，再导入") as told:
        page = office.people["supervisor"].page
        page.goto("/ledger")
        with page.expect_download() as download:
            page.locator("#export").click()
        path = office.out / "ledger.xlsx"
        download.value.save_as(path)
        workbook = load_workbook(path)
        sheet = workbook.worksheets[0]
        header = next(row[0].row for row in sheet.iter_rows(max_row=10) if row[0].value == "编号")
        columns = {cell.value: column for column, cell in enumerate(sheet[header], 1)}
        rows = {sheet.cell(row, 1).value: row for row in range(header + 1, sheet.max_row + 1)}
        total = office.get("supervisor", "/api/v1/ledger")["total"]
        assert len([number for number in rows if number]) == total, f"the workbook has {len(rows)} lines, not {total}"
        waiting = office.get("supervisor", "/api/v1/ledger", state="pending_dispatch", size=10)["items"]
        first, second = office.facts["escalated"], waiting[0]["id"]
        sheet.cell(rows[first], columns["整改措施"]).value = MEASURE
        sheet.cell(rows[second], columns["整改措施"]).value = "清除墙面并粉刷"
        edited = office.out / "ledger-edited.xlsx"
        workbook.save(edited)
        page.locator("#import-open").click()
        page.set_input_files("#import [name=file]", edited)
        page.locator("#import-check").click()
        page.locator("#import-apply").wait_for()
        assert "修改 2" in page.locator("#import-result").inner_text(), page.locator("#import-result").inner_text()
        before = office.get("supervisor", f"/api/v1/issues/{first}")["measure"]
        assert before != MEASURE, "the check has changed something already"
        page.locator("#import-apply").click()
        page.locator("#notice", has_text="已导入").wait_for()
        found = [office.get("supervisor", f"/api/v1/issues/{number}")["measure"] for number in (first, second)]
        assert found == [MEASURE, "清除墙面并粉刷"], f"the import left {found}"
        told.append(f"{total} 行，改动 #{first}、#{second}")


def standards(office: Office) -> None:
    """Read Open311 as JSON and XML with a key, and the records of the national standards."""
    with office.step("其他系统读取：Open311（JSON、XML）、国标记录") as told:
        api = office.people["supervisor"].api
        key = {"api_key": api.headers["Authorization"].removeprefix("Bearer ")}
        assert api.get("/open311/v2/requests.json", headers={"Authorization": ""}).status_code == 403, (
            "no key was asked"
        )
        requests = office.get("supervisor", "/open311/v2/requests.json", **key)
        root = ElementTree.fromstring(api.get("/open311/v2/requests.xml", params=key).content)  # noqa: S314 - our own
        numbers = [element.text for element in root.iter("service_request_id")]
        assert numbers, "Open311 tells of no request"
        assert numbers == [str(one["service_request_id"]) for one in requests], "XML and JSON tell of other requests"
        closed = office.get("supervisor", "/open311/v2/requests.json", status="closed", **key)
        assert {int(one["service_request_id"]) for one in closed} >= set(office.facts["dispatched"][:-1])
        records = office.get("supervisor", "/api/v1/records")
        valid = [one for one in records["records"] if one["record"]]
        faults = {fault["field"] for one in records["records"] for fault in one["faults"]}
        table = api.get("/api/v1/records.csv").content.decode("utf-8-sig")
        assert len(list(csv.reader(io.StringIO(table)))) == 1 + len(valid), "the CSV has other records than the JSON"
        assert valid, f"no record fits the standard; wrong are {sorted(faults)}"
        told.append(f"Open311 {len(numbers)} 件，{records['standard']} 记录 {len(records['records'])} 件")
        told.append(f"其中合格 {len(valid)} 件" + (f"，缺：{'、'.join(sorted(faults))}" if faults else ""))


def backup(office: Office, data: Path) -> None:
    """Save everything while the service runs, restore it into an empty folder, and count."""
    with office.step("备份，并恢复到另一文件夹") as told:
        archive, second = office.out / "backup.zip", office.out / "restored"
        program("backup", archive, "--data", data)
        program("restore", archive, "--data", second)
        counts = [_counts(folder) for folder in (data, second)]
        assert counts[0] == counts[1], f"before and after: {counts}"
        told.append(f"{sum(counts[0].values())} 项，{archive.stat().st_size / 1e6:.0f} MB")


def _counts(folder: Path) -> dict[str, int]:
    """Return how many rows each table has, but for sign-ins, and how many photos are kept."""
    with sqlite3.connect(folder / "cleanlane.db") as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        kept = [name for name in names if name not in ("login_sessions", "login_links") and "sqlite" not in name]
        counts = {name: database.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in kept}  # noqa: S608
    photos = [path for path in (folder / "photos").rglob("*") if path.is_file() and "incoming" not in path.parts]
    return {**counts, "files of photos": len(photos)}

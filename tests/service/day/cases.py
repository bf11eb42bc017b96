"""The cases: dispatched, escalated, rectified on a phone, returned once, struck off, and one slip."""

import time
from pathlib import Path
from typing import Any

from tests.service.day.office import DESK, PHONE, Office
from tests.service.day.photos import Taken, afterwards

__all__ = ["check_messages", "dispatch", "rectify", "slip", "verify"]

DISPATCHED = 8


def dispatch(office: Office) -> None:
    """Dispatch eight: the first on its page, the others by the API; one more is escalated to a department."""
    with office.step(f"督办员派单 {DISPATCHED} 件，另有一件吹哨到部门") as told:
        lines = office.get("supervisor", "/api/v1/ledger", state="pending_dispatch", size=100)["items"]
        assert len(lines) > DISPATCHED + 1, f"expected more than {DISPATCHED + 1} confirmed issues, found {len(lines)}"
        numbers = sorted(line["id"] for line in lines)
        chosen, escalated = numbers[:DISPATCHED], numbers[DISPATCHED]
        page = office.people["supervisor"].page
        page.goto(f"/issues/{chosen[0]}")
        page.locator("[data-open=dispatch]").click()
        dialog = page.locator("#dispatch")
        dialog.locator("[name=unit_id]").select_option(label=office.community)
        dialog.locator("[name=handler_id]").select_option(label=office.people["handler"].name)
        dialog.locator("[name=measure]").fill("清运垃圾，冲洗地面")
        dialog.get_by_role("button", name="派单").click()
        page.locator("[data-state=in_progress]").wait_for()
        unit = office.get("supervisor", f"/api/v1/issues/{chosen[0]}")["unit"]["id"]
        for number in chosen[1:]:
            made = office.send("supervisor", f"/api/v1/issues/{number}/dispatch", {"unit_id": unit})
            assert made["state"] == "in_progress", f"issue {number} is {made['state']} after its dispatch"
            assert made["deadline"], f"issue {number} was dispatched without a deadline"
        page.goto(f"/issues/{escalated}")
        page.locator("[data-open=escalate]").click()
        dialog = page.locator("#escalate")
        dialog.locator("[name=department_id]").select_option(index=1)
        dialog.locator("[name=why]").fill("垃圾在市政绿化带内，社区无权处置")
        dialog.get_by_role("button", name="吹哨").click()
        page.locator("[data-state=in_progress]").wait_for()
        found = office.get("supervisor", f"/api/v1/issues/{escalated}")
        assert found["department"], f"issue {escalated} has no department after its escalation"
        assert found["department_deadline"], f"issue {escalated} has no deadline of the department"
        office.facts |= {"dispatched": chosen, "escalated": escalated}
        told.append(f"案件 {chosen}，#{escalated} → {found['department']['name']}")


def rectify(office: Office, taken: list[Taken], numbers: list[int], step: int = 0) -> None:
    """Submit photos of the places afterwards, on a phone; the comparison with the photos before is there at once."""
    with office.step(f"经办人在手机上提交 {len(numbers)} 件的整改后照片") as told:
        page = office.people["handler"].page
        page.set_viewport_size(PHONE)
        verdicts: dict[str, int] = {}
        for number in numbers:
            after = _after(office, taken, number, step)
            page.goto(f"/issues/{number}")
            page.locator(".submit [name=photos]").set_input_files(after)
            page.locator(".submit [name=note]").fill("已清理")
            page.get_by_role("button", name="提交整改").click()
            page.locator("[data-state=pending_verification]").wait_for(timeout=60_000)
            issue = office.get("handler", f"/api/v1/issues/{number}")
            shown = [one for one in issue["evidence"] if one["kind"] == "after"][-1]
            assert shown["comparison"], f"issue {number}: the photo afterwards was not compared with the one before"
            verdict = shown["comparison"]["verdict"]
            verdicts[verdict] = verdicts.get(verdict, 0) + 1
            assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"], (
                f"issue {number} is too wide"
            )
        page.set_viewport_size(DESK)
        told.append(f"系统比对 {verdicts}")


def _after(office: Office, taken: list[Taken], number: int, step: int) -> Path:
    """Return the photo of an issue's place after the work."""
    issue = office.get("handler", f"/api/v1/issues/{number}")
    first = issue["evidence"][0]
    name = office.get("verifier", f"/api/v1/photos/{first['photo_id']}")["name"]
    before = next(one.path for one in taken if one.path.name == name)
    folder = office.out / "afterwards"
    folder.mkdir(exist_ok=True)
    return afterwards(before, [box["box"] for box in first["boxes"]], folder / f"{number}-{step}.jpg", step)


def verify(office: Office, taken: list[Taken], numbers: list[int]) -> None:
    """Strike the issues off, but for the first, which is returned, rectified once more, and then struck off."""
    returned = numbers[0]
    with office.step(f"核查员退回 #{returned}，核查通过并销号 {len(numbers) - 1} 件"):
        page = office.people["verifier"].page
        page.goto(f"/issues/{returned}")
        page.locator("[data-open=return]").click()
        page.locator("#return [name=why]").fill("墙角仍有散落垃圾，请再次清理")
        page.get_by_role("button", name="确认退回").click()
        page.locator("[data-state=returned]").wait_for()
        for number in numbers[1:]:
            _strike_off(office, number)
    rectify(office, taken, [returned], step=1)
    with office.step(f"核查员对 #{returned} 再次核查，销号") as told:
        _strike_off(office, returned)
        issue = office.get("verifier", f"/api/v1/issues/{returned}")
        assert issue["returns"] == 1, f"issue {returned} was returned once, but {issue['returns']} is told"
        told.append(" → ".join(entry["action"] for entry in issue["history"]))
    refused = office.people["handler"].api.post(f"/api/v1/issues/{returned}/close", json={})
    assert refused.status_code == 403, f"a handler may not strike off, but was answered {refused.status_code}"


def _strike_off(office: Office, number: int) -> None:
    page = office.people["verifier"].page
    page.goto(f"/issues/{number}")
    page.get_by_role("button", name="核查通过，销号").click()
    page.locator("[data-state=closed]").wait_for()


def slip(office: Office, number: int) -> None:
    """Propose a white slip on the issue's page, approve it as somebody else, and print its sheet."""
    with office.step(f"督办员对 #{number} 提出白单，另一督办员审批，打印督办单") as told:
        page = office.people["supervisor"].page
        page.goto(f"/issues/{number}")
        page.locator("[data-open=urge]").click()
        page.locator("#urge [name=reason]").fill("群众多次反映，至今未动工")
        page.locator("#urge").get_by_role("button", name="提出").click()
        page.get_by_text("待审批", exact=True).wait_for()
        made = office.get("supervisor", "/api/v1/slips", state="proposed")["slips"][0]
        own = office.people["supervisor"].api.post(f"/api/v1/slips/{made['id']}/approve", json={})
        assert own.status_code == 403, f"who proposed a slip may not approve it, but was answered {own.status_code}"
        deputy = office.people["deputy"].page
        deputy.goto("/slips")
        deputy.get_by_role("button", name="同意签发").click()
        deputy.get_by_text("已签发").first.wait_for()
        issued = office.get("deputy", "/api/v1/slips", state="issued")["slips"][0]
        assert issued["number"], "the issued slip has no number"
        deputy.goto(f"/slips/{issued['id']}/sheet")
        deputy.locator(".paper-photos img").first.wait_for()
        deputy.wait_for_load_state("networkidle")
        pdf = deputy.pdf(path=office.out / "slip.pdf", prefer_css_page_size=True, print_background=True)
        assert pdf.startswith(b"%PDF"), "the sheet didn't print as PDF"
        assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") <= 1, "the sheet doesn't fit one page"
        office.facts["slip"] = issued["id"]
        told.append(issued["number"])


def check_messages(office: Office, came: list[Any]) -> None:
    """See that the receiver was told of all that it asked for, signed, and each once."""
    with office.step("推送：接收端收到签名正确的消息，无重复") as told:
        expected = {"issue.dispatch": DISPATCHED, "issue.return": 1, "issue.close": DISPATCHED - 1, "slip.issued": 1}

        def counts() -> dict[str, int]:
            events = [one.body["event"] for one in list(came)]
            return {event: events.count(event) for event in expected}

        end = time.monotonic() + 60
        while counts() != expected and time.monotonic() < end:
            time.sleep(0.5)
        assert counts() == expected, f"expected messages {expected}, but {counts()} came"
        assert all(one.is_genuine for one in came), "a message came with a wrong signature"
        deliveries = [one.delivery for one in came]
        assert len(deliveries) == len(set(deliveries)), "a message came twice"
        told.append(f"共 {len(came)} 条")

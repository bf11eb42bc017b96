"""The review: ten suspected issues by keyboard on the page, the rest in bulk, as the labels of the photos have it."""

from typing import Any

from playwright.sync_api import Page, expect

from tests.service.day.office import Office, until
from tests.service.day.photos import Taken

__all__ = ["review_by_keyboard", "review_in_bulk"]

BY_KEYBOARD = 10


def review_by_keyboard(office: Office, taken: list[Taken]) -> None:
    """Confirm, reject, change a category, fix a box and merge, all by keys."""
    with office.step(f"核查员在“审核”页用键盘审核 {BY_KEYBOARD} 件：确认、驳回、改类别、修正框、并案") as told:
        labels = {one.path.name: one.categories for one in taken}
        left = office.get("verifier", "/api/v1/review", limit=1)["left"]
        page = office.people["verifier"].page
        page.goto("/review")
        done: dict[str, list[int]] = {"confirmed": [], "rejected": [], "changed": [], "fixed": [], "merged": []}
        for _ in range(BY_KEYBOARD):
            page.locator("#stage[data-issue]").wait_for()
            number = int(page.locator("#stage").get_attribute("data-issue") or 0)
            issue = _suspect(office, number)
            _review_one(page, issue, true_categories(office, issue, labels), done)
            expect(page.locator("#stage")).not_to_have_attribute("data-issue", str(number))
        expect(page.locator("#undo")).to_be_hidden(timeout=10_000)  # the last verdict is sent by then
        until(lambda: office.get("verifier", "/api/v1/review", limit=1)["left"] == left - BY_KEYBOARD, "ten are gone")
        for kind, numbers in done.items():
            assert numbers, f"among the first ten none was {kind}"
        fixed = office.get("verifier", f"/api/v1/issues/{done['fixed'][0]}")
        assert any(entry["action"] == "boxes" for entry in fixed["history"]), "the history tells of no fixed box"
        told.append(
            f"确认 {len(done['confirmed'])}，驳回 {len(done['rejected'])}，改类别 {len(done['changed'])}，"
            f"修正框 {len(done['fixed'])}，并案 {len(done['merged'])}"
        )


def _review_one(page: Page, issue: dict[str, Any], labelled: frozenset[str], done: dict[str, list[int]]) -> None:
    number, same = issue["id"], [one for one in issue["duplicates"] if one["category"] == issue["category"]]
    if same and not done["merged"]:
        page.keyboard.press("m")
        page.locator(f"#merge-dialog .target[value='{same[0]['id']}']").wait_for()
        choices = page.locator("#merge-dialog .target").evaluate_all("all => all.map(one => Number(one.value))")
        page.keyboard.press(str(choices.index(same[0]["id"]) + 1))
        done["merged"].append(number)
        return
    if not labelled or (len(done["confirmed"]) >= 2 and not done["rejected"] and issue["category"] not in labelled):
        page.keyboard.press("r")
        page.locator("#reject-dialog[open]").wait_for()
        page.keyboard.press("1")
        done["rejected"].append(number)
        return
    if not done["fixed"]:
        page.keyboard.press("e")
        for _ in range(3):
            page.keyboard.press("ArrowRight")
        page.keyboard.press("Shift+ArrowDown")
        page.keyboard.press("Enter")
        page.locator("#notice", has_text="框已保存").wait_for()
        done["fixed"].append(number)
    if issue["category"] not in labelled or not done["changed"]:
        wanted = min(labelled) if issue["category"] not in labelled else issue["category"]
        for category in ("litter" if wanted == issue["category"] else wanted, wanted):  # first a slip of the finger
            page.keyboard.press("c")
            page.locator(f"#category-dialog[open] [data-choice={category}]").wait_for()
            choices = page.locator("#category-dialog [data-choice]").evaluate_all(
                "all => all.map(o => o.dataset.choice)"
            )
            page.keyboard.press(str(choices.index(category) + 1))
        done["changed"].append(number)
    page.keyboard.press("Enter")
    done["confirmed"].append(number)


def review_in_bulk(office: Office, taken: list[Taken]) -> None:
    """Confirm and reject the rest, as the labels of their photos have it."""
    with office.step("其余疑似案件按照片标注批量确认、驳回") as told:
        labels = {one.path.name: one.categories for one in taken}
        rest = office.get("verifier", "/api/v1/review", limit=200)["issues"]
        real = [one["id"] for one in rest if one["category"] in true_categories(office, one, labels)]
        false = [one["id"] for one in rest if one["id"] not in real]
        results = []
        for ids, said in ((real, {"action": "confirm"}), (false, {"action": "reject", "reason": "no_such_thing"})):
            if ids:
                results.append(office.send("verifier", "/api/v1/review/bulk", {"ids": ids, **said}))
        assert sum(result["done"] for result in results) == len(rest), f"some of the verdicts failed: {results}"
        assert office.get("verifier", "/api/v1/review", limit=1)["left"] == 0, "something waits for review still"
        told.append(f"确认 {len(real)}，驳回 {len(false)}")


def true_categories(office: Office, issue: dict[str, Any], labels: dict[str, frozenset[str]]) -> frozenset[str]:
    """Return what people labelled on the photos of a suspected issue."""
    photos = [office.get("verifier", f"/api/v1/photos/{one['photo_id']}")["name"] for one in issue["evidence"]]
    return frozenset[str]().union(*(labels[name] for name in photos))


def _suspect(office: Office, number: int) -> dict[str, Any]:
    found = office.get("verifier", "/api/v1/review", limit=200)["issues"]
    return next(issue for issue in found if issue["id"] == number)

"""The review page in a real browser: by keyboard, by mouse, and on a phone."""

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from service.domain.lifecycle import State
from service.state import Service
from service.store.issues import Issue
from tests.service.pages import OpenPage
from tests.service.records import add_evidence, add_issue, box
from tests.service.review.suspects import photo_of, suspect
from tests.service.town import Town

UNDO_MS = 5000  # that a verdict is held back


@pytest.fixture
def queue(service: Service, town: Town) -> list[int]:
    """Six suspected issues, oldest first, all at one site."""
    categories = ("garbage_pile", "overflowing_bin", "litter", "graffiti", "stacked_debris", "garbage_pile")
    return [
        suspect(service, town, seed, hours_ago=20 - seed, category=category, site_id=town.east_site).id
        for seed, category in enumerate(categories)
    ]


def stored(service: Service, issue_id: int) -> Issue:
    """Return an issue with its evidence and history as they are in the database now."""
    with service.database.read() as session:
        issue = session.get_one(Issue, issue_id)
        assert issue.evidence is not None
        assert issue.history is not None
        return issue


def ready(page: Page) -> Page:
    """Make verdicts go out at once, and wait until the first issue is there."""
    page.clock.install()
    page.reload()
    page.locator("#stage[data-issue]").wait_for()
    return page


def becomes(page: Page, read: Callable[[], object], expected: object) -> None:
    """Wait until something has a value."""
    until = time.monotonic() + 10
    while read() != expected and time.monotonic() < until:
        page.wait_for_timeout(30)
    assert read() == expected


def sent(page: Page, service: Service, issues: list[int], states: list[State]) -> None:
    """Let the time for undoing pass, and wait for what becomes of the issues."""
    page.clock.run_for(UNDO_MS + 100)
    becomes(page, lambda: [stored(service, issue).state for issue in issues], states)


def shown(page: Page, issue_id: int) -> None:
    """Wait until an issue is the current one."""
    expect(page.locator("#stage")).to_have_attribute("data-issue", str(issue_id))


def test_confirm_and_reject_by_keyboard(service: Service, queue: list[int], open_page: OpenPage) -> None:
    page = ready(open_page("/review", "verifier"))
    expect(page.locator("#left")).to_have_text("6")
    page.locator("#severity").select_option("3")
    page.locator("#severity").blur()
    page.keyboard.press("Enter")
    shown(page, queue[1])
    expect(page.locator("#left")).to_have_text("5")
    page.keyboard.press("j")
    shown(page, queue[2])
    page.keyboard.press("r")
    page.keyboard.press("5")
    shown(page, queue[3])
    page.keyboard.press("r")
    page.keyboard.press("Escape")
    expect(page.locator("#reject-dialog")).to_be_hidden()
    assert {stored(service, issue).state for issue in queue} == {State.SUSPECTED}  # all of it can be undone still
    sent(page, service, queue[:3], [State.PENDING_DISPATCH, State.PENDING_DISPATCH, State.CANCELLED])
    assert stored(service, queue[0]).severity == 3
    assert stored(service, queue[2]).history[0].detail == {"reason": "private_ground"}
    expect(page.locator("#left")).to_have_text("3")


def test_undo(service: Service, queue: list[int], open_page: OpenPage) -> None:
    page = ready(open_page("/review", "verifier"))
    page.keyboard.press("Enter")
    expect(page.locator("#undo-text")).to_have_text(f"已确认 #{queue[0]}")
    page.keyboard.press("z")
    shown(page, queue[0])
    expect(page.locator("#undo")).to_be_hidden()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")  # another one, whose answer shows that the first wasn't sent
    sent(page, service, queue[:2], [State.SUSPECTED, State.PENDING_DISPATCH])


def test_leaving_the_page_sends_what_was_held_back(service: Service, queue: list[int], open_page: OpenPage) -> None:
    page = open_page("/review", "verifier")
    shown(page, queue[0])
    page.keyboard.press("Enter")
    shown(page, queue[1])
    page.goto("about:blank")
    becomes(page, lambda: stored(service, queue[0]).state, State.PENDING_DISPATCH)


def test_a_failure_brings_the_issue_back(service: Service, queue: list[int], open_page: OpenPage) -> None:
    page = ready(open_page("/review", "verifier"))
    with service.database.write() as session:  # somebody else was faster
        session.get_one(Issue, queue[0]).state = State.PENDING_DISPATCH
    page.keyboard.press("Enter")
    shown(page, queue[1])
    page.clock.run_for(UNDO_MS + 100)
    shown(page, queue[0])
    expect(page.locator("#notice")).to_have_text(f"#{queue[0]} 案件处于“待派单”，不能“立案”")


def test_change_category(service: Service, queue: list[int], open_page: OpenPage) -> None:
    page = ready(open_page("/review", "verifier"))
    page.keyboard.press("c")
    page.keyboard.press("4")
    expect(page.locator("#code")).to_contain_text("07001")
    expect(page.locator("#category")).to_have_text("非法小广告")
    expect(page.locator("#frame svg text")).to_have_text("非法小广告")
    changed = stored(service, queue[0])
    assert (changed.category, changed.state) == ("illegal_posting", State.SUSPECTED)


def test_fix_a_box_by_mouse(service: Service, queue: list[int], open_page: OpenPage) -> None:
    page = ready(open_page("/review", "verifier"))
    frame = page.locator("#frame").bounding_box()
    assert frame is not None
    unit = frame["width"] / 640  # pixels of the screen in one of the photo

    def drag(x1: float, y1: float, x2: float, y2: float) -> None:
        page.mouse.move(frame["x"] + x1 * unit, frame["y"] + y1 * unit)
        page.mouse.down()
        page.mouse.move(frame["x"] + x2 * unit, frame["y"] + y2 * unit, steps=4)
        page.mouse.up()

    page.locator("#edit-button").click()
    expect(page.locator("#confirm-button")).to_be_disabled()
    drag(200, 180, 220, 200)  # moves the box
    drag(320, 280, 400, 360)  # pulls its corner
    page.locator("#box-new").click()
    page.locator("#box-category").select_option("litter")
    page.locator("#edit-tools").get_by_role("button", name="新框").click()
    page.locator("#edit-tools").get_by_role("button", name="新框").click()
    drag(450, 300, 550, 400)
    page.locator("#box-save").click()
    expect(page.locator("#notice")).to_have_text("框已保存")
    (evidence,) = stored(service, queue[0]).evidence
    assert evidence.corrected is not None
    moved, new = evidence.corrected
    assert moved["box"] == pytest.approx([120, 120, 400, 360], abs=2)
    assert (new["category"], new["box"]) == ("litter", pytest.approx([450, 300, 550, 400], abs=2))


def test_fix_boxes_by_keyboard(service: Service, queue: list[int], open_page: OpenPage) -> None:
    page = ready(open_page("/review", "verifier"))
    page.keyboard.press("e")
    page.keyboard.press("ArrowRight")  # 640 / 200 pixels
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("n")
    page.keyboard.press("6")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")  # nothing of it is kept
    expect(page.locator("#edit-tools")).to_be_hidden()
    expect(page.locator("#frame svg g")).to_have_count(1)
    page.keyboard.press("e")
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("n")
    page.keyboard.press("6")
    page.keyboard.press("Enter")
    expect(page.locator("#notice")).to_have_text("框已保存")
    corrected = stored(service, queue[0]).evidence[0].corrected
    assert corrected == [box("garbage_pile", 132, 100, 332, 260, score=1), box("litter", 224, 168, 416, 312, score=1)]
    page.keyboard.press("e")
    page.keyboard.press("Delete")
    page.keyboard.press("Enter")
    expect(page.locator("#frame svg g")).to_have_count(1)
    page.keyboard.press("b")
    expect(page.locator("#frame svg")).to_be_hidden()


def test_merge(service: Service, town: Town, queue: list[int], open_page: OpenPage) -> None:
    with service.database.write() as session:
        target = add_issue(session, town, site_id=town.east_site, state=State.IN_PROGRESS).id
    page = ready(open_page("/review?category=garbage_pile", "verifier"))
    expect(page.locator("#left")).to_have_text("2")
    page.keyboard.press("m")
    choices = page.locator("#merge-dialog .target")
    numbers = [choice.get_attribute("value") for choice in choices.all()]
    assert set(numbers[:2]) == {str(target), str(queue[5])}  # of the same category first
    page.keyboard.press(str(numbers.index(str(target)) + 1))
    shown(page, queue[5])
    sent(page, service, queue[:1], [State.CANCELLED])
    assert stored(service, queue[0]).merged_into_id == target


def test_bulk(service: Service, queue: list[int], open_page: OpenPage) -> None:
    page = ready(open_page("/review", "verifier"))
    page.keyboard.press("Space")
    shown(page, queue[1])
    page.keyboard.press("g")
    cards = page.locator("#cards .card")
    expect(cards).to_have_count(6)
    cards.nth(2).locator("label").click()
    expect(page.locator("#chosen")).to_have_text("2")
    page.locator("#bulk-reject").click()
    page.keyboard.press("1")
    expect(cards).to_have_count(4)
    page.keyboard.press("a")
    cards.nth(0).locator("label").click()
    page.locator("#bulk-confirm").click()
    expect(cards).to_have_count(1)
    page.locator("#undo-button").click()
    expect(cards).to_have_count(4)
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    expect(page.locator("#empty")).to_be_visible()
    rejected, confirmed = State.CANCELLED, State.PENDING_DISPATCH
    sent(page, service, queue, [rejected, confirmed, rejected, confirmed, confirmed, confirmed])
    assert [stored(service, issue).is_hard_negative for issue in queue[:3]] == [True, False, True]


def test_other_photos_of_an_issue(service: Service, town: Town, queue: list[int], open_page: OpenPage) -> None:
    again = photo_of(service, town, 77)
    with service.database.write() as session:
        add_evidence(session, session.get_one(Issue, queue[0]), again, [], "again")
    page = ready(open_page("/review", "verifier"))
    expect(page.locator("#photos button")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    expect(page.locator("#frame svg g")).to_have_count(0)
    page.locator("#photos button").first.click()
    expect(page.locator("#frame svg g")).to_have_count(1)


def test_on_a_phone(service: Service, queue: list[int], open_page: OpenPage) -> None:
    page = ready(open_page("/review", "verifier", 375, height=720, has_touch=True, is_mobile=True))
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    confirm = page.locator("#confirm-button").bounding_box()
    assert confirm is not None
    assert (confirm["height"] >= 48, confirm["y"] + confirm["height"] <= 720) == (True, True)
    page.locator("#confirm-button").tap()
    shown(page, queue[1])
    page.locator("#reject-button").tap()
    page.get_by_role("button", name="照片无法判断").tap()
    shown(page, queue[2])
    page.locator("#strip button").nth(2).tap()
    shown(page, queue[4])
    sent(page, service, queue[:2], [State.PENDING_DISPATCH, State.CANCELLED])


def test_filter_form(service: Service, queue: list[int], open_page: OpenPage) -> None:
    page = open_page("/review", "verifier")
    page.get_by_text("筛选", exact=True).first.click()
    page.locator("select[name=category]").select_option("graffiti")
    page.locator("#filter button").click()
    page.wait_for_url("**/review?category=graffiti")
    shown(page, queue[3])
    expect(page.locator("#left")).to_have_text("1")


def test_next_issue_within_a_tenth_of_a_second(service: Service, queue: list[int], open_page: OpenPage) -> None:
    page = open_page("/review", "verifier")
    page.locator("#frame img").wait_for()
    page.wait_for_load_state("networkidle")
    page.evaluate(
        """() => {
            window.waits = [];
            addEventListener("keydown", event => {
                const since = event.timeStamp, before = document.querySelector("#frame img");
                const look = () => {
                    const now = document.querySelector("#frame img");
                    if (now === before || !now.complete || !now.naturalWidth) return requestAnimationFrame(look);
                    requestAnimationFrame(() => window.waits.push(performance.now() - since));
                };
                requestAnimationFrame(look);
            }, { capture: true });
        }"""
    )
    for place in range(1, 6):
        page.keyboard.press("Enter")
        shown(page, queue[place])
        page.wait_for_function("count => window.waits.length === count", arg=place)
    waits = sorted(page.evaluate("window.waits"))
    assert waits[2] < 100, waits  # the median; a busy machine may be late once

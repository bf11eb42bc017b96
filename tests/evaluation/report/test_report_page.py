"""The page is looked at with a real browser; without one on the machine these tests are skipped."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.evaluation.records import example_photos, example_record
from vision.evaluation.record import Condition, EvaluationRecord, Note, Visited
from vision.evaluation.report.report_page import write_report

HOSTILE = """<script>alert(1)</script><img src=x onerror=alert(1)> "'& 照片"""
SECTIONS = ["screening", "detection", "failures", "gallery", "robustness", "cost", "repeat", "words"]
PHONE, DESK = (375, 740), (1280, 800)


@pytest.fixture(scope="module")
def record() -> EvaluationRecord:
    return example_record()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, record: EvaluationRecord) -> str:
    folder = tmp_path_factory.mktemp("report")
    write_report(folder / "report.html", record, example_photos(folder))
    assert (folder / "report.html").stat().st_size < 8_000_000
    return (folder / "report.html").as_uri()


@contextmanager
def opened(browser: Browser, url: str, size: tuple[int, int] = PHONE, **options: str) -> Iterator[Page]:
    """Open the page; nothing else may be asked for, and nothing may be complained about."""
    with browser.new_context(viewport={"width": size[0], "height": size[1]}, **options) as context:  # type: ignore[arg-type]
        page = context.new_page()
        asked: list[str] = []
        complaints: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.goto(url)
        page.add_style_tag(content=".card { content-visibility: visible !important }")
        yield page
        assert [request for request in asked if not request.startswith("data:")] == [url]
        assert complaints == []


def write(tmp_path: Path, record: EvaluationRecord) -> str:
    write_report(tmp_path / "report.html", record, {})
    return (tmp_path / "report.html").as_uri()


def width(page: Page) -> int:
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert isinstance(wide, int)
    return wide


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_nothing_is_wider_than_the_screen_in_either_language(
    browser: Browser, url: str, size: tuple[int, int], scheme: str
) -> None:
    with opened(browser, url, size, color_scheme=scheme) as page:
        assert width(page) == size[0]
        assert "每 100 张需要到场的照片" in page.locator("header").inner_text()
        page.click("#language")
        assert "Of 100 photos that need a visit" in page.locator("header").inner_text()
        assert "每 100 张需要到场的照片" not in page.locator("body").inner_text()
        assert width(page) == size[0]


def test_sections_stand_in_order_and_have_a_chip(browser: Browser, url: str) -> None:
    with opened(browser, url) as page:
        assert page.eval_on_selector_all("main > section", "nodes => nodes.map(node => node.id)") == SECTIONS
        chips = page.eval_on_selector_all("nav a", "nodes => nodes.map(node => node.hash)")
        assert chips == [f"#{name}" for name in SECTIONS]
        page.click("nav a[href='#failures']")
        expect(page.locator("nav a[aria-current]")).to_have_attribute("href", "#failures")
        top = page.locator("#failures").bounding_box()
        bar = page.locator("nav").bounding_box()
        assert top
        assert bar
        assert bar["y"] == 0
        assert top["y"] >= bar["height"] - 1
        page.click("nav a[href='#words']")
        expect(page.locator("nav a[href='#words']")).to_be_in_viewport(timeout=20_000)  # the page scrolls there first


def test_links_lead_to_words_that_are_explained(browser: Browser, url: str) -> None:
    with opened(browser, url) as page:
        targets = page.eval_on_selector_all("a[href^='#']", "nodes => nodes.map(node => node.getAttribute('href'))")
        assert all(page.locator(f"[id='{target[1:]}']").count() == 1 for target in set(targets))


def test_ids_are_unique_and_plots_have_names(browser: Browser, url: str) -> None:
    with opened(browser, url) as page:
        ids = page.eval_on_selector_all("[id]", "nodes => nodes.map(node => node.id)")
        assert len(ids) == len(set(ids))
        labels = page.eval_on_selector_all("svg.plot", "nodes => nodes.map(node => node.getAttribute('aria-label'))")
        assert len(labels) == 13  # ROC, PR, categories, errors, reliability, 7 kinds of poor photos, stages
        assert all(labels)


def test_plots_are_readable_on_a_phone(browser: Browser, url: str) -> None:
    with opened(browser, url) as page:
        heights = page.eval_on_selector_all(
            "svg.plot text",
            """nodes => nodes.map(node => {
                const matrix = node.getScreenCTM(); // turned, at a y-axis
                return parseFloat(node.style.fontSize) * Math.hypot(matrix.a, matrix.b);
            })""",
        )
        assert min(heights) > 10


def test_head_says_the_figures_of_the_record(browser: Browser, url: str, record: EvaluationRecord) -> None:
    visited = record.screening.everything.visited
    assert visited.recall.rate is not None
    assert visited.alarms.rate is not None
    assert record.mean.ap50 is not None
    with opened(browser, url) as page:
        figures = page.locator(".big > li > b").all_inner_texts()
        shown = [
            f"{100 * visited.recall.rate:.0f}",
            f"{100 * visited.alarms.rate:.0f}",
            f"{record.mean.ap50:.2f}",
            "61",
        ]
        assert [figure.split()[0] for figure in figures] == shown
        notes = page.locator(".notes").inner_text()
        assert record.notes[0].zh in notes
        assert "下不了结论的类别：垃圾桶" in notes
        assert "不会报告的类别：乱涂写" in notes
        assert "10 趟" in page.locator("#screening .point").inner_text()


def test_table_of_categories(browser: Browser, url: str, record: EvaluationRecord) -> None:
    with opened(browser, url, DESK) as page:
        rows = page.locator("#detection tbody tr")
        assert rows.count() == len(record.categories) + 1
        first = rows.nth(0).inner_text()
        assert f"{record.categories[0].figures.ap50:.3f}" in first
        assert "太少" in rows.nth(2).inner_text()
        assert "模型不报告" in rows.nth(5).inner_text()
        low, high = record.categories[0].figures.intervals["ap50"]
        bar, track = rows.nth(0).locator(".whisker b").bounding_box(), rows.nth(0).locator(".whisker").bounding_box()
        assert bar
        assert track
        assert (bar["x"] - track["x"]) / track["width"] == pytest.approx(low, abs=0.01)
        assert bar["width"] / track["width"] == pytest.approx(high - low, abs=0.01)


def test_confusion_matrix_has_a_row_and_a_column_for_background(
    browser: Browser, url: str, record: EvaluationRecord
) -> None:
    with opened(browser, url) as page:
        cells = page.locator(".confusion tbody tr").evaluate_all(
            "rows => rows.map(row => [...row.querySelectorAll('td')].map(cell => parseInt(cell.textContent) || 0))"
        )
        assert cells == [list(row) for row in record.failures.confusion.counts]
        box = page.locator(".scroll:has(.confusion)")
        assert box.evaluate("node => node.scrollWidth > node.clientWidth")


def test_lightbox_shows_whole_photo_and_close_up_with_boxes(
    browser: Browser, url: str, record: EvaluationRecord
) -> None:
    number = next(
        i
        for i, m in enumerate(record.failures.mistakes)
        if m.kind == "localisation" and m.truth_box and m.truth_box[2] - m.truth_box[0] < 60
    )
    with opened(browser, url) as page:
        assert page.locator(".card").count() == len(record.failures.mistakes)
        page.locator(".shot").nth(number).click()
        view = page.locator("#view")
        expect(view.locator("img")).to_be_visible()
        assert view.locator("rect").count() == 3  # reported; labelled, black under white
        expect(view.locator("svg.boxes")).to_have_attribute("viewBox", "0 0 480 360")
        expect(page.locator("#place")).to_have_text(f"{number + 1} / {len(record.failures.mistakes)}")
        assert record.failures.mistakes[number].photo in page.locator(".caption").inner_text()
        page.click("#near")
        near = view.locator("svg.boxes").get_attribute("viewBox")
        assert near is not None
        assert near != "0 0 480 360"
        page.click("#next")
        expect(page.locator("#place")).to_have_text(f"{number + 2} / {len(record.failures.mistakes)}")
        page.keyboard.press("Escape")
        expect(page.locator("dialog")).not_to_be_visible()
        expect(page.locator(".shot").nth(number + 1)).to_be_focused()


def test_boxes_lie_where_the_record_says(browser: Browser, url: str, record: EvaluationRecord) -> None:
    mistake = record.failures.mistakes[0]
    with opened(browser, url) as page:
        shown = page.locator(".card svg.boxes rect").first.evaluate(
            "node => ['x', 'y', 'width', 'height'].map(name => node[name].baseVal.value)"
        )
        x1, y1, x2, y2 = mistake.box
        assert shown == pytest.approx([x1, y1, x2 - x1, y2 - y1], abs=0.06)


def test_from_which_level_too_little_is_left(browser: Browser, tmp_path: Path, record: EvaluationRecord) -> None:
    def condition(kind: str, level: float, unit: str, ap50: float | None) -> Condition:
        values = {"kind": kind, "level": level, "unit": unit, "photos": 9, "ap50": ap50, "ap50_95": ap50}
        return Condition.model_validate({**values, "by_category": {}})

    conditions = (
        condition("clean", 0, "", 0.6),
        condition("jpeg", 80, "quality", 0.55),
        condition("jpeg", 30, "quality", 0.53),
        condition("jpeg", 15, "quality", 0.2),
        condition("fog", 200, "m of visibility", 0.54),
        condition("rotation", -10, "°", 0.3),
        condition("rotation", -5, "°", 0.5),
        condition("rotation", 5, "°", 0.6),
        condition("rain", 10, HOSTILE, None),
    )
    with opened(browser, write(tmp_path, record.model_copy(update={"robustness": conditions}))) as page:
        names, captions = (
            page.locator(f"#robustness {part}").all_inner_texts() for part in ("figure h3", "figcaption")
        )
        assert dict(zip(names, captions, strict=True)) == {
            "压缩": "不到原图 90% 的起点：质量 30。",
            "下雨": "没有可比的数字。",
            "有雾": "试过的程度都保住了 90% 以上。",
            "拍歪": "不到原图 90% 的起点：±5°。",
        }


def test_odd_names_are_only_text(browser: Browser, tmp_path: Path, record: EvaluationRecord) -> None:
    failures = record.failures
    mistake = failures.mistakes[0].model_copy(update={"photo": HOSTILE, "category": HOSTILE, "truth_category": HOSTILE})
    named = failures.slices[-1].model_copy(update={"name": HOSTILE})
    first = record.categories[0].model_copy(update={"category": HOSTILE, "too_few": True})
    odd = record.model_copy(
        update={
            "command": HOSTILE,
            "machine": HOSTILE,
            "notes": (Note(zh=HOSTILE, en=HOSTILE),),
            "versions": {HOSTILE: HOSTILE},
            "data": record.data.model_copy(update={"name": HOSTILE, "sources": {HOSTILE: 132}}),
            "model": record.model.model_copy(
                update={"name": HOSTILE, "device": HOSTILE, "mapped": {HOSTILE: "litter"}, "ignored": (HOSTILE,)}
            ),
            "categories": (first, *record.categories[1:]),
            "screening": record.screening.model_copy(
                update={"thresholds": {HOSTILE: 1.5}, "sets": {HOSTILE: record.screening.sets["抽查 spot checks"]}}
            ),
            "failures": failures.model_copy(
                update={"mistakes": (mistake, *failures.mistakes[1:]), "slices": (*failures.slices[:-1], named)}
            ),
        }
    )
    with opened(browser, write(tmp_path, EvaluationRecord.model_validate(odd.model_dump()))) as page:
        assert width(page) == PHONE[0]
        assert page.locator("img[src='x']").count() == 0
        assert page.locator("#repeat pre").inner_text() == HOSTILE
        for place in ("header", "#screening", "#detection", "#failures", "#gallery"):
            assert HOSTILE in page.locator(place).inner_text()
        page.locator(".shot").first.click()
        assert page.locator("#path").inner_text() == HOSTILE


def bare(record: EvaluationRecord) -> EvaluationRecord:
    """Take away all that a record may lack."""
    rate = record.screening.everything.visited.recall.model_copy(update={"count": 0, "total": 0, "interval": None})
    visited = Visited(recall=rate, alarms=rate, cost_per_100=None)
    group = record.screening.everything.model_copy(update={"visited": visited, "roc": None, "pr": None})
    nothing = record.failures.calibration.model_copy(update={"finds": 0, "ece": None, "bins": ()})
    empty = record.categories[5].figures
    return record.model_copy(
        update={
            "notes": (),
            "robustness": (),
            "cost": None,
            "mean": empty,
            "categories": tuple(
                c.model_copy(update={"figures": empty, "precision_at_recall": ()}) for c in record.categories
            ),
            "model": record.model.model_copy(
                update={"kind": "predictions", "input_size": None, "device": None, "mapped": {}, "ignored": ()}
            ),
            "screening": record.screening.model_copy(
                update={
                    "chosen_on": None,
                    "chosen_photos": 0,
                    "chosen_visited": None,
                    "thresholds": {},
                    "everything": group,
                    "light": {},
                    "categories": {},
                    "sets": {},
                }
            ),
            "failures": record.failures.model_copy(
                update={
                    "errors": {},
                    "calibration": nothing,
                    "calibration_by_category": {},
                    "slices": (),
                    "mistakes": (),
                }
            ),
        }
    )


def only(**changes: object) -> Callable[[EvaluationRecord], EvaluationRecord]:
    return lambda record: record.model_copy(update=changes)


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        pytest.param(bare, {"robustness", "cost"}, id="nothing"),
        pytest.param(only(robustness=()), {"robustness"}, id="no robustness"),
        pytest.param(only(cost=None), {"cost"}, id="no cost"),
    ],
)
def test_record_that_lacks_something(
    browser: Browser,
    tmp_path: Path,
    record: EvaluationRecord,
    change: Callable[[EvaluationRecord], EvaluationRecord],
    missing: set[str],
) -> None:
    less = EvaluationRecord.model_validate(change(record).model_dump())
    with opened(browser, write(tmp_path, less)) as page:
        assert width(page) == PHONE[0]
        kept = [name for name in SECTIONS if name not in missing]
        assert page.eval_on_selector_all("main > section", "nodes => nodes.map(node => node.id)") == kept
        assert page.locator("nav a").count() == len(kept)
        assert "None" not in page.locator("body").inner_text()
        if not less.failures.mistakes:
            assert "没有错例" in page.locator("#gallery").inner_text()
            assert "模型自带" in page.locator("#screening .point").inner_text()


def test_missing_photo_leaves_a_card_without_a_picture(
    browser: Browser, tmp_path: Path, record: EvaluationRecord
) -> None:
    with opened(browser, write(tmp_path, record)) as page:
        assert page.locator(".card img").count() == 0
        assert page.locator(".card .none").count() == len(record.failures.mistakes)
        page.locator(".shot").first.click()
        expect(page.locator("#view .none")).to_be_visible()
        expect(page.locator("#near")).to_be_hidden()

"""The page is looked at with a real browser; without one on the machine these tests are skipped."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.evaluation.comparison.test_compare import without
from tests.evaluation.records import example_record
from tests.footage.test_page import opened
from vision.evaluation.comparison.compare import compare_records
from vision.evaluation.record import EvaluationRecord
from vision.evaluation.report.comparison_page import write_comparison_page
from vision.evaluation.report.comparison_plots import colour_of_run, error_bars_plot, robustness_plot

HOSTILE = """<img src=x onerror=alert(1)> "'& $1% averylongnamewithoutanyspaceinit-2026-03-12"""
BEYOND = "nodes => nodes.filter(node => node.scrollWidth > node.clientWidth).length"


def slow(record: EvaluationRecord) -> EvaluationRecord:
    assert record.cost
    total = record.cost.total.model_copy(update={"p50": 900.0})
    return record.model_copy(update={"cost": record.cost.model_copy(update={"total": total})})


def bare(record: EvaluationRecord) -> EvaluationRecord:
    """Make it one of a vendor's predictions: without times and poor photos."""
    return record.model_copy(update={"cost": None, "robustness": ()})


def write(path: Path, *records: EvaluationRecord) -> str:
    write_comparison_page(path, compare_records(records, resamples=200), records)
    return path.as_uri()


@pytest.fixture(scope="module")
def page_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    poor, good = example_record("poor", 0.2), slow(example_record("good", 0.8))
    other = example_record("elsewhere", 0.6)
    other = other.model_copy(
        update={"data": other.data.model_copy(update={"photos_sha256": "e" * 64}), "machine": "another machine"}
    )
    vendor = bare(example_record("vendor", 0.2))
    vendor = vendor.model_copy(update={"model": vendor.model.model_copy(update={"name": HOSTILE})})
    return write(tmp_path_factory.mktemp("page") / "comparison.html", poor, good, vendor, other)


@pytest.fixture
def page(browser: Browser, page_url: str) -> Iterator[Page]:
    """Yield the opened page on a phone; whatever it complains about fails the test."""
    context = browser.new_context(viewport={"width": 375, "height": 740}, has_touch=True)
    with opened(context, page_url) as page:
        yield page
    context.close()


def row(page: Page, name: str) -> list[str]:
    found = page.locator("#figures tbody tr", has_text=name).first
    return [" ".join(text.split()) for text in found.locator("td").all_inner_texts()]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_no_sideways_scrolling_on_a_phone(page: Page, language: str) -> None:
    if language == "en":
        page.click("#language")
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    assert page.locator("section, header, figure, .key, .runs, pre, dl, .notes").evaluate_all(BEYOND) == 0


def test_verdicts_have_signs_and_words(page: Page) -> None:
    mean = row(page, "AP50-95")
    assert "▲ 更好" in mean[1]
    assert not any(sign in mean[0] + mean[3] for sign in "▲▼○")  # the first, and the one of other photos
    assert page.locator("#figures .verdict.better").count() > 0
    page.click("#language")
    assert "▲ better" in row(page, "AP50-95")[1]
    text = page.locator("body").inner_text()
    assert "“Can't tell” doesn't mean" in text
    assert "更好" not in page.locator("#figures").inner_text()


def test_warnings(page: Page) -> None:
    notes = page.locator(".notes").inner_text()
    assert "elsewhere 评测的不是 poor 的那批照片" in notes
    assert "机器不同" in notes
    assert "没有计时" in page.locator("#speed").inner_text()
    assert HOSTILE in page.locator("#speed .muted").inner_text()


def test_plots(page: Page) -> None:
    counts = {id_: page.locator(f"#{id_} svg.plot").count() for id_ in ("differences", "speed", "screening", "errors")}
    assert counts == {"differences": 2, "speed": 1, "screening": 1, "errors": 1}
    assert page.locator("#curves svg.plot").count() == 6  # nobody reports graffiti
    assert page.locator("#robustness svg.plot").count() == 7
    told = str(page.locator("#differences svg.plot").first.get_attribute("aria-label"))
    assert "good" in told
    assert "更好 better" in told
    speed = page.locator("#speed svg.plot")
    assert "good 900.0 ms" in str(speed.get_attribute("aria-label"))
    assert "1000" in speed.inner_html()  # the logarithmic axis reaches beyond 900
    smallest = "nodes => Math.min(...nodes.map(node => node.getBoundingClientRect().height))"
    assert page.locator("svg.plot text").evaluate_all(smallest) >= 9


def test_how_to_repeat(page: Page) -> None:
    text = page.locator("#repeat").inner_text()
    for fact in ("cleanlane evaluate poor.onnx", "a1" * 32, "b2" * 32, "c3" * 32, "another machine", "e" * 64):
        assert fact in text


def test_hostile_names_stay_text(page: Page) -> None:
    assert page.locator("[onerror]").count() == 0
    assert HOSTILE in page.locator(".runs").inner_text()


def test_nothing_is_fetched(page: Page, page_url: str) -> None:
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    page.reload(wait_until="load")
    assert [url for url in fetched if not url.startswith("data:")] == [page_url]


def test_two_vendors_on_other_photos(browser: Browser, tmp_path: Path) -> None:
    first, second = bare(example_record("one", 0.4)), bare(example_record("two", 0.4))
    second = second.model_copy(update={"data": second.data.model_copy(update={"labels_sha256": "e" * 64})})
    context = browser.new_context()
    with opened(context, write(tmp_path / "c.html", first, second)) as page:
        for id_ in ("differences", "speed", "robustness"):
            assert page.locator(f"#{id_}").count() == 0
        assert page.locator(".verdict").count() == 0
    context.close()


def test_errors_and_poor_photos_are_over_shared_categories(tmp_path: Path) -> None:
    first, second = example_record("one", 0.8), without(example_record("two", 0.4), "litter")
    comparison = compare_records([first, second], resamples=50)
    lost = first.failures.errors["missed"].by_category
    shared = [value for name, value in lost.items() if name in comparison.categories]
    assert len(shared) == 5
    plot = error_bars_plot(comparison, [first, second])
    assert plot
    assert f">A {sum(shared) / 5:.3f}<" in plot
    assert f"{sum(shared) / 5:.3f}" != f"{first.failures.errors['missed'].ap50_lost:.3f}"


def test_poor_photos_with_too_few_boxes_of_a_category_still_have_their_curves() -> None:
    few = [without_a_category(record) for record in (example_record("first", 0.8), example_record("second", 0.5))]
    comparison = compare_records(few, resamples=200)
    plot = robustness_plot("jpeg", comparison, few)
    assert plot
    assert all(colour_of_run(i) in plot for i in range(2))  # a line of each run


def without_a_category(record: EvaluationRecord) -> EvaluationRecord:
    conditions = [
        c.model_copy(update={"by_category": {name: v for name, v in c.by_category.items() if name != "graffiti"}})
        for c in record.robustness
    ]
    return record.model_copy(update={"robustness": tuple(conditions)})

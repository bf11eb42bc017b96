"""The page is looked at with a real browser; without one on the machine these tests are skipped."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from vision.categories import CATEGORIES
from vision.inference import gallery
from vision.inference.annotate import draw_boxes, thumbnail
from vision.inference.gallery import Card, write_gallery
from vision.inference.results import Box, Failure, GpsPoint, ModelInfo, PhotoResult, ResultFile, ScreenedCategory
from vision.inference.tally import Tally

HOSTILE = """<img src=x onerror=alert(1)> "'& #1.jpg"""
IMAGE = np.full((300, 400, 3), 120, np.uint8)


def photo(path: str, *categories: str, visit: bool = True, gps: GpsPoint | None = None) -> PhotoResult:
    boxes = tuple(
        Box(category=name, score=0.9 - i / 10, box=(20 + 90 * i, 50, 100 + 90 * i, 200))
        for i, name in enumerate(categories)
    )
    return PhotoResult(
        path=path,
        sha256="a" * 64,
        verdict="needs_visit" if visit else "clean",
        width=400,
        height=300,
        captured=dt.datetime(2025, 3, 1, 14, 5),
        gps=gps,
        boxes=boxes,
    )


def result_file(photos: list[PhotoResult]) -> ResultFile:
    categories = tuple(
        ScreenedCategory(name=c.name, zh=c.zh, is_problem=c.is_problem, threshold=0.35) for c in CATEGORIES
    )
    return ResultFile(
        created=dt.datetime(2025, 3, 2, 8, tzinfo=dt.UTC),
        software="cleanlane 0.1.0",
        provider="CPUExecutionProvider",
        iou=0.6,
        model=ModelInfo(name="small-test-model", sha256="c" * 64, input_size=(640, 640), categories=categories),
        photos=tuple(photos),
    )


def photos() -> list[PhotoResult]:
    shanghai = GpsPoint(latitude=31.2304, longitude=121.4737)
    return [
        photo(f"2025/{HOSTILE}", "garbage_pile", "litter", "litter", gps=shanghai),
        photo("很长的文件名" * 12 + ".jpg", "graffiti", gps=GpsPoint(latitude=31.2, longitude=121.4, datum="GCJ-02")),
        photo("litter.jpg", "litter"),
        PhotoResult(
            path="broken.jpg",
            sha256=None,
            verdict="unreadable",
            failure=Failure(reason="truncated", message="cut <off>"),
        ),
        photo("bin.jpg", "bin", visit=False),
        photo("street.jpg", visit=False),
    ]


@pytest.fixture(scope="module")
def page_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("gallery")
    found = photos()
    copy = "第1张 #50%.jpg"
    draw_boxes(np.zeros((600, 800, 3), np.uint8), found[0].boxes).save(folder / copy)
    copies = [copy, None, None, None, None, None]
    cards = [Card(p, None if p.failure else thumbnail(IMAGE), link) for p, link in zip(found, copies, strict=True)]
    write_gallery(folder / "index.html", result_file(found), Tally.of(found), iter(cards))
    return (folder / "index.html").as_uri()


@pytest.fixture
def page(browser: Browser, page_url: str) -> Iterator[Page]:
    """Yield the opened page on a phone; whatever it complains about fails the test."""
    complaints: list[str] = []
    opened = browser.new_page(viewport={"width": 360, "height": 740}, has_touch=True)
    opened.set_default_timeout(3000)
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("dialog", lambda dialog: complaints.append(f"a script opened {dialog.type}"))
    opened.goto(page_url)
    yield opened
    opened.close()
    assert complaints == []


def names(page: Page) -> list[str]:
    """Return the file names of the cards that can be seen, in order."""
    return [name.strip() for name in page.locator(".card:visible > .facts > [title]").all_text_contents()]


def test_order_and_counts(page: Page) -> None:
    verdicts = page.locator(".card").evaluate_all("cards => cards.map(card => card.dataset.verdict)")
    assert verdicts == ["needs_visit"] * 3 + ["unreadable"] + ["clean"] * 2
    assert page.locator(".verdicts button").all_inner_texts() == ["6\n全部", "3\n需到场", "2\n干净", "1\n无法读取"]
    assert "small-test-model" in page.locator("header").inner_text()


def test_facts_of_cards(page: Page) -> None:
    first, second, broken = (page.locator(".card").nth(i).inner_text() for i in (0, 1, 3))
    for fact in ("需到场", "暴露垃圾90%", "零星垃圾×280%", "2025-03-01 14:05", "31.23040, 121.47370"):
        assert fact in first.replace("\n", "")
    assert page.locator("a[href^='geo:']").evaluate_all("links => links.map(link => link.href)") == [
        "geo:31.230400,121.473700"
    ]
    assert "GCJ-02" in second
    assert "文件损坏或不完整" in broken
    assert "cut <off>" in broken


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_no_sideways_scrolling_on_a_phone(page: Page, language: str) -> None:
    if language == "en":
        page.click("#language")
    page.locator("summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    beyond = "nodes => nodes.filter(node => node.scrollWidth > node.clientWidth).length"
    assert page.locator(".verdicts button, .card, footer").evaluate_all(beyond) == 0
    page.locator(".shot").nth(1).click()
    assert page.locator("#close").bounding_box()["x"] < 360 - 44 + 1  # type: ignore[index]
    assert page.locator("dialog, .caption, .bar").evaluate_all(beyond) == 0


def test_category_filter_hides_cards_and_overlays(page: Page) -> None:
    assert page.locator(".boxes rect:visible").count() == 6
    page.locator(".filters button", has_text="零星垃圾").click()
    assert names(page) == [HOSTILE, "litter.jpg"]
    assert page.locator(".boxes rect:visible").count() == 3
    page.locator(".filters button", has_text="乱涂写").click()
    assert len(names(page)) == 3
    assert page.locator("#shown").inner_text() == "3 / 6"


def test_verdict_and_category_combine(page: Page) -> None:
    litter, bins = (page.locator(".filters button", has_text=text) for text in ("零星垃圾", "垃圾桶"))
    litter.click()
    bins.click()
    assert len(names(page)) == 3
    page.click(".verdicts [data-verdict=clean]")
    assert names(page) == ["bin.jpg"]
    expect(litter).to_be_disabled()
    page.click(".verdicts [data-verdict=unreadable]")
    assert names(page) == ["broken.jpg"]
    page.click(".verdicts [data-verdict='']")
    assert len(names(page)) == 6


def test_language_is_switched_and_remembered(page: Page) -> None:
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    assert "Needs visit" not in page.locator("body").inner_text()
    page.click("#language")
    page.reload()
    assert page.locator("html").get_attribute("lang") == "en"
    text = page.locator("body").inner_text()
    assert "Needs visit" in text
    assert "Garbage pile" in text
    assert "需到场" not in text


def test_hostile_name_stays_text(page: Page) -> None:
    assert names(page)[0] == HOSTILE
    page.locator(".shot").first.click()
    assert page.locator("#path").inner_text() == f"2025/{HOSTILE}"
    assert page.locator("[onerror]").count() == 0


def test_nothing_is_fetched(page: Page, page_url: str) -> None:
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    page.reload(wait_until="load")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.wait_for_timeout(100)
    assert [url for url in fetched if not url.startswith("data:")] == [page_url]


def test_lightbox_by_keyboard(page: Page) -> None:
    dialog, place = page.locator("dialog"), page.locator("#place")
    page.locator(".shot").nth(1).press("Enter")
    expect(place).to_have_text("2 / 6")
    expect(page.locator("#view rect")).to_have_count(1)  # no copy was written: thumbnail and overlay
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(place).to_have_text("1 / 6")
    page.locator("dialog").press("Escape")
    page.locator(".shot").nth(3).press("Enter")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    expect(place).to_have_text("6 / 6")
    page.keyboard.press("ArrowLeft")
    expect(place).to_have_text("5 / 6")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.locator(".shot").nth(4)).to_be_focused()


def test_lightbox_by_touch_follows_filter(page: Page) -> None:
    page.locator(".filters button", has_text="零星垃圾").tap()
    page.locator(".card:visible").first.locator(".badge").tap()
    place = page.locator("#place")
    expect(place).to_have_text("1 / 2")
    page.locator("#next").tap()
    expect(page.locator("#path")).to_have_text("litter.jpg")
    page.locator("#previous").tap()
    expect(place).to_have_text("1 / 2")
    swipe(page, 300, 60)
    expect(place).to_have_text("2 / 2")
    swipe(page, 60, 300)
    expect(place).to_have_text("1 / 2")
    page.locator("#close").click()  # Chromium takes a tap right after a swipe as the swipe's end
    expect(page.locator("dialog")).to_be_hidden()


def swipe(page: Page, start: int, end: int) -> None:
    touch = page.context.new_cdp_session(page)
    for kind, x in (("touchStart", start), ("touchMove", (start + end) / 2), ("touchMove", end), ("touchEnd", None)):
        points = [] if x is None else [{"x": x, "y": 250}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_lightbox_shows_annotated_copy(page: Page) -> None:
    page.locator(".shot").first.click()
    page.wait_for_function("document.querySelector('#view img').naturalWidth === 800")
    assert page.locator("#view rect").count() == 0
    assert page.locator("dialog .open a:visible").count() == 1


def test_lightbox_keeps_thumbnail_where_copy_is_gone(browser: Browser, tmp_path: Path) -> None:
    found = photo("a.jpg", "litter")
    write_gallery(
        tmp_path / "index.html", result_file([found]), Tally.of([found]), [Card(found, thumbnail(IMAGE), "gone.jpg")]
    )
    page = browser.new_page()
    page.goto((tmp_path / "index.html").as_uri())
    with page.expect_event("requestfailed"):
        page.locator(".shot").click()
    assert page.locator("#view rect:visible").count() == 1
    page.close()


def test_page_stops_embedding_at_its_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gallery, "EMBEDDED_BYTES", 250)
    found = [photo(f"{i}.jpg", "litter") for i in range(4)]
    copies = [None, "copies/1.jpg", "javascript:alert(1)", None]
    write_gallery(
        tmp_path / "index.html",
        result_file(found),
        Tally.of(found),
        (Card(p, b"x" * 100, link) for p, link in zip(found, copies, strict=True)),
    )
    html = (tmp_path / "index.html").read_text()
    assert html.count('src="data:image/jpeg') == 2
    assert html.count("<rect") == 2
    assert 'src="javascript%3Aalert%281%29"' in html
    assert "copies/1.jpg" in html


def test_unfinished_page_does_not_replace_a_finished_one(tmp_path: Path) -> None:
    target = tmp_path / "index.html"
    target.write_text("yesterday's")
    found = [photo("a.jpg", "litter")]

    def failing() -> Iterator[Card]:
        yield Card(found[0], None, None)
        raise OSError("disk gone")

    with pytest.raises(OSError, match="disk gone"):
        write_gallery(target, result_file(found), Tally.of(found), failing())
    assert target.read_text() == "yesterday's"


def test_name_that_is_not_utf8_does_not_cost_the_page(tmp_path: Path) -> None:
    found = photo("caf\udce9.jpg", "litter")
    results = result_file([])
    write_gallery(
        tmp_path / "index.html", results, Tally.of(results.photos), [Card(found, None, "copies/caf\udce9.jpg")]
    )
    assert 'href="copies/caf%E9.jpg"' in (tmp_path / "index.html").read_text()


def test_page_shows_the_most_urgent_of_very_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gallery, "MOST_CARDS", 2)
    found = [photo(f"{i}.jpg", "litter") for i in range(5)]
    cards = [Card(p, None, None) for p in found]
    write_gallery(tmp_path / "index.html", result_file(found), Tally.of(found), cards)
    html = (tmp_path / "index.html").read_text()
    assert html.count('<li class="card"') == 2
    assert "另有 3 张较不紧急的照片未列出" in html

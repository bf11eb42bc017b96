"""The page is looked at with a real browser; without one on the machine these tests are skipped."""

import datetime as dt
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import av
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.inference.test_gallery import swipe
from vision.categories import CATEGORIES
from vision.footage import page as module
from vision.footage.page import write_page
from vision.footage.result import CameraInfo, Event, EventFile, Fix, Observation, Picture, Visit
from vision.images import NDArrayImage
from vision.inference.annotate import thumbnail
from vision.inference.results import GpsPoint, ModelInfo, ScreenedCategory

HOSTILE = """<img src=x onerror=alert(1)> "'& #1%"""
PATROL, GATE = f"巡查车 {HOSTILE}", "东门"
NINE = dt.datetime(2026, 3, 12, 9)
LIT = re.compile(r"\blit\b")
BEYOND = "nodes => nodes.filter(node => node.scrollWidth > node.clientWidth).length"


def event(
    number: int,
    camera: str,
    category: str,
    *visits: tuple[float, float],
    place: GpsPoint | None = None,
    zone: str | None = None,
    state: Literal["in_view", "left_view", "gone"] = "left_view",
    clip: str | None = None,
) -> Event:
    start, end = visits[0][0], visits[-1][1]
    history = tuple(
        Observation(seconds=seconds, category=category, score=0.6, box=(20, 50, 100, 200))
        for visit in visits
        for seconds in visit
    )
    return Event(
        id=f"{number:012x}",
        camera=camera,
        category=category,
        category_share=1,
        zone=zone,
        score=0.61,
        observation_count=12,
        start_seconds=start,
        end_seconds=end,
        start=NINE + dt.timedelta(seconds=start) if camera == GATE else None,
        end=NINE + dt.timedelta(seconds=end) if camera == GATE else None,
        state=state,
        visits=tuple(Visit(start_seconds=a, end_seconds=b) for a, b in visits),
        place=place,
        picture=Picture(file=f"帧/{number} {HOSTILE}.jpg", seconds=start, width=640, height=480, boxes=history[:1]),
        clip=clip,
        history=history,
    )


def events() -> list[Event]:
    here, there = GpsPoint(latitude=30.27, longitude=120.15), GpsPoint(latitude=30.2705, longitude=120.152)
    elsewhere = GpsPoint(latitude=30.2, longitude=120.1, datum="GCJ-02")
    return [
        event(1, PATROL, "garbage_pile", (21, 33), place=here, clip=f"短片/1 {HOSTILE}.mp4"),
        event(2, PATROL, "litter", (22, 23), place=there, clip="gone.mp4"),
        event(3, PATROL, "graffiti", (200, 206), place=elsewhere),
        event(4, GATE, "garbage_pile", (600, 5000), (6000, 7000), zone=HOSTILE, state="gone"),
        event(5, GATE, "overflowing_bin", (3600, 32400), zone="投放桶", state="in_view"),
    ]


def event_file(found: list[Event]) -> EventFile:
    categories = tuple(
        ScreenedCategory(name=c.name, zh=c.zh, is_problem=c.is_problem, threshold=0.35) for c in CATEGORIES
    )
    way = tuple(Fix(seconds=i, latitude=30.27 + i / 1e4, longitude=120.15 + i / 5e3) for i in range(20))
    patrol = CameraInfo(
        name=PATROL,
        source=f"video/{HOSTILE}.mp4",
        motion="moving",
        mode="archive",
        width=1920,
        height=1080,
        duration_seconds=492.4,
        looked_at=984,
        unchanged=12,
        skipped=0,
        damaged=2,
        note=f"结尾损坏 {HOSTILE}",
        way=way,
    )
    gate = patrol.model_copy(
        update={
            "name": GATE,
            "motion": "fixed",
            "mode": "live",
            "started": NINE,
            "duration_seconds": 32400.0,
            "way": (),
        }
    )
    return EventFile(
        created=dt.datetime(2026, 3, 12, 10, tzinfo=dt.UTC),
        software="cleanlane 0.1.0",
        provider="cpu int8",
        blurred=("people",),
        model=ModelInfo(name="small-test-model", sha256="c" * 64, input_size=(640, 640), categories=categories),
        cameras=(patrol, gate),
        events=tuple(found),
    )


def write_clip(path: Path, image: NDArrayImage) -> None:
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for i in range(10):
            file.mux(stream.encode(av.VideoFrame.from_ndarray(image[i : i + 120, :160].copy(), "rgb24")))
        file.mux(stream.encode(None))


@pytest.fixture(scope="module")
def page_url(tmp_path_factory: pytest.TempPathFactory, street: NDArrayImage, encode: Callable[..., bytes]) -> str:
    folder = tmp_path_factory.mktemp("events")
    (folder / "帧").mkdir()
    (folder / "短片").mkdir()
    found = events()
    for shown in found[:4]:  # the last one's is missing
        (folder / shown.picture.file).write_bytes(encode(street, "JPEG"))
    write_clip(folder / "短片" / f"1 {HOSTILE}.mp4", street)
    small = f"data:image/jpeg;base64,{b64encode(thumbnail(street, 200)).decode()}"
    write_page(folder / "index.html", event_file(found), lambda event: small)
    return (folder / "index.html").as_uri()


@pytest.fixture(scope="module")
def phone(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True)
    yield context
    context.close()


@pytest.fixture
def page(phone: BrowserContext, page_url: str) -> Iterator[Page]:
    """Yield the opened page on a phone; whatever it complains about fails the test."""
    with opened(phone, page_url) as page:
        yield page
        page.evaluate("localStorage.clear()")


@contextmanager
def opened(context: BrowserContext, url: str) -> Iterator[Page]:
    complaints: list[str] = []
    page = context.new_page()
    page.set_default_timeout(5000)
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(f"a script opened {dialog.type}"))
    page.goto(url)
    yield page
    page.close()
    moved = "ERR_FILE_NOT_FOUND"  # a frame or a clip that isn't there any more
    assert [complaint for complaint in complaints if moved not in complaint] == []


def said(card: Locator) -> str:
    card.scroll_into_view_if_needed()  # the browser lays a card out only then
    return card.inner_text()


def numbers(page: Page, selector: str) -> list[str]:
    """Return the numbers of the events of which something can be seen, in order."""
    shown = page.locator(f"{selector}:visible")
    return [str(n) for n in shown.evaluate_all("nodes => nodes.map(node => node.dataset.number ?? node.dataset.event)")]


def test_header_counts_events_by_state_and_category(page: Page) -> None:
    header = page.locator("header").inner_text()
    assert "5 处事件 · 2 路摄像机 · 画面共 9 小时 8 分" in header
    assert "small-test-model" in header
    assert page.locator(".tiles button").all_inner_texts() == ["5\n全部", "1\n仍在", "3\n已驶离画面", "1\n已消失"]
    chips = page.locator(".filters button").all_inner_texts()
    assert chips == ["暴露垃圾\n2", "垃圾满溢\n1", "乱涂写\n1", "零星垃圾\n1"]


def test_facts_of_cards(page: Page) -> None:
    first, fourth = (said(page.locator(".card").nth(i)) for i in (0, 3))
    for fact in (
        "暴露垃圾",
        "已驶离画面",
        "0:21 → 0:33",
        "持续 12 秒",
        "中位得分 61%",
        "看到 12 次",
        PATROL,
        "(WGS-84)",
    ):
        assert fact in first
    for fact in ("已消失", "2026-03-12 09:10:00 → 10:56:40", "持续 1 小时 46 分", "+10:00 → +1:56:40", GATE, HOSTILE):
        assert fact in fourth
    assert page.locator(".card").nth(3).locator("polyline").count() == 2  # its two visits
    assert page.locator("a[href^='geo:']").count() == 2  # GCJ-02 has none


def test_footer_says_how_each_camera_was_looked_at(page: Page) -> None:
    page.locator("summary").click()
    footer = page.locator("footer").inner_text()
    for fact in ("看了 984 帧", "无变化 12", "来不及看 0", "损坏 2 段", "cpu int8", "cleanlane 0.1.0", "0.35", "人员"):
        assert fact in footer


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_no_sideways_scrolling_on_a_phone(page: Page, language: str) -> None:
    if language == "en":
        page.click("#language")
    page.locator("summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert page.locator(".tiles button, .card, .plan, .about, footer").evaluate_all(BEYOND) == 0
    page.locator(".shot").first.click()
    assert page.locator("#close").bounding_box()["x"] < 360 - 44 + 1  # type: ignore[index]
    assert page.locator("dialog, .caption, .bar").evaluate_all(BEYOND) == 0


def test_language_is_switched_and_remembered(page: Page) -> None:
    assert "Still there" not in page.locator("body").inner_text()
    page.click("#language")
    page.reload()
    text = page.locator("body").inner_text()
    for word in ("Still there", "Garbage pile", "Time line", "Start"):
        assert word in text
    assert "仍在" not in text
    assert page.locator("#camera option").first.text_content() == "All cameras"


def test_filters_combine_and_hold_for_time_line_and_map(page: Page) -> None:
    page.locator(".filters button", has_text="暴露垃圾").click()
    assert numbers(page, ".card") == numbers(page, ".stay") == ["1", "4"]
    assert numbers(page, ".marker") == ["1"]
    page.select_option("#camera", label=PATROL)
    assert numbers(page, ".card") == ["1"]
    assert page.locator(".lane:visible").count() == 1
    assert page.locator("#shown").inner_text() == "1 / 5"
    page.click(".tiles [data-state=in_view]")
    expect(page.locator(".empty")).to_be_visible()
    page.click("#reset")
    assert numbers(page, ".card") == ["1", "2", "3", "4", "5"]
    page.select_option("#zone", label="投放桶")
    assert numbers(page, ".card") == ["5"]
    expect(page.locator(".filters button", has_text="乱涂写")).to_be_disabled()


def test_hostile_names_stay_text(page: Page) -> None:
    assert page.locator("[onerror]").count() == 0
    assert page.locator("h3").first.inner_text() == PATROL
    assert HOSTILE in page.locator("#zone").inner_text()
    page.locator(".shot").first.click()
    assert HOSTILE in page.locator("#path").inner_text()


def test_nothing_is_fetched_until_an_event_is_opened(page: Page, page_url: str) -> None:
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    page.reload(wait_until="load")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.wait_for_timeout(100)
    assert [url for url in fetched if not url.startswith("data:")] == [page_url]


def test_opening_from_the_time_line_and_going_back_to_it(page: Page) -> None:
    page.locator(".stay").nth(3).click()
    expect(page.locator("#place")).to_have_text("4 / 5")
    page.locator("#previous").click()
    expect(page.locator("#place")).to_have_text("3 / 5")
    page.locator("#close").click()
    expect(page.locator(".stay[data-event='3']")).to_be_focused()


def test_time_line_by_keyboard(page: Page) -> None:
    stays = page.locator(".stay")
    assert page.locator(".stay[tabindex='0']").count() == 2  # one stop for each camera
    stays.nth(0).press("ArrowRight")
    expect(stays.nth(1)).to_be_focused()
    expect(page.locator(".card").nth(1)).to_have_class(LIT)
    expect(page.locator("#peek")).to_contain_text("零星垃圾")
    page.keyboard.press("Enter")
    expect(page.locator("#place")).to_have_text("2 / 5")
    for key, place in (("ArrowRight", "3 / 5"), ("ArrowLeft", "2 / 5"), ("ArrowLeft", "1 / 5"), ("ArrowLeft", "1 / 5")):
        page.keyboard.press(key)
        expect(page.locator("#place")).to_have_text(place)
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_be_hidden()
    expect(stays.nth(0)).to_be_focused()


def test_hovering_lights_the_card_and_what_belongs_to_it(page: Page) -> None:
    page.locator(".stay").nth(0).hover()
    expect(page.locator(".card").nth(0)).to_have_class(LIT)
    expect(page.locator(".marker").nth(0)).to_have_class(LIT)
    page.mouse.move(1, 1)
    expect(page.locator(".lit")).to_have_count(0)


def test_a_map_for_each_datum(page: Page) -> None:
    plans = page.locator(".plan")
    assert [plan.locator(".strip .grow").inner_text() for plan in plans.all()] == ["WGS-84", "GCJ-02"]
    assert numbers(page, ".marker") == ["1", "2", "3"]
    assert plans.nth(0).locator(".way").count() == 1
    assert plans.nth(1).locator(".way").count() == 0  # nobody knows where it lies in that datum
    assert "50 m" in plans.nth(0).inner_text()
    plans.nth(0).locator(".marker").nth(1).click()
    expect(page.locator("#place")).to_have_text("2 / 5")
    page.locator("#close").click()
    plans.nth(1).locator(".places li").click()
    expect(page.locator("#place")).to_have_text("3 / 5")


def test_map_grows_in_its_frame(page: Page) -> None:
    sheet = page.locator(".sheet").first
    size = "sheet => [sheet.firstElementChild.offsetWidth, sheet.offsetHeight, sheet.scrollLeft]"
    width, height, _ = sheet.evaluate(size)
    page.locator("[data-zoom='2']").first.click()
    assert sheet.evaluate(size) == [2 * width, height, width // 2]  # its middle stays in the middle
    page.locator("[data-zoom='0.5']").first.click()
    assert sheet.evaluate(size) == [width, height, 0]


def test_coordinates_are_copied_with_their_datum(page: Page) -> None:
    page.evaluate("document.addEventListener('copy', () => { window.copied = String(getSelection()); })")
    page.locator(".card .copy").nth(2).click()
    assert page.evaluate("window.copied") == "30.20000, 120.10000 (GCJ-02)"
    expect(page.locator(".card .copy").nth(2)).to_have_text("已复制", use_inner_text=True)
    expect(page.locator("dialog")).to_be_hidden()


def test_lightbox_shows_full_frame_with_boxes(page: Page) -> None:
    page.locator(".shot").nth(1).press("Enter")
    expect(page.locator("#view img")).to_have_js_property("naturalWidth", 640)
    expect(page.locator("#view rect")).to_be_visible()
    page.click("#boxes")
    expect(page.locator("#view rect")).to_be_hidden()
    expect(page.locator("[role=switch]")).to_have_attribute("aria-checked", "false")
    assert "000000000002" in page.locator(".caption").inner_text()
    page.keyboard.press("Escape")
    assert page.locator(".boxes rect:visible").count() == 0
    page.locator("[role=switch]").click()
    assert page.locator(".boxes rect:visible").count() == 5


def test_thumbnail_stays_where_the_frame_is_gone(page: Page) -> None:
    with page.expect_event("requestfailed"):
        page.locator(".shot").nth(4).click()
    assert page.evaluate("document.querySelector('#view img').naturalWidth") == 200


def test_clip_plays_and_stops(page: Page) -> None:
    page.locator(".shot").first.click()
    page.click("#play")
    video = page.locator("video")
    expect(video).to_have_js_property("ended", True, timeout=15_000)
    assert video.evaluate("video => video.currentTime") == pytest.approx(1, abs=0.2)
    assert video.evaluate("video => [video.controls, video.muted, video.playsInline, video.preload]") == [
        True,
        True,
        True,
        "none",
    ]
    video.press("ArrowRight")  # seeks
    expect(page.locator("#place")).to_have_text("1 / 5")
    page.click("#play")
    expect(page.locator("#view img")).to_be_visible()
    page.click("#play")
    page.click("#close")
    expect(page.locator("video")).to_have_count(0)
    page.locator(".shot").nth(2).click()
    expect(page.locator("#play")).to_be_hidden()


def test_clip_that_is_gone_says_so(page: Page) -> None:
    page.locator(".shot").nth(1).click()
    page.click("#play")
    expect(page.locator("#view")).to_have_text("视频无法播放", use_inner_text=True)


def test_lightbox_by_touch(page: Page) -> None:
    page.locator(".marker").first.tap()
    expect(page.locator("#place")).to_have_text("1 / 5")
    swipe(page, 300, 60)
    expect(page.locator("#place")).to_have_text("2 / 5")
    swipe(page, 60, 300)
    expect(page.locator("#place")).to_have_text("1 / 5")


def test_wide_page_of_clocked_cameras_without_places(browser: Browser, tmp_path: Path) -> None:
    whole = event_file(events()[3:])
    write_page(tmp_path / "index.html", whole.model_copy(update={"cameras": whole.cameras[1:]}), lambda event: None)
    with (
        browser.new_context(viewport={"width": 1280, "height": 740}) as desk,
        opened(desk, (tmp_path / "index.html").as_uri()) as page,
    ):
        assert page.locator("#map, .plan").count() == 0
        assert "2026-03-12 09:00 – 18:00" in page.locator("header").inner_text()
        assert page.locator("#camera").count() == 0
        assert page.locator(".tick").first.inner_text() == "09:00"
        assert page.evaluate("document.documentElement.scrollWidth") == 1280
        page.locator(".shot").first.click()
        expect(page.locator("#place")).to_have_text("1 / 2")


@pytest.mark.parametrize(("looked_at", "words"), [(984, "看了 1,968 帧画面"), (0, "没有看到任何画面")])
def test_page_without_events(phone: BrowserContext, tmp_path: Path, looked_at: int, words: str) -> None:
    empty = event_file([])
    cameras = tuple(camera.model_copy(update={"looked_at": looked_at}) for camera in empty.cameras)
    write_page(tmp_path / "index.html", empty.model_copy(update={"cameras": cameras}), lambda event: None)
    with opened(phone, (tmp_path / "index.html").as_uri()) as page:
        assert words in page.locator("main").inner_text()
        assert "结尾损坏" in page.locator("footer").inner_text()
        page.click("#language")
        assert words not in page.locator("main").inner_text()
        page.evaluate("localStorage.clear()")
        assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_page_shows_the_earliest_of_very_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_CARDS", 3)
    write_page(tmp_path / "index.html", event_file(events()), lambda event: None)
    html = (tmp_path / "index.html").read_text()
    assert html.count('<li class="card"') == html.count('class="stay ') == 3
    assert "另有 2 处未列出，全部事件见 events.json" in html
    gate = event_file([found.model_copy(update={"camera": GATE, "start": NINE}) for found in events()[:3]])
    late = gate.events[0].model_copy(update={"id": "f" * 12, "start": NINE + dt.timedelta(days=1), "start_seconds": 0})
    write_page(tmp_path / "index.html", gate.model_copy(update={"events": (late, *gate.events)}), lambda event: None)
    assert "f" * 12 not in (tmp_path / "index.html").read_text()  # by the clock


def test_page_stops_embedding_at_its_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EMBEDDED", 250)
    found = events()
    picture = found[3].picture.model_copy(update={"file": "//host/javascript:alert(1)"})
    found[3] = found[3].model_copy(update={"picture": picture})
    write_page(tmp_path / "index.html", event_file(found), lambda event: "data:image/jpeg;base64," + "A" * 100)
    html = (tmp_path / "index.html").read_text()
    assert html.count('src="data:image/jpeg') == 3
    assert 'src=".///host/javascript%3Aalert%281%29"' in html

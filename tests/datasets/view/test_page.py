"""The page is used with a real browser; without one on the machine these tests are skipped."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.datasets.view.drawn import labels, write_source, write_two_sources
from vision.datasets.build import DataSet, load_data_set
from vision.datasets.formats import read_source
from vision.datasets.recipe import Recipe, SourceChoice
from vision.datasets.view.correct import correct_source
from vision.datasets.view.corrections import load_corrections
from vision.datasets.view.look import look_at
from vision.datasets.view.page import ModelShown, View, write_page
from vision.datasets.view.statistics import statistics
from vision.datasets.view.suspicion import suspicions
from vision.detections import Detections

FOUND = labels(("overflowing_bin", [12, 9, 52, 50]), scores=[0.9])  # on the bin of the first photo
MORE = labels(
    ("bin", [120, 60, 160, 95]), ("bin", [60, 30, 80, 50]), scores=[0.8, 0.9]
)  # on the second: one unlabelled


def write(data_set: DataSet, data: Path, out: Path, found: dict[str, Detections]) -> View:
    """Write the page as `cleanlane dataset view` does, with predictions from a table instead of a model."""
    seen = look_at(data_set.photos, out, None)
    looks = [
        replace(look, predictions=found.get(f"{p.source}/{p.path.name}", labels()))
        for p, look in zip(data_set.photos, seen, strict=True)
    ]
    judged = suspicions(data_set.photos, [look.predictions for look in looks])
    model = ModelShown("drawn-model", "a" * 64, dict.fromkeys(labels().names, 0.25))
    view = View(data_set, data, data_set.photos, looks, judged, {}, model, datetime.now(UTC))
    write_page(out / "index.html", view)
    return view


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> View:
    folder = tmp_path_factory.mktemp("view")
    (folder / "out").mkdir()
    found = {"street/0.png": FOUND, "street/1.png": MORE}
    return write(write_two_sources(folder / "data"), folder / "data", folder / "out", found)


@pytest.fixture
def page(browser: Browser, made: View) -> Iterator[Page]:
    """Yield the opened page with nothing remembered; whatever it complains about fails the test."""
    complaints: list[str] = []
    context = browser.new_context(viewport={"width": 1000, "height": 800}, accept_downloads=True)
    opened = context.new_page()
    opened.set_default_timeout(20_000)
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto((made.data.parent / "out" / "index.html").as_uri())
    yield opened
    context.close()
    assert complaints == []


def names(page: Page) -> list[str]:
    return [text.split("/", 1)[0] + "/" + text.rsplit("/", 1)[1] for text in titles(page)]


def titles(page: Page) -> list[str]:
    expect(page.locator("#cards .shot").first).to_be_visible()
    shown: list[str] = page.locator("#cards .shot").evaluate_all("shots => shots.map(shot => shot.title)")
    return shown


def test_suspicious_photos_come_first_and_filters_combine(page: Page) -> None:
    assert sorted(names(page)[:3]) == ["street/0.png", "street/1.png", "walls/0.png"]
    assert names(page)[3] == "street/2.png"
    page.locator("select[name=kind]").select_option("missing")
    assert names(page) == ["street/1.png"]
    page.click("#reset")
    page.locator("#categories button", has_text="乱涂写").click()
    assert names(page) == ["walls/0.png"]
    assert page.locator("#shown").inner_text() == "1 / 4 张照片，1 个框"
    page.click("#reset")
    page.locator("select[name=source]").select_option("0")
    page.locator("select[name=size]").select_option("coco1")
    assert names(page) == ["street/0.png"]
    assert page.locator("#shown").inner_text() == "1 / 4 张照片，2 个框"
    page.locator("select[name=size]").select_option("")
    page.locator("#search").fill("2.PNG")
    assert names(page) == ["street/2.png"]


def test_a_person_corrects_labels_and_the_command_applies_them(page: Page, made: View, tmp_path: Path) -> None:
    page.locator(".shot[title='street/images/0.png']").click()
    expect(page.locator("#path")).to_have_text("street/images/0.png")
    page.keyboard.press("a")  # the selected suspicion: the bin is called overflowing by the model
    page.locator("#boxes .labelled", has_text="乱堆杂物").click()
    page.keyboard.press("d")
    expect(page.locator("#boxes .labelled")).to_have_count(1)
    page.locator("#boxes .labelled").click()
    page.keyboard.press("d")
    expect(page.locator("#boxes .labelled")).to_have_count(0)
    page.keyboard.press("u")
    expect(page.locator("#boxes .labelled")).to_have_count(1)
    page.keyboard.press("Escape")
    page.locator(".shot[title='street/images/1.png']").click()
    page.keyboard.press("a")  # the unlabelled bin
    page.keyboard.press("n")
    drag(page, (0.5, 0.1), (0.75, 0.4))
    page.keyboard.press("4")
    page.keyboard.press("c")
    page.keyboard.press("Escape")
    page.locator(".shot[title='street/images/2.png']").click()
    page.keyboard.press("x")
    page.keyboard.press("Escape")
    page.reload()  # nothing is lost
    page.click("#tab-corrections")
    with page.expect_download() as download:
        page.click("#download")
    download.value.save_as(tmp_path / "corrections.json")
    assert json.loads(page.locator("#text").input_value()) == json.loads((tmp_path / "corrections.json").read_text())

    coco, changes = correct_source(made.data / "street", load_corrections(tmp_path / "corrections.json"))
    assert (changes.removed, changes.added) == ({"stacked_debris": 1}, {"bin": 1, "stacked_debris": 1})
    assert (changes.renamed, changes.dropped, changes.checked) == ({("bin", "overflowing_bin"): 1}, 1, 1)
    (copy := tmp_path / "new" / "street").mkdir(parents=True)
    (copy / "images").symlink_to(made.data / "street" / "images")
    (copy / "annotations.json").write_text(json.dumps(coco))
    first, second = read_source(copy).photos
    assert [(name, box.tolist()) for box, _, name in first.labels] == [("overflowing_bin", [10, 10, 50, 50])]
    kept, accepted, drawn = [(name, box.tolist()) for box, _, name in second.labels]
    assert (kept, accepted) == (("bin", [60, 30, 80, 50]), ("bin", [120, 60, 160, 95]))
    assert drawn == ("stacked_debris", pytest.approx([100, 10, 150, 40], abs=1))


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag over the photo, in shares of its width and height."""
    frame = page.locator("#frame").bounding_box()
    assert frame
    (x1, y1), (x2, y2) = ((frame["x"] + x * frame["width"], frame["y"] + y * frame["height"]) for x, y in (start, end))
    page.mouse.move(x1, y1)
    page.mouse.down()
    page.mouse.move((x1 + x2) / 2, y2, steps=2)
    page.mouse.move(x2, y2)
    page.mouse.up()


def test_boxes_are_moved_and_resized(page: Page) -> None:
    page.locator(".shot[title='walls/images/0.png']").click()
    page.locator("#boxes .labelled").click()
    drag(page, (0.25, 0.25), (0.5, 0.5))  # inside the box
    drag(page, (0.75, 0.75), (1.2, 0.6))  # its lower right corner, beyond the photo's edge
    page.keyboard.press("Escape")
    page.click("#tab-corrections")
    (photo,) = json.loads(page.locator("#text").input_value())["photos"]
    assert photo["boxes"] == [{"category": "graffiti", "box": pytest.approx([50, 25, 200, 60], abs=1), "was": 0}]
    page.on("dialog", lambda dialog: dialog.accept())
    page.click("#discard")
    assert json.loads(page.locator("#text").input_value())["photos"] == []


def test_statistics_are_those_of_the_json_file_and_follow_the_filters(page: Page, made: View) -> None:
    figures = statistics(made.photos, [look.brightness for look in made.looks]).as_dict()
    shown = page.evaluate("statistics(visible, counted)")
    for name in ("side", "aspect"):
        assert shown[name] == list(figures[name].values())
    for theirs, ours in (("centres", "centres"), ("brightness", "brightness"), ("perPhoto", "boxes_per_photo")):
        assert shown[theirs] == figures[ours]
    page.click("#tab-statistics")
    street = page.locator("tbody tr", has_text="street").locator("td").all_inner_texts()
    assert street == ["3", "未标注", "0", "2", "1", "未标注", "未标注", "未标注"]
    assert page.locator("figure svg").count() == 5
    page.locator("#categories button", has_text="垃圾桶").click()
    page.click("#language")
    assert page.locator("tfoot td").all_inner_texts() == ["2", "0", "0", "2", "0", "0", "0", "0"]
    expect(page.locator("#plots")).to_contain_text("width / height")


def test_nothing_is_fetched_but_the_photo_that_is_enlarged(page: Page, made: View) -> None:
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    page.reload(wait_until="load")
    page.click("#tab-statistics")
    page.click("#tab-photos")
    address = (made.data.parent / "out" / "index.html").as_uri()
    assert [url for url in fetched if not url.startswith("data:")] == [address]
    page.locator(".shot").first.click()
    expect(page.locator("#frame[data-full]")).to_be_visible()
    assert [url for url in fetched if not url.startswith(("data:", "file:"))] == []
    policy = page.locator("meta[http-equiv]").get_attribute("content")
    assert policy == (
        "default-src 'none'; img-src 'self' file: data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
    )


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_no_sideways_scrolling_on_a_phone(page: Page, language: str) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    if language == "en":
        page.click("#language")
    for tab in ("photos", "statistics", "corrections"):
        page.click(f"#tab-{tab}")
        assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.click("#tab-photos")
    page.locator(".shot").first.click()
    assert (
        page.locator("dialog, aside, #tools, #names").evaluate_all(
            "nodes => nodes.filter(n => n.scrollWidth > n.clientWidth).length"
        )
        == 0
    )


def test_a_hostile_name_and_an_unreadable_photo_stay_harmless(browser: Browser, tmp_path: Path) -> None:
    path = write_source(tmp_path / "data", "street", ["bin"], [[("bin", [10, 10, 40, 40])], []])
    hostile = "</script><img src=x onerror=alert(1)>.png"
    coco = json.loads(path.read_text())
    images = path.parent / "images"
    coco["images"][0]["file_name"] = "hostile.png"
    (images / "0.png").rename(images / "hostile.png")
    path.write_text(json.dumps(coco))
    data_set = load_data_set(Recipe(name="r", sources=(SourceChoice(folder="street"),)), tmp_path / "data")
    data_set = replace(data_set, name=hostile)
    (images / "1.png").write_bytes(b"no picture any more")
    write(data_set, tmp_path / "data", tmp_path, {})
    opened = browser.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("dialog", lambda dialog: complaints.append(dialog.message))
    opened.goto((tmp_path / "index.html").as_uri())
    assert opened.locator("h1 bdi").inner_text() == hostile
    assert opened.locator("#cards .none").count() == 1
    opened.close()
    assert complaints == []


def test_a_thousand_photos_open_at_once(browser: Browser, tmp_path: Path) -> None:
    write_source(tmp_path / "data", "street", ["bin"], [[("bin", [10, 10, 40, 40])]])
    data_set = load_data_set(Recipe(name="r", sources=(SourceChoice(folder="street"),)), tmp_path / "data")
    view = write(data_set, tmp_path / "data", tmp_path, {})
    many = replace(
        view,
        photos=[replace(view.photos[0], path=view.photos[0].path.with_name(f"{i:04}.png")) for i in range(1000)],
        looks=list(view.looks) * 1000,
        suspicions=list(view.suspicions) * 1000,
    )
    write_page(tmp_path / "index.html", many)
    opened = browser.new_page(viewport={"width": 1000, "height": 800})
    opened.set_default_timeout(20_000)
    opened.goto((tmp_path / "index.html").as_uri())
    expect(opened.locator("#cards > li")).to_have_count(1000)
    assert opened.locator("#cards img").count() < 100  # only what is near the screen
    opened.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(opened.locator(".shot[title='street/images/0999.png'] img")).to_be_visible()
    assert opened.locator("#cards img").count() < 100
    opened.close()

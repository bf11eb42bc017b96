"""The command, from a recipe to the opened page."""

import json
from pathlib import Path
from typing import NamedTuple

import pytest
import typer
import yaml
from PIL import Image
from playwright.sync_api import Browser
from typer.testing import CliRunner

from cleanlane.dataset.duplicates import duplicates
from tests.datasets.duplicates.drawn import cropped, scene
from vision.datasets.build import load_data_set
from vision.datasets.duplicates import load_report
from vision.datasets.recipe import load_recipe
from vision.errors import RecipeError

HOSTILE = "<img src=x onerror=alert(1)> & '#1.png"

app = typer.Typer()
app.command()(duplicates)


class Run(NamedTuple):
    """What a run was given and left."""

    arguments: list[str]
    out: Path
    exit_code: int
    output: str


def write_source(folder: Path, photos: dict[str, tuple[Image.Image, str, str]]) -> None:
    """Write photos of (pixels, split, scene group) with COCO labels."""
    (folder / "images").mkdir(parents=True)
    records = []
    for number, (name, (image, split, group)) in enumerate(photos.items(), 1):
        image.save(folder / "images" / name)
        size = {"width": image.width, "height": image.height}
        records.append({"id": number, "file_name": name, **size, "split": split, "scene_group": group})
    content = {
        "info": {"annotated": ["bin"]},
        "categories": [{"id": 1, "name": "bin"}],
        "images": records,
        "annotations": [],
    }
    (folder / "annotations.json").write_text(json.dumps(content))


def run(arguments: list[str], out: Path) -> Run:
    result = CliRunner(env={"COLUMNS": "160"}).invoke(app, [*arguments, "--out", str(out)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Run(arguments, out, result.exit_code, result.output)


@pytest.fixture(scope="module")
def leaking(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A crop of a test photo, a stated group on two sides, and a training photo among those held back."""
    data = tmp_path_factory.mktemp("data")
    first, second = scene(0), scene(1)
    write_source(data / "one", {"a.png": (first, "test", ""), "b.png": (second, "train", "yard")})
    crop = cropped(0.1)(first)
    write_source(data / "two", {HOSTILE: (crop, "train", ""), "c.png": (scene(2), "train", "corner")})
    write_source(data / "three", {"d.png": (scene(3), "val", "gate"), "e.png": (scene(4), "train", "gate")})
    (data / "held-back").mkdir()
    second.save(data / "held-back" / "b.webp", lossless=True)
    sources = [{"folder": name} for name in ("one", "two", "three")]
    (data / "recipe.yaml").write_text(yaml.safe_dump({"name": "leaking", "sources": sources}))
    arguments = [str(data / "recipe.yaml"), "--data", str(data), "--against", str(data / "held-back")]
    return run(arguments, data / "out")


def test_leaks_are_named_and_counted(leaking: Run) -> None:
    assert leaking.exit_code == 1
    report = load_report(leaking.out / "report.json")
    assert [(pair.second if pair.kind == "identical" else pair.first, pair.kind) for pair in report.pairs] == [
        (f"{leaking.out.parent / 'held-back'}/b.webp", "identical"),
        ("one/a.png", "near"),
    ]
    assert [group.name for group in report.scene_groups] == ["gate"]
    assert report.exclude == ("one/b.png", "three/e.png", f"two/{HOSTILE}")
    for text in ("one × two", "近似副本", "测试 one/a.png", "three gate", "建议排除 to leave out: 3"):
        assert text in leaking.output


def test_no_leak_is_left_without_what_is_excluded(leaking: Run) -> None:
    recipe = Path(leaking.arguments[0])
    cleaned = recipe.with_name("cleaned.yaml")
    excluded = list(load_report(leaking.out / "report.json").exclude)
    cleaned.write_text(yaml.safe_dump(yaml.safe_load(recipe.read_text()) | {"exclude": excluded}))
    assert len(load_data_set(load_recipe(cleaned), recipe.parent).photos) == 3
    again = run([str(cleaned), *leaking.arguments[1:]], leaking.out.parent / "again")
    assert again.exit_code == 0
    assert "no leak" in again.output


def test_folder_without_photos(leaking: Run, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="expected a folder of photos"):
        run([*leaking.arguments[:3], "--against", str(tmp_path)], tmp_path / "out")


def test_page_opens(leaking: Run, browser: Browser) -> None:
    complaints: list[str] = []
    page = browser.new_page(viewport={"width": 360, "height": 740})
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: complaints.append(request.url) if request.url.startswith("http") else None)
    page.goto((leaking.out / "index.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert page.locator(".pair").count() == 2
    assert page.locator(".shot img").evaluate_all("all => all.every(img => img.naturalWidth > 100)")
    assert "发现泄漏" in page.locator("header").inner_text()
    page.click("[data-filter=near]")
    assert page.locator(".pair:visible").count() == 1
    assert f"two/{HOSTILE}" in page.locator(".pair:visible").inner_text()
    assert page.locator("[onerror]").count() == 0
    assert yaml.safe_load(page.locator("#exclude").inner_text())["exclude"] == [
        *load_report(leaking.out / "report.json").exclude
    ]
    page.click("#language")
    assert "Leaks found" in page.locator("header").inner_text()
    page.close()
    assert complaints == []

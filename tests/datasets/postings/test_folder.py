import json
from pathlib import Path

import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from cleanlane.dataset.synthesis import synthesize
from tests.datasets.postings.walls import drawn_wall, plain_wall
from vision.datasets.formats import read_source
from vision.datasets.postings.folder import find_walls, write_synthetic
from vision.errors import RecipeError

app = typer.Typer()
app.command()(synthesize)


@pytest.fixture
def walls(tmp_path: Path) -> Path:
    folder = tmp_path / "walls"
    (folder / "images").mkdir(parents=True)
    Image.fromarray(plain_wall()).save(folder / "images" / "plain.png")
    Image.fromarray(drawn_wall(1)).save(folder / "images" / "drawn.jpg")
    Image.fromarray(plain_wall()).save(folder / "images" / "held_back.png")
    images: list[dict[str, object]] = []
    for name, split in (("plain.png", "train"), ("drawn.jpg", "train"), ("held_back.png", "test")):
        with Image.open(folder / "images" / name) as image:
            size = {"width": image.width, "height": image.height}
        images.append({"id": len(images), "file_name": name, **size, "split": split})
    coco = {"info": {"licence": "CC0"}, "categories": [], "annotations": [], "images": images}
    (folder / "annotations.json").write_text(json.dumps(coco), encoding="utf-8")
    return folder


def test_the_command_writes_a_source(walls: Path, tmp_path: Path) -> None:
    out = tmp_path / "synthetic"
    result = CliRunner().invoke(app, [str(walls), str(out), "--count", "5", "--seed", "2"])
    assert result.exit_code == 0, result.output
    assert "5 images" in result.output
    source = read_source(out)
    assert source.annotated == {"illegal_posting", "graffiti"}
    assert source.licence == "CC0"
    assert {photo.scene_group for photo in source.photos} == {"plain", "drawn"}
    assert {photo.split for photo in source.photos} == {"train"}
    assert sum(len(photo.labels) for photo in source.photos) > 0
    for photo in source.photos:
        with Image.open(photo.path) as image:
            assert image.size == (photo.width, photo.height)
    generator = json.loads((out / "annotations.json").read_text(encoding="utf-8"))["info"]["generator"]
    assert generator["seed"] == 2
    assert generator["fonts"]


def test_the_same_seed_writes_the_same_bytes(walls: Path, tmp_path: Path) -> None:
    found = find_walls(walls)
    for name in ("a", "b"):
        write_synthetic(found, tmp_path / name, 3, 7)
    for file in sorted((tmp_path / "a").rglob("*.*")):
        assert file.read_bytes() == (tmp_path / "b" / file.relative_to(tmp_path / "a")).read_bytes()


def test_an_interruption_leaves_nothing(walls: Path, tmp_path: Path) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    before = sorted(tmp_path.iterdir())
    with pytest.raises(KeyboardInterrupt):
        write_synthetic(find_walls(walls), tmp_path / "out", 3, 0, interrupt)
    assert sorted(tmp_path.iterdir()) == before


def test_a_folder_with_something_in_it_is_refused(walls: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"walls: expected a new or an empty folder"):
        write_synthetic(find_walls(walls), walls, 1, 0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "expected a folder of photos of walls, there is none"),
        ({}, "expected photos of walls"),
        ({"annotations.json": "{"}, "error in the labels"),
    ],
    ids=["missing", "empty", "broken labels"],
)
def test_mistakes_are_one_sentence(tmp_path: Path, content: dict[str, str] | None, message: str) -> None:
    folder = tmp_path / "walls"
    if content is not None:
        folder.mkdir()
        for name, text in content.items():
            (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(RecipeError, match=message):
        find_walls(folder)

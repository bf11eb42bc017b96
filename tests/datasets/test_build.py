import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image

from vision.categories import NAMES
from vision.datasets.build import load_data_set, write_training_folder
from vision.datasets.coco import read_source
from vision.datasets.recipe import Recipe, SourceChoice, load_recipe
from vision.errors import RecipeError

RECIPE = Recipe(name="r", sources=(SourceChoice(folder="walls"),))


@pytest.fixture
def coco() -> dict[str, Any]:
    """Two photos; the second box sticks out of its photo, the third has no area."""
    return {
        "info": {"annotated": ["graffiti", "bin"], "licence": "own", "description": "drawn"},
        "categories": [{"id": 9, "name": "graffiti"}, {"id": 4, "name": "bin"}],
        "images": [
            {"id": 1, "file_name": "a.png", "width": 100, "height": 50, "split": "train", "scene_group": "g1"},
            {"id": 2, "file_name": "b.png", "width": 100, "height": 50, "split": "test", "scene_group": "g2"},
        ],
        "annotations": [
            {"image_id": 1, "category_id": 9, "bbox": [10, 10, 20, 30]},
            {"image_id": 1, "category_id": 4, "bbox": [90, 40, 30, 30]},
            {"image_id": 1, "category_id": 4, "bbox": [5, 5, 0, 7]},
        ],
    }


def write(data: Path, coco: dict[str, Any]) -> Path:
    images = data / "walls" / "images"
    images.mkdir(parents=True, exist_ok=True)
    for i, name in enumerate(("a.png", "b.png")):
        Image.new("RGB", (100, 50), (i, i, i)).save(images / name)
    (data / "walls" / "annotations.json").write_text(json.dumps(coco), encoding="utf-8")
    return data


def test_labels_are_read_with_what_the_source_annotates(coco: dict[str, Any], tmp_path: Path) -> None:
    source = read_source(write(tmp_path, coco) / "walls")
    assert (source.name, source.licence, source.annotated) == ("walls", "own", frozenset({"graffiti", "bin"}))
    photo = source.photos[0]
    assert [(box.tolist(), name) for box, _, name in photo.labels] == [
        ([10, 10, 30, 40], "graffiti"),
        ([90, 40, 100, 50], "bin"),
    ]
    assert photo.annotated == {"graffiti", "bin"}
    assert len(source.photos[1].labels) == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c["categories"].append({"id": 5, "name": "unicorn"}), "unicorn"),
        (lambda c: c["images"][0].update(split="dev"), "dev"),
        (lambda c: c["images"][0].update(file_name="c.png"), r"c\.png"),
        (lambda c: c["info"].pop("annotated"), "annotated"),
        (lambda c: c["annotations"][0].update(image_id=77), "77"),
        (lambda c: c.pop("images"), "images"),
    ],
)
def test_wrong_labels_are_one_sentence(coco: dict[str, Any], tmp_path: Path, change: Any, message: str) -> None:
    change(coco)
    with pytest.raises(RecipeError, match=message):
        read_source(write(tmp_path, coco) / "walls")


def test_the_training_folder_is_what_ultralytics_reads(coco: dict[str, Any], tmp_path: Path) -> None:
    data_set = load_data_set(RECIPE, write(tmp_path / "data", coco))
    data_yaml = write_training_folder(data_set, tmp_path / "built")
    content = yaml.safe_load(data_yaml.read_text())
    assert content["names"] == list(NAMES)
    folder = Path(content["path"])
    assert [p.name for p in (folder / content["train"]).iterdir()] == ["walls__a.png"]
    lines = (folder / "labels" / "train" / "walls__a.txt").read_text().splitlines()
    assert lines[0] == f"{NAMES.index('graffiti')} 0.200000 0.500000 0.200000 0.600000"
    assert len(lines) == 2
    assert not list(folder.rglob("*b.png"))  # test photos don't go where training can see them
    assert write_training_folder(data_set, tmp_path / "built") == data_yaml
    assert len(list((tmp_path / "built").iterdir())) == 1


def test_the_hash_follows_photos_labels_and_splits(coco: dict[str, Any], tmp_path: Path) -> None:
    hashes = [load_data_set(RECIPE, write(tmp_path, coco)).sha256]
    coco["annotations"][0]["bbox"][0] += 1
    hashes.append(load_data_set(RECIPE, write(tmp_path, coco)).sha256)
    coco["images"][1]["split"] = "val"
    hashes.append(load_data_set(RECIPE, write(tmp_path, coco)).sha256)
    Image.new("RGB", (100, 50), (9, 9, 9)).save(tmp_path / "walls" / "images" / "a.png")
    hashes.append(load_data_set(RECIPE, tmp_path).sha256)
    assert len(set(hashes)) == 4
    assert load_data_set(RECIPE, tmp_path).sha256 == hashes[-1]


def test_splits_that_the_recipe_leaves_out(coco: dict[str, Any], tmp_path: Path) -> None:
    recipe = Recipe(name="r", sources=(SourceChoice(folder="walls", splits=("test",)),))
    data_set = load_data_set(recipe, write(tmp_path, coco))
    assert [photo.path.name for photo in data_set.photos] == ["b.png"]
    assert data_set.table() == [("walls", "test", 1, {})]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: r\nsources: []", "sources"),
        ("name: r\nsources: [{folder: a, split: [train]}]", "split"),
        ("name: r\nsources: [{folder: a, splits: [dev]}]", "dev|train"),
        ("name: R 1\nsources: [{folder: a}]", "name"),
        ("[", "YAML"),
        ("", "file"),
    ],
)
def test_wrong_recipes_are_one_sentence(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RecipeError, match=message) as caught:
        load_recipe(path)
    assert "\n" not in str(caught.value).replace(str(tmp_path), "") or message == "YAML"


def test_a_missing_source_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="walls"):
        load_data_set(RECIPE, tmp_path)


def test_the_first_recipe_reads_the_labelled_photos(shared_data: Path) -> None:
    recipe = load_recipe(Path(__file__).parents[2] / "recipes" / "first.yaml")
    data_set = load_data_set(recipe, shared_data)
    assert (len(data_set.of("train")), len(data_set.of("val")), len(data_set.of("test"))) == (4052, 384, 617)
    groups: dict[str, set[str]] = {}
    for photo in data_set.photos:
        groups.setdefault(f"{photo.source} {photo.path.name}", set()).add(photo.split)
    assert all(len(splits) == 1 for splits in groups.values())

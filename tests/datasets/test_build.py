import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image

from vision.categories import NAMES
from vision.datasets.build import load_data_set
from vision.datasets.labels import SPLITS
from vision.datasets.recipe import Recipe, SourceChoice, SyntheticPostings, load_recipe
from vision.datasets.scenes import SceneKind, draw_scene
from vision.datasets.training_folder import write_training_folder
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
    source = load_data_set(RECIPE, write(tmp_path, coco)).sources[0]
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
        (lambda c: (c["categories"][0].update(name="unicorn"), c["info"].pop("annotated")), "unicorn"),
        (lambda c: c["images"][0].update(split="dev"), "dev"),
        (lambda c: c["images"][0].update(file_name="c.png"), r"c\.png"),
        (lambda c: c["annotations"][0].update(image_id=77), "77"),
        (lambda c: c.pop("images"), "images"),
    ],
)
def test_wrong_labels_are_one_sentence(coco: dict[str, Any], tmp_path: Path, change: Any, message: str) -> None:
    change(coco)
    with pytest.raises(RecipeError, match=message):
        load_data_set(RECIPE, write(tmp_path, coco))


def test_the_training_folder_is_what_ultralytics_reads(coco: dict[str, Any], tmp_path: Path) -> None:
    data_set = load_data_set(RECIPE, write(tmp_path / "data", coco))
    data_yaml = write_training_folder(data_set, tmp_path / "built").data_yaml
    content = yaml.safe_load(data_yaml.read_text())
    assert content["names"] == list(NAMES)
    assert content["annotated"] == {"walls": ["bin", "graffiti"]}
    folder = Path(content["path"])
    assert (folder / content["train"]).read_text() == "./images/train/walls__a.png\n"
    assert (folder / "images/train/walls__a.png").read_bytes() == data_set.photos[0].path.read_bytes()
    lines = (folder / "labels" / "train" / "walls__a.txt").read_text().splitlines()
    assert lines[0] == f"{NAMES.index('graffiti')} 0.200000 0.500000 0.200000 0.600000"
    assert len(lines) == 2
    assert not list(folder.rglob("*b.png"))  # test photos don't go where training can see them


def test_building_again_copies_only_what_is_new(coco: dict[str, Any], tmp_path: Path) -> None:
    built = tmp_path / "built"
    coco["images"][1]["split"] = "val"
    write_training_folder(load_data_set(RECIPE, write(tmp_path, coco)), built)
    stored = {path: path.stat().st_mtime_ns for path in built.glob("store/*/*.png")}
    assert len(stored) == 2
    coco["annotations"][0]["bbox"][0] += 1
    Image.new("RGB", (100, 50), (9, 9, 9)).save(tmp_path / "walls" / "images" / "a.png")
    (tmp_path / "walls" / "annotations.json").write_text(json.dumps(coco), encoding="utf-8")
    for _ in range(2):
        write_training_folder(load_data_set(RECIPE, tmp_path), built)
    assert len(list(built.glob("r-*"))) == 2
    assert len(list(built.glob("store/*/*.png"))) == 3
    assert all(path.stat().st_mtime_ns == before for path, before in stored.items())


def test_an_interrupted_build_leaves_nothing(coco: dict[str, Any], tmp_path: Path) -> None:
    data_set = load_data_set(RECIPE, write(tmp_path, coco))

    def interrupt(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_training_folder(data_set, tmp_path / "built", interrupt)
    assert [path.name for path in (tmp_path / "built").iterdir()] == ["store"]


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


@pytest.mark.parametrize("weight", [0.01, 1.0, 3.0])
def test_a_weight_changes_the_hash_and_leaves_every_photo(coco: dict[str, Any], tmp_path: Path, weight: float) -> None:
    recipe = Recipe(name="r", sources=(SourceChoice(folder="walls", weight=weight),))
    data_set = load_data_set(recipe, write(tmp_path, coco))
    assert (len(data_set.of("train")), len(data_set.of("test"))) == (1, 1)
    assert data_set.weights == {"walls": weight}
    assert (data_set.sha256 == load_data_set(RECIPE, tmp_path).sha256) == (weight == 1)


def test_a_source_in_its_own_words(coco: dict[str, Any], tmp_path: Path) -> None:
    coco["categories"] = [{"id": 9, "name": "tag"}, {"id": 4, "name": "tree"}]
    coco["info"].pop("annotated")
    for image in coco["images"]:
        image.pop("split")
    words = {"tag": "graffiti", "tree": None}
    choice = SourceChoice(folder="walls", split="train", categories=words, annotated=("graffiti", "illegal_posting"))
    data_set = load_data_set(Recipe(name="r", sources=(choice,)), write(tmp_path, coco))
    assert [photo.split for photo in data_set.photos] == ["train", "train"]
    assert [name for photo in data_set.photos for _, _, name in photo.labels] == ["graffiti"]
    assert data_set.photos[0].annotated == {"graffiti", "illegal_posting"}


@pytest.mark.parametrize(
    ("choice", "exclude", "message"),
    [
        ({"role": "negatives"}, (), "negatives, but a.png has boxes"),
        ({}, ("walls/c.png",), r"walls/c\.png"),
        ({"categories": {"bin": "nothing"}}, (), "categories"),
    ],
    ids=["boxes on negatives", "excluding what is not there", "mapping to an unknown category"],
)
def test_recipes_that_do_not_fit_their_source(
    coco: dict[str, Any], tmp_path: Path, choice: dict[str, Any], exclude: tuple[str, ...], message: str
) -> None:
    path = tmp_path / "r.yaml"
    content = {"name": "r", "sources": [{"folder": "walls", **choice}], "exclude": list(exclude)}
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(RecipeError, match=message):
        load_data_set(load_recipe(path), write(tmp_path, coco))


@pytest.mark.parametrize("name", ["sub/a.png", "a.jpg"], ids=["in another folder", "in another format"])
def test_two_photos_of_one_name_are_refused(coco: dict[str, Any], tmp_path: Path, name: str) -> None:
    coco["images"][1]["file_name"] = name
    write(tmp_path, coco)
    (tmp_path / "walls" / "images" / "sub").mkdir()
    Image.new("RGB", (100, 50)).save(tmp_path / "walls" / "images" / name)
    with pytest.raises(RecipeError, match="more than one photo is called a"):
        load_data_set(RECIPE, tmp_path)


def test_negatives_without_a_word_on_it_are_annotated_for_everything(coco: dict[str, Any], tmp_path: Path) -> None:
    coco.update(info={}, categories=[], annotations=[])
    recipe = Recipe(name="r", sources=(SourceChoice(folder="walls", role="negatives"),))
    assert load_data_set(recipe, write(tmp_path, coco)).photos[0].annotated == frozenset(NAMES)


def test_walls_with_real_ads_are_not_drawn_on(coco: dict[str, Any], tmp_path: Path) -> None:
    drawn = SyntheticPostings(photos=2, backgrounds=("walls",))
    recipe = Recipe(name="r", sources=RECIPE.sources, synthetic_postings=drawn)
    with pytest.raises(RecipeError, match="walls has no training photo"):
        load_data_set(recipe, write(tmp_path, coco))


def test_a_link_to_a_source_has_the_recipes_name(coco: dict[str, Any], tmp_path: Path) -> None:
    write(tmp_path, coco)
    (tmp_path / "link").symlink_to(tmp_path / "walls")
    data_set = load_data_set(Recipe(name="r", sources=(SourceChoice(folder="link"),)), tmp_path)
    assert {photo.source for photo in data_set.photos} == {"link"}


def test_excluded_photos_are_left_out(coco: dict[str, Any], tmp_path: Path) -> None:
    recipe = Recipe(name="r", sources=RECIPE.sources, exclude=("walls/b.png",))
    assert [p.path.name for p in load_data_set(recipe, write(tmp_path, coco)).photos] == ["a.png"]


def test_postings_are_drawn_on_the_training_walls(coco: dict[str, Any], tmp_path: Path) -> None:
    recipe = Recipe(
        name="r",
        sources=(SourceChoice(folder="walls", role="backgrounds"),),
        synthetic_postings=SyntheticPostings(photos=2, backgrounds=("walls",)),
    )
    wall, _ = draw_scene(3, SceneKind.CLEAN_STREET, (320, 240))
    write(tmp_path, coco)
    Image.fromarray(wall).save(tmp_path / "walls" / "images" / "a.png")
    coco["images"][0].update(width=320, height=240)
    coco["annotations"] = []
    (tmp_path / "walls" / "annotations.json").write_text(json.dumps(coco), encoding="utf-8")
    data_set = load_data_set(recipe, tmp_path)
    assert data_set.photos == ()
    folders = [write_training_folder(data_set, tmp_path / name) for name in ("once", "twice")]
    assert [photo.split for photo in folders[0].synthetic.photos] == ["train", "train"]  # type: ignore[union-attr]
    listed = [(folder.data_yaml.parent / "train.txt").read_text() for folder in folders]
    assert listed[0] == listed[1]
    assert listed[0].count("synthetic-postings__") == 2
    for name in listed[0].split():
        assert (folders[0].data_yaml.parent / name).read_bytes() == (folders[1].data_yaml.parent / name).read_bytes()
    assert yaml.safe_load(folders[0].data_yaml.read_text())["annotated"]["synthetic-postings"] == [
        "graffiti",
        "illegal_posting",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: r\nsources: []", "sources"),
        ("name: r\nsources: [{folder: a, split: [train]}]", "split"),
        ("name: r\nsources: [{folder: a, splits: [dev]}]", "dev|train"),
        ("name: R 1\nsources: [{folder: a}]", "name"),
        ("name: r\nsources: [{folder: a}, {folder: a}]", "a is listed twice"),
        ("name: r\nsources: [{folder: a/b}]", "folder"),
        ("name: r\nsources: [{folder: .}]", "folder"),
        ("name: r\nsources: [{folder: a__b}]", "a__b has two underscores"),
        ("name: r\nsources: [{folder: synthetic-postings}]", "can be no source"),
        (
            "name: r\nsources: [{folder: a}]\nsynthetic_postings: {photos: 1, backgrounds: [b]}",
            "b is a background",
        ),
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


@pytest.mark.parametrize(
    ("recipe", "photos"),
    [("first", (4052, 384, 617)), ("streets", (4018, 383, 617)), ("ablation/elsewhere", (3440, 635, 0))],
    ids=["first", "streets", "elsewhere"],
)
def test_the_recipes_read_the_labelled_photos(shared_data: Path, recipe: str, photos: tuple[int, int, int]) -> None:
    data_set = load_data_set(load_recipe(Path(__file__).parents[2] / "recipes" / f"{recipe}.yaml"), shared_data)
    assert tuple(len(data_set.of(split)) for split in SPLITS) == photos
    sides: dict[tuple[str, str], set[str | None]] = {}
    for photo in data_set.photos:
        sides.setdefault((photo.source, photo.scene_group), set()).add(photo.split)
    assert all(len(splits) == 1 for (_, group), splits in sides.items() if group)


def test_photos_count_as_the_split_that_the_recipe_gives_them(coco: dict[str, Any], tmp_path: Path) -> None:
    data = write(tmp_path, coco)
    choice = SourceChoice(folder="walls", splits=("train", "val"), count_as="val")
    moved = load_data_set(RECIPE.model_copy(update={"sources": (choice,)}), data)
    assert [(photo.path.name, photo.split) for photo in moved.photos] == [("a.png", "val")]
    assert moved.sha256 != load_data_set(RECIPE, data).sha256


def test_photos_of_test_count_as_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "recipe.yaml"
    file.write_text("name: r\nsources: [{folder: walls, count_as: val}]\n", encoding="utf-8")
    with pytest.raises(RecipeError, match="list splits without test") as error:
        load_recipe(file)
    assert "\n" not in str(error.value)

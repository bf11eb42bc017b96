import json
from pathlib import Path
from typing import Any

import pytest

from tests.datasets.view.drawn import write_two_sources
from vision.categories import NAMES
from vision.datasets.formats import read_source
from vision.datasets.rename import rename_categories
from vision.datasets.view.correct import checked_photos, correct_source, write_label_file
from vision.datasets.view.corrections import Corrections, labels_sha256, load_corrections, photo_file
from vision.errors import RecipeError


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write_two_sources(tmp_path)
    return tmp_path


def corrections(data: Path, file: str, boxes: list[tuple[Any, ...]], **fields: Any) -> dict[str, Any]:
    """Corrections of one street photo; boxes as (category, xyxy, was)."""
    shown = {photo_file(p, data / "street"): p for p in read_source(data / "street").photos}
    photo = {
        "source": "street",
        "file": file,
        "labels_sha256": labels_sha256(shown[file]) if file in shown else "0" * 64,
        "boxes": [{"category": category, "box": box, "was": was} for category, box, was in boxes],
        **fields,
    }
    return {"format": "cleanlane-corrections", "version": 1, "data_sha256": "0" * 64, "photos": [photo]}


KEPT = [("bin", [10, 10, 50, 50], 0), ("stacked_debris", [100, 20, 180, 80], 1)]


def test_all_kinds_of_changes(data: Path) -> None:
    boxes = [
        ("overflowing_bin", [10, 10, 50, 50], 0),
        ("stacked_debris", [90, 20, 180, 80], 1),
        ("litter", [1, 2, 9, 8], None),
    ]
    before = json.loads((data / "street" / "annotations.json").read_text())
    wanted = Corrections.model_validate(corrections(data, "images/0.png", boxes, checked=True))
    coco, changes = correct_source(data / "street", wanted)
    assert (changes.added, changes.removed, changes.moved) == ({"litter": 1}, {}, {"stacked_debris": 1})
    assert changes.renamed == {("bin", "overflowing_bin"): 1}
    assert changes.unannotated == {"litter": 1}
    write_label_file(coco, data / "street" / "annotations.json")
    after = read_source(data / "street").photos[0]
    assert [(name, box.tolist()) for box, _, name in after.labels] == [(name, list(box)) for name, box, _ in boxes]
    renamed, moved, other, added = coco["annotations"]
    assert (renamed["segmentation"], moved.get("segmentation")) == (before["annotations"][0]["segmentation"], None)
    assert moved["area"] == 90 * 60
    assert other == before["annotations"][2]
    assert (added["id"], added["bbox"]) == (3, [1, 2, 8, 6])
    assert (coco["info"], coco["images"][1:]) == (before["info"], before["images"][1:])
    assert coco["images"][0] == {**before["images"][0], "checked": True}
    assert checked_photos(data / "street") == {"0.png"}


def test_removed_boxes_and_dropped_photos(data: Path) -> None:
    wanted = corrections(data, "images/0.png", KEPT[1:])
    wanted["photos"] += corrections(data, "images/1.png", [], dropped=True)["photos"]
    coco, changes = correct_source(data / "street", Corrections.model_validate(wanted))
    assert (changes.removed, changes.moved, changes.dropped) == ({"bin": 1}, {}, 1)
    assert [row["id"] for row in coco["annotations"]] == [1]
    assert [image["id"] for image in coco["images"]] == [0, 2]


def test_names_of_the_source_come_back(data: Path) -> None:
    """A recipe that calls the source's bins overflowing and leaves its debris out."""
    path = data / "street" / "annotations.json"
    before = json.loads(path.read_text())
    wanted = corrections(
        data, "images/1.png", [("overflowing_bin", [60, 30, 80, 50], 0), ("overflowing_bin", [5, 5, 9, 9], None)]
    )
    renamed = {"bin": "overflowing_bin", "stacked_debris": None, "overflowing_bin": None}
    photo = read_source(data / "street").photos[1]
    shown = rename_categories(read_source(data / "street"), renamed, NAMES).photos[1]
    assert labels_sha256(shown) != labels_sha256(photo)
    wanted["photos"][0]["labels_sha256"] = labels_sha256(shown)
    wanted["categories"] = {"street": renamed}
    coco, changes = correct_source(data / "street", Corrections.model_validate(wanted))
    assert coco["annotations"][:3] == before["annotations"]
    assert coco["annotations"][3]["category_id"] == before["annotations"][0]["category_id"]
    assert changes.added == {"overflowing_bin": 1}


def test_only_the_photos_own_labels_must_be_unchanged(data: Path) -> None:
    wanted = Corrections.model_validate(corrections(data, "images/0.png", KEPT[1:]))
    path = data / "street" / "annotations.json"
    coco = json.loads(path.read_text())
    coco["annotations"][2]["bbox"][0] += 5  # of another photo
    path.write_text(json.dumps(coco))
    assert correct_source(data / "street", wanted)[1].removed == {"bin": 1}
    coco["annotations"][1]["bbox"][0] += 5
    path.write_text(json.dumps(coco))
    with pytest.raises(RecipeError, match=r"images/0\.png have changed"):
        correct_source(data / "street", wanted)


@pytest.mark.parametrize(
    ("file", "boxes", "message"),
    [
        pytest.param("images/9.png", KEPT, "9.png, which is not in it", id="unknown photo"),
        pytest.param("images/0.png", [("bin", [1, 1, 9, 9], 7)], "doesn't have", id="unknown label"),
        pytest.param("images/0.png", [("bin", [300, 1, 400, 9], None)], "outside", id="outside the photo"),
    ],
)
def test_corrections_that_do_not_fit(data: Path, file: str, boxes: list[tuple[Any, ...]], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        correct_source(data / "street", Corrections.model_validate(corrections(data, file, boxes)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"version": 2}, "version", id="newer format"),
        pytest.param({"photos": [{}]}, "photos.0.source", id="incomplete"),
        pytest.param({"photos": "twice"}, "corrected twice", id="photo twice"),
        pytest.param({"boxes": [{"category": "dog", "box": [0, 0, 1, 1]}]}, "'dog' is unknown", id="category"),
        pytest.param({"boxes": [{"category": "bin", "box": [5, 0, 1, 1]}]}, "x1 < x2", id="corners"),
        pytest.param(
            {"boxes": [{"category": "bin", "box": [0, 0, 1, 1], "was": 0}] * 2}, "same label", id="label twice"
        ),
        pytest.param({"source": "../street"}, "source", id="path as source"),
    ],
)
def test_wrong_files_are_one_sentence(data: Path, tmp_path: Path, change: dict[str, Any], message: str) -> None:
    wanted = corrections(data, "images/0.png", KEPT)
    if change == {"photos": "twice"}:
        wanted["photos"] *= 2
    elif set(change) <= {"boxes", "source"}:
        wanted["photos"][0].update(change)
    else:
        wanted.update(change)
    path = tmp_path / "corrections.json"
    path.write_text(json.dumps(wanted))
    with pytest.raises(RecipeError, match=message):
        load_corrections(path)


def test_a_source_without_coco_labels_is_told(data: Path) -> None:
    wanted = Corrections.model_validate(corrections(data, "images/0.png", KEPT))
    (data / "street" / "annotations.json").unlink()
    with pytest.raises(RecipeError, match="convert"):
        correct_source(data / "street", wanted)


def test_label_files_of_other_programs(data: Path) -> None:
    """With a byte order mark, and ids that are text."""
    path = data / "street" / "annotations.json"
    coco = json.loads(path.read_text(encoding="utf-8"))
    for image in coco["images"]:
        image["id"] = f"img{image['id']}"
    for annotation in coco["annotations"]:
        annotation.update(id=f"box{annotation['id']}", image_id=f"img{annotation['image_id']}")
    path.write_text(json.dumps(coco), encoding="utf-8-sig")
    added = Corrections.model_validate(corrections(data, "images/0.png", [*KEPT, ("bin", [1, 2, 9, 8], None)]))
    changed, changes = correct_source(data / "street", added)
    assert changes.added == {"bin": 1}
    assert changed["annotations"][:-1] == coco["annotations"]
    assert changed["annotations"][-1]["image_id"] == coco["images"][0]["id"]

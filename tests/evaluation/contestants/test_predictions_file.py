import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vision.categories import NAMES
from vision.datasets.formats import coco
from vision.datasets.labels import LabelledPhoto, Source
from vision.detections import Detections
from vision.errors import ResultError
from vision.evaluation.contestants.coco_ids import CocoIds, coco_ids
from vision.evaluation.contestants.predictions_file import read_predictions, write_predictions
from vision.evaluation.record import EvaluatedModel

BOX = (10, 20, 30, 40)
IDS = CocoIds({7: "a/1.jpg", 8: "a/2.jpg", 9: "a/3.jpg", 10: "a/gone.jpg"}, {1: "bin", 2: "litter"})


def photo(name: str, source: str = "a", folder: Path = Path("images")) -> LabelledPhoto:
    return LabelledPhoto(folder / name, source, "val", 200, 100, Detections.empty(), frozenset(NAMES))


PHOTOS = [photo("1.jpg"), photo("2.jpg"), photo("same.jpg", "a"), photo("same.jpg", "b")]
OTHERS = [photo("3.jpg")]


def entry(
    image: object = "1.jpg", category: object = "bin", box: object = (10, 20, 30, 40), score: object = 0.5
) -> Any:
    return {"image_id": image, "category_id": category, "bbox": box, "score": score}


def written(folder: Path, content: object) -> Path:
    path = folder / "vendor.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def rows(found: Detections) -> list[tuple[list[float], float, str]]:
    return [(box.tolist(), round(score, 6), name) for box, score, name in found]


def test_a_list_by_name(tmp_path: Path) -> None:
    content = [
        entry(score=0.25) | {"area": 1200, "segmentation": []},
        entry("a/2.jpg", "litter", [0.5, 0, 1.25, 100], 1),
        entry(score=0.75, box=[0, 0, 200, 100]),
        entry("3.jpg"),
        entry("b/same.jpg", "cup"),
        entry("b/same.jpg", "dog"),
    ]
    path = written(tmp_path, content)
    read = read_predictions(path, PHOTOS, OTHERS, {"cup": "litter", "dog": None}, None)
    assert [rows(found) for found in read.detections] == [
        [([0, 0, 200, 100], 0.75, "bin"), ([10, 20, 40, 60], 0.25, "bin")],
        [([0.5, 0, 1.75, 100], 1, "litter")],
        [],
        [([10, 20, 40, 60], 0.5, "litter")],
    ]
    assert (read.missing, read.elsewhere) == (1, 1)
    assert read.about.model_dump(exclude={"sha256"}) == {
        "name": "vendor",
        "kind": "predictions",
        "bytes": path.stat().st_size,
        "input_size": None,
        "device": None,
        "categories": ("bin", "litter"),
        "mapped": {"cup": "litter"},
        "ignored": ("dog",),
    }


def test_a_list_by_the_label_file_s_ids(tmp_path: Path) -> None:
    path = written(tmp_path, [entry(8, 2), entry(7, 1), entry(9, 1), entry("1.jpg", "litter")])
    read = read_predictions(path, PHOTOS[:2], OTHERS, {}, IDS)
    assert [[name for _, _, name in found] for found in read.detections] == [["bin", "litter"], ["litter"]]
    assert (read.missing, read.elsewhere) == (0, 1)


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "byte order mark"])
def test_an_object_explains_itself(tmp_path: Path, mark: str) -> None:
    content = {
        "info": {"by": "a vendor"},
        "images": [
            {"id": "x", "file_name": "b\\same.jpg"},
            {"id": 7, "file_name": "2.jpg"},
            {"id": 1, "file_name": "a/1.jpg"},
        ],
        "categories": [{"id": 0, "name": "litter"}, {"id": 1, "name": "graffiti"}],
        "annotations": [entry(7, 0, (1, 2, 3, 4)), entry("x", 1)],
    }
    path = written(tmp_path, mark + json.dumps(content))
    read = read_predictions(path, PHOTOS, OTHERS, {}, IDS)
    assert [rows(found) for found in read.detections] == [
        [],
        [([1, 2, 4, 6], 0.5, "litter")],
        [],
        [([10, 20, 40, 60], 0.5, "graffiti")],
    ]
    assert read.missing == 1  # a/1.jpg is listed: it was looked at
    assert read.about.categories == ("graffiti", "litter")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("", "expected predictions in JSON", id="empty"),
        pytest.param('[{"image_id": 1, ', "expected predictions in JSON: a list .*EOF", id="cut off"),
        pytest.param('"text"', "expected predictions in JSON", id="a text"),
        pytest.param({"photos": []}, r"or an object with images, .*\(images: Field required\)", id="another object"),
        pytest.param([], "none of its categories", id="an empty list"),
        pytest.param([entry(), 3], "entry 1: Input should be .*, got 3", id="no object"),
        pytest.param([entry(), {"image_id": "1.jpg"}], "entry 1, category_id: Field required; and 2 more", id="keys"),
        pytest.param([entry(), entry("none.jpg")], r"entry 1: .* called 'none.jpg'", id="unknown photo"),
        pytest.param([entry("b/1.jpg")], r"entry 0: .* called 'b/1.jpg'", id="photo of another source"),
        pytest.param([entry("same.jpg")], "entry 0: several photos are called 'same.jpg'", id="name of two photos"),
        pytest.param([entry(), entry(11)], "entry 1: image_id 11 is no id of the photos' label file", id="unknown id"),
        pytest.param([entry(10)], r"entry 0: .* called 'a/gone.jpg'", id="id of a photo that isn't there"),
        pytest.param([entry(7.5)], "entry 0, image_id, .*got 7.5", id="id is no whole number"),
        pytest.param([entry(True)], "entry 0, image_id, .*got True", id="id is a truth"),
        pytest.param([entry(category="dog")], r"vendor\.json: reports dog", id="unknown category"),
        pytest.param([entry(category=5)], "entry 0: category_id 5 is no id", id="unknown category id"),
        pytest.param([entry(), entry(score=1.01)], "entry 1, score: .*less than or equal to 1, got 1.01", id="score"),
        pytest.param([entry(score=-0.1)], "entry 0, score: .*greater", id="negative score"),
        pytest.param([entry(score="0.5")], "entry 0, score: .*got '0.5'", id="score as text"),
        pytest.param([entry(score=float("nan"))], "entry 0, score: .*got nan", id="score nan"),
        pytest.param([entry(box=[1, float("inf"), 2, 3])], "entry 0, bbox, 1: .*finite.*got inf", id="infinite box"),
        pytest.param([entry(box=[1, float("nan"), 2, 3])], "entry 0, bbox, 1: .*finite.*got nan", id="box nan"),
        pytest.param([entry(box=[1, 2, 0, 3])], "entry 0, bbox, 2: .*greater than 0, got 0", id="no width"),
        pytest.param([entry(box=[1, 2, 3, -3])], "entry 0, bbox, 3: .*greater than 0, got -3", id="negative height"),
        pytest.param([entry(box=[1, 2, 3])], "entry 0, bbox, 3: Field required", id="three numbers"),
        pytest.param([entry(box=None)], "entry 0, bbox: .*got None", id="no box"),
        pytest.param([entry(), entry(box=[0, 0, 211, 50])], "entry 1: the box .* 200x100 .*upright", id="right of it"),
        pytest.param([entry(box=[-11, 0, 50, 50])], "entry 0: the box .* sticks out", id="left of it"),
        pytest.param([entry(box=[0, 0, 50, 106])], "entry 0: the box .* sticks out", id="below it"),
        pytest.param([entry(box=[0, -6, 50, 50])], "entry 0: the box .* sticks out", id="above it"),
        pytest.param([entry(box=[0.1, 0.2, 0.9, 0.5])] * 3, "every box lies within 0..1", id="relative"),
    ],
)
def test_what_cannot_be_right_is_one_sentence(tmp_path: Path, content: object, message: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(ResultError, match=message) as caught:
        read_predictions(path, PHOTOS, OTHERS, {}, IDS)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def explained(**changes: object) -> dict[str, object]:
    content = {
        "images": [{"id": 1, "file_name": "1.jpg"}],
        "categories": [{"id": 1, "name": "bin"}],
        "annotations": [entry(1, 1)],
    }
    return {**content, **changes}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"images": [{"id": 1}]}, "images.0.file_name: Field required", id="no file name"),
        pytest.param({"images": [{"id": 1, "file_name": "x.jpg"}]}, r"images.0: .* called 'x.jpg'", id="unknown photo"),
        pytest.param(
            {"images": [{"id": 1, "file_name": "1.jpg"}, {"id": 1, "file_name": "2.jpg"}]},
            "images.1: the id 1 occurs twice",
            id="image id twice",
        ),
        pytest.param(
            {"categories": [{"id": 1, "name": "bin"}, {"id": 1, "name": "litter"}]},
            "categories.1: the id 1 occurs twice",
            id="category id twice",
        ),
        pytest.param({"annotations": [entry(1, 1), entry(2, 1)]}, "entry 1: image_id 2 is none of", id="image id"),
        pytest.param({"annotations": [entry(1, "bin")]}, "entry 0: category_id 'bin' is none of", id="category id"),
        pytest.param({"annotations": [entry(1, 1, score=2)]}, "entry 0, score: .*got 2", id="score"),
    ],
)
def test_an_object_that_contradicts_itself(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    with pytest.raises(ResultError, match=message):
        read_predictions(written(tmp_path, explained(**changes)), PHOTOS, OTHERS, {}, IDS)


def test_numbers_need_one_label_file(tmp_path: Path) -> None:
    with pytest.raises(ResultError, match="entry 0: image_id 7 stands for nothing without one COCO label file"):
        read_predictions(written(tmp_path, [entry(7, 1)]), PHOTOS, OTHERS, {}, None)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ResultError, match=r"no\.json: expected predictions"):
        read_predictions(tmp_path / "no.json", PHOTOS, OTHERS, {}, None)


def test_a_little_beyond_the_edge_and_the_same_box_twice_are_no_errors(tmp_path: Path) -> None:
    path = written(tmp_path, [entry(box=[-10, -5, 220, 110]), entry(), entry()])
    found = read_predictions(path, PHOTOS, OTHERS, {}, None).detections[0]
    assert found.boxes.tolist() == [[-10, -5, 210, 105], [10, 20, 40, 60], [10, 20, 40, 60]]


def test_merged_names_on_one_thing_are_one_find(tmp_path: Path) -> None:
    path = written(tmp_path, [entry(category="cup", score=0.4), entry(category="bottle")])
    found = read_predictions(path, PHOTOS, OTHERS, {"cup": "litter", "bottle": "litter"}, None).detections[0]
    assert rows(found) == [([10, 20, 40, 60], 0.5, "litter")]


def test_what_is_written_is_read_back_to_the_last_bit(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    detections = [Detections.empty()]
    for n in (1, 40, 120):
        corners = random.random((n, 2, 2)).astype(np.float32) * np.array([200, 100], np.float32)
        boxes = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
        scores = np.sort(random.random(n).astype(np.float32))[::-1]
        detections.append(Detections.of(boxes, scores, random.integers(len(NAMES), size=n), NAMES))
    about = EvaluatedModel(name="m", kind="onnx", sha256="0" * 64, bytes=1, categories=NAMES)
    path = tmp_path / "predictions.json"
    write_predictions(path, PHOTOS, detections, about)
    read = read_predictions(path, PHOTOS, [], {}, None)
    assert (read.missing, read.elsewhere, read.about.categories) == (0, 0, NAMES)
    for before, after in zip(detections, read.detections, strict=True):
        assert before.boxes.tobytes() == after.boxes.tobytes()
        assert before.scores.tobytes() == after.scores.tobytes()
        assert before.categories.tolist() == after.categories.tolist()


def label_file(folder: Path, photos: list[LabelledPhoto]) -> None:
    folder.mkdir(exist_ok=True, parents=True)
    source = Source("a", "", frozenset(NAMES), tuple(photos))
    coco.write(source, folder, {one.path: f"images/{one.path.name}" for one in photos})


def test_ids_of_the_label_file(tmp_path: Path) -> None:
    photos = [photo("1.jpg", folder=tmp_path / "a" / "images"), photo("2.jpg", folder=tmp_path / "a" / "images")]
    label_file(tmp_path / "a", photos)
    ids = coco_ids(photos[1:])
    assert ids is not None
    assert ids.photos == {1: "a/1.jpg", 2: "a/2.jpg"}
    assert ids.categories == dict(enumerate(NAMES, 1))
    assert coco_ids([*photos, photo("1.jpg", "b")]) is None


@pytest.mark.parametrize("second", ["annotations/instances_val.json", "val/_annotations.coco.json"])
def test_ids_of_two_label_files_say_nothing(tmp_path: Path, second: str) -> None:
    photos = [photo("1.jpg", folder=tmp_path / "images")]
    label_file(tmp_path, photos)
    (tmp_path / second).parent.mkdir()
    (tmp_path / "annotations.json").rename(tmp_path / "_annotations.coco.json")
    assert coco_ids(photos) is not None
    (tmp_path / second).write_text((tmp_path / "_annotations.coco.json").read_text())
    assert coco_ids(photos) is None


def test_photos_without_a_coco_file_have_no_ids(tmp_path: Path) -> None:
    photos = [photo("1.jpg", folder=tmp_path / "a" / "images")]
    assert coco_ids(photos) is None
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "annotations.json").write_text("[]")
    assert coco_ids(photos) is None


def test_the_real_labels_ids(shared_data: Path) -> None:
    ids = coco_ids([photo("000001.webp", "china-bins", shared_data / "china-bins" / "images")])
    assert ids is not None
    assert ids.photos[1] == "china-bins/000001.webp"
    assert re.sub(r"\W", " ", ids.categories[5]) == "illegal_posting"

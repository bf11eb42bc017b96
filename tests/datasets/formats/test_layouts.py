"""Folders as other programs lay them out."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image

from tests.datasets.formats.plain import BOXES, SIZE, plain
from vision.datasets.formats import Format, detect_format, read_labels, read_source
from vision.errors import RecipeError

LINE = "1 0.5 0.5 0.1 0.1\n"


def picture(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", SIZE).save(path)


def found(folder: Path) -> dict[str, tuple[str | None, list[str]]]:
    label_file = read_labels(folder)
    assert not label_file.findings
    photos = label_file.source.photos
    return {
        p.path.relative_to(folder.resolve()).as_posix(): (p.split, [name for _, _, name in p.labels]) for p in photos
    }


@pytest.mark.parametrize(
    "data",
    [
        {"path": "", "train": "x/images/one", "val": "x/images/two", "names": ["bin", "桶"]},
        {"path": "x", "train": ["images/one"], "val": "images/two", "names": {0: "bin", 1: "桶"}, "nc": 2},
        {"path": "x", "train": "one.txt", "val": ["two.txt"], "names": {"0": "bin", "1": "桶"}},
        {"path": "/gone/elsewhere", "train": "../x/images/one", "val": "../x/images/two", "names": ["bin", "桶"]},
    ],
    ids=["folders", "list of folders", "lists of files", "roboflow"],
)
def test_yolo(data: dict[str, Any], tmp_path: Path) -> None:
    for part in ("one", "two"):
        picture(tmp_path / "x" / "images" / part / "街.png")
        (tmp_path / "x" / "labels" / part).mkdir(parents=True)
        (tmp_path / "x" / f"{part}.txt").write_text(f"./images/{part}/街.png\n", encoding="utf-8")
    (tmp_path / "x" / "labels" / "one" / "街.txt").write_text(LINE)
    (tmp_path / "data.yaml").write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    assert found(tmp_path) == {"x/images/one/街.png": ("train", ["桶"]), "x/images/two/街.png": ("val", [])}


def test_yolo_without_data_yaml(tmp_path: Path) -> None:
    picture(tmp_path / "images" / "a.png")
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "a.txt").write_text(LINE)
    (tmp_path / "classes.txt").write_text("bin\n桶\n", encoding="utf-8")
    assert found(tmp_path) == {"images/a.png": (None, ["桶"])}


@pytest.mark.parametrize(
    ("label_file", "image"),
    [
        ("train/_annotations.coco.json", "train/a.png"),
        ("annotations/instances_train2017.json", "train2017/a.png"),
        ("annotations/train.json", "images/a.png"),
    ],
)
def test_coco(label_file: str, image: str, tmp_path: Path) -> None:
    data = json.loads((plain(tmp_path / "plain", Format.COCO) / "annotations.json").read_text())
    data["images"], data["annotations"] = [{**data["images"][0], "split": None}], data["annotations"][:1]
    del data["info"]
    (tmp_path / "x" / label_file).parent.mkdir(parents=True)
    (tmp_path / "x" / label_file).write_text(json.dumps(data))
    picture(tmp_path / "x" / image)
    assert found(tmp_path / "x") == {image: ("train", ["bin"])}
    assert read_source(tmp_path / "x").annotated == {"bin", "litter"}  # what it declares, for want of better


def test_voc_beside_its_photos_and_counted_from_zero(tmp_path: Path) -> None:
    folder = plain(tmp_path, Format.VOC)
    for name in ("a", "b"):
        (folder / "train").mkdir(exist_ok=True)
        (folder / "Annotations" / f"{name}.xml").rename(folder / "train" / f"{name}.xml")
        (folder / "JPEGImages" / f"{name}.png").rename(folder / "train" / f"{name}.png")
    for part in ("Annotations", "JPEGImages"):
        (folder / part).rmdir()
    (folder / "ImageSets" / "Main" / "train.txt").unlink()
    assert found(folder) == {"train/a.png": ("train", ["bin"]), "train/b.png": ("train", ["litter"])}
    file = folder / "train" / "a.xml"
    file.write_text(file.read_text().replace("<xmin>11<", "<xmin>0<").replace("<ymin>21<", "<ymin>20<"))
    boxes = [photo.labels.boxes[0].tolist() for photo in read_labels(folder).source.photos]
    assert boxes == [[0, 20, 40, 30], [61, 11, 80, 20]]


@pytest.mark.parametrize(
    "name", ["/data/upload/3/1a2b3c4d-a.png", "/data/local-files/?d=images/a.png", "s3://b/c/a.png"]
)
def test_label_studio_addresses(name: str, tmp_path: Path) -> None:
    folder = plain(tmp_path, Format.LABEL_STUDIO)
    file = folder / "annotations.json"
    file.write_text(file.read_text().replace('"a.png"', json.dumps(name)))
    assert found(folder)["images/a.png"] == ("train", ["bin"])


@pytest.mark.parametrize("format_", Format)
def test_a_format_is_recognized_by_one_of_its_files(format_: Format, tmp_path: Path) -> None:
    folder = plain(tmp_path, format_)
    assert detect_format(folder) == format_
    file = next(path for suffix in ("yaml", "xml", "json") for path in sorted(folder.rglob(f"*.{suffix}")))
    assert detect_format(file) == format_
    names = [name for photo in read_labels(file).source.photos for _, _, name in photo.labels]
    assert names[0] == "bin"
    assert len(names) == (1 if format_ in (Format.VOC, Format.LABELME) else len(BOXES))


def test_what_is_no_label_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="there is none"):
        read_labels(tmp_path / "gone")
    with pytest.raises(RecipeError, match="found none of them"):
        read_labels(tmp_path)
    with pytest.raises(RecipeError, match="found none"):
        read_labels(tmp_path, Format.LABELME)

"""One test per fault and format: what is found, on which line, and what a repair leaves."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.datasets.formats.plain import SIZE, plain
from vision.datasets.formats import Code, Format, fix_labels, read_labels, read_source, write_labels
from vision.datasets.formats.files import READERS
from vision.datasets.formats.raw import Repaired
from vision.errors import RecipeError

LABEL_FILES = {  # of a.png, with the line on which its box begins, and that of its size
    Format.COCO: ("annotations.json", 42, 26),
    Format.YOLO: ("labels/train/a.txt", 1, 0),
    Format.VOC: ("Annotations/a.xml", 9, 4),
    Format.LABELME: ("train/a.json", 5, 25),
    Format.CVAT: ("annotations.xml", 17, 16),
    Format.LABEL_STUDIO: ("annotations.json", 12, 2),
}
STATED = [format_ for format_ in Format if format_ != Format.YOLO]  # formats that state a size
BAD_BOXES: list[tuple[list[float], Code, list[float] | None]] = [
    ([-5, 20, 40, 60], Code.BOX_OUTSIDE, [0, 20, 40, 50]),
    ([10, 20, 10, 30], Code.BOX_EMPTY, None),
    ([40, 20, 10, 30], Code.BOX_INVERTED, None),
    ([110, 20, 140, 30], Code.BOX_OFF_PHOTO, None),
    ([float("nan"), 20, 40, 30], Code.BOX_NOT_FINITE, None),
    ([10, 20, float("inf"), 30], Code.BOX_NOT_FINITE, None),
]


def found(folder: Path, **options: Any) -> list[tuple[Code, str, int]]:
    return [(f.code, f.file.relative_to(folder).as_posix(), f.line) for f in read_labels(folder, **options).findings]


def spoil(folder: Path, format_: Format, box: list[float] | None = None, size: tuple[int, int] | None = None) -> None:
    """Write a wrong box or size into the label file of a.png."""
    raw = READERS[format_](folder)
    photo = next(photo for photo in raw.photos if photo.name == "a.png")
    if size is not None:
        photo.put_size(*size)
    if box is not None:
        photo.shapes[0].put(Repaired(np.array(box, np.float64), None, *SIZE))
    for document in raw.documents:
        if document.touched:
            document.file.write_bytes(document.content())


@pytest.mark.parametrize(
    ("format_", "box", "code", "repaired"),
    [
        pytest.param(format_, box, code, repaired, id=f"{format_.value}-{code.value}-{i}")
        for i, (box, code, repaired) in enumerate(BAD_BOXES)
        for format_ in Format
        if (format_, code) != (Format.LABELME, Code.BOX_INVERTED)  # its corners may come in any order
    ],
)
def test_bad_boxes(format_: Format, box: list[float], code: Code, repaired: list[float] | None, tmp_path: Path) -> None:
    folder = plain(tmp_path, format_)
    spoil(folder, format_, box)
    file, line, _ = LABEL_FILES[format_]
    assert found(folder) == [(code, file, line)]
    label_file = read_labels(folder)
    boxes = next(photo for photo in label_file.source.photos if photo.path.name == "a.png").labels.boxes
    np.testing.assert_allclose(boxes, np.reshape(repaired or [], (-1, 4)), atol=1e-3)
    assert bool(fix_labels(label_file)) == bool(code.fix)
    assert found(folder) == ([] if code.fix else [(code, file, line)])


@pytest.mark.parametrize("format_", Format)
def test_a_box_drawn_twice(format_: Format, tmp_path: Path) -> None:
    source = read_labels(plain(tmp_path, format_)).source
    twice = [replace(p, labels=p.labels[np.array([0, 0])]) for p in source.photos]
    write_labels(replace(source, photos=tuple(twice)), tmp_path / "twice", format_)
    label_file = read_labels(tmp_path / "twice")
    assert [f.code for f in label_file.findings] == [Code.BOX_DUPLICATE] * 2
    assert [len(photo.labels) for photo in label_file.source.photos] == [1, 1]
    fix_labels(label_file)
    assert found(tmp_path / "twice") == []
    assert [len(photo.labels) for photo in read_labels(tmp_path / "twice").source.photos] == [1, 1]


@pytest.mark.parametrize("format_", STATED)
@pytest.mark.parametrize(
    ("size", "code"),
    [((0, 0), Code.SIZE_MISSING), ((90, 60), Code.SIZE_WRONG), ((200, 100), Code.SIZE_SCALED)],
    ids=["missing", "wrong", "scaled"],
)
def test_stated_sizes(format_: Format, size: tuple[int, int], code: Code, tmp_path: Path) -> None:
    folder = plain(tmp_path, format_)
    spoil(folder, format_, size=size)
    if format_ == Format.LABEL_STUDIO and code is Code.SIZE_SCALED:
        code = Code.SIZE_WRONG  # percent mean the same at every scale
    file, _, line = LABEL_FILES[format_]
    assert found(folder) == [(code, file, line)]
    fix_labels(read_labels(folder))
    assert found(folder) == ([] if code.fix else [(code, file, line)])


@pytest.mark.parametrize("format_", Format)
def test_photos(format_: Format, tmp_path: Path) -> None:
    folder = plain(tmp_path, format_)
    photo = next(path for path in folder.rglob("a.png"))
    data = photo.read_bytes()
    photo.write_bytes(data[:-30])
    assert found(folder) == []
    assert [code for code, _, _ in found(folder, decode=True)] == [Code.PHOTO_UNREADABLE]
    photo.write_bytes(b"no photo")
    assert [code for code, _, _ in found(folder)] == [Code.PHOTO_UNREADABLE]
    photo.unlink()
    missing = Code.LABEL_WITHOUT_PHOTO if format_ == Format.YOLO else Code.PHOTO_MISSING
    assert [code for code, _, _ in found(folder)] == [missing]
    photo.with_name("e.png").write_bytes(data)
    expected = [missing] if format_ == Format.YOLO else [missing, Code.PHOTO_UNLABELLED]  # in YOLO it is a negative
    assert sorted(code for code, _, _ in found(folder)) == sorted(expected)
    with pytest.raises(RecipeError, match=r"found 1 error in the labels: \S+:\d+: "):
        read_source(folder)


@pytest.mark.parametrize("format_", Format)
@pytest.mark.parametrize("kept", [0.5, 0.0], ids=["cut", "empty"])
def test_cut_files_are_named(format_: Format, kept: float, tmp_path: Path) -> None:
    folder = plain(tmp_path, format_)
    file = folder / ("data.yaml" if format_ == Format.YOLO else LABEL_FILES[format_][0])
    data = file.read_bytes()
    file.write_bytes(b"names: [bin" if format_ == Format.YOLO and kept else data[: int(len(data) * kept)])
    findings = read_labels(folder, format_).findings
    assert findings[0].code is Code.FILE_MALFORMED or Code.PHOTO_UNLABELLED in {f.code for f in findings}
    assert Code.FILE_MALFORMED in {f.code for f in findings}
    assert file in {f.file for f in findings}


@pytest.mark.parametrize("format_", Format)
def test_line_ends_and_byte_order_marks(format_: Format, tmp_path: Path) -> None:
    folder = plain(tmp_path, format_)
    for file in [path for path in folder.rglob("*") if path.suffix in (".json", ".xml", ".txt", ".yaml")]:
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    assert found(folder) == []
    photos = read_labels(folder).source.photos
    assert {(p.path.name, p.split, *[name for _, _, name in p.labels]) for p in photos} == {
        ("a.png", "train", "bin"),
        ("b.png", "train", "litter"),
    }


def in_text(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return change


def in_json(change: Callable[[Any], object]) -> Callable[[str], str]:
    def changed(text: str) -> str:
        data = json.loads(text)
        change(data)
        return json.dumps(data, indent=1)

    return changed


def coco_annotation(**fields: object) -> Callable[[str], str]:
    return in_json(lambda data: data["annotations"][0].update(fields))


def task(**fields: object) -> Callable[[str], str]:
    return in_json(lambda data: data[0]["annotations"][0]["result"][0].update(fields))


LINE = "0 0.2500000 0.5000000 0.3000000 0.2000000"
RECTANGLE = '"rectangle"'
SPECIAL: list[tuple[Format, str, Code, int, Callable[[str], str]]] = [
    (Format.COCO, "category", Code.CATEGORY_UNKNOWN, 42, coco_annotation(category_id=99)),
    (Format.COCO, "annotated", Code.CATEGORY_UNKNOWN, 4, in_json(lambda d: d["info"].update(annotated=["x"]))),
    (Format.COCO, "image id", Code.IMAGE_UNKNOWN, 42, coco_annotation(image_id=77)),
    (Format.COCO, "no bbox", Code.ITEM_MALFORMED, 42, coco_annotation(bbox=None)),
    (Format.COCO, "words", Code.ITEM_MALFORMED, 42, coco_annotation(bbox=["a", 1, 2, 3])),
    (Format.COCO, "mask", Code.OUTLINE_DROPPED, 42, coco_annotation(segmentation={"counts": "x", "size": [50, 100]})),
    (
        Format.COCO,
        "crowd",
        Code.OUTLINE_DROPPED,
        42,
        coco_annotation(segmentation={"counts": [5], "size": []}, iscrowd=1),
    ),
    (Format.COCO, "parts", Code.OUTLINE_DROPPED, 42, coco_annotation(segmentation=[[1, 2, 3, 4, 5, 6]] * 2)),
    (Format.COCO, "split", Code.SPLIT_UNKNOWN, 26, in_json(lambda d: d["images"][0].update(split="dev"))),
    (
        Format.COCO,
        "file twice",
        Code.PHOTO_DUPLICATE,
        40,
        in_json(lambda d: d["images"].append(d["images"][0] | {"id": 9})),
    ),
    (
        Format.COCO,
        "id twice",
        Code.PHOTO_DUPLICATE,
        40,
        in_json(lambda d: d["images"].append(d["images"][0] | {"file_name": "e"})),
    ),
    (
        Format.COCO,
        "category twice",
        Code.ITEM_MALFORMED,
        24,
        in_json(lambda d: d["categories"].append({"id": 1, "name": "x"})),
    ),
    (Format.YOLO, "category", Code.CATEGORY_UNKNOWN, 2, in_text(LINE, f"{LINE}\n7 .5 .5 .1 .1")),
    (Format.YOLO, "too few", Code.ITEM_MALFORMED, 3, in_text(LINE, f"\n{LINE}\n0 .5 .5 .1")),
    (Format.YOLO, "score", Code.ITEM_MALFORMED, 2, in_text(LINE, f"{LINE}\n0 .5 .5 .1 .1 .9")),
    (Format.YOLO, "word", Code.ITEM_MALFORMED, 1, in_text(LINE, f"bin .5 .5 .1 .1\n{LINE}")),
    (Format.YOLO, "fraction", Code.ITEM_MALFORMED, 1, in_text(LINE, f"0.5 .5 .5 .1 .1\n{LINE}")),
    (Format.YOLO, "mixed", Code.LINES_MIXED, 1, in_text(LINE, f"{LINE}\n0 .1 .1 .2 .1 .3 .4")),
    (Format.YOLO, "encoding", Code.FILE_MALFORMED, 1, in_text(LINE, "\udcff")),
    (Format.VOC, "category", Code.CATEGORY_UNKNOWN, 9, in_text("bin", "unicorn")),
    (Format.VOC, "no box", Code.ITEM_MALFORMED, 9, in_text("<xmin>11</xmin>", "")),
    (Format.VOC, "no name", Code.ITEM_MALFORMED, 9, in_text("bin", "")),
    (Format.VOC, "other root", Code.FILE_MALFORMED, 1, lambda _: "<annotations/>"),
    (Format.LABELME, "category", Code.CATEGORY_UNKNOWN, 5, in_text('"bin"', '"unicorn"')),
    (Format.LABELME, "circle", Code.SHAPE_UNSUPPORTED, 5, in_text(RECTANGLE, '"circle"')),
    (Format.LABELME, "two points", Code.ITEM_MALFORMED, 5, in_text(RECTANGLE, '"polygon"')),
    (Format.LABELME, "no label", Code.ITEM_MALFORMED, 5, in_text('"label": "bin"', '"label": null')),
    (Format.CVAT, "category", Code.CATEGORY_UNKNOWN, 17, in_text('"bin"', '"unicorn"')),
    (Format.CVAT, "polyline", Code.SHAPE_UNSUPPORTED, 17, in_text("<box", "<polyline")),
    (Format.CVAT, "turned", Code.BOX_ROTATED, 17, in_text("<box", '<box rotation="90"')),
    (Format.CVAT, "no corner", Code.ITEM_MALFORMED, 17, in_text('xtl="10.0000"', "")),
    (Format.CVAT, "photo twice", Code.PHOTO_DUPLICATE, 19, in_text("b.png", "a.png")),
    (Format.LABEL_STUDIO, "category", Code.CATEGORY_UNKNOWN, 12, in_text('"bin"', '"unicorn"')),
    (Format.LABEL_STUDIO, "ellipse", Code.SHAPE_UNSUPPORTED, 12, task(type="ellipselabels")),
    (Format.LABEL_STUDIO, "no value", Code.ITEM_MALFORMED, 12, task(value={"rectanglelabels": ["bin"]})),
    (Format.LABEL_STUDIO, "split", Code.SPLIT_UNKNOWN, 2, in_text('"train"', '"dev"')),
]


@pytest.mark.parametrize(
    ("format_", "code", "line", "change"),
    [pytest.param(f, code, line, change, id=f"{f.value}-{name}") for f, name, code, line, change in SPECIAL],
)
def test_faults_of_one_format(
    format_: Format, code: Code, line: int, change: Callable[[str], str], tmp_path: Path
) -> None:
    folder = plain(tmp_path, format_)
    file, *_ = LABEL_FILES[format_]
    text = change((folder / file).read_text(encoding="utf-8"))
    (folder / file).write_bytes(text.encode("utf-8", "surrogateescape"))
    ignored = {Code.PHOTO_UNLABELLED, Code.PHOTO_MISSING}  # follow where a whole photo is left out
    assert [item for item in found(folder, format=format_) if item[0] not in ignored] == [(code, file, line)]


def test_a_turned_box_becomes_the_box_round_it(tmp_path: Path) -> None:
    """CVAT turns about the middle, Label Studio about the left top corner; both clockwise."""
    cvat, studio = plain(tmp_path / "cvat", Format.CVAT), plain(tmp_path / "studio", Format.LABEL_STUDIO)
    for folder, old, new in ((cvat, "<box", '<box rotation="90"'), (studio, '"rotation": 0', '"rotation": 90')):
        file = next(folder.glob("annotations.*"))
        file.write_text(file.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    boxes = [read_labels(folder).source.photos[0].labels.boxes[0] for folder in (cvat, studio)]
    np.testing.assert_allclose(boxes, [[20, 10, 30, 40], [0, 20, 10, 50]], atol=1e-3)


@pytest.mark.parametrize(
    ("segmentation", "kept", "area"),
    [
        ({"counts": [5, 4995], "size": [50, 100]}, {"counts": [5, 4995], "size": [50, 100]}, 7),
        ([[-5, 20, 40, 20, 40, 30]], [[0, 20, 40, 20, 40, 30]], 200),
        ([[-5, 20, 40, 20, 40, 30, -5, 30]], [[0, 20, 40, 20, 40, 30, 0, 30]], 400),
        ([], [], 400),
    ],
    ids=["mask", "outline", "rectangle", "box"],
)
def test_outlines_of_clipped_coco_boxes(segmentation: Any, kept: Any, area: float, tmp_path: Path) -> None:
    folder = plain(tmp_path, Format.COCO)
    file = folder / "annotations.json"
    file.write_text(coco_annotation(bbox=[-5, 20, 45, 10], segmentation=segmentation, area=7)(file.read_text()))
    fix_labels(read_labels(folder))
    annotation = json.loads(file.read_text())["annotations"][0]
    assert (annotation["bbox"], annotation["segmentation"], annotation["area"]) == ([0, 20, 40, 10], kept, area)


def test_boxes_among_outlines_become_outlines(tmp_path: Path) -> None:
    """Also when such a box has to be clipped."""
    folder = plain(tmp_path, Format.YOLO)
    file = folder / "labels" / "train" / "a.txt"
    file.write_text(f"{LINE}\n0 .1 .1 .2 .1 .3 .4\n1 0 .5 .2 .2\n")
    assert [code for code, _, _ in found(folder)] == [Code.LINES_MIXED, Code.LINES_MIXED, Code.BOX_OUTSIDE]
    before = read_labels(folder).source.photos[0].labels.boxes
    fix_labels(read_labels(folder))
    assert [len(line.split()) for line in file.read_text().splitlines()] == [9, 7, 9]
    assert found(folder) == []
    np.testing.assert_allclose(read_labels(folder).source.photos[0].labels.boxes, before, atol=1e-3)


def test_two_photos_that_share_a_label_file(tmp_path: Path) -> None:
    folder = plain(tmp_path, Format.YOLO)
    Image.new("RGB", SIZE).save(folder / "images" / "train" / "a.jpg")
    assert found(folder) == [(Code.PHOTO_DUPLICATE, "labels/train/a.txt", 1)]


@pytest.mark.parametrize("format_", Format)
def test_a_repair_keeps_the_rest(format_: Format, tmp_path: Path) -> None:
    """Fields that we don't know, comments, other lines; the first original stays."""
    folder = plain(tmp_path, format_)
    file = folder / LABEL_FILES[format_][0]
    text = file.read_text(encoding="utf-8")
    notes = {".json": ('"bin"', '"bin", "注": 1'), ".xml": ("<", "<!-- 注 --><"), ".txt": ("\n", "\r\n\r\n")}
    old, new = notes[file.suffix]
    if format_ in (Format.COCO, Format.LABEL_STUDIO):
        old, new = '"id": 1,', '"id": 1, "注": {"a": [1.50, null]},'
    text = (
        text.replace(old, new, 1) if file.suffix != ".xml" else text.replace("<annotation>", "<annotation><!-- 注 -->")
    )
    text = text.replace("<annotations>", "<annotations><!-- 注 -->")
    file.write_bytes(text.encode())
    spoil(folder, format_, [-5, 20, 40, 30])
    before = file.read_bytes()
    assert [path.resolve() for path in fix_labels(read_labels(folder))] == [file.resolve()]
    original = file.with_name(f"{file.name}.orig")
    assert original.read_bytes() == before
    assert ("\r\n\r\n" if file.suffix == ".txt" else "注") in file.read_bytes().decode()
    assert fix_labels(read_labels(folder)) == ()
    spoil(folder, format_, [10, 20, 10, 30])
    fix_labels(read_labels(folder))
    assert original.read_bytes() == before
    assert found(folder) == []
    assert not list(folder.rglob("*.tmp"))

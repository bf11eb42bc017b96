"""What is written is read by other people's programs, too: supervision and pycocotools."""

from pathlib import Path

import numpy as np
import pytest
import supervision as sv
from pycocotools.coco import COCO

from tests.datasets.formats.drawn import NAMES
from vision.datasets.formats import Format, read_labels, write_labels
from vision.datasets.labels import LabelledPhoto, Source

Read = dict[str, list[tuple[str, list[float]]]]  # by the photo's name without folders


@pytest.fixture(scope="module")
def source(drawn: Source, tmp_path_factory: pytest.TempPathFactory) -> Source:
    """The drawn photos, each with another name: supervision doesn't look into sub-folders."""
    flat = tmp_path_factory.mktemp("flat")
    photos = []
    for number, photo in enumerate(drawn.photos):
        path = flat / f"照片 {number}{photo.path.suffix}"
        path.write_bytes(photo.path.read_bytes())
        photos.append(LabelledPhoto(path, "drawn", "train", photo.width, photo.height, photo.labels, photo.annotated))
    return Source("drawn", "", drawn.annotated, tuple(photos))


def ours(source: Source) -> Read:
    return {p.path.name: [(name, box.tolist()) for box, _, name in p.labels] for p in source.photos}


def theirs(data_set: sv.DetectionDataset) -> Read:
    read: Read = {}
    for path, _, found in data_set:
        assert found.class_id is not None
        names = [data_set.classes[i] for i in found.class_id]
        read[Path(path).name] = list(zip(names, found.xyxy.tolist(), strict=True))
    return read


def by_supervision(folder: Path, format_: Format) -> sv.DetectionDataset:
    text = str(folder)
    if format_ == Format.COCO:
        return sv.DetectionDataset.from_coco(f"{text}/images", f"{text}/annotations.json")
    if format_ == Format.YOLO:
        return sv.DetectionDataset.from_yolo(f"{text}/images/train", f"{text}/labels/train", f"{text}/data.yaml")
    return sv.DetectionDataset.from_pascal_voc(f"{text}/JPEGImages", f"{text}/Annotations")


@pytest.mark.parametrize("format_", [Format.COCO, Format.YOLO, Format.VOC])
def test_supervision_reads_what_we_write(source: Source, format_: Format, tmp_path: Path) -> None:
    write_labels(source, tmp_path / "out", format_)
    assert_same(theirs(by_supervision(tmp_path / "out", format_)), ours(source))


@pytest.mark.parametrize("format_", [Format.COCO, Format.YOLO, Format.VOC])
def test_we_read_what_supervision_writes(source: Source, format_: Format, tmp_path: Path) -> None:
    write_labels(source, tmp_path / "first", Format.COCO)
    data_set = by_supervision(tmp_path / "first", Format.COCO)
    out = tmp_path / "theirs"
    if format_ == Format.COCO:
        data_set.as_coco(f"{out}/images", f"{out}/annotations.json")
    elif format_ == Format.YOLO:
        data_set.as_yolo(f"{out}/images/train", f"{out}/labels/train", f"{out}/data.yaml")
        with (out / "data.yaml").open("a") as file:
            file.write("train: images/train\n")
    else:
        data_set.as_pascal_voc(f"{out}/JPEGImages", f"{out}/Annotations")
    found = read_labels(out)
    assert found.format == format_
    assert not found.findings
    assert_same(ours(found.source), ours(source), atol=1 if format_ == Format.VOC else 0.01)  # whole pixels in its XML


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of its mask under numpy 2
def test_pycocotools_reads_what_we_write(drawn: Source, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_labels(drawn, tmp_path / "out", Format.COCO)
    coco = COCO(tmp_path / "out" / "annotations.json")
    capsys.readouterr()
    assert [category["name"] for category in coco.loadCats(coco.getCatIds())] == list(NAMES)
    with_outline = [a for a in coco.loadAnns(coco.getAnnIds()) if a["segmentation"]]
    assert with_outline
    for annotation in with_outline:
        x, y, width, height = annotation["bbox"]
        rows, columns = np.nonzero(coco.annToMask(annotation))
        drawn_box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        np.testing.assert_allclose(drawn_box, (x, y, x + width, y + height), atol=1.5)


def assert_same(a: Read, b: Read, atol: float = 0.01) -> None:
    assert a.keys() == b.keys()
    for name in a:
        assert [category for category, _ in a[name]] == [category for category, _ in b[name]]
        boxes_a, boxes_b = ([box for _, box in boxes[name]] for boxes in (a, b))
        np.testing.assert_allclose(np.reshape(boxes_a, (-1, 4)), np.reshape(boxes_b, (-1, 4)), atol=atol)

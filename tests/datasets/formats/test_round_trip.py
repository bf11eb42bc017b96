import itertools
from pathlib import Path

import pytest

from tests.datasets.formats.round_trip import round_trip
from vision.datasets.formats import Format, losses, read_labels, write_labels
from vision.datasets.labels import Source

HOLD_SCENES = {Format.COCO, Format.LABEL_STUDIO}
HOLD_ANNOTATED = {Format.COCO, Format.YOLO}


@pytest.mark.parametrize(("first", "second"), list(itertools.product(Format, Format)))
def test_every_format_to_every_other(drawn: Source, first: Format, second: Format, tmp_path: Path) -> None:
    kept = round_trip(drawn, first, second, tmp_path)
    through = {first, second}
    assert kept.box <= 0.01
    assert kept.photos
    assert kept.categories
    assert kept.splits
    assert kept.outlines == (Format.VOC not in through)
    assert kept.scene_groups == (through <= HOLD_SCENES)
    assert kept.annotated == kept.licence == (through <= HOLD_ANNOTATED)


@pytest.mark.parametrize("format_", Format)
def test_what_is_lost_is_said_before(drawn: Source, format_: Format, tmp_path: Path) -> None:
    write_labels(drawn, tmp_path / "out", format_)
    told = " ".join(losses(drawn, format_))
    assert ("outlines" in told) == (format_ == Format.VOC)
    assert ("scene groups" in told) == (format_ not in HOLD_SCENES)
    assert ("licence" in told) == (format_ not in HOLD_ANNOTATED)
    assert (("垃圾 桶 full" in told) and "aren't labelled" in told) == (format_ not in HOLD_ANNOTATED)


@pytest.mark.parametrize("format_", Format)
def test_labels_of_one_photo_per_name(drawn: Source, format_: Format, tmp_path: Path) -> None:
    """`西街/a b.jpg` and `西街/a b.png` would share a label file, `东街/a b.jpg` has the same name."""
    write_labels(drawn, tmp_path / "out", format_, images="link")
    found = read_labels(tmp_path / "out").source
    assert len({photo.path.with_suffix("") for photo in found.photos}) == len(drawn.photos)
    assert all(photo.path.is_symlink() for photo in found.photos)
    names = sorted(photo.path.name for photo in found.photos)
    assert names == ["a b.jpg", "a b.jpg", "a b_2.png", "c.png"]

"""Photos that EXIF says to turn: a red square on black tells where a box really is."""

from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from vision.datasets.formats import Code, Format, fix_labels, read_labels, write_labels
from vision.datasets.formats.photo_files import PhotoSize, read_size, turn_points
from vision.datasets.labels import LabelledPhoto, Source
from vision.detections import Detections
from vision.images import NDArrayImage, read_photo_file

BOX = (10, 20, 40, 30)  # in the photo as stored, 120x80
STORED = (120, 80)
ORIENTATIONS = list(range(1, 9))
STATED = [Format.COCO, Format.VOC, Format.LABELME, Format.CVAT, Format.LABEL_STUDIO]  # formats that state a size
TURNING = [5, 6, 7, 8]


def save(path: Path, orientation: int) -> None:
    pixels = np.zeros((STORED[1], STORED[0], 3), np.uint8)
    pixels[BOX[1] : BOX[3], BOX[0] : BOX[2]] = (255, 0, 0)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Model] = "drawn"
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, exif=exif, quality=95)


def red_box(pixels: NDArrayImage) -> list[int]:
    rows, columns = np.nonzero(pixels[..., 0] > 128)
    return [int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1]


def labelled(path: Path, box: list[int], size: tuple[int, int]) -> Source:
    labels = Detections.of([box], [1], [0], ("bin",))
    photo = LabelledPhoto(path, "s", "train", *size, labels, frozenset({"bin"}))
    return Source("s", "", frozenset({"bin"}), (photo,))


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
def test_size_and_turn_are_those_of_the_decoded_photo(orientation: int, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    save(path, orientation)
    photo, size = read_photo_file(path), read_size(path)
    assert size == PhotoSize(photo.width, photo.height, orientation)
    turned = turn_points(np.array(BOX, np.float64).reshape(2, 2), size)
    box = [*turned.min(axis=0), *turned.max(axis=0)]
    np.testing.assert_allclose(box, red_box(photo.pixels), atol=1)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("format_", Format)
def test_written_photos_lie_as_their_labels_say(format_: Format, orientation: int, tmp_path: Path) -> None:
    """For a reader that honours EXIF and for one that doesn't; what else EXIF says is kept."""
    path = tmp_path / "a.jpg"
    save(path, orientation)
    photo = read_photo_file(path)
    write_labels(labelled(path, red_box(photo.pixels), (photo.width, photo.height)), tmp_path / "out", format_)
    found = read_labels(tmp_path / "out")
    assert not found.findings
    written = found.source.photos[0]
    with Image.open(written.path) as image:
        as_stored = np.asarray(image.convert("RGB"))
        assert image.getexif()[ExifTags.Base.Model] == "drawn"
    for pixels in (as_stored, read_photo_file(written.path).pixels):
        assert pixels.shape[:2] == (written.height, written.width)
        np.testing.assert_allclose(written.labels.boxes[0], red_box(pixels), atol=1)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("format_", STATED)
def test_labels_of_the_stored_pixels_are_turned(format_: Format, orientation: int, tmp_path: Path) -> None:
    """Labels were drawn on the photo as stored; then the size tells, where the turn changes it."""
    path = tmp_path / "a.jpg"
    save(path, 1)
    write_labels(labelled(path, list(BOX), STORED), tmp_path / "out", format_)
    written = read_labels(tmp_path / "out").source.photos[0].path
    save(written, orientation)
    found = read_labels(tmp_path / "out")
    expected = [Code.BOXES_UNTURNED] if orientation in TURNING else []
    assert [finding.code for finding in found.findings] == expected
    if orientation in TURNING:
        box = red_box(read_photo_file(written).pixels)
        np.testing.assert_allclose(found.source.photos[0].labels.boxes[0], box, atol=1)
        assert len(fix_labels(found)) == 1
        again = read_labels(tmp_path / "out")
        assert not again.findings
        np.testing.assert_allclose(again.source.photos[0].labels.boxes[0], box, atol=1)
    else:
        np.testing.assert_allclose(found.source.photos[0].labels.boxes[0], BOX, atol=1e-3)


@pytest.mark.parametrize("orientation", TURNING)
def test_upright_labels_of_a_photo_with_a_turn_stay(orientation: int, tmp_path: Path) -> None:
    """YOLO states no size: it is upright, as Ultralytics and OpenCV show a photo."""
    path = tmp_path / "a.jpg"
    save(path, 1)
    write_labels(labelled(path, list(BOX), STORED), tmp_path / "out", Format.YOLO)
    written = read_labels(tmp_path / "out").source.photos[0].path
    save(written, orientation)
    found = read_labels(tmp_path / "out")
    assert not found.findings
    expected = np.array(BOX) / np.array(STORED * 2) * np.array(STORED[::-1] * 2)
    np.testing.assert_allclose(found.source.photos[0].labels.boxes[0], expected, atol=1e-3)

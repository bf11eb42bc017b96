from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vision.categories import NAMES
from vision.datasets.labels import LabelledPhoto
from vision.detections import Detections
from vision.evaluation.sheets import SHEET, write_sheets
from vision.images import read_photo_file


def photo(folder: Path, name: str, source: str, size: tuple[int, int]) -> LabelledPhoto:
    """Black with a white thing in its middle, which is labelled."""
    width, height = size
    box = (width // 4, height // 4, width * 3 // 4, height * 3 // 4)
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[box[1] : box[3], box[0] : box[2]] = 255
    Image.fromarray(pixels).save(folder / name)
    labels = Detections.of([box], [1], [0], NAMES)
    return LabelledPhoto(folder / name, source, "val", width, height, labels, frozenset(NAMES))


def test_labels_go_with_their_photos(tmp_path: Path) -> None:
    sizes = [(640, 480), (480, 640), (100, 50), (1000, 1000)]
    photos = [photo(tmp_path, f"{i}.png", "a", sizes[i % 4]) for i in range(23)]
    photos += [photo(tmp_path, "other.png", "b", (640, 640))]
    (tmp_path / "sheets").mkdir()
    sheets = write_sheets(photos, tmp_path / "sheets")
    assert [(sheet.source, len(sheet.labels)) for sheet in sheets] == [("a", 20), ("a", 3), ("b", 1)]
    for sheet in sheets:
        pixels = read_photo_file(sheet.path).pixels
        assert pixels.shape == (SHEET[1], SHEET[0], 3)
        for x1, y1, x2, y2 in sheet.labels.boxes:
            middle = pixels[round(y1) + 4 : round(y2) - 4, round(x1) + 4 : round(x2) - 4]
            around = pixels[round(y1) - 6, round(x1) + 4 : round(x2) - 4]
            assert middle.mean() == pytest.approx(255, abs=2)
            assert around.mean() < 20

"""Two plain photos with a box each, written in a format, to be broken by tests."""

import json
from pathlib import Path

from PIL import Image

from vision.datasets.formats import Format, write_labels
from vision.datasets.labels import LabelledPhoto, Source
from vision.detections import Detections

SIZE = (100, 50)
NAMES = ("bin", "litter")
BOXES = {"a.png": [10, 20, 40, 30], "b.png": [60, 10, 80, 20]}


def plain(folder: Path, format_: Format) -> Path:
    """Write `a.png` with a bin and `b.png` with litter to `folder/out`, and return that folder."""
    photos = []
    for i, (name, box) in enumerate(BOXES.items()):
        path = folder / "drawn" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", SIZE, (90 * i, 60, 30)).save(path)
        labels = Detections.of([box], [1], [i], NAMES)
        photos.append(LabelledPhoto(path, "drawn", "train", *SIZE, labels, frozenset(NAMES)))
    write_labels(Source("drawn", "", frozenset(NAMES), tuple(photos)), folder / "out", format_)
    if format_ == Format.COCO:
        file = folder / "out" / "annotations.json"
        file.write_text(json.dumps(json.loads(file.read_text()), indent=1))
    return folder / "out"

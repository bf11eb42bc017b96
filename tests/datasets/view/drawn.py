"""A drawn data set with COCO labels, as small as the tests allow."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from vision.categories import NAMES
from vision.datasets.build import DataSet, load_data_set
from vision.datasets.labels import LabelledPhoto
from vision.datasets.recipe import Recipe, SourceChoice
from vision.detections import Detections

SIZE = (200, 100)
Row = tuple[str, list[float]]  # category name, xywh


def labels(*boxes: tuple[str, list[float]], scores: list[float] | None = None) -> Detections:
    """Detections from names and xyxy boxes; scores of 1 unless given."""
    return Detections.of([box for _, box in boxes], scores or [1] * len(boxes), [NAMES.index(n) for n, _ in boxes])


def labelled(*boxes: tuple[str, list[float]], annotated: str = "bin litter graffiti", name: str = "a") -> LabelledPhoto:
    """A photo of 200x100 that exists only as labels."""
    annotates = frozenset(annotated.split())
    return LabelledPhoto(Path(f"{name}.png"), "s", "val", *SIZE, labels(*boxes), annotates)


def write_source(data: Path, name: str, annotated: list[str], photos: list[list[Row]]) -> Path:
    """Write a source of grey photos, each a little brighter than the one before, and return its label file."""
    folder = data / name
    (folder / "images").mkdir(parents=True)
    coco: dict[str, Any] = {
        "info": {"annotated": annotated, "licence": "drawn", "note": "kept"},
        "categories": [{"id": 10 + i, "name": name} for i, name in enumerate(NAMES[:-1])],
        "images": [],
        "annotations": [],
    }
    for i, rows in enumerate(photos):
        file = f"{i}.png"
        Image.new("RGB", SIZE, (40 * (i + 1),) * 3).save(folder / "images" / file)
        coco["images"].append(
            {"id": i, "file_name": file, "width": SIZE[0], "height": SIZE[1], "split": "val", "scene_group": f"g{i}"}
        )
        for category, bbox in rows:
            row = {"id": len(coco["annotations"]), "image_id": i, "category_id": 10 + NAMES.index(category)}
            coco["annotations"].append({**row, "bbox": bbox, "area": bbox[2] * bbox[3], "segmentation": [[1, 2, 3, 4]]})
    path = folder / "annotations.json"
    path.write_text(json.dumps(coco), encoding="utf-8")
    return path


def write_two_sources(data: Path) -> DataSet:
    """Write and read three photos of bins and debris, and one wall."""
    street: list[list[Row]] = [
        [("bin", [10, 10, 40, 40]), ("stacked_debris", [100, 20, 80, 60])],
        [("bin", [60, 30, 20, 20])],
        [],
    ]
    write_source(data, "street", ["bin", "overflowing_bin", "stacked_debris"], street)
    write_source(data, "walls", ["graffiti"], [[("graffiti", [0, 0, 100, 50])]])
    recipe = Recipe(name="drawn", sources=(SourceChoice(folder="street"), SourceChoice(folder="walls")))
    return load_data_set(recipe, data)


def grey(value: int) -> Image.Image:
    return Image.fromarray(np.full((100, 200, 3), value, np.uint8))

"""Drawn photos as source folders, to train on."""

import json
from collections.abc import Sequence
from pathlib import Path

import yaml
from PIL import Image

from vision.datasets.scenes import SceneKind, draw_scene

__all__ = ["SIZE", "write_recipe", "write_source"]

SIZE = (160, 120)


def write_source(
    folder: Path, kinds: Sequence[SceneKind], annotated: Sequence[str], val: int = 2, empty: bool = False
) -> None:
    """Write a scene of each kind as a COCO source; the last `val` of them are for validation."""
    (folder / "images").mkdir(parents=True)
    images, boxes = [], []
    for i, kind in enumerate(kinds):
        pixels, labels = draw_scene(i, kind, SIZE)
        name = f"{i:02}.png"
        Image.fromarray(pixels).save(folder / "images" / name)
        split = "val" if i >= len(kinds) - val else "train"
        images.append({"id": i, "file_name": name, "width": SIZE[0], "height": SIZE[1], "split": split})
        for (x1, y1, x2, y2), _, category in labels:
            if category in annotated and not empty:
                box = [float(v) for v in (x1, y1, x2 - x1, y2 - y1)]
                boxes.append({"image_id": i, "category_id": annotated.index(category), "bbox": box})
    content = {
        "info": {"annotated": list(annotated), "licence": "own", "description": "drawn"},
        "categories": [{"id": i, "name": name} for i, name in enumerate(annotated)],
        "images": images,
        "annotations": boxes,
    }
    (folder / "annotations.json").write_text(json.dumps(content), encoding="utf-8")


def write_recipe(path: Path, **more: object) -> Path:
    """Write the recipe of the two sources `streets` and `walls`."""
    content = {
        "name": "tiny",
        "sources": [{"folder": "streets", "weight": 0.8}, {"folder": "walls", "weight": 1.5}],
        **more,
    }
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path

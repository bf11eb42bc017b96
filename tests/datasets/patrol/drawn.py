"""Small drawn streets in the recipe's layout; a problem is a patch of a colour that nothing else has."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from vision.categories import NAMES
from vision.datasets.scenes import SceneKind, draw_scene
from vision.images import NDArrayImage

SIZE = (200, 150)
MARK = (255, 0, 255)
PATCHES = {  # x, y, w, h of each box of a photo, and its category
    "pile": [((60, 60, 40, 30), "garbage_pile")],
    "wall": [((40, 50, 20, 30), "illegal_posting"), ((75, 60, 30, 20), "graffiti")],
    "bins": [((40, 70, 30, 30), "overflowing_bin"), ((130, 60, 30, 40), "overflowing_bin"), ((85, 5, 9, 9), "bin")],
    "clean": [],
}


@cache
def street(seed: int) -> NDArrayImage:
    """Another seed is another street."""
    return draw_scene(seed, SceneKind.CLEAN_STREET, SIZE)[0]


def write_data(data: Path, photos: int = 6) -> Path:
    """Write a source `street` of `photos` of each kind and split, where two in a row are of one place, and a recipe."""
    images = data / "street" / "images"
    images.mkdir(parents=True)
    listed: list[dict[str, Any]] = []
    boxes: list[dict[str, Any]] = []
    for split in ("val", "test"):
        for kind, patches in PATCHES.items():
            for number in range(photos * (2 if kind == "clean" else 1)):
                pixels = street(number % 4).copy()
                for (x, y, w, h), category in patches:
                    if category != "bin":
                        pixels[y : y + h, x : x + w] = MARK
                    box = {"image_id": len(listed), "category_id": NAMES.index(category), "bbox": [x, y, w, h]}
                    boxes.append({"id": len(boxes), **box})
                name = f"{split}-{kind}-{number}.png"
                Image.fromarray(np.ascontiguousarray(pixels)).save(images / name)
                place = {"split": split, "scene_group": f"{split} {kind} {number // 2}"}
                size = {"width": SIZE[0], "height": SIZE[1]}
                listed.append({"id": len(listed), "file_name": name, **size, **place})
    content = {
        "info": {"annotated": ["garbage_pile", "overflowing_bin", "bin", "illegal_posting", "graffiti"]},
        "categories": [{"id": index, "name": name} for index, name in enumerate(NAMES)],
        "images": listed,
        "annotations": boxes,
    }
    (data / "street" / "annotations.json").write_text(json.dumps(content), encoding="utf-8")
    recipe = data / "drawn.yaml"
    recipe.write_text("name: drawn\nsources: [{folder: street}]\n", encoding="utf-8")
    return recipe

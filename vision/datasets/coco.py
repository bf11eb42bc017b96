"""Read a folder of photos with COCO labels, keeping what CleanLane's evaluation needs beside the boxes."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vision.categories import NAMES
from vision.datasets.recipe import Split
from vision.detections import Detections
from vision.errors import RecipeError

__all__ = ["LabelledPhoto", "Source", "read_source"]


@dataclass(frozen=True)
class LabelledPhoto:
    """One photo with the boxes that people drew.

    Attributes:
        path: The image file.
        source: Name of the source folder.
        split: `train`, `val` or `test`.
        width, height: Size in pixels as stated by the label file.
        labels: Boxes in pixels; every score is 1.
        annotated: Categories that the source labels at all; a category that isn't named here is unlabelled, not absent.
    """

    path: Path
    source: str
    split: Split
    width: int
    height: int
    labels: Detections
    annotated: frozenset[str]


@dataclass(frozen=True)
class Source:
    """A source folder: its licence and its photos."""

    name: str
    licence: str
    annotated: frozenset[str]
    photos: tuple[LabelledPhoto, ...]


def read_source(folder: Path) -> Source:
    """Read `folder/annotations.json` (COCO; per image a `split`, in `info` the list `annotated`).

    Raises:
        RecipeError: The file is missing or no COCO, or names a category, a split or an image that doesn't exist.
    """
    path = folder / "annotations.json"
    try:
        coco = json.loads(path.read_text(encoding="utf-8"))
        names = {int(c["id"]): str(c["name"]) for c in coco["categories"]}
        annotated = frozenset(map(str, coco["info"]["annotated"]))
        boxes: dict[int, list[dict[str, Any]]] = {int(image["id"]): [] for image in coco["images"]}
        for annotation in coco["annotations"]:
            boxes[int(annotation["image_id"])].append(annotation)
        info = coco["info"]
        unknown = (annotated | set(names.values())) - set(NAMES)
        if unknown:
            raise RecipeError(f"{path}: unknown categories {sorted(unknown)}; known are {', '.join(NAMES)}")
        photos = tuple(_photo(folder, image, boxes[int(image["id"])], names, annotated) for image in coco["images"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecipeError(
            f"{path}: expected COCO labels with info.annotated and a split per image, "
            f"but reading them failed ({type(error).__name__}: {error})"
        ) from error
    return Source(folder.name, str(info.get("licence", "")), annotated, photos)


def _photo(
    folder: Path,
    image: dict[str, Any],
    annotations: list[dict[str, Any]],
    names: dict[int, str],
    annotated: frozenset[str],
) -> LabelledPhoto:
    path = folder / "images" / str(image["file_name"])
    if image["split"] not in ("train", "val", "test"):
        raise RecipeError(f"{path}: expected split train, val or test, got {image['split']!r}")
    if not path.is_file():
        raise RecipeError(f"{path}: named in {folder / 'annotations.json'}, but there is no such file")
    size = np.array([image["width"], image["height"]] * 2, np.float64)
    xywh = np.array([a["bbox"] for a in annotations], np.float64).reshape(-1, 4)
    boxes = np.clip(np.hstack([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]]), 0, size)
    kept = ((boxes[:, 2:] - boxes[:, :2]) > 0).all(axis=1)  # a box of no area teaches and measures nothing
    categories = np.array([NAMES.index(names[int(a["category_id"])]) for a in annotations], np.int64)
    labels = Detections.of(boxes, np.ones(len(boxes)), categories)[kept]
    return LabelledPhoto(path, folder.name, image["split"], int(size[0]), int(size[1]), labels, annotated)

"""LabelMe: a JSON beside each photo; rectangles and polygons.

The split is the first folder named train, val or test on the way to the photo. Every category that occurs, or that a
labels.txt or classes.txt lists, counts as annotated.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from vision.datasets.formats.documents import BrokenFileError, JsonDocument
from vision.datasets.formats.findings import Code
from vision.datasets.formats.layout import (
    category_names,
    corners_of,
    declared_names,
    drawn_outline,
    first_file,
    photo_of,
    points_of,
    split_of,
    whole,
)
from vision.datasets.formats.raw import RawLabels, RawPhoto, RawShape, Repaired
from vision.datasets.labels import LabelledPhoto, Source

__all__ = ["photo_name", "read", "write"]

SHAPES = ("rectangle", "polygon")


def read(path: Path) -> RawLabels:
    """Read a folder, or one JSON file."""
    folder = path if path.is_dir() else path.parent
    raw = RawLabels(folder, declared_names(folder), photo_folders=(folder,) if path.is_dir() else ())
    for file in sorted(path.rglob("*.json")) if path.is_dir() else [path]:
        try:
            document = JsonDocument(file)
        except BrokenFileError as error:
            raw.find(error.place, Code.FILE_MALFORMED, str(error))
            continue
        if isinstance(document.data, dict) and isinstance(document.data.get("shapes"), list):
            raw.documents.append(document)
            _read_photo(raw, document, split_of(file.relative_to(folder).parts[:-1]))
        else:
            raw.find(document.place(), Code.FILE_MALFORMED, "expected LabelMe, has no list shapes")
    return raw


def _read_photo(raw: RawLabels, document: JsonDocument, split: str | None) -> None:
    data, file = document.data, document.file
    stated = str(data.get("imagePath") or "").replace("\\", "/")
    beside = photo_of(file.with_suffix("")) or file.with_suffix(".jpg")
    path = first_file([file.parent / stated, beside]) if stated else beside

    def put_size(width: int, height: int) -> None:
        data["imageWidth"], data["imageHeight"] = width, height
        document.touched = True

    size = (whole(data.get("imageWidth")), whole(data.get("imageHeight")))
    place = document.place("imageHeight")
    photo = RawPhoto(Path(path), path.name, size, place, put_size, split=split)
    raw.photos.append(photo)
    for index, item in enumerate(data["shapes"]):
        try:
            shape = _shape(raw, photo, document, index, item)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            told = f"has no {error}" if isinstance(error, KeyError) else str(error)
            raw.find(document.place("shapes", index), Code.ITEM_MALFORMED, f"{photo.name}: shapes[{index}] {told}")
            continue
        if shape is not None:
            photo.shapes.append(shape)


def _shape(
    raw: RawLabels, photo: RawPhoto, document: JsonDocument, index: int, item: dict[str, Any]
) -> RawShape | None:
    place = document.place("shapes", index)
    kind = item.get("shape_type") or "polygon"
    if kind not in SHAPES:
        raw.find(place, Code.SHAPE_UNSUPPORTED, f"{photo.name}: shapes[{index}] is a {kind}: left out")
        return None
    category = item["label"]
    if not isinstance(category, str) or not category:
        raise ValueError(f"expected a label, got {category!r}")
    points = points_of(item["points"])
    if len(points) < (2 if kind == "rectangle" else 3):
        raise ValueError(f"a {kind} of {len(points)} points")

    def put(repaired: Repaired | None) -> None:
        document.touched = True
        if repaired is None:
            shapes = document.data["shapes"]
            shapes[:] = [other for other in shapes if other is not item]
        else:
            item.update(_geometry(repaired))

    return RawShape(category, corners_of(points), points if kind == "polygon" else None, place, put)


def _geometry(shape: Repaired) -> dict[str, Any]:
    points = shape.box.reshape(2, 2) if shape.outline is None else shape.outline
    kind = SHAPES[shape.outline is not None]
    return {"points": [[round(float(x), 4), round(float(y), 4)] for x, y in points], "shape_type": kind}


def photo_name(name: str, split: str | None) -> str:
    """Return where a photo of this name and split goes."""
    return name if split is None or name.startswith(f"{split}/") else f"{split}/{name}"


def write(source: Source, folder: Path, names: Mapping[Path, str]) -> None:
    """Write a JSON per photo, and labels.txt; `names` come from `photo_name`."""
    for photo in source.photos:
        file = folder / Path(names[photo.path]).with_suffix(".json")
        file.parent.mkdir(parents=True, exist_ok=True)
        content: dict[str, Any] = {
            "version": "5.5.0",
            "flags": {},
            "shapes": [_item(photo, index) for index in range(len(photo.labels))],
            "imagePath": Path(names[photo.path]).name,
            "imageData": None,
            "imageHeight": photo.height,
            "imageWidth": photo.width,
        }
        file.write_text(json.dumps(content, ensure_ascii=False, indent=2), encoding="utf-8")
    text = "".join(f"{name}\n" for name in category_names(source))
    (folder / "labels.txt").write_text(text, encoding="utf-8")


def _item(photo: LabelledPhoto, index: int) -> dict[str, Any]:
    box = photo.labels.boxes[index].astype(np.float64)
    shape = Repaired(box, drawn_outline(photo, index), photo.width, photo.height)
    name = photo.labels.names[photo.labels.categories[index]]
    return {"label": name, "group_id": None, "description": "", "flags": {}, **_geometry(shape)}

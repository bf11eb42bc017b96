"""Label Studio: an exported JSON list of tasks; rectangles and polygons in percent of the photo.

The split and the scene group are the task's data `split` and `scene_group`. Every category that occurs, or that a
classes.txt lists, counts as annotated. Of several annotations of a task, those that aren't cancelled count.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np

from vision.datasets.formats.documents import JsonDocument
from vision.datasets.formats.findings import Code
from vision.datasets.formats.layout import (
    SPLIT_FOLDERS,
    category_names,
    corners_of,
    declared_names,
    drawn_outline,
    first_file,
    number,
    points_of,
    whole,
)
from vision.datasets.formats.raw import NDArrayPoints, RawLabels, RawPhoto, RawShape, Repaired
from vision.datasets.formats.rotation import enclosing
from vision.datasets.labels import LabelledPhoto, Source

__all__ = ["read", "write"]

KINDS = ("rectanglelabels", "polygonlabels")
NO_SHAPES = ("choices", "textarea", "rating", "number", "taxonomy")  # of the whole photo
SUFFIX_LENGTH = 9  # Label Studio stores an upload as 1a2b3c4d-name.jpg


def read(path: Path) -> RawLabels:
    """Read a JSON file, or the first one of a folder that is a list."""
    folder = path if path.is_dir() else path.parent
    file = first_file([path / "annotations.json", *sorted(path.glob("*.json"))]) if path.is_dir() else path
    document = JsonDocument(file)
    raw = RawLabels(folder, declared_names(folder), documents=[document])
    raw.photo_folders = (folder / "images",) if (folder / "images").is_dir() else ()
    if not isinstance(document.data, list):
        raw.find(document.place(), Code.FILE_MALFORMED, "expected Label Studio's list of tasks")
        return raw
    for index, task in enumerate(document.data):
        try:
            _read_photo(raw, document, index, task)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            told = f"has no {error}" if isinstance(error, KeyError) else str(error)
            raw.find(document.place(index), Code.ITEM_MALFORMED, f"task [{index}] {told}")
    return raw


def _read_photo(raw: RawLabels, document: JsonDocument, index: int, task: dict[str, Any]) -> None:
    data = task["data"]
    name = _file_name(str(data["image"] if "image" in data else next(iter(data.values()))))
    results = [(path, result) for path, result in _results(task) if _has_shape(result)]
    sized = [result for _, result in results if "original_width" in result]

    def put_size(width: int, height: int) -> None:
        for result in sized:
            result["original_width"], result["original_height"] = width, height
        document.touched = True

    size = (whole(sized[0]["original_width"]), whole(sized[0].get("original_height"))) if sized else None
    split = data.get("split")
    photo = RawPhoto(
        path=_photo_path(document.file.parent, name),
        name=name,
        size=size,
        place=document.place(index),
        put_size=put_size,
        relative=True,
        split=SPLIT_FOLDERS.get(str(split).lower(), str(split)) if split else None,
        scene_group=str(data.get("scene_group") or ""),
    )
    raw.photos.append(photo)
    for path, result in results:
        try:
            shape = _shape(raw, photo, document, (index, *path), result)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            told = f"a result has no {error}" if isinstance(error, KeyError) else str(error)
            raw.find(document.place(index, *path), Code.ITEM_MALFORMED, f"{name}: {told}")
            continue
        if shape is not None:
            photo.shapes.append(shape)


def _results(task: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
    """Yield every result of a task's annotations and the keys that lead to it."""
    for i, annotation in enumerate(task.get("annotations", [])):
        if not annotation.get("was_cancelled"):
            for j, result in enumerate(annotation["result"]):
                yield ("annotations", i, "result", j), result


def _has_shape(result: dict[str, Any]) -> bool:
    return result.get("type") not in NO_SHAPES and "from_id" not in result  # relations join two results


def _file_name(image: str) -> str:
    """Return the name in a task's address: `/data/upload/1/ab.jpg`, `/data/local-files/?d=street/ab.jpg`, `s3://…`."""
    parts = urlsplit(image)
    query = parse_qs(parts.query).get("d")
    if query:
        return query[0]
    if parts.scheme or image.startswith("/data/"):
        return PurePosixPath(unquote(parts.path)).name
    return image


def _photo_path(folder: Path, name: str) -> Path:
    short = PurePosixPath(name).name
    original = short[SUFFIX_LENGTH:] if short[SUFFIX_LENGTH - 1 : SUFFIX_LENGTH] == "-" else short
    names = dict.fromkeys((name, short, original))
    return first_file([start / candidate for candidate in names for start in (folder / "images", folder)])


def _shape(
    raw: RawLabels, photo: RawPhoto, document: JsonDocument, path: tuple[str | int, ...], result: dict[str, Any]
) -> RawShape | None:
    place = document.place(*path)
    kind = result["type"]
    if kind not in KINDS:
        raw.find(place, Code.SHAPE_UNSUPPORTED, f"{photo.name}: a result of type {kind}: left out")
        return None
    value = result["value"]
    labels = value.get(kind)
    if not isinstance(labels, list) or len(labels) != 1:
        raise ValueError(f"expected one label in {kind}, got {labels!r}")
    outline = None
    if kind == "polygonlabels":
        outline = points_of(value["points"]) / 100
        if len(outline) < 3:
            raise ValueError(f"a polygon of {len(outline)} points")
        corners = corners_of(outline)
    else:
        x, y, width, height = (number(value[key]) for key in ("x", "y", "width", "height"))
        corners = np.array([[x, y], [x + width, y + height]]) / 100
        angle = number(value.get("rotation") or 0)
        if angle:
            raw.find(place, Code.BOX_ROTATED, f"{photo.name}: turned by {angle:g} degrees; the box round it is used")
            corners = _turned(corners, angle, result)

    def put(repaired: Repaired | None) -> None:
        document.touched = True
        if repaired is None:
            results = document.data[path[0]][path[1]][path[2]]["result"]
            results[:] = [other for other in results if other is not result]
        else:
            value.update(_value(repaired, as_outline=outline is not None))

    return RawShape(str(labels[0]), corners, outline, place, put)


def _turned(corners: NDArrayPoints, angle: float, result: dict[str, Any]) -> NDArrayPoints:
    """Return the box round a box that was turned about its left top corner, as Label Studio does."""
    size = np.array([whole(result.get("original_width")), whole(result.get("original_height"))], np.float64)
    if not size.all():
        raise ValueError("a turned box needs original_width and original_height")
    return enclosing(corners * size, angle, about=corners[0] * size) / size


def _value(shape: Repaired, as_outline: bool) -> dict[str, Any]:
    percent = 100 / np.array([shape.width, shape.height], np.float64)
    low, high = shape.box[:2] * percent, shape.box[2:] * percent
    if not as_outline:
        return {
            "x": round(float(low[0]), 6),
            "y": round(float(low[1]), 6),
            "width": round(float(high[0] - low[0]), 6),
            "height": round(float(high[1] - low[1]), 6),
            "rotation": 0,
        }
    points = np.array([low, [high[0], low[1]], high, [low[0], high[1]]])
    points = points if shape.outline is None else shape.outline * percent
    return {"points": [[round(float(x), 6), round(float(y), 6)] for x, y in points], "closed": True}


def write(source: Source, folder: Path, names: Mapping[Path, str]) -> None:
    """Write `annotations.json` and classes.txt; photos belong into `images/`."""
    tasks = [
        _task(photo, index, names[photo.path].removeprefix("images/"))
        for index, photo in enumerate(source.photos, start=1)
    ]
    (folder / "annotations.json").write_text(json.dumps(tasks, ensure_ascii=False, indent=1), encoding="utf-8")
    text = "".join(f"{name}\n" for name in category_names(source))
    (folder / "classes.txt").write_text(text, encoding="utf-8")


def _task(photo: LabelledPhoto, number_: int, name: str) -> dict[str, Any]:
    results = []
    for index, (box, _, category) in enumerate(photo.labels):
        outline = drawn_outline(photo, index)
        kind = KINDS[outline is not None]
        shape = Repaired(box.astype(np.float64), outline, photo.width, photo.height)
        results.append(
            {
                "id": f"{number_}-{index}",
                "type": kind,
                "from_name": "label",
                "to_name": "image",
                "original_width": photo.width,
                "original_height": photo.height,
                "image_rotation": 0,
                "value": {**_value(shape, outline is not None), kind: [category]},
            }
        )
    data = {"image": name, "split": photo.split, "scene_group": photo.scene_group}
    return {
        "id": number_,
        "data": {k: v for k, v in data.items() if v},
        "annotations": [{"id": number_, "result": results}],
    }

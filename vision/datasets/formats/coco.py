"""COCO: one JSON for many photos.

Beside plain COCO this reads and writes what CleanLane adds: `info.annotated` (the categories that the source labels
at all), `info.licence`, and per image `split` and `scene_group`. Without them every declared category counts as
annotated, the licence is the first of `licenses`, and the split is what the file's or folder's name says.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from vision.datasets.formats.documents import JsonDocument
from vision.datasets.formats.findings import Code
from vision.datasets.formats.layout import category_names, first_file, number, split_of, whole
from vision.datasets.formats.raw import NDArrayPoints, RawLabels, RawPhoto, RawShape, Repaired
from vision.datasets.labels import LabelledPhoto, Source

__all__ = ["label_files", "read", "write"]

LISTS = ("images", "annotations", "categories")


def label_files(folder: Path) -> list[Path]:
    """Return the JSON files that a folder of COCO labels holds, in the layouts of COCO, Roboflow and CleanLane."""
    files = [folder / "annotations.json", folder / "_annotations.coco.json"]
    files += sorted((folder / "annotations").glob("*.json")) if (folder / "annotations").is_dir() else []
    files += sorted(folder.glob("*/_annotations.coco.json"))
    return [file for file in files if file.is_file()]


def read(path: Path) -> RawLabels:
    """Read one JSON file, or those of a folder."""
    folder = path if path.is_dir() else path.parent
    raw = RawLabels(folder, names=())
    annotated: set[str] = set()
    for file in label_files(path) if path.is_dir() else [path]:
        document = JsonDocument(file)
        raw.documents.append(document)
        annotated |= _Reader(raw, document).read()
    raw.annotated = frozenset(annotated)
    raw.photo_folders = (folder / "images",) if (folder / "images").is_dir() else ()
    return raw


class _Reader:
    """Reads one JSON file into the labels of its folder."""

    def __init__(self, raw: RawLabels, document: JsonDocument) -> None:
        self.raw, self.document = raw, document
        self.photos: dict[object, RawPhoto | None] = {}
        self.names: dict[object, str] = {}

    def read(self) -> set[str]:
        """Read everything; return what the file annotates."""
        data = self.document.data
        if not isinstance(data, dict) or not all(isinstance(data.get(name), list) for name in LISTS):
            missing = [name for name in LISTS if not isinstance(data, dict) or not isinstance(data.get(name), list)]
            self.raw.find(
                self.document.place(), Code.FILE_MALFORMED, f"expected COCO, has no list {', '.join(missing)}"
            )
            return set()
        info = data["info"] if isinstance(data.get("info"), dict) else {}
        self.raw.licence = self.raw.licence or _licence(data, info)
        self._each("categories", self._category)
        self._each("images", self._image)
        self._each("annotations", self._annotation)
        self.raw.names = tuple(dict.fromkeys([*(self.raw.names or ()), *self.names.values()]))
        return self._annotated(info)

    def _each(self, name: str, member: Any) -> None:
        for index, item in enumerate(self.document.data[name]):
            try:
                member(index, item)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                told = f"has no {error}" if isinstance(error, KeyError) else str(error)
                self.raw.find(self.document.place(name, index), Code.ITEM_MALFORMED, f"{name}[{index}]: {told}")

    def _annotated(self, info: dict[str, Any]) -> set[str]:
        stated = info.get("annotated")
        if stated is None:
            return set(self.names.values())
        known = [name for name in stated if name in self.names.values()] if isinstance(stated, list) else []
        if not isinstance(stated, list) or len(known) < len(stated):
            told = f"info.annotated: expected names of declared categories, got {stated}"
            self.raw.find(self.document.place("info", "annotated"), Code.CATEGORY_UNKNOWN, told)
        return set(known)

    def _category(self, _index: int, item: dict[str, Any]) -> None:
        if item["id"] in self.names:
            raise ValueError(f"the id {item['id']} is declared twice")
        if not isinstance(item["name"], str) or not item["name"].strip():
            raise ValueError(f"expected a name, got {item['name']!r}")
        self.names[item["id"]] = item["name"]

    def _image(self, index: int, item: dict[str, Any]) -> None:
        place = self.document.place("images", index)
        name = str(item["file_name"])
        if item["id"] in self.photos:
            self.raw.find(place, Code.PHOTO_DUPLICATE, f"{name}: the image id {item['id']} is used twice")
            return
        split = item.get("split") or split_of([self.document.file.parent.name]) or _split_in(self.document.file.stem)

        def put_size(width: int, height: int) -> None:
            item["width"], item["height"] = width, height
            self.document.touched = True

        photo = RawPhoto(
            path=_photo_path(self.document.file, name),
            name=name,
            size=(whole(item.get("width")), whole(item.get("height"))),
            place=place,
            put_size=put_size,
            split=split,
            scene_group=str(item.get("scene_group", "")),
        )
        self.photos[item["id"]] = photo
        self.raw.photos.append(photo)

    def _annotation(self, index: int, item: dict[str, Any]) -> None:
        place = self.document.place("annotations", index)
        photo = self.photos.get(item["image_id"])
        if photo is None:
            self.raw.find(place, Code.IMAGE_UNKNOWN, f"annotations[{index}]: no image has the id {item['image_id']}")
            return
        bbox = item["bbox"]
        if not isinstance(bbox, list) or len(bbox) != 4:
            raise ValueError(f"expected bbox [x, y, width, height], got {bbox!r}")
        x, y, width, height = map(number, bbox)
        outline, told = _outline(item.get("segmentation"))
        if told:
            self.raw.find(place, Code.OUTLINE_DROPPED, f"{photo.name}: annotations[{index}] {told}; the box is kept")
        category = self.names.get(item["category_id"], item["category_id"])

        def put(repaired: Repaired | None) -> None:
            self.document.touched = True
            if repaired is None:
                annotations = self.document.data["annotations"]
                annotations[:] = [other for other in annotations if other is not item]
            else:
                changed = _repaired(repaired, outline)
                # an outline that we don't understand stays, and so does its area
                item.update({"bbox": changed["bbox"]} if told else changed)

        corners = np.array([[x, y], [x + width, y + height]])
        shape = RawShape(category if isinstance(category, str | int) else str(category), corners, outline, place, put)
        photo.shapes.append(shape)


def _licence(data: dict[str, Any], info: dict[str, Any]) -> str:
    if info.get("licence"):
        return str(info["licence"])
    licences = data.get("licenses")
    first = licences[0] if isinstance(licences, list) and licences and isinstance(licences[0], dict) else {}
    return str(first.get("name") or "")


def _split_in(stem: str) -> str | None:
    """Return the split in a name such as `instances_val2017`."""
    return split_of(part.rstrip("0123456789") for part in stem.replace("-", "_").split("_"))


def _photo_path(file: Path, name: str) -> Path:
    folder = file.parent
    candidates = [folder / "images" / name, folder / name]
    if folder.name == "annotations":
        part = file.stem.removeprefix("instances_")
        candidates = [folder.parent / start / name for start in ("images", f"images/{part}", part, "")]
    return first_file(candidates)


def _outline(segmentation: Any) -> tuple[NDArrayPoints | None, str]:
    """Return an outline, or why there is none."""
    if not segmentation:
        return None, ""
    if isinstance(segmentation, dict):
        return None, "has its outline as a run-length mask"
    if not isinstance(segmentation, list) or not all(isinstance(part, list) for part in segmentation):
        return None, "has an outline that is no list of polygons"
    if len(segmentation) > 1:
        return None, f"has an outline of {len(segmentation)} parts"
    flat = segmentation[0]
    if len(flat) < 6 or len(flat) % 2:
        return None, f"has an outline of {len(flat)} numbers"
    return np.array([number(value) for value in flat], np.float64).reshape(-1, 2), ""


def _geometry(box: Any, outline: NDArrayPoints | None) -> dict[str, Any]:
    """Return bbox, segmentation and area of a box x1, y1, x2, y2."""
    x1, y1, x2, y2 = (round(float(value), 4) for value in box)
    area = (x2 - x1) * (y2 - y1)
    segmentation: list[list[float]] = []
    if outline is not None:
        x, y = outline[:, 0], outline[:, 1]
        area = abs(float(x @ np.roll(y, 1) - y @ np.roll(x, 1))) / 2  # shoelace formula
        segmentation = [[round(float(value), 4) for value in outline.ravel()]]
    bbox = [x1, y1, round(x2 - x1, 4), round(y2 - y1, 4)]
    return {"bbox": bbox, "segmentation": segmentation, "area": round(area, 2)}


def _repaired(repaired: Repaired, outline: NDArrayPoints | None) -> dict[str, Any]:
    """Return what changes of an annotation that had this outline."""
    if outline is None:
        geometry = _geometry(repaired.box, None)
        return {key: geometry[key] for key in ("bbox", "area")}
    corners = repaired.box[[0, 1, 2, 1, 2, 3, 0, 3]].reshape(4, 2)
    return _geometry(repaired.box, corners if repaired.outline is None else repaired.outline)


def write(source: Source, folder: Path, names: Mapping[Path, str]) -> None:
    """Write `annotations.json`; photos belong into `images/`.

    Args:
        source: In upright pixels.
        folder: Exists.
        names: Where each photo goes below the folder, with forward slashes.
    """
    categories = category_names(source)
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number_, photo in enumerate(source.photos, start=1):
        images.append(_image(photo, number_, names[photo.path].removeprefix("images/")))
        for index, (box, _, name) in enumerate(photo.labels):
            outline = photo.polygons[index] if photo.polygons else None
            geometry = _geometry(box, None if outline is None else outline.astype(np.float64))
            ids = {"id": len(annotations) + 1, "image_id": number_, "category_id": categories.index(name) + 1}
            annotations.append({**ids, **geometry, "iscrowd": 0})
    coco = {
        "info": {"licence": source.licence, "annotated": [name for name in categories if name in source.annotated]},
        "licenses": [{"id": 1, "name": source.licence}],
        "categories": [{"id": i, "name": name} for i, name in enumerate(categories, start=1)],
        "images": images,
        "annotations": annotations,
    }
    (folder / "annotations.json").write_text(json.dumps(coco, ensure_ascii=False), encoding="utf-8")


def _image(photo: LabelledPhoto, number_: int, name: str) -> dict[str, Any]:
    image = {"id": number_, "file_name": name, "width": photo.width, "height": photo.height}
    held = {"split": photo.split, "scene_group": photo.scene_group}
    return {**image, **{key: value for key, value in held.items() if value}}

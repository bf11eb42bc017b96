"""Apply corrections to COCO label files, leaving everything else in them as it is."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from vision.categories import NAMES
from vision.datasets.formats import Format, read_source
from vision.datasets.labels import LabelledPhoto
from vision.datasets.rename import rename_categories
from vision.datasets.view.corrections import CorrectedPhoto, Corrections, labels_sha256, photo_file
from vision.errors import RecipeError
from vision.files import replacing

__all__ = ["LABEL_FILE", "Changes", "checked_photos", "correct_source", "is_checked", "write_label_file"]

LABEL_FILE = "annotations.json"
SAME = 0.06  # pixels: the page shows tenths


@dataclass
class Changes:
    """What corrections did to one source, boxes counted by category.

    Attributes:
        renamed: By (old, new).
        unannotated: Boxes of categories that the source doesn't say it annotates.
    """

    added: Counter[str] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)
    moved: Counter[str] = field(default_factory=Counter)
    renamed: Counter[tuple[str, str]] = field(default_factory=Counter)
    unannotated: Counter[str] = field(default_factory=Counter)
    dropped: int = 0
    checked: int = 0


def correct_source(folder: Path, corrections: Corrections) -> tuple[dict[str, Any], Changes]:
    """Return a source's label file with its corrections applied, and what they changed; writes nothing.

    Raises:
        RecipeError: The source has no COCO label file, a photo isn't in it, or a photo's labels aren't those that the
            person saw.
    """
    path = folder / LABEL_FILE
    if not path.is_file():
        raise RecipeError(f"{path}: expected a COCO label file to correct, there is none; convert the source first")
    mapping = corrections.categories.get(folder.name, {})
    source = rename_categories(read_source(path, Format.COCO), mapping, NAMES)
    coco: dict[str, Any] = json.loads(path.read_text(encoding="utf-8-sig"))
    editor = _Editor(coco, mapping, source.annotated)
    shown = {photo_file(photo, folder): photo for photo in source.photos}
    for corrected in corrections.photos:
        if corrected.source != folder.name:
            continue
        photo = shown.get(corrected.file)
        if photo is None:
            raise RecipeError(f"{path}: the corrections name {corrected.file}, which is not in it")
        if labels_sha256(photo) != corrected.labels_sha256:
            raise RecipeError(
                f"{path}: the labels of {corrected.file} have changed since the page was made; "
                "make the page again with cleanlane dataset view, and repeat that correction"
            )
        editor.apply(photo, corrected, corrected.file)
    return coco, editor.changes


class _Editor:
    """Changes a COCO document in place."""

    def __init__(self, coco: dict[str, Any], mapping: dict[str, str | None], annotated: frozenset[str]) -> None:
        self.coco, self.annotated, self.changes = coco, annotated, Changes()
        # The reader's name of each id; a category that the recipe leaves out is nobody's to change.
        self.names: dict[int | str, str | None] = {
            c["id"]: mapping.get(c["name"], c["name"]) for c in coco["categories"]
        }
        self.images = {str(image["file_name"]): image for image in coco["images"]}
        self.next_id = _next(a.get("id") for a in coco["annotations"])
        self.by_image: dict[int | str, list[dict[str, Any]]] = {}
        for annotation in coco["annotations"]:
            self.by_image.setdefault(annotation["image_id"], []).append(annotation)

    def apply(self, photo: LabelledPhoto, corrected: CorrectedPhoto, file: str) -> None:
        image = next((self.images[name] for name in _names(file) if name in self.images), None)
        if image is None:
            raise RecipeError(f"{file}: the label file has no such image; name it there as it is named on the disk")
        if corrected.dropped:
            self.changes.dropped += 1
            self.coco["images"].remove(image)
            self._remove([a for a in self.coco["annotations"] if a["image_id"] == image["id"]])
            return
        if corrected.checked and not image.get("checked"):
            image["checked"] = True
            self.changes.checked += 1
        rows = self._rows(photo, image, file)
        kept = {box.was for box in corrected.boxes}
        if max((was for was in kept if was is not None), default=-1) >= len(rows):
            raise RecipeError(f"{file}: the corrections name a label that the photo doesn't have")
        gone = [row for i, row in enumerate(rows) if i not in kept]
        self.changes.removed.update(str(self.names[row["category_id"]]) for row in gone)
        self._remove(gone)
        for box in corrected.boxes:
            corners = np.clip(box.box, 0, [photo.width, photo.height] * 2)
            if (corners[2:] <= corners[:2]).any():
                raise RecipeError(f"{file}: box {list(box.box)} of the corrections lies outside the photo")
            if box.category not in self.annotated:
                self.changes.unannotated[box.category] += 1
            if box.was is None:
                self._add(image, corners.tolist(), box.category)
            else:
                self._change(rows[box.was], photo.labels.boxes[box.was].tolist(), corners.tolist(), box.category)

    def _rows(self, photo: LabelledPhoto, image: dict[str, Any], file: str) -> list[dict[str, Any]]:
        """Return the annotation behind each label; the reader leaves some out, such as boxes without area."""
        left = self._once(self.by_image.get(image["id"], []))
        rows = []
        for box, _, name in photo.labels:
            for row in left:
                x, y, w, h = map(float, row["bbox"])
                corners = np.clip([x, y, x + w, y + h], 0, [photo.width, photo.height] * 2)
                if self.names[row["category_id"]] == name and np.abs(corners - box).max() < SAME:
                    rows.append(row)
                    left.remove(row)
                    break
            else:
                raise RecipeError(
                    f"{file}: its boxes are not stated in pixels of the upright photo; "
                    "convert the source first, then look at it and correct it"
                )
        return rows

    def _once(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Remove the rows that say the same again, which the reader leaves out, too."""
        first: dict[tuple[Any, ...], dict[str, Any]] = {}
        for row in rows:
            first.setdefault((row["category_id"], *row["bbox"]), row)
        kept = {id(row) for row in first.values()}
        self._remove([row for row in rows if id(row) not in kept])
        return list(first.values())

    def _remove(self, rows: list[dict[str, Any]]) -> None:
        gone = {id(row) for row in rows}
        if gone:
            self.coco["annotations"][:] = [a for a in self.coco["annotations"] if id(a) not in gone]

    def _add(self, image: dict[str, Any], corners: list[float], category: str) -> None:
        row = {"id": self.next_id, "image_id": image["id"], "category_id": self._category_id(category)}
        self.coco["annotations"].append({**row, **_placed(corners), "iscrowd": 0})
        self.next_id += 1
        self.changes.added[category] += 1

    def _change(self, row: dict[str, Any], before: list[float], corners: list[float], category: str) -> None:
        old = str(self.names[row["category_id"]])
        if old != category:
            row["category_id"] = self._category_id(category)
            self.changes.renamed[old, category] += 1
        if np.abs(np.subtract(corners, before)).max() >= SAME:
            row.update(_placed(corners))
            row.pop("segmentation", None)  # it followed the old box
            self.changes.moved[category] += 1

    def _category_id(self, name: str) -> int | str:
        known = next((number for number, used in self.names.items() if used == name), None)
        if known is not None:
            return known
        number = _next(self.names)
        self.coco["categories"].append({"id": number, "name": name})
        self.names[number] = name
        return number


def _next(ids: Iterable[object]) -> int:
    """Return a number above those in use; other programs' ids may be text."""
    return 1 + max((number for number in ids if isinstance(number, int)), default=0)


def _placed(corners: list[float]) -> dict[str, Any]:
    x1, y1, x2, y2 = corners
    bbox = [round(value, 1) for value in (x1, y1, x2 - x1, y2 - y1)]
    return {"bbox": bbox, "area": round(bbox[2] * bbox[3], 1)}


def write_label_file(coco: dict[str, Any], path: Path) -> None:
    """Write a label file; an existing one is replaced only by a complete one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as unfinished:
        unfinished.write_text(json.dumps(coco, ensure_ascii=False), encoding="utf-8")


def is_checked(file: str, checked: frozenset[str]) -> bool:
    """Return whether the photo at this path within its source's folder is among `checked_photos`."""
    return any(name in checked for name in _names(file))


def _names(file: str) -> list[str]:
    """Return what a label file may call a photo: its path below the source's folder, below images/, and so on."""
    parts = file.split("/")
    return ["/".join(parts[i:]) for i in range(len(parts))]


def checked_photos(folder: Path) -> frozenset[str]:
    """Return the file names, as in the label file, of the photos that a person has marked as checked."""
    try:
        images = json.loads((folder / LABEL_FILE).read_text(encoding="utf-8"))["images"]
        return frozenset(str(image["file_name"]) for image in images if image.get("checked"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return frozenset()  # another format; the reader has already said so if it is broken

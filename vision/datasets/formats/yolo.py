"""YOLO as Ultralytics reads it: data.yaml, a text file per photo; boxes (5 numbers) and outlines (7 or more).

Numbers are parts of the upright photo's size. A photo without a text file, or with an empty one, is a negative.
data.yaml may carry CleanLane's `annotated` and `licence`, which Ultralytics skips; without them every name counts as
annotated. Photos whose split isn't known are written below the key `unsplit`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from vision.datasets.formats.documents import BrokenFileError, LinesDocument, read_text
from vision.datasets.formats.findings import Code, Place
from vision.datasets.formats.layout import category_names, corners_of, declared_names, drawn_outline, number
from vision.datasets.formats.photo_files import photos_below
from vision.datasets.formats.raw import NDArrayPoints, RawLabels, RawPhoto, RawShape, Repaired
from vision.datasets.labels import SPLITS, Source

__all__ = ["data_file", "photo_name", "read", "write"]

UNSPLIT = "unsplit"


def data_file(folder: Path) -> Path | None:
    """Return the folder's data.yaml, or another YAML file in it that lists names."""
    files = sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")], key=lambda file: file.stem != "data")
    for file in files:
        if file.stem == "data" or re.search(
            r"^[\"']?names[\"']?\s*:", file.read_text("utf-8", "replace"), re.MULTILINE
        ):
            return file
    return None


def read(path: Path) -> RawLabels:
    """Read a data.yaml, or a folder that holds one or, with a classes.txt, `images/` and `labels/`."""
    folder = path if path.is_dir() else path.parent
    file = data_file(path) if path.is_dir() else path
    raw = RawLabels(folder)
    listed: Iterator[tuple[Path, str | None, Place]]
    if file is None:
        raw.names = declared_names(folder)
        if raw.names is None:
            raise BrokenFileError(
                folder / "data.yaml", 1, "expected data.yaml or classes.txt with the names, found none"
            )
        listed = ((photo, None, Place(photo)) for photo in photos_below(_images_of(folder)))
    else:
        data = _load(file)
        raw.names = _names(data.get("names"), data.get("nc"), file)
        if isinstance(data.get("annotated"), list):
            raw.annotated = frozenset(map(str, data["annotated"])) & frozenset(raw.names)
        raw.licence = str(data.get("licence") or data.get("license") or "")
        listed = _listed(raw, data, file)
    labels: dict[Path, str] = {}
    for photo, split, place in list(listed):
        _read_photo(raw, photo, split, place, labels)
    _find_labels_without_photo(raw, set(labels))
    return raw


def _images_of(folder: Path) -> Path:
    return folder / "images" if (folder / "images").is_dir() else folder


def _load(file: Path) -> dict[str, Any]:
    try:
        data = yaml.safe_load(read_text(file))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BrokenFileError(file, line, f"expected YAML, but {error.problem}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BrokenFileError(file, 1, f"expected YAML, but it can't be read ({type(error).__name__})") from error
    if not isinstance(data, dict):
        raise BrokenFileError(file, 1, "expected the keys train, val and names, there are none")
    return data


def _names(names: Any, count: Any, file: Path) -> tuple[str, ...]:
    if isinstance(names, dict):
        by_number = {str(key): name for key, name in names.items()}
        if set(by_number) != {str(i) for i in range(len(by_number))}:
            raise BrokenFileError(file, 1, f"names: expected the numbers 0 to {len(by_number) - 1}, got {list(names)}")
        names = [by_number[str(i)] for i in range(len(by_number))]
    if not isinstance(names, list) or not names or len(set(map(str, names))) < len(names):
        raise BrokenFileError(file, 1, f"names: expected a list of different names, got {names!r}")
    if isinstance(count, int) and count != len(names):
        raise BrokenFileError(file, 1, f"nc is {count}, but there are {len(names)} names")
    return tuple(map(str, names))


def _listed(raw: RawLabels, data: dict[str, Any], file: Path) -> Iterator[tuple[Path, str | None, Place]]:
    """Yield each photo that data.yaml names, its split, and where it is named."""
    root = file.parent / str(data.get("path") or "")
    root = root if root.is_dir() else file.parent  # a path on the machine that exported it
    for split in (*SPLITS, UNSPLIT):
        entries = data.get(split) or []
        for entry in entries if isinstance(entries, list) else [entries]:
            known = None if split == UNSPLIT else split
            place = Place(file, lambda split=split: _line_of(file, split))  # type: ignore[misc]
            target = _target(root, file.parent, str(entry))
            if target.is_dir():
                yield from ((photo, known, Place(photo)) for photo in photos_below(target))
            elif target.is_file() and target.suffix == ".txt":
                for line, text in LinesDocument(target).lines:
                    base = target.parent if text.startswith("./") else root
                    yield base / text, known, Place(target, line)
            else:
                raw.find(place, Code.PHOTO_MISSING, f"{split}: expected a folder or a list of photos at {target}")


def _target(root: Path, folder: Path, entry: str) -> Path:
    """Return where an entry leads; Roboflow writes `../train/images` for a folder beside data.yaml."""
    candidates = [root / entry, folder / entry, folder / entry.removeprefix("../")]
    return next((path for path in candidates if path.exists()), candidates[0])


def _line_of(file: Path, key: str) -> int:
    lines = enumerate(read_text(file).splitlines(), start=1)
    return next((number_ for number_, line in lines if re.match(rf"[\"']?{key}[\"']?\s*:", line)), 1)


def _label_file(photo: Path) -> Path:
    """Return the text file of a photo: the last folder `images` becomes `labels`, as in Ultralytics."""
    parts = list(photo.parts)
    for index in range(len(parts) - 2, -1, -1):
        if parts[index] == "images":
            parts[index] = "labels"
            break
    return Path(*parts).with_suffix(".txt")


def _read_photo(raw: RawLabels, photo: Path, split: str | None, place: Place, labels: dict[Path, str]) -> None:
    file = _label_file(photo)
    if labels.setdefault(file, photo.name) != photo.name:
        raw.find(Place(file), Code.PHOTO_DUPLICATE, f"{photo.name} and {labels[file]} share this label file")
        return
    found = RawPhoto(photo, photo.name, None, place, lambda _width, _height: None, relative=True, split=split)
    raw.photos.append(found)
    if not file.is_file():
        return
    try:
        document = LinesDocument(file)
    except BrokenFileError as error:
        raw.find(error.place, Code.FILE_MALFORMED, str(error))
        return
    raw.documents.append(document)
    has_outlines = any(len(text.split()) > 6 for _, text in document.lines)
    shapes = [_shape(raw, found, document, *line, has_outlines) for line in document.lines]
    read_shapes = [shape for shape in shapes if shape is not None]
    found.shapes.extend(read_shapes)
    boxes = [shape for shape in read_shapes if shape.outline is None]
    for shape in boxes if len(boxes) < len(read_shapes) else []:
        told = f"{photo.name}: a box among outlines, which Ultralytics reads as an outline of two points"
        raw.find(shape.place, Code.LINES_MIXED, told)
        whole_photo = Repaired(shape.corners.ravel(), None, 1, 1)  # in parts of its size
        raw.repairs.append(lambda shape=shape, box=whole_photo: shape.put(box))  # type: ignore[misc]


def _shape(
    raw: RawLabels, photo: RawPhoto, document: LinesDocument, line: int, text: str, as_outline: bool
) -> RawShape | None:
    """Return the shape of a line, or None after noting what is wrong with it; a repair may write it as outline."""
    place = Place(document.file, line)
    first, *rest = text.split()
    try:
        if float(first) != int(float(first)) or int(float(first)) < 0:
            raise ValueError(f"expected a category number first, got {first!r}")
        category = int(float(first))
        values = np.array([number(value) for value in rest], np.float64)
        if len(values) != 4 and (len(values) < 6 or len(values) % 2):
            told = "; a score after the box is a prediction, not a label" if len(values) == 5 else ""
            raise ValueError(f"expected a category and 4, or 6 or more, numbers, got {len(values)} numbers{told}")
    except (ValueError, OverflowError) as error:
        raw.find(place, Code.ITEM_MALFORMED, f"{photo.name}: {error}")
        return None

    def put(repaired: Repaired | None) -> None:
        document.put(line, None if repaired is None else _line(first, repaired, as_outline))

    outline: NDArrayPoints | None = None
    if len(values) == 4:
        with np.errstate(invalid="ignore"):  # infinity less infinity is found later
            corners = np.stack([values[:2] - values[2:] / 2, values[:2] + values[2:] / 2])
    else:
        outline = values.reshape(-1, 2)
        corners = corners_of(outline)
    names = raw.names or ()
    return RawShape(names[category] if category < len(names) else category, corners, outline, place, put)


def _line(category: int | str, shape: Repaired, as_outline: bool) -> str:
    size = np.array([shape.width, shape.height], np.float64)
    low, high = shape.box[:2], shape.box[2:]
    if shape.outline is not None:
        values = (shape.outline / size).ravel()
    elif as_outline:
        values = (np.array([low, [high[0], low[1]], high, [low[0], high[1]]]) / size).ravel()
    else:
        values = np.concatenate([(low + high) / 2 / size, (high - low) / size])
    return f"{category} " + " ".join(f"{value:.7f}" for value in values)


def _find_labels_without_photo(raw: RawLabels, known: set[Path]) -> None:
    folders = {file.parent for file in known}
    for folder in sorted(folders):
        for file in sorted(folder.glob("*.txt")) if folder.is_dir() else []:
            if file not in known and file.name not in ("classes.txt", "labels.txt"):
                raw.find(Place(file), Code.LABEL_WITHOUT_PHOTO, f"expected a photo {file.stem}, there is none")


def photo_name(name: str, split: str | None) -> str:
    """Return where a photo of this name and split goes."""
    folder = split or UNSPLIT
    return f"images/{name}" if name.startswith(f"{folder}/") else f"images/{folder}/{name}"


def write(source: Source, folder: Path, names: Mapping[Path, str]) -> None:
    """Write data.yaml and a text file per photo; `names` come from `photo_name`."""
    categories = category_names(source)
    for photo in source.photos:
        file = folder / "labels" / Path(names[photo.path]).relative_to("images").with_suffix(".txt")
        file.parent.mkdir(parents=True, exist_ok=True)
        outlines = [drawn_outline(photo, index) for index in range(len(photo.labels))]
        as_outline = any(outline is not None for outline in outlines)  # Ultralytics takes a file as all of one kind
        lines = []
        for (box, _, name), outline in zip(photo.labels, outlines, strict=True):
            shape = Repaired(box.astype(np.float64), outline, photo.width, photo.height)
            lines.append(_line(categories.index(name), shape, as_outline))
        file.write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
    held = {photo.split or UNSPLIT for photo in source.photos}
    data = {split: f"images/{split}" for split in (*SPLITS, UNSPLIT) if split in held}
    data |= {"names": dict(enumerate(categories)), "licence": source.licence}  # type: ignore[dict-item]
    data["annotated"] = [name for name in categories if name in source.annotated]  # type: ignore[assignment]
    text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
    (folder / "data.yaml").write_text(text, encoding="utf-8")

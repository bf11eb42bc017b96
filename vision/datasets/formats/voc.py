"""Pascal VOC: an XML per photo in `Annotations/`, photos in `JPEGImages/`, splits in `ImageSets/Main/`.

Also Roboflow's layout, the XML beside its photo. VOC counts pixels from 1 and its last pixel belongs to the box: xmin 1
is the photo's left edge, xmax 100 the right edge of one 100 px wide. A folder in which some box begins between 0 and 1
was written by a tool that counts from 0, and all of it is read so. Every category that occurs, or that a classes.txt
lists, counts as annotated. VOC holds no outlines.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from vision.datasets.formats.documents import BrokenFileError, LinesDocument, XmlDocument
from vision.datasets.formats.findings import Code, Place
from vision.datasets.formats.layout import (
    SPLIT_FOLDERS,
    category_names,
    declared_names,
    number,
    photo_of,
    split_of,
    whole,
)
from vision.datasets.formats.raw import RawLabels, RawPhoto, RawShape, Repaired
from vision.datasets.formats.xml_text import child_text, set_child
from vision.datasets.labels import SPLITS, LabelledPhoto, Source

__all__ = ["label_files", "photo_name", "read", "write"]

CORNERS = ("xmin", "ymin", "xmax", "ymax")


def label_files(folder: Path) -> list[Path]:
    """Return the XML files of a folder, of `Annotations/` alone where there is one."""
    start = folder / "Annotations" if (folder / "Annotations").is_dir() else folder
    return sorted(start.rglob("*.xml"))


def read(path: Path) -> RawLabels:
    """Read a folder, or one XML file."""
    folder = path if path.is_dir() else _root_of(path)
    raw = RawLabels(folder, declared_names(folder))
    splits = _splits(folder)
    documents = []
    for file in label_files(path) if path.is_dir() else [path]:
        try:
            document = XmlDocument(file)
        except BrokenFileError as error:
            raw.find(error.place, Code.FILE_MALFORMED, str(error))
            continue
        if document.root.tag != "annotation":
            raw.find(document.place(document.root), Code.FILE_MALFORMED, f"expected VOC, got <{document.root.tag}>")
            continue
        documents.append(document)
    first = 0 if any(_begins_at_zero(document) for document in documents) else 1
    for document in documents:
        _read_photo(raw, document, folder, splits, first)
    raw.documents.extend(documents)
    if path.is_dir():
        raw.photo_folders = (folder / "JPEGImages" if (folder / "JPEGImages").is_dir() else folder,)
    return raw


def _root_of(file: Path) -> Path:
    return next((folder.parent for folder in file.parents if folder.name == "Annotations"), file.parent)


def _splits(folder: Path) -> dict[str, str]:
    """Return the split of each photo that the lists in ImageSets/Main name, without suffix."""
    found: dict[str, str] = {}
    for file in sorted((folder / "ImageSets" / "Main").glob("*.txt")):
        if file.stem in SPLIT_FOLDERS:
            for _, line in LinesDocument(file).lines:
                found[re.sub(r"\s+-?[01]$", "", line)] = SPLIT_FOLDERS[file.stem]  # some lists mark what a photo shows
    return found


def _begins_at_zero(document: XmlDocument) -> bool:
    texts = [box.findtext(tag, "") for box in document.root.iter("bndbox") for tag in CORNERS[:2]]
    return any(text.strip()[:1] in ("0", ".") and _is_below_one(text) for text in texts)


def _is_below_one(text: str) -> bool:
    try:
        return 0 <= float(text) < 1
    except ValueError:
        return False


def _read_photo(raw: RawLabels, document: XmlDocument, folder: Path, splits: dict[str, str], first: int) -> None:
    root, file = document.root, document.file
    start = folder / "Annotations"
    stem = file.relative_to(start if file.is_relative_to(start) else folder).with_suffix("")
    size = root.find("size")
    path = _photo_path(folder, file, stem, child_text(root, "filename"))
    photo = RawPhoto(
        path=path,
        name=path.name,
        size=(whole(child_text(size, "width")), whole(child_text(size, "height"))),
        place=document.place(root if size is None else size),
        put_size=lambda width, height: _put_size(document, width, height),
        split=splits.get(stem.as_posix()) or split_of(stem.parts[:-1]),
    )
    raw.photos.append(photo)
    for item in root.findall("object"):
        shape = _shape(raw, photo, document, item, first)
        if shape is not None:
            photo.shapes.append(shape)


def _photo_path(folder: Path, file: Path, stem: Path, name: str) -> Path:
    """Return the photo beside the XML or in JPEGImages: by the XML's own name, else by the name that it states."""
    images = folder / "JPEGImages"
    named = Path(name.replace("\\", "/")).name
    candidates = [start.with_name(named) for start in (images / stem, file) if named]
    exact = [path for path in candidates if path.stem == file.stem and path.is_file()]
    found = [*exact, *filter(None, [photo_of(images / stem), photo_of(file.with_suffix(""))])]
    found += [path for path in candidates if path.is_file()]
    return found[0] if found else (candidates or [images / stem])[0]


def _put_size(document: XmlDocument, width: int, height: int) -> None:
    size = document.root.find("size")
    size = ElementTree.SubElement(document.root, "size") if size is None else size
    set_child(size, "width", str(width))
    set_child(size, "height", str(height))
    document.touched = True


def _shape(
    raw: RawLabels, photo: RawPhoto, document: XmlDocument, item: ElementTree.Element, first: int
) -> RawShape | None:
    place: Place = document.place(item)
    box = item.find("bndbox")
    try:
        category = child_text(item, "name")
        if not category:
            raise ValueError("an object without a name")
        if box is None:
            raise ValueError(f"the object {category} has no bndbox")
        x1, y1, x2, y2 = (number(child_text(box, tag)) for tag in CORNERS)
    except ValueError as error:
        raw.find(place, Code.ITEM_MALFORMED, f"{photo.name}: {error}")
        return None

    def put(repaired: Repaired | None) -> None:
        document.touched = True
        if repaired is None:
            document.root.remove(item)
        else:
            _put_box(box, repaired.box, first)

    corners = np.array([[x1 - first, y1 - first], [x2, y2]], np.float64)
    return RawShape(category, corners, None, place, put)


def _put_box(element: ElementTree.Element, box: np.ndarray[tuple[int], np.dtype[np.float64]], first: int) -> None:
    for tag, value in zip(CORNERS, (box[0] + first, box[1] + first, box[2], box[3]), strict=True):
        set_child(element, tag, f"{value:.4f}".rstrip("0").rstrip("."))


def photo_name(name: str, _split: str | None) -> str:
    """Return where a photo of this name goes."""
    return f"JPEGImages/{name}"


def write(source: Source, folder: Path, names: Mapping[Path, str]) -> None:
    """Write an XML per photo, the lists of the splits, and classes.txt; `names` come from `photo_name`."""
    lists: dict[str, list[str]] = {split: [] for split in SPLITS}
    for photo in source.photos:
        name = Path(names[photo.path]).relative_to("JPEGImages")
        if photo.split:
            lists[photo.split].append(name.with_suffix("").as_posix())
        file = folder / "Annotations" / name.with_suffix(".xml")
        file.parent.mkdir(parents=True, exist_ok=True)
        root = _element(photo, name)
        ElementTree.indent(root)
        file.write_bytes(ElementTree.tostring(root, encoding="utf-8"))
    sets = folder / "ImageSets" / "Main"
    sets.mkdir(parents=True, exist_ok=True)
    for split, stems in lists.items():
        if stems:
            (sets / f"{split}.txt").write_text("".join(f"{stem}\n" for stem in stems), encoding="utf-8")
    text = "".join(f"{name}\n" for name in category_names(source))
    (folder / "classes.txt").write_text(text, encoding="utf-8")


def _element(photo: LabelledPhoto, name: Path) -> ElementTree.Element:
    root = ElementTree.Element("annotation")
    for tag, text in (("folder", "JPEGImages"), ("filename", name.name)):
        set_child(root, tag, text)
    size = ElementTree.SubElement(root, "size")
    for tag, number_ in (("width", photo.width), ("height", photo.height), ("depth", 3)):
        set_child(size, tag, str(number_))
    for box, _, category in photo.labels:
        item = ElementTree.SubElement(root, "object")
        for tag, text in (("name", category), ("pose", "Unspecified"), ("truncated", "0"), ("difficult", "0")):
            set_child(item, tag, text)
        _put_box(ElementTree.SubElement(item, "bndbox"), box.astype(np.float64), first=1)
    return root

"""CVAT for images 1.1: one `annotations.xml`, photos in `images/` or beside it; boxes and polygons.

The split is the attribute `subset`. The labels that `<meta>` declares, or those that occur, count as annotated.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from vision.datasets.formats.documents import XmlDocument
from vision.datasets.formats.findings import Code
from vision.datasets.formats.layout import (
    SPLIT_FOLDERS,
    category_names,
    corners_of,
    drawn_outline,
    first_file,
    number,
    split_of,
    whole,
)
from vision.datasets.formats.raw import RawLabels, RawPhoto, RawShape, Repaired
from vision.datasets.formats.rotation import enclosing
from vision.datasets.formats.xml_text import child_text, set_child
from vision.datasets.labels import Source

__all__ = ["read", "write"]

CORNERS = ("xtl", "ytl", "xbr", "ybr")
NO_SHAPES = ("tag", ElementTree.Comment)  # a tag is about the whole photo


def read(path: Path) -> RawLabels:
    """Read `annotations.xml` of a folder, or one XML file."""
    folder = path if path.is_dir() else path.parent
    document = XmlDocument(
        first_file([path / "annotations.xml", *sorted(path.glob("*.xml"))]) if path.is_dir() else path
    )
    raw = RawLabels(folder, documents=[document])
    raw.photo_folders = (folder / "images",) if (folder / "images").is_dir() else ()
    if document.root.tag != "annotations":
        raw.find(document.place(document.root), Code.FILE_MALFORMED, f"expected CVAT, got <{document.root.tag}>")
        return raw
    raw.names = tuple(dict.fromkeys(filter(None, (child_text(e, "name") for e in document.root.iter("label"))))) or None
    for image in document.root.findall("image"):
        _read_photo(raw, document, image)
    return raw


def _read_photo(raw: RawLabels, document: XmlDocument, image: ElementTree.Element) -> None:
    name = image.get("name", "")
    place = document.place(image)
    if not name:
        raw.find(place, Code.ITEM_MALFORMED, "an image without a name")
        return
    subset = image.get("subset", "")
    folder = document.file.parent
    starts = (folder / "images" / subset, folder / "images", folder / subset, folder)

    def put_size(width: int, height: int) -> None:
        image.set("width", str(width))
        image.set("height", str(height))
        document.touched = True

    photo = RawPhoto(
        path=first_file([start / name for start in starts]),
        name=name,
        size=(whole(image.get("width")), whole(image.get("height"))),
        place=place,
        put_size=put_size,
        split=SPLIT_FOLDERS.get(subset.lower()) or split_of(Path(name).parts[:-1]),
    )
    raw.photos.append(photo)
    for item in image:
        if item.tag in NO_SHAPES:
            continue
        try:
            shape = _shape(raw, photo, document, image, item)
        except ValueError as error:
            raw.find(document.place(item), Code.ITEM_MALFORMED, f"{name}: <{item.tag}> {error}")
            continue
        if shape is not None:
            photo.shapes.append(shape)


def _shape(
    raw: RawLabels, photo: RawPhoto, document: XmlDocument, image: ElementTree.Element, item: ElementTree.Element
) -> RawShape | None:
    place = document.place(item)
    if item.tag not in ("box", "polygon"):
        raw.find(place, Code.SHAPE_UNSUPPORTED, f"{photo.name}: a {item.tag}: left out")
        return None
    category = item.get("label", "")
    if not category:
        raise ValueError("has no label")
    outline = None
    if item.tag == "box":
        corners = np.array([number(item.get(key)) for key in CORNERS], np.float64).reshape(2, 2)
        angle = number(item.get("rotation", "0"))
        if angle:
            raw.find(place, Code.BOX_ROTATED, f"{photo.name}: turned by {angle:g} degrees; the box round it is used")
            corners = enclosing(corners, angle, about=corners.mean(axis=0))
    else:
        pairs = [pair.split(",") for pair in item.get("points", "").split(";")]
        if len(pairs) < 3 or any(len(pair) != 2 for pair in pairs):
            raise ValueError(f"expected points x,y;x,y;x,y, got {item.get('points', '')[:40]!r}")
        outline = np.array([[number(x), number(y)] for x, y in pairs], np.float64)
        corners = corners_of(outline)

    def put(repaired: Repaired | None) -> None:
        document.touched = True
        if repaired is None:
            image.remove(item)
        else:
            item.attrib.pop("rotation", None)
            _put(item, repaired, as_outline=item.tag == "polygon")

    return RawShape(category, corners, outline, place, put)


def _put(item: ElementTree.Element, shape: Repaired, as_outline: bool) -> None:
    x1, y1, x2, y2 = shape.box
    if as_outline:
        points = [(x1, y1), (x2, y1), (x2, y2), (x1, y2)] if shape.outline is None else shape.outline
        item.set("points", ";".join(f"{x:.4f},{y:.4f}" for x, y in points))
    else:
        for key, value in zip(CORNERS, shape.box, strict=True):
            item.set(key, f"{value:.4f}")


def write(source: Source, folder: Path, names: Mapping[Path, str]) -> None:
    """Write `annotations.xml`; photos belong into `images/`."""
    root = ElementTree.Element("annotations")
    set_child(root, "version", "1.1")
    task = ElementTree.SubElement(ElementTree.SubElement(root, "meta"), "task")
    labels = ElementTree.SubElement(task, "labels")
    for name in category_names(source):
        set_child(ElementTree.SubElement(labels, "label"), "name", name)
    for index, photo in enumerate(source.photos):
        sizes = {"width": str(photo.width), "height": str(photo.height)}
        subset = {"subset": photo.split} if photo.split else {}
        image = ElementTree.SubElement(
            root, "image", {"id": str(index), "name": names[photo.path].removeprefix("images/"), **subset, **sizes}
        )
        for number_, (box, _, name) in enumerate(photo.labels):
            outline = drawn_outline(photo, number_)
            tag = "box" if outline is None else "polygon"
            item = ElementTree.SubElement(image, tag, {"label": name, "occluded": "0", "z_order": "0"})
            _put(item, Repaired(box.astype(np.float64), outline, photo.width, photo.height), tag == "polygon")
    ElementTree.indent(root)
    (folder / "annotations.xml").write_bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))

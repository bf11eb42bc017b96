"""Compare what label files state with the photos: labels in upright pixels, every fault, and what repairs them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vision.datasets.formats.findings import Code, Finding
from vision.datasets.formats.photo_files import PhotoSize, photos_below, read_size, turn_points
from vision.datasets.formats.raw import NDArrayPoints, RawLabels, RawPhoto, RawShape, Repaired
from vision.datasets.labels import SPLITS, LabelledPhoto, NDArrayPolygon, Source
from vision.detections import Detections
from vision.errors import PhotoError

__all__ = ["Checked", "check"]

ROUNDING = 0.05  # pixels that a box may stick out: six decimals of a width, or a tool's own rounding

FAULTS = {
    Code.BOX_EMPTY: "has no area",
    Code.BOX_OFF_PHOTO: "lies wholly outside it",
    Code.BOX_OUTSIDE: "sticks out of it",
}


@dataclass(eq=False)
class Checked:
    """The photos, what is wrong, and the changes to the documents that repair what can safely be repaired."""

    source: Source
    findings: list[Finding]
    repairs: list[Callable[[], None]] = field(default_factory=list)


def check(raw: RawLabels, decode: bool = False, advance: Callable[[], None] = lambda: None) -> Checked:
    """Check every photo and shape.

    Args:
        raw: What the label files state.
        decode: Decode every photo instead of reading its header.
        advance: Called after each photo.
    """
    occurring = {shape.category for photo in raw.photos for shape in photo.shapes if isinstance(shape.category, str)}
    names = raw.names if raw.names is not None else tuple(sorted(occurring))
    annotated = frozenset(names) if raw.annotated is None else raw.annotated
    checked = Checked(Source(raw.folder.name, raw.licence, annotated, ()), raw.findings, list(raw.repairs))
    seen: set[str] = set()
    photos = []
    for stated in raw.photos:
        photo = replace(stated, path=Path(os.path.normpath(stated.path)))
        size = _size(photo, seen, decode, checked)
        if size is not None:
            photos.append(_labelled(photo, size, names, checked))
        advance()
    checked.source = Source(raw.folder.name, raw.licence, annotated, tuple(photos))
    _find_unlabelled(raw, checked)
    return checked


def _size(photo: RawPhoto, seen: set[str], decode: bool, checked: Checked) -> PhotoSize | None:
    """Return the photo's size, or None if it can't be used."""
    if str(photo.path) in seen:
        checked.findings.append(
            Finding.at(photo.place, Code.PHOTO_DUPLICATE, f"{photo.name} is labelled more than once")
        )
        return None
    seen.add(str(photo.path))
    try:
        return read_size(photo.path, decode)
    except PhotoError as error:
        if error.reason == "missing":
            checked.findings.append(
                Finding.at(photo.place, Code.PHOTO_MISSING, f"expected the photo {photo.path}, there is no such file")
            )
        else:
            checked.findings.append(Finding.at(photo.place, Code.PHOTO_UNREADABLE, str(error)))
        return None


def _labelled(photo: RawPhoto, size: PhotoSize, names: tuple[str, ...], checked: Checked) -> LabelledPhoto:
    unturned = _is_unturned(photo, size, checked)
    boxes: list[npt.NDArray[np.float64]] = []
    categories: list[int] = []
    polygons: list[NDArrayPolygon | None] = []
    known: set[tuple[object, ...]] = set()
    for shape in photo.shapes:
        if shape.category not in names:
            stated = f"id {shape.category}" if isinstance(shape.category, int) else f"{shape.category!r}"
            _find(checked, shape, photo, Code.CATEGORY_UNKNOWN, f"the category {stated} isn't declared")
            continue
        repaired = _repaired(shape, photo, size, unturned, checked)
        if repaired is None:
            continue
        outline = None if repaired.outline is None else repaired.outline.round(3).tobytes()
        key = (shape.category, tuple(repaired.box.round(3)), outline)
        if key in known:
            _find(checked, shape, photo, Code.BOX_DUPLICATE, f"the {shape.category} box {_text(repaired.box)} again")
            checked.repairs.append(lambda shape=shape: shape.put(None))  # type: ignore[misc]
            continue
        known.add(key)
        boxes.append(repaired.box)
        categories.append(names.index(shape.category))
        polygons.append(None if repaired.outline is None else repaired.outline.astype(np.float32))
    split = photo.split
    if split is not None and split not in SPLITS:
        message = f"{photo.name}: expected split train, val or test, got {split!r}"
        checked.findings.append(Finding.at(photo.place, Code.SPLIT_UNKNOWN, message))
    return LabelledPhoto(
        path=photo.path,
        source=checked.source.name,
        split=next((known_split for known_split in SPLITS if known_split == split), None),
        width=size.width,
        height=size.height,
        labels=Detections.of(boxes, np.ones(len(boxes)), categories, names),
        annotated=checked.source.annotated,
        scene_group=photo.scene_group,
        polygons=tuple(polygons) if any(p is not None for p in polygons) else (),
    )


def _is_unturned(photo: RawPhoto, size: PhotoSize, checked: Checked) -> bool:
    """Compare the stated size with the real one; return whether the boxes lie as the stored pixels do.

    Where the sizes can't tell (a square photo, one turned by 180 degrees or mirrored, a format without sizes),
    boxes are taken to be upright: that is how browsers, LabelMe, OpenCV and Ultralytics show a photo.
    """
    real = (size.width, size.height)
    if photo.size is None or photo.size == real:
        return False
    stated = f"stated {photo.size[0]}x{photo.size[1]}, the photo {photo.name} has {real[0]}x{real[1]} px"
    code, unturned = Code.SIZE_WRONG, False
    if 0 in photo.size:
        code, stated = Code.SIZE_MISSING, f"no size stated for {photo.name}, which has {real[0]}x{real[1]} px"
    elif photo.size == size.stored:
        code, unturned = Code.BOXES_UNTURNED, True
        stated = f"the boxes of {photo.name} lie as the camera stored it, before its EXIF turn to {real[0]}x{real[1]}"
    elif not photo.relative and _is_scaled(photo.size, real):
        code, stated = Code.SIZE_SCALED, f"{stated}: it was resized, and its boxes may be in either scale"
    checked.findings.append(Finding.at(photo.place, code, stated))
    if code.fix:
        checked.repairs.append(lambda: photo.put_size(*real))
    return unturned


def _is_scaled(stated: tuple[int, int], real: tuple[int, int]) -> bool:
    """Tell whether two sizes have one shape, up to rounding a side to whole pixels."""
    return abs(stated[0] * real[1] - stated[1] * real[0]) <= max(*stated, *real)


def _repaired(shape: RawShape, photo: RawPhoto, size: PhotoSize, unturned: bool, checked: Checked) -> Repaired | None:
    """Return a shape in upright pixels within the photo, or None where it can't be used."""
    points = shape.corners if shape.outline is None else np.vstack([shape.corners, shape.outline])
    if not np.isfinite(points).all():
        _find(checked, shape, photo, Code.BOX_NOT_FINITE, f"expected numbers, got {_text(shape.corners)}")
        return None
    if (shape.corners[1] < shape.corners[0]).any():
        _find(checked, shape, photo, Code.BOX_INVERTED, f"{_text(shape.corners)} ends before it begins")
        return None
    frame = size.stored if unturned else (size.width, size.height)
    points = points * frame if photo.relative else points
    points = turn_points(points, size) if unturned else points
    limit = np.array([size.width, size.height])
    box = np.concatenate([points[:2].min(axis=0), points[:2].max(axis=0)])
    outline = None if shape.outline is None else _outline(points[2:].clip(0, limit))
    repaired = Repaired(np.clip(box, 0, np.tile(limit, 2)), outline, size.width, size.height)
    code = _fault(box, repaired.box, sticks_out=np.abs(points - points.clip(0, limit)).max() > ROUNDING)
    if code is not None:
        told = FAULTS[code]
        if code is Code.BOX_OUTSIDE and np.abs(box - repaired.box).max() <= ROUNDING:
            told = "has an outline that sticks out of it"
        where = f"the {shape.category} box {_text(box)} in the photo of {size.width}x{size.height} px"
        _find(checked, shape, photo, code, f"{where} {told}")
    if code is Code.BOX_EMPTY:
        checked.repairs.append(lambda: shape.put(None))
    elif unturned or code is Code.BOX_OUTSIDE:
        checked.repairs.append(lambda: shape.put(repaired))
    return None if code in (Code.BOX_EMPTY, Code.BOX_OFF_PHOTO) else repaired


def _fault(box: npt.NDArray[np.float64], clipped: npt.NDArray[np.float64], sticks_out: bool | np.bool_) -> Code | None:
    if (box[2:] - box[:2]).min() <= 0:
        return Code.BOX_EMPTY
    if (clipped[2:] - clipped[:2]).min() <= 0:
        return Code.BOX_OFF_PHOTO
    return Code.BOX_OUTSIDE if sticks_out else None


def _outline(points: NDArrayPoints) -> NDArrayPoints | None:
    """Return an outline, or None if it says no more than its box does."""
    if len(points) < 3:
        return None
    low, high = points.min(axis=0), points.max(axis=0)
    on_corner = (np.isclose(points, low, atol=1e-3) | np.isclose(points, high, atol=1e-3)).all()
    one_side_at_a_time = (np.isclose(points, np.roll(points, 1, axis=0), atol=1e-3).sum(axis=1) == 1).all()
    return None if len(points) == 4 and on_corner and one_side_at_a_time else points


def _find_unlabelled(raw: RawLabels, checked: Checked) -> None:
    labelled = {os.path.normpath(photo.path) for photo in raw.photos}
    for folder in raw.photo_folders:
        for path in photos_below(folder):
            if str(path) not in labelled:
                message = f"{path.name} is named in no label file and left out"
                checked.findings.append(
                    Finding(path, 1, Code.PHOTO_UNLABELLED, f"{Code.PHOTO_UNLABELLED.zh}：{message}")
                )


def _find(checked: Checked, shape: RawShape, photo: RawPhoto, code: Code, detail: str) -> None:
    checked.findings.append(Finding.at(shape.place, code, f"{photo.name}: {detail}"))


def _text(numbers: Iterable[float] | npt.NDArray[np.float64]) -> str:
    return "[" + ", ".join(f"{value:.6g}" for value in np.ravel(np.asarray(numbers))) + "]"

"""Write labelled photos in any of the formats."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Literal

from vision.datasets.formats import coco, cvat, label_studio, labelme, voc, yolo
from vision.datasets.formats.files import Format
from vision.datasets.formats.layout import SPLIT_FOLDERS, category_names, drawn_outline
from vision.datasets.formats.photo_files import copy_upright, read_size
from vision.datasets.labels import LabelledPhoto, Source
from vision.errors import RecipeError

__all__ = ["Images", "losses", "write_labels"]


def _below_images(name: str, _split: str | None) -> str:
    return f"images/{name}"


Writer = Callable[[Source, Path, Mapping[Path, str]], None]
PhotoName = Callable[[str, str | None], str]
Images = Literal["copy", "link", "none"]
LAYOUT_FOLDERS = ("images", "jpegimages", "labels", "annotations")  # of a format, no part of a photo's name
WRITERS: dict[Format, tuple[Writer, PhotoName]] = {
    Format.COCO: (coco.write, _below_images),
    Format.YOLO: (yolo.write, yolo.photo_name),
    Format.VOC: (voc.write, voc.photo_name),
    Format.LABELME: (labelme.write, labelme.photo_name),
    Format.CVAT: (cvat.write, _below_images),
    Format.LABEL_STUDIO: (label_studio.write, _below_images),
}
HOLD_SCENES = (Format.COCO, Format.LABEL_STUDIO)
HOLD_ANNOTATED = (Format.COCO, Format.YOLO)  # and the licence
KEPT_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")  # a photo that has to be turned is saved in one of these


def write_labels(
    source: Source,
    folder: Path,
    format: Format,  # noqa: A002 - what the field calls it
    images: Images = "copy",
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> None:
    """Write a folder of labels and photos; it appears only when it is complete.

    Labels are in upright pixels. A photo that EXIF says to turn is saved upright, without that tag, so that programs
    that honour EXIF and programs that don't see the same; other photos are copied byte by byte.

    Args:
        source: Paths must be different.
        folder: Must be empty, or not exist.
        format: How to store the labels.
        images: Copy the photos; make links to those that needn't be turned; or write labels alone.
        progress: Told how many photos of how many are done.

    Raises:
        RecipeError: The folder holds something, or no photo is given.
        PhotoError: A photo can't be read.
    """
    if not source.photos:
        raise RecipeError(f"source {source.name}: expected photos to write, there are none")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RecipeError(f"{folder}: expected an empty folder or none, but something is there; choose another one")
    write, photo_name = WRITERS[format]
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    try:
        unfinished.chmod(0o777 & ~_umask())
        names = {path: photo_name(name, split) for path, (name, split) in _names(source.photos).items()}
        for done, path in enumerate(names, start=1):
            names[path] = _bring(path, unfinished, names[path], images)
            progress(done, len(names))
        write(source, unfinished, names)
        if folder.exists():  # empty; Windows moves nothing onto a folder
            folder.rmdir()
        unfinished.replace(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def losses(source: Source, format: Format) -> list[str]:  # noqa: A002
    """Return what `write_labels` would leave out, one sentence for each kind of thing."""
    lost = []
    labelled = [(photo, index) for photo in source.photos for index, p in enumerate(photo.polygons) if p is not None]
    if format == Format.VOC and labelled:
        lost.append(f"轮廓 outlines: {len(labelled)} (VOC holds boxes alone)")
    elif format != Format.COCO:
        missed = sum(drawn_outline(photo, index) is None for photo, index in labelled)
        lost += [f"轮廓 outlines: {missed} (they don't fit their boxes)"] if missed else []
    if format not in HOLD_SCENES and any(photo.scene_group for photo in source.photos):
        lost.append("场景分组 scene groups")
    if format not in HOLD_ANNOTATED:
        unlabelled = [name for name in category_names(source) if name not in source.annotated]
        lost += [f"未标注类别 that {', '.join(unlabelled)} aren't labelled throughout"] if unlabelled else []
        lost += [f"许可 the licence ({source.licence})"] if source.licence else []
    return lost


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _names(photos: Iterable[LabelledPhoto]) -> dict[Path, tuple[str, str | None]]:
    """Return for each photo a name, and its split: where it lies below the folder that holds all of them.

    Photos in sub-folders keep them; no two names have the same stem, since some formats have a label file by stem.
    """
    splits = {photo.path: photo.split for photo in photos}
    root = Path(os.path.commonpath([path.parent for path in splits]))
    names: dict[Path, tuple[str, str | None]] = {}
    taken: set[str] = set()
    for path, split in splits.items():
        parts = [part for part in path.relative_to(root).parts[:-1] if part.lower() not in LAYOUT_FOLDERS]
        if parts and split and SPLIT_FOLDERS.get(parts[0].lower()) == split:
            parts[0] = split
        stem = _free("/".join([*parts, path.stem]), taken)
        names[path] = (stem + path.suffix, split)
    return names


def _free(stem: str, taken: set[str]) -> str:
    """Return `stem`, or with a number behind it if it is taken, as file systems without upper case see it."""
    candidate, count = stem, 1
    while candidate.casefold() in taken:
        count += 1
        candidate = f"{stem}_{count}"
    taken.add(candidate.casefold())
    return candidate


def _bring(path: Path, folder: Path, name: str, images: Images) -> str:
    """Copy or link a photo, and return its name, which has another suffix if it had to be saved in another format."""
    to = folder / name
    turned = read_size(path).orientation != 1
    if turned and to.suffix.lower() not in KEPT_SUFFIXES:
        to = to.with_suffix(".png")
    if images != "none":
        to.parent.mkdir(parents=True, exist_ok=True)
        if turned:
            copy_upright(path, to)
        elif images == "link":
            to.symlink_to(path.resolve())
        else:
            shutil.copy2(path, to)
    return to.relative_to(folder).as_posix()

"""Read labelled photos in any of the formats, and repair the label files in place."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from vision.datasets.formats import coco, cvat, label_studio, labelme, voc, yolo
from vision.datasets.formats.check import check
from vision.datasets.formats.documents import BrokenFileError, Document
from vision.datasets.formats.findings import Code, Finding
from vision.datasets.formats.photo_files import photos_below
from vision.datasets.formats.raw import RawLabels
from vision.datasets.labels import Source
from vision.errors import RecipeError
from vision.files import replacing

__all__ = [
    "Format",
    "LabelFile",
    "detect_format",
    "fix_labels",
    "read_labels",
    "read_source",
    "usable_source",
]

SHOWN = 3  # findings that one sentence names


class Format(StrEnum):
    """How labels are stored."""

    COCO = "coco"
    YOLO = "yolo"
    VOC = "voc"
    LABELME = "labelme"
    CVAT = "cvat"
    LABEL_STUDIO = "label-studio"


READERS: dict[Format, Callable[[Path], RawLabels]] = {
    Format.COCO: coco.read,
    Format.YOLO: yolo.read,
    Format.VOC: voc.read,
    Format.LABELME: labelme.read,
    Format.CVAT: cvat.read,
    Format.LABEL_STUDIO: label_studio.read,
}


@dataclass(frozen=True, eq=False)
class LabelFile:
    """What was read.

    Attributes:
        source: The photos that can be used, labels in upright pixels, with what can safely be repaired repaired.
        findings: Everything that is wrong, and everything that was left out or changed; in the order of the files.
        format: How it was stored.
        documents: The label files that were read.
        repairs: Changes to the documents; see `fix_labels`.
    """

    source: Source
    findings: tuple[Finding, ...]
    format: Format
    documents: tuple[Document, ...]
    repairs: tuple[Callable[[], None], ...]


def read_labels(
    path: Path,
    format: Format | None = None,  # noqa: A002 - what the field calls it
    decode: bool = False,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> LabelFile:
    """Read labels, and compare them with the photos.

    Args:
        path: A folder, or a label file in it.
        format: By default it is recognized by the files.
        decode: Decode every photo, instead of trusting its header.
        progress: Told how many photos of how many are done.

    Raises:
        RecipeError: The path is missing, or no format is recognized.
    """
    if not path.exists():
        raise RecipeError(f"{path}: expected a folder of labelled photos or a label file, there is none")
    path = path.resolve()
    chosen = format or detect_format(path)
    try:
        raw = READERS[chosen](path)
    except BrokenFileError as error:
        raw = RawLabels(path if path.is_dir() else path.parent)
        raw.find(error.place, Code.FILE_MALFORMED, str(error))
    if not raw.photos and not raw.findings:
        raise RecipeError(f"{path}: expected labels in the format {chosen.value}, found none")
    done = 0

    def advance() -> None:
        nonlocal done
        done += 1
        progress(done, len(raw.photos))

    checked = check(raw, decode, advance)
    findings = sorted(checked.findings, key=lambda finding: (str(finding.file), finding.line))
    return LabelFile(checked.source, tuple(findings), chosen, tuple(raw.documents), tuple(checked.repairs))


def read_source(folder: Path, format: Format | None = None) -> Source:  # noqa: A002
    """Read labels that are going to be used: safe repairs are made in memory, anything worse is refused.

    Raises:
        RecipeError: Something is wrong that a person must see to; names the first places and how many there are.
    """
    return usable_source(read_labels(folder, format), folder)


def usable_source(label_file: LabelFile, path: Path) -> Source:
    """Return the source of a label file that has no errors.

    Raises:
        RecipeError: It has some; names the first places and how many there are.
    """
    errors = [finding for finding in label_file.findings if finding.code.is_error]
    if not errors:
        return label_file.source
    shown = "; ".join(f"{finding.file}:{finding.line}: {finding.message}" for finding in errors[:SHOWN])
    more = f"; and {len(errors) - SHOWN} more" if len(errors) > SHOWN else ""
    count = f"{len(errors)} error{'s' * (len(errors) > 1)}"
    raise RecipeError(f"{path}: found {count} in the labels: {shown}{more}; `cleanlane dataset check` lists all")


def fix_labels(label_file: LabelFile) -> tuple[Path, ...]:
    """Make the safe repairs in the label files, and return those that were replaced.

    The original is kept beside each as `*.orig`; one that is there already is older and stays.
    """
    for repair in label_file.repairs:
        repair()
    replaced = []
    for document in label_file.documents:
        if document.touched:
            original = document.file.with_name(f"{document.file.name}.orig")
            if not original.exists():
                with replacing(original) as unfinished:
                    shutil.copy2(document.file, unfinished)
            with replacing(document.file) as unfinished:
                unfinished.write_bytes(document.content())
            replaced.append(document.file)
    return tuple(replaced)


def detect_format(path: Path) -> Format:
    """Recognize the format of a folder or a label file.

    Raises:
        RecipeError: It is none that is known.
    """
    found = _of_folder(path) if path.is_dir() else _of_file(path)
    if found is None:
        raise RecipeError(
            f"{path}: expected labels as COCO (annotations.json), YOLO (data.yaml), Pascal VOC (Annotations/*.xml), "
            "LabelMe (a .json per photo), CVAT (annotations.xml) or Label Studio (a .json list), found none of them; "
            "say which with --from or --format"
        )
    return found


def _of_folder(folder: Path) -> Format | None:
    if yolo.data_file(folder):
        return Format.YOLO
    files = [*coco.label_files(folder), *sorted(folder.glob("*.json")), *sorted(folder.glob("*.xml"))]
    files += voc.label_files(folder)[:1]
    files += sorted(folder.rglob("*.json"))[:1]
    recognized = (_of_file(file) for file in files if file.is_file())
    found = next((each for each in recognized if each is not None), None)
    if found is None and (folder / "classes.txt").is_file() and any(photos_below(folder)):
        return Format.YOLO
    return found


def _of_file(file: Path) -> Format | None:
    """Recognize a file by its text; it may be cut off or broken."""
    text = file.read_text(encoding="utf-8", errors="replace")
    if file.suffix.lower() in (".yaml", ".yml"):
        return Format.YOLO
    if file.suffix.lower() == ".xml":
        root = re.search(r"<(annotations?)\b", text)
        return None if root is None else Format.CVAT if root[1] == "annotations" else Format.VOC
    if text.lstrip("\ufeff \r\n\t").startswith("["):
        return Format.LABEL_STUDIO
    if '"shapes"' in text:
        return Format.LABELME
    by_name = file.name in ("annotations.json", "_annotations.coco.json") or file.parent.name == "annotations"
    return Format.COCO if by_name or ('"images"' in text and '"annotations"' in text) else None

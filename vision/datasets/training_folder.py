"""Write a data set as the folder that Ultralytics trains from."""

import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

from vision.categories import NAMES
from vision.datasets.build import DataSet, yolo_lines
from vision.datasets.labels import LabelledPhoto, Source
from vision.datasets.recipe import SYNTHETIC
from vision.datasets.synthetic import draw_postings, synthetic_key
from vision.files import replacing

__all__ = ["TrainingFolder", "source_of", "write_training_folder"]

SEPARATOR = "__"  # between source and file name in the folder: names of photos repeat from source to source


@dataclass(frozen=True)
class TrainingFolder:
    """A data set as it lies on the disk.

    Attributes:
        data_yaml: The file that Ultralytics is given.
        synthetic: What was drawn for it, if anything.
    """

    data_yaml: Path
    synthetic: Source | None


def write_training_folder(
    data_set: DataSet, out: Path, progress: Callable[[int, int], object] = lambda _done, _total: None
) -> TrainingFolder:
    """Write `out/<name>-<hash>/` in the layout Ultralytics reads.

    data.yaml also holds what each source annotates and how often its photos are to be shown in an epoch; `train`
    applies both. Only train and val are written. Photos are kept once in `out/store`, whatever the number of data sets
    built there, so that a later build copies and draws only what is new. A folder that is there already is used as it
    is: its name holds the hash of its content, and it gets that name only when it is complete.

    Args:
        data_set: What to write.
        out: Where all built data sets lie.
        progress: Told how many photos of how many are done.
    """
    folder = out / f"{data_set.name}-{data_set.sha256[:12]}"
    count = itertools.count(1)
    photos = data_set.of("train", "val")
    wanted = data_set.synthetic_postings
    total = len(photos) + (wanted.photos if wanted else 0)

    def done() -> None:
        progress(next(count), total)

    drawn = None
    if wanted:
        key = synthetic_key(wanted, [data_set.hashes[wall.path] for wall in data_set.backgrounds])
        drawn = draw_postings(wanted, data_set.backgrounds, out / "store" / f"{SYNTHETIC}-{key[:12]}", done)
    if not folder.is_dir():
        out.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(dir=out, prefix=".unfinished-"))
        try:
            _write_photos(data_set, unfinished, out / "store", done)
            if drawn:
                _add_drawn(drawn, unfinished)
            unfinished.chmod(0o755)
            unfinished.replace(folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    progress(total, total)
    data_yaml = folder / "data.yaml"
    content = {
        "path": str(folder.resolve()),
        "train": "train.txt",
        "val": "images/val",
        "names": list(NAMES),
        "annotated": {s.name: sorted(s.annotated) for s in (*data_set.sources, *([drawn] if drawn else []))},
        "weights": data_set.weights,
    }
    with replacing(data_yaml) as file:  # written anew each time: it holds where the folder is
        file.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return TrainingFolder(data_yaml, drawn)


def _write_photos(data_set: DataSet, folder: Path, store: Path, done: Callable[[], object]) -> None:
    for split in ("train", "val"):
        (folder / "images" / split).mkdir(parents=True)
        (folder / "labels" / split).mkdir(parents=True)
    for photo in data_set.of("train", "val"):
        _add(photo, _stored(photo.path, data_set.hashes[photo.path], store), folder)
        done()
    _list(data_set.of("train"), folder)


def _add_drawn(drawn: Source, folder: Path) -> None:
    for photo in drawn.photos:
        _add(photo, photo.path, folder)
    _list(drawn.photos, folder)


def _add(photo: LabelledPhoto, stored: Path, folder: Path) -> None:
    name = _name(photo)
    _link(stored, folder / "images" / str(photo.split) / name)
    label_file = folder / "labels" / str(photo.split) / Path(name).with_suffix(".txt")
    label_file.write_text(yolo_lines(photo), encoding="ascii")


def _list(photos: Iterable[LabelledPhoto], folder: Path) -> None:
    with (folder / "train.txt").open("a", encoding="utf-8") as listing:
        listing.writelines(f"./images/train/{_name(photo)}\n" for photo in photos)


def _name(photo: LabelledPhoto) -> str:
    return f"{photo.source}{SEPARATOR}{photo.path.name}"


def source_of(image_file: str) -> str:
    """Return the source of a photo that lies in a training folder."""
    return image_file.replace("\\", "/").rsplit("/", 1)[-1].split(SEPARATOR)[0]


def _stored(path: Path, sha256: str, store: Path) -> Path:
    """Return the photo's copy in the store, made if it isn't there; its name is its content's hash."""
    kept = store / sha256[:2] / f"{sha256}{path.suffix.lower()}"
    if not kept.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with replacing(kept) as unfinished:
            shutil.copyfile(path, unfinished)
    return kept


def _link(stored: Path, path: Path) -> None:
    try:
        os.link(stored, path)
    except OSError:  # a file system without hard links
        shutil.copyfile(stored, path)

"""Build what a recipe names: the photos of its sources, a table, a hash, and the folder that the trainer reads."""

import hashlib
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from vision.categories import NAMES
from vision.datasets.coco import LabelledPhoto, Source, read_source
from vision.datasets.recipe import Recipe, Split
from vision.errors import RecipeError

__all__ = ["DataSet", "load_data_set", "write_training_folder"]


@dataclass(frozen=True)
class DataSet:
    """Everything a recipe names, in its order.

    Attributes:
        sha256: Hash of every used photo's bytes, split and labels; changes when any of them does.
    """

    name: str
    sources: tuple[Source, ...]
    photos: tuple[LabelledPhoto, ...]
    sha256: str

    def of(self, *splits: Split) -> tuple[LabelledPhoto, ...]:
        """Return the photos of the given splits."""
        return tuple(photo for photo in self.photos if photo.split in splits)

    def table(self) -> list[tuple[str, Split, int, dict[str, int]]]:
        """Return (source, split, number of photos, boxes per category) for every combination that has photos."""
        rows = []
        splits: tuple[Split, ...] = ("train", "val", "test")
        for source in self.sources:
            for split in splits:
                photos = [p for p in self.of(split) if p.source == source.name]
                boxes = Counter(name for photo in photos for _, _, name in photo.labels)
                if photos:
                    rows.append((source.name, split, len(photos), dict(boxes)))
        return rows


def load_data_set(recipe: Recipe, data: Path) -> DataSet:
    """Read the sources of `recipe` below the directory `data`.

    Raises:
        RecipeError: A source is missing or its labels are wrong.
    """
    sources, photos = [], []
    for choice in recipe.sources:
        if not (data / choice.folder).is_dir():
            raise RecipeError(f"recipe {recipe.name}: expected the source folder {data / choice.folder}, there is none")
        source = read_source(data / choice.folder)
        sources.append(source)
        photos += [photo for photo in source.photos if photo.split in choice.splits]
    return DataSet(recipe.name, tuple(sources), tuple(photos), _sha256(photos))


def write_training_folder(data_set: DataSet, out: Path) -> Path:
    """Write `out/<name>-<hash>/` in the layout Ultralytics reads, and return the path of its data.yaml.

    A folder that is there already is used as it is: its name holds the hash of its content, and it gets
    that name only when it is complete.
    """
    folder = out / f"{data_set.name}-{data_set.sha256[:12]}"
    if not folder.is_dir():
        out.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(dir=out, prefix=".unfinished-"))
        for split in ("train", "val"):
            (unfinished / "images" / split).mkdir(parents=True)
            (unfinished / "labels" / split).mkdir(parents=True)
        for photo in data_set.of("train", "val"):
            name = f"{photo.source}__{photo.path.name}"
            shutil.copyfile(photo.path, unfinished / "images" / photo.split / name)
            label_file = unfinished / "labels" / photo.split / Path(name).with_suffix(".txt")
            label_file.write_text(_yolo_lines(photo), encoding="ascii")
        unfinished.replace(folder)
    data_yaml = folder / "data.yaml"
    content = {"path": str(folder.resolve()), "train": "images/train", "val": "images/val", "names": list(NAMES)}
    data_yaml.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return data_yaml


def _yolo_lines(photo: LabelledPhoto) -> str:
    lines = []
    for (x1, y1, x2, y2), category in zip(photo.labels.boxes, photo.labels.categories, strict=True):
        box = (
            (x1 + x2) / 2 / photo.width,
            (y1 + y2) / 2 / photo.height,
            (x2 - x1) / photo.width,
            (y2 - y1) / photo.height,
        )
        lines.append(f"{category} " + " ".join(f"{value:.6f}" for value in box))
    return "\n".join(lines)


def _sha256(photos: Sequence[LabelledPhoto]) -> str:
    total = hashlib.sha256()
    for photo in photos:
        total.update(f"{photo.source}/{photo.path.name} {photo.split} {sorted(photo.annotated)}\n".encode())
        total.update(_yolo_lines(photo).encode())
        total.update(hashlib.sha256(photo.path.read_bytes()).digest())
    return total.hexdigest()

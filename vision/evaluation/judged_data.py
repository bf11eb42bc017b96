"""Which photos and labels a figure is about: counts and hashes."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from vision.datasets.build import DataSet, yolo_lines
from vision.datasets.labels import LabelledPhoto, Split
from vision.errors import RecipeError
from vision.evaluation.figures.ranking import scene_numbers
from vision.evaluation.record import EvaluatedData

__all__ = ["judged_data", "photos_sha256"]


def judged_data(data_set: DataSet, split: Split) -> EvaluatedData:
    """Describe one split of a data set.

    Raises:
        RecipeError: It has no photos.
    """
    photos = data_set.of(split)
    if not photos:
        raise RecipeError(f"{data_set.name}: expected photos of {split}, there are none; choose another with --split")
    labels = hashlib.sha256()
    for photo in photos:
        labels.update(f"{photo.name} {sorted(photo.annotated)} {photo.scene_group}\n{yolo_lines(photo)}\n".encode())
    return EvaluatedData(
        name=data_set.name,
        split=split,
        photos=len(photos),
        boxes=sum(len(photo.labels) for photo in photos),
        scenes=int(scene_numbers(photos).max()) + 1,
        sources=dict(Counter(photo.source for photo in photos)),
        photos_sha256=photos_sha256(photos, data_set.hashes),
        labels_sha256=labels.hexdigest(),
    )


def photos_sha256(photos: Iterable[LabelledPhoto], hashes: Mapping[Path, str]) -> str:
    """Return a hash of the photos' names and bytes, in their order; `hashes` has those of the bytes of some."""
    total = hashlib.sha256()
    for photo in photos:
        content = hashes.get(photo.path) or hashlib.sha256(photo.path.read_bytes()).hexdigest()
        total.update(f"{photo.name} {content}\n".encode())
    return total.hexdigest()

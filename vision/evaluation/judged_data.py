"""Which photos and labels a figure is about: counts and hashes."""

import hashlib
from collections import Counter

from vision.datasets.build import DataSet, yolo_lines
from vision.datasets.labels import Split
from vision.errors import RecipeError
from vision.evaluation.figures.ranking import scene_numbers
from vision.evaluation.record import EvaluatedData

__all__ = ["judged_data"]


def judged_data(data_set: DataSet, split: Split) -> EvaluatedData:
    """Describe one split of a data set.

    Raises:
        RecipeError: It has no photos.
    """
    photos = data_set.of(split)
    if not photos:
        raise RecipeError(f"{data_set.name}: expected photos of {split}, there are none; choose another with --split")
    pixels, labels = hashlib.sha256(), hashlib.sha256()
    for photo in photos:
        name = f"{photo.source}/{photo.path.name}"
        pixels.update(f"{name} {data_set.hashes[photo.path]}\n".encode())
        labels.update(f"{name} {sorted(photo.annotated)} {photo.scene_group}\n{yolo_lines(photo)}\n".encode())
    return EvaluatedData(
        name=data_set.name,
        split=split,
        photos=len(photos),
        boxes=sum(len(photo.labels) for photo in photos),
        scenes=int(scene_numbers(photos).max()) + 1,
        sources=dict(Counter(photo.source for photo in photos)),
        photos_sha256=pixels.hexdigest(),
        labels_sha256=labels.hexdigest(),
    )

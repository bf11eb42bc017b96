"""What others' detectors found, from a file: COCO results, or an object that says what its own ids stand for."""

import hashlib
import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vision.categories import NAMES
from vision.datasets.labels import LabelledPhoto
from vision.detections import Detections
from vision.errors import ModelError, ResultError
from vision.evaluation.contestants.category_map import mapped
from vision.evaluation.contestants.coco_ids import CocoIds
from vision.evaluation.contestants.prediction_entries import read_entries
from vision.evaluation.record import EvaluatedModel
from vision.files import replacing

__all__ = ["Predictions", "read_predictions", "write_predictions"]


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a file holds about the photos that are judged.

    Attributes:
        about: For the record.
        detections: Of each photo, under our names, best score first.
        missing: How many of the photos the file doesn't mention: nothing counts as found on them.
        elsewhere: How many finds are on the data set's other photos.
    """

    about: EvaluatedModel
    detections: list[Detections]
    missing: int
    elsewhere: int


def read_predictions(
    path: Path,
    photos: Sequence[LabelledPhoto],
    others: Sequence[LabelledPhoto],
    mapping: Mapping[str, str | None],
    ids: CocoIds | None,
) -> Predictions:
    """Read and check predictions.

    Args:
        path: JSON; boxes are [x, y, width, height] in pixels of the upright photo. Either a list of {image_id,
            category_id, bbox, score}, as COCO results are: a photo is `source/file name`, a file name that occurs once,
            or an id of the label file; a category is a name, or an id of the label file. Or an object with `images`
            {id, file_name}, `categories` {id, name} and `annotations` like the list's entries, which says itself what
            its ids stand for.
        photos: That are judged.
        others: Photos of the data set that aren't; finds on them are left out.
        mapping: Their category names to ours, as for `mapped`.
        ids: What ids in a list stand for, as from `coco_ids`.

    Returns:
        The list's detector counts as reporting the categories that occur, the object's those that it declares.

    Raises:
        ResultError: The file is something else, or an entry can't be right; the message says which.
        RecipeError: The map leads to a name that isn't ours.
    """
    data = _bytes(path)
    entries = read_entries(path, data, [*photos, *others], ids)
    try:
        ours = mapped(entries.names, mapping, str(path))
    except ModelError as error:
        raise ResultError(str(error)) from error
    order = np.argsort(entries.photo, kind="stable")
    starts = np.searchsorted(entries.photo[order], np.arange(len(photos) + 1))
    by_photo = [entries.found[order[start:end]] for start, end in itertools.pairwise(starts)]
    return Predictions(
        about=EvaluatedModel(
            name=path.stem,
            kind="predictions",
            sha256=hashlib.sha256(data).hexdigest(),
            bytes=len(data),
            categories=ours.reported,
            mapped=ours.renamed,
            ignored=ours.ignored,
        ),
        detections=[ours.apply(found) for found in by_photo],
        missing=sum(i not in entries.mentioned for i in range(len(photos))),
        elsewhere=int((entries.photo >= len(photos)).sum()),
    )


def write_predictions(
    path: Path, photos: Sequence[LabelledPhoto], detections: Sequence[Detections], about: EvaluatedModel
) -> None:
    """Write detections as an object that `read_predictions` reads back the same; an existing file is replaced.

    Args:
        path: The file.
        photos: Every one is listed, whether anything was found on it or not.
        detections: Of each photo, under our names.
        about: What found them; its categories are declared.
    """
    content = {
        "info": about.model_dump(mode="json"),
        "images": [
            {"id": i, "file_name": photo.name, "width": photo.width, "height": photo.height}
            for i, photo in enumerate(photos, 1)
        ],
        "categories": [{"id": NAMES.index(name) + 1, "name": name} for name in about.categories],
        "annotations": [
            {"image_id": i, "category_id": NAMES.index(name) + 1, "bbox": [x1, y1, x2 - x1, y2 - y1], "score": score}
            for i, found in enumerate(detections, 1)
            for (x1, y1, x2, y2), (_, score, name) in zip(found.boxes.tolist(), found, strict=True)
        ],
    }
    with replacing(path) as unfinished:
        unfinished.write_text(json.dumps(content, ensure_ascii=False) + "\n", encoding="utf-8")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ResultError(f"{path}: expected predictions in JSON, but it can't be read ({error.strerror})") from error

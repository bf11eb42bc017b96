"""How much a detector loses on the same photos made worse: what a town's cameras must deliver."""

import dataclasses
import itertools
import os
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from vision.datasets.labels import LabelledPhoto
from vision.detections import Detections
from vision.evaluation.figures.average_precision import average_precision
from vision.evaluation.figures.coco_figures import LEAST_BOXES
from vision.evaluation.record import Condition
from vision.evaluation.robustness.perturbations import Kind, perturb
from vision.images import NDArrayImage, read_photo_file
from vision.unfinished import restore

__all__ = ["CONDITIONS", "UNITS", "Detect", "sample", "sweep"]

Detect = Callable[[NDArrayImage], Detections]
"""Takes an upright (h, w, 3) uint8 RGB photo and returns finds in its pixels, in our categories, down to 0.001."""

VERSION = "2"  # of what the levels mean; figures of different versions can't be compared

UNITS: dict[Kind, str] = {
    "clean": "",
    "jpeg": "quality",
    "blur": "px at 640 px",
    "low_light": "of the light",
    "rain": "mm/h",
    "fog": "m of visibility",
    "rotation": "°",
    "downscale": "px",
}
LEVELS: dict[Kind, tuple[float, ...]] = {
    "clean": (0,),
    "jpeg": (80, 50, 30, 15, 8),
    "blur": (3, 7, 13, 21),
    "low_light": (0.5, 0.25, 0.12, 0.06),
    "rain": (10, 30, 100),
    "fog": (200, 100, 50, 25),
    "rotation": (-10, -5, 5, 10),
    "downscale": (480, 320, 240, 160),
}
CONDITIONS: tuple[tuple[Kind, float], ...] = tuple((kind, level) for kind in LEVELS for level in LEVELS[kind])


def sweep(
    photos: Sequence[LabelledPhoto],
    detect: Detect,
    reported: Collection[str],
    kept: Path,
    settings: Mapping[str, str],
    progress: Callable[[int, int], None],
    conditions: Sequence[tuple[Kind, float]] = CONDITIONS,
) -> tuple[Condition, ...]:
    """Score a detector on the photos under every condition.

    Randomness depends on a photo's name and the kind only: not on the order, and not on the level, so that levels of a
    kind differ in nothing else. Every condition has all labels. Categories with fewer than `LEAST_BOXES` of them on the
    photos are left out, unless all have fewer.

    Args:
        photos: Labelled photos, at least one.
        detect: The detector.
        reported: Categories of ours that it can report; the others don't count.
        kept: A JSON Lines file, first what the figures depend on, then each finished condition; the sweep goes on after
            the last whole one.
        settings: What the figures depend on: hashes of the model and of the photos.
        progress: Called with the photos done and all of them, over all conditions.
        conditions: Kind and level, in this order.

    Raises:
        PhotoError: A photo can't be read.
        UserError: `kept` belongs to a sweep with other settings, or can't be written.
        MissingExtraError: The extra `eval` isn't installed.
    """
    what = {**settings, "sweep": VERSION, "reported": sorted(reported), "conditions": list(map(list, conditions))}
    finished: list[Condition] = []

    def restored(line: bytes, _offset: int) -> bool:
        try:
            condition = Condition.model_validate_json(line)
        except ValueError:
            return False
        if (condition.kind, condition.level) not in conditions[len(finished) : len(finished) + 1]:
            return False
        finished.append(condition)
        return True

    with restore(kept, what, restored) as file:
        done, total = len(finished) * len(photos), len(conditions) * len(photos)
        progress(done, total)
        counter = itertools.count(done + 1)
        for kind, level in conditions[len(finished) :]:
            condition = _judge(photos, detect, reported, kind, level, lambda: progress(next(counter), total))
            file.write(condition.model_dump_json().encode() + b"\n")
            file.flush()
            finished.append(condition)
    return tuple(finished)


def _judge(
    photos: Sequence[LabelledPhoto],
    detect: Detect,
    reported: Collection[str],
    kind: Kind,
    level: float,
    advance: Callable[[], None],
) -> Condition:
    judged, found = [], []
    for photo in photos:
        seed = zlib.crc32(os.fsencode(f"{kind} {photo.name}"))
        pixels, labels = perturb(read_photo_file(photo.path).pixels, photo.labels, kind, level, seed)
        height, width = pixels.shape[:2]
        judged.append(dataclasses.replace(photo, labels=labels, width=width, height=height, polygons=()))
        found.append(detect(pixels))
        advance()
    scores = [s for s in average_precision(judged, found) if s.category in reported and s.boxes]
    counted = [s for s in scores if s.boxes >= LEAST_BOXES] or scores  # one of two boxes would outweigh the rest
    ap50 = {score.category: score.ap50 for score in counted if score.ap50 is not None}
    ap50_95 = [score.ap50_95 for score in counted if score.ap50_95 is not None]
    return Condition(
        kind=kind,
        level=level,
        unit=UNITS[kind],
        photos=len(photos),
        ap50=sum(ap50.values()) / len(ap50) if ap50 else None,
        ap50_95=sum(ap50_95) / len(ap50_95) if ap50_95 else None,
        by_category=ap50,
    )


def sample(photos: Sequence[LabelledPhoto], count: int) -> list[LabelledPhoto]:
    """Return about `count` photos in their order, always the same ones, for a quicker sweep.

    Every source keeps its share (by Sainte-Laguë's method), but at least one photo: a smaller `count` than there are
    sources gives one of each. Which of a source's photos is settled by hashes of their names, whatever their order.
    """
    sizes = Counter(photo.source for photo in photos)
    taken = dict.fromkeys(sizes, 1)
    for _ in range(min(count, len(photos)) - len(sizes)):
        taken[max(sizes, key=lambda source: sizes[source] / (2 * taken[source] + 1))] += 1
    chosen: set[int] = set()
    for source, number in taken.items():
        indices = [index for index, photo in enumerate(photos) if photo.source == source]
        indices.sort(key=lambda index: (zlib.crc32(os.fsencode(photos[index].path.name)), index))
        chosen.update(indices[:number])
    return [photo for index, photo in enumerate(photos) if index in chosen]

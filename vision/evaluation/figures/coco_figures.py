"""COCO's figures by category and their mean, with intervals, on the photos whose source labels a category."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vision.categories import NAMES
from vision.datasets.labels import LabelledPhoto
from vision.detections import Detections
from vision.evaluation.figures.average_precision import Matching, match
from vision.evaluation.figures.coco_values import figures_of, mean_figures
from vision.evaluation.figures.intervals import percentiles
from vision.evaluation.figures.ranking import (
    NDArrayDraws,
    NDArrayScenes,
    count_scenes,
    draw_scenes,
    mean_of_categories,
    rank,
    scene_numbers,
)
from vision.evaluation.record import CategoryFigures, Figures

__all__ = ["LEAST_BOXES", "LEAST_SCENES", "detection_figures"]

LEAST_BOXES = 30  # with fewer, a single box moves recall by more than 0.03: as much as models differ by
LEAST_SCENES = 10  # with fewer, the bootstrap's intervals are too narrow: it knows no other scenes than these

NDArraySamples = npt.NDArray[np.float64]  # (samples, 2): AP50-95 and AP50 of each; nan where it holds no box


@dataclass(frozen=True, eq=False)
class _Category:
    row: CategoryFigures
    samples: NDArraySamples


def detection_figures(
    photos: Sequence[LabelledPhoto],
    detections: Sequence[Detections],
    reported: Collection[str],
    resamples: int = 1000,
    seed: int = 0,
) -> tuple[Figures, tuple[CategoryFigures, ...]]:
    """Return COCO's mean figures, and those of each category.

    The figures are pycocotools': average precision (AP) over IoU 0.5:0.05:0.95, at 0.5 and 0.75; average recall (AR)
    with at most 1, 10 and 100 finds per photo; AP and AR of small, medium and large boxes, by the area of the box in
    pixels of the original photo. T.-Y. Lin and others, Microsoft COCO: Common objects in context, ECCV 2014.

    A category is judged on the photos whose source annotates it. The mean is that of the reported categories that have
    boxes (of a size: that have boxes of that size).

    The intervals come from a percentile bootstrap: each sample draws whole scene groups from all photos, once for all
    categories together. A sample's mean is that of the categories of which it holds boxes. A category has no interval
    if fewer than two scene groups have boxes of it, and the mean none if no category has one.

    Args:
        photos: Labelled photos.
        detections: Of each photo, in its pixels, down to very low scores.
        reported: Names of our categories that the model can report; the others have no figures.
        resamples: How many samples are drawn.
        seed: Another seed draws others.

    Raises:
        MissingExtraError: The extra `eval` isn't installed.
    """
    scenes = scene_numbers(photos)
    draws = draw_scenes(scenes, resamples, seed)
    silent = [Detections.empty()] * len(photos)
    categories = []
    for name in NAMES:
        matching = match(name, photos, detections if name in reported else silent, by_size=True)
        categories.append(_category(name, name in reported, matching, scenes[matching.indices], draws))
    return _mean([c for c in categories if c.row.reported]), tuple(c.row for c in categories)


def _category(name: str, reported: bool, matching: Matching, scenes: NDArrayScenes, draws: NDArrayDraws) -> _Category:
    boxes, with_boxes = int(matching.boxes.sum()), count_scenes(scenes, matching.boxes > 0)
    by_iou = rank(matching).average_precision(draws[:, matching.indices])
    samples = np.stack([by_iou.mean(axis=1), by_iou[:, 0]], axis=1)
    figures, precisions = figures_of(matching)
    row = CategoryFigures(
        category=name,
        reported=reported,
        photos=len(matching.photos),
        boxes=boxes,
        scenes=with_boxes,
        too_few=boxes < LEAST_BOXES or with_boxes < LEAST_SCENES,
        figures=_with_intervals(figures, samples, with_boxes) if reported else Figures(),
        precision_at_recall=precisions if reported else (),
    )
    return _Category(row, samples)


def _mean(categories: Sequence[_Category]) -> Figures:
    if not categories:
        return Figures()
    samples = mean_of_categories(np.array([c.samples for c in categories]))
    scenes = max(c.row.scenes for c in categories)
    return _with_intervals(mean_figures([c.row.figures for c in categories]), samples, scenes)


def _with_intervals(figures: Figures, samples: NDArraySamples, scenes: int) -> Figures:
    ap50_95, ap50 = percentiles(samples[:, 0]), percentiles(samples[:, 1])
    if scenes < 2 or ap50_95 is None or ap50 is None:
        return figures
    return figures.model_copy(update={"intervals": {"ap50_95": ap50_95, "ap50": ap50}})

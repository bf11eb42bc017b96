"""Whether one run is better than another on the same photos, or whether that can't be told."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from vision.categories import NAMES
from vision.errors import ResultError
from vision.evaluation.comparison.paired_difference import NDArraySampled, Paired, PairedFigure, holm, pair
from vision.evaluation.figures.coco_figures import LEAST_SCENES
from vision.evaluation.figures.evidence import ranking_of
from vision.evaluation.figures.ranking import NDArrayDraws, count_scenes, draw_scenes, mean_of_categories
from vision.evaluation.record import EvaluationRecord

__all__ = ["Paired", "paired_tests"]

NDArrayOfPhotos = npt.NDArray[np.bool_]  # (photos,): which photos a figure is of
NDArrayByPhoto = npt.NDArray[np.float64]  # (2 runs, photos)


def paired_tests(
    first: EvaluationRecord, second: EvaluationRecord, resamples: int = 2000, seed: int = 0
) -> tuple[Paired, ...]:
    """Compare two runs by a paired bootstrap over scene groups.

    Both runs are judged on the same samples, each of as many whole scene groups as there are, drawn with replacement.
    The verdict is `cannot_tell` for a category that has too few boxes or scenes, for a mean if it would be another
    without such categories, and for a rate or cost if fewer than 10 scene groups have photos that it depends on.

    The means are over the categories that both report and that have boxes; they can differ from the records' own.
    Left out are a figure that depends on photos of which there are none, and the cost if the runs charge a missed
    problem differently.

    Args:
        first: What the second is compared with.
        second: Of the same photos and labels.
        resamples: How many samples are drawn.
        seed: Another seed draws others.

    Raises:
        ResultError: The runs aren't of the same photos, labels or scene groups.
    """
    _check_comparable(first, second)
    scenes = np.array(first.evidence.scenes, np.int64)
    draws = np.vstack([np.ones((1, len(scenes)), np.int64), draw_scenes(scenes, resamples, seed)])
    return (*_detection(first, second, draws), *_screening(first, second, draws))


def _check_comparable(first: EvaluationRecord, second: EvaluationRecord) -> None:
    names = f"{first.model.name} and {second.model.name}"
    advice = "evaluate both on the same data"
    if first.data.photos_sha256 != second.data.photos_sha256:
        raise ResultError(
            f"expected two runs of the same photos, but {names} were judged on {first.data.photos} photos of "
            f"{first.data.name}, {first.data.split}, and {second.data.photos} others of {second.data.name}, "
            f"{second.data.split}; {advice}"
        )
    if first.data.labels_sha256 != second.data.labels_sha256:
        raise ResultError(
            f"expected two runs of the same labels, but those of {first.data.name} have changed between the runs of "
            f"{names} ({first.data.boxes} and {second.data.boxes} boxes); {advice}"
        )
    if _labelled(first, second) != _labelled(second, first):
        raise ResultError(
            f"expected two runs of the same scene groups and order of photos, but those of {first.data.name} have "
            f"changed between the runs of {names}; {advice}"
        )


def _labelled(record: EvaluationRecord, other: EvaluationRecord) -> object:
    """Return what two records of the same photos and labels share."""
    evidence = record.evidence
    boxes = {name: evidence.categories[name].boxes for name in _shared(record, other)}
    return evidence.photos, evidence.scenes, evidence.dirty, boxes


def _shared(first: EvaluationRecord, second: EvaluationRecord) -> list[str]:
    return [name for name in NAMES if name in first.evidence.categories and name in second.evidence.categories]


def _detection(first: EvaluationRecord, second: EvaluationRecord, draws: NDArrayDraws) -> list[Paired]:
    few = {category.category for category in first.categories if category.too_few}
    names, values = [], []
    for name in _shared(first, second):
        rankings = [ranking_of(record.evidence.categories[name]) for record in (first, second)]
        if rankings[0].boxes.any():
            names.append(name)
            values.append([ranking.average_precision(draws) for ranking in rankings])
    if not names:
        return []
    by_iou = np.array(values)  # (categories, 2 runs, 1 + samples, IoUs)
    enough = np.array([name not in few for name in names], np.bool_)
    return [
        _mean_pair("ap50_95", by_iou.mean(axis=-1), enough),
        _mean_pair("ap50", by_iou[..., 0], enough),
        *holm([pair("ap50", name, v, e) for name, v, e in zip(names, by_iou[..., 0], enough.tolist(), strict=True)]),
    ]


def _mean_pair(figure: PairedFigure, values: npt.NDArray[np.float64], enough: npt.NDArray[np.bool_]) -> Paired:
    """Judge the mean of the categories (categories, 2 runs, 1 + samples), of which some have enough boxes.

    The others count in the mean, but no verdict may hang on them: one of two or three scenes hardly varies.
    """
    every = pair(figure, None, mean_of_categories(values), bool(enough.any()))
    sound = pair(figure, None, mean_of_categories(values[enough]), bool(enough.any()))
    return every if every.verdict == sound.verdict else replace(every, verdict="cannot_tell")


def _screening(first: EvaluationRecord, second: EvaluationRecord, draws: NDArrayDraws) -> list[Paired]:
    scenes, dirty = np.array(first.evidence.scenes, np.int64), np.array(first.evidence.dirty, np.bool_)
    flagged = np.array([first.evidence.flagged, second.evidence.flagged], np.bool_)
    rows: list[tuple[PairedFigure, NDArrayOfPhotos, NDArrayByPhoto]] = [
        ("recall", dirty, flagged.astype(np.float64)),
        ("alarms", ~dirty, flagged.astype(np.float64)),
    ]
    missed_cost = first.screening.missed_cost
    if second.screening.missed_cost == missed_cost:
        rows.append(("cost", np.ones_like(dirty), 100 * np.where(dirty, missed_cost * ~flagged, flagged)))
    return [
        pair(figure, None, _means(values, of, draws), count_scenes(scenes, of) >= LEAST_SCENES)
        for figure, of, values in rows
        if of.any()
    ]


def _means(values: NDArrayByPhoto, of: NDArrayOfPhotos, draws: NDArrayDraws) -> NDArraySampled:
    """Return the means over some of the photos on each sample; nan for a sample without them."""
    count = draws @ of
    return np.asarray(np.where(count > 0, (values * of) @ draws.T, np.nan) / np.maximum(count, 1))

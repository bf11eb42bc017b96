"""The evaluator's bench: from what a detector found to the record with every figure."""

import importlib.metadata
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import Any

from vision.benchmark.surroundings import surroundings
from vision.categories import CATEGORIES
from vision.datasets.build import DataSet
from vision.datasets.labels import LabelledPhoto, Split
from vision.errors import MissingExtraError
from vision.evaluation.contestants.looked import CHOSEN_ON, Looked, Progress, VerdictSet
from vision.evaluation.failures.analysis import failures_of
from vision.evaluation.failures.photo_traits import Traits, traits_of
from vision.evaluation.figures.average_precision import average_precision
from vision.evaluation.figures.coco_figures import detection_figures
from vision.evaluation.figures.evidence import evidence_of
from vision.evaluation.record import EvaluatedData, EvaluationRecord, Note
from vision.evaluation.screening.cost_point import choose_thresholds
from vision.evaluation.screening.operating_points import balanced
from vision.evaluation.screening.screening_figures import Chosen, screening_of, visited_of
from vision.images import read_photo_file

__all__ = ["record_of", "require_extra"]

PACKAGES = (
    "cleanlane",
    "numpy",
    "onnxruntime",
    "opencv-python-headless",
    "openvino",
    "pycocotools",
    "scikit-learn",
    "torch",
    "ultralytics",
)
NEEDED = {"matplotlib": "matplotlib", "pycocotools": "pycocotools", "sklearn": "scikit-learn"}  # module: package
UNKNOWN = 0.5  # threshold where neither the model states one nor `val` was looked at


def require_extra() -> None:
    """Say what is missing before the work begins, not after it.

    Raises:
        MissingExtraError: The extra `eval` isn't installed.
    """
    for module, package in NEEDED.items():
        if find_spec(module) is None:
            raise MissingExtraError(package, "eval")


def record_of(
    looked: Looked,
    data_set: DataSet,
    data: EvaluatedData,
    missed_cost: float,
    sets: Sequence[VerdictSet],
    command: str,
    progress: Progress,
) -> EvaluationRecord:
    """Compute every figure of an evaluation.

    Args:
        looked: What the detector found.
        data_set: The labels.
        data: Which of its photos are judged, as from `judged_data`.
        missed_cost: What missing a photo that needs a visit costs, in wasted visits.
        sets: Those that `looked` has finds of.
        command: As it was typed.
        progress: Told about the parts.

    Raises:
        MissingExtraError: The extra `eval` isn't installed.
    """
    photos, reported = data_set.of(data.split), looked.about.categories
    traits = _traits(photos, progress)
    thresholds, chosen, notes = _thresholds(looked, data_set, data.split, missed_cost)
    progress("figures", 0, 4)
    mean, categories = detection_figures(photos, looked.found, reported)
    progress("figures", 1, 4)
    failures = failures_of(photos, looked.found, traits, reported, thresholds)
    progress("figures", 2, 4)
    verdicts = {one.name: (one.dirty, looked.sets[one.name]) for one in sets if one.name in looked.sets}
    screening = screening_of(photos, looked.found, traits, thresholds, missed_cost, chosen, verdicts)
    progress("figures", 3, 4)
    around: dict[str, Any] = surroundings(PACKAGES)
    record = EvaluationRecord(
        created=datetime.now(UTC).replace(microsecond=0),
        software=f"cleanlane {importlib.metadata.version('cleanlane')}",
        command=command,
        machine=around["machine"],
        python=around["python"],
        versions=around["versions"],
        data=data,
        model=looked.about,
        notes=(*looked.notes, *_unreported(looked), *notes),
        mean=mean,
        categories=categories,
        screening=screening,
        failures=failures,
        robustness=looked.robustness,
        cost=looked.cost,
        evidence=evidence_of(photos, looked.found, reported, thresholds),
    )
    progress("figures", 4, 4)
    return record


def _unreported(looked: Looked) -> Iterator[Note]:
    """Say which problems a detector can't report, as its figures can only be read with that in mind."""
    silent = [
        category for category in CATEGORIES if category.is_problem and category.name not in looked.about.categories
    ]
    if silent:
        zh, en = "、".join(c.zh for c in silent), ", ".join(c.name for c in silent)
        yield Note(
            zh=f"它不报告{zh}: 平均值不含这些类别；筛查时，只有这些问题的照片算漏掉。",
            en=f"It doesn't report {en}: means leave these out; photos with no other problem count as missed.",
        )


def _traits(photos: Sequence[LabelledPhoto], progress: Progress) -> list[Traits]:
    traits = []
    for done, photo in enumerate(photos, 1):
        traits.append(traits_of(read_photo_file(photo.path).pixels))
        progress("traits", done, len(photos))
    return traits


def _thresholds(
    looked: Looked, data_set: DataSet, split: Split, missed_cost: float
) -> tuple[Mapping[str, float], Chosen | None, tuple[Note, ...]]:
    """Choose the operating point on `val`, never on what is judged unless that is `val` itself."""
    reported, val = looked.about.categories, data_set.of(CHOSEN_ON)
    if looked.on_val is None:
        kept = {name: looked.thresholds.get(name, UNKNOWN) for name in reported}
        note = Note(
            zh=f"没有 {CHOSEN_ON} 的结果可用来选阈值: 用模型自己的阈值，没有的用 {UNKNOWN}。",
            en=f"No finds on {CHOSEN_ON} to choose thresholds by: the model's own are used, {UNKNOWN} if it has none.",
        )
        return kept, None, (note,)
    start = balanced(average_precision(val, looked.on_val))  # not the model's own: all detectors are treated alike
    thresholds = choose_thresholds(val, looked.on_val, start, missed_cost, reported)
    chosen = Chosen(CHOSEN_ON, len(val), visited_of(val, looked.on_val, thresholds, missed_cost))
    if split != CHOSEN_ON:
        return thresholds, chosen, ()
    note = Note(
        zh="阈值就是在这些照片上选的: 筛查数字偏好，请看另一个划分上的。",
        en="The thresholds were chosen on these very photos: the screening figures flatter; look at another split's.",
    )
    return thresholds, chosen, (note,)

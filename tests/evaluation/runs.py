"""Random labels, random detectors, and records of what they found, for tests."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.datasets.photos import labelled
from vision.categories import NAMES
from vision.datasets.labels import LabelledPhoto
from vision.detections import Detections
from vision.evaluation import record as r
from vision.evaluation.figures.coco_figures import detection_figures
from vision.evaluation.figures.evidence import evidence_of

__all__ = ["THRESHOLDS", "draw_labels", "find_at_random", "record_of"]

THRESHOLDS = dict.fromkeys(NAMES, 0.5)
SIDES = (12, 160)  # of boxes, in pixels: from COCO's small to its large ones


def draw_labels(
    seed: int,
    count: int,
    categories: Sequence[str] = NAMES,
    empty: float = 0.2,
    most: int = 4,
    per_scene: int = 2,
) -> list[LabelledPhoto]:
    """Draw labels of photos whose source labels everything.

    Args:
        count: Photos.
        categories: That boxes can have.
        empty: Share of photos without boxes.
        most: Boxes on a photo.
        per_scene: Photos of a scene.
    """
    rng = np.random.default_rng(seed)
    photos = []
    for i in range(count):
        boxes = 0 if rng.random() < empty else int(rng.integers(1, most + 1))
        sides = np.exp(rng.uniform(np.log(SIDES[0]), np.log(SIDES[1]), (boxes, 1))) * rng.uniform(0.8, 1.25, (boxes, 2))
        corners = rng.uniform(size=(boxes, 2)) * (440, 280)
        kinds = [NAMES.index(categories[k]) for k in rng.integers(0, len(categories), boxes)]
        photo = labelled(np.hstack([corners, corners + sides]), kinds, set(NAMES))
        photos.append(replace(photo, path=Path(f"{i}.jpg"), scene_group=f"scene{i // per_scene}"))
    return photos


def find_at_random(
    photos: Sequence[LabelledPhoto], seed: int, recall: float = 0.6, wrong: float = 1.0, digits: int = 6
) -> list[Detections]:
    """Find some of the labels in loose boxes, and things that aren't there.

    Args:
        recall: Chance that a label is found.
        wrong: Mean number of further finds on a photo.
        digits: Of the scores; few give many equal ones.
    """
    rng = np.random.default_rng(seed)
    found = []
    for photo in photos:
        labels = photo.labels[rng.random(len(photo.labels)) < recall]
        sides = np.tile(labels.boxes[:, 2:] - labels.boxes[:, :2], 2)
        loose = labels.boxes + rng.normal(0, 0.07, labels.boxes.shape) * sides
        more = int(rng.poisson(wrong))
        corners = rng.uniform(0, (440, 280), (more, 2))
        elsewhere = np.hstack([corners, corners + rng.uniform(SIDES[0], SIDES[1], (more, 2))])
        scores = np.concatenate([rng.beta(4, 2, len(labels)), rng.beta(2, 4, more)])
        kinds = np.concatenate([labels.categories, rng.integers(0, len(NAMES), more)])
        found.append(Detections.of(np.concatenate([loose, elsewhere]), scores.round(digits), kinds))
    return found


def record_of(
    photos: Sequence[LabelledPhoto],
    detections: Sequence[Detections],
    reported: Collection[str] = NAMES,
    thresholds: Mapping[str, float] = THRESHOLDS,
    name: str = "model",
    missed_cost: float = 5,
) -> r.EvaluationRecord:
    """Return a record whose detection figures and evidence are real; the rest is as empty as the format allows."""
    mean, categories = detection_figures(photos, detections, reported, resamples=2)
    evidence = evidence_of(photos, detections, reported, thresholds)
    nothing = r.Rate(count=0, total=0)
    everything = r.ScreeningGroup(photos=0, visited=r.Visited(recall=nothing, alarms=nothing, cost_per_100=None))
    return r.EvaluationRecord(
        created=dt.datetime(2026, 3, 12, tzinfo=dt.UTC),
        software="cleanlane",
        command="cleanlane evaluate",
        machine="any",
        python="3.11",
        versions={},
        data=r.EvaluatedData(
            name="town",
            split="test",
            photos=len(photos),
            boxes=sum(len(photo.labels) for photo in photos),
            scenes=len(set(evidence.scenes)),
            sources={},
            photos_sha256="a" * 64,
            labels_sha256="b" * 64,
        ),
        model=r.EvaluatedModel(name=name, kind="onnx", sha256="c" * 64, bytes=1, categories=tuple(reported)),
        mean=mean,
        categories=categories,
        screening=r.Screening(
            missed_cost=missed_cost,
            chosen_on=None,
            chosen_photos=0,
            chosen_visited=None,
            thresholds=dict(thresholds),
            everything=everything,
            light={},
            categories={},
        ),
        failures=r.Failures(
            errors={},
            confusion=r.Confusion(names=(), counts=((0,),), thresholds={}),
            calibration=r.Calibration(finds=0, ece=None, bins=()),
            calibration_by_category={},
            slices=(),
            mistakes=(),
        ),
        evidence=evidence,
    )

"""The figures against a plain run of pycocotools on files in COCO's format."""

import contextlib
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from tests.datasets.photos import labelled
from tests.evaluation.runs import draw_labels, find_at_random
from vision.categories import NAMES
from vision.datasets.formats.files import read_source
from vision.datasets.labels import LabelledPhoto
from vision.detections import Detections
from vision.evaluation.figures.coco_figures import detection_figures
from vision.evaluation.predict import LOWEST_SCORE
from vision.evaluation.record import Figures
from vision.inference.detector import Detector


def entries(detections: Sequence[Detections]) -> list[dict[str, object]]:
    return [
        {
            "image_id": image,
            "category_id": NAMES.index(name) + 1,
            "bbox": [float(x1), float(y1), float(x2) - float(x1), float(y2) - float(y1)],
            "score": score,
        }
        for image, found in enumerate(detections, 1)
        for (x1, y1, x2, y2), score, name in found
    ]


def plain_stats(
    photos: Sequence[LabelledPhoto], detections: Sequence[Detections], folder: Path, category: str | None = None
) -> list[float]:
    """Run pycocotools as its documentation does, and return its 12 figures; -1 where there are no boxes."""
    annotations = [
        {**entry, "id": i, "area": entry["bbox"][2] * entry["bbox"][3], "iscrowd": 0}  # type: ignore[index]
        for i, entry in enumerate(entries([photo.labels for photo in photos]), 1)
    ]
    truth, results = folder / "labels.json", folder / "results.json"
    images = [{"id": i, "width": p.width, "height": p.height} for i, p in enumerate(photos, 1)]
    categories = [{"id": i, "name": name} for i, name in enumerate(NAMES, 1)]
    truth.write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories, "info": {}}))
    results.write_text(json.dumps(entries(detections)))
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(str(truth))
        evaluation = COCOeval(coco, coco.loadRes(str(results)), "bbox")
        if category is not None:
            evaluation.params.catIds = [NAMES.index(category) + 1]
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return [float(value) for value in evaluation.stats]


def stats(figures: Figures) -> list[float]:
    """The same figures in pycocotools' order."""
    sizes = [figures.by_size[size] for size in ("small", "medium", "large")]
    values = [figures.ap50_95, figures.ap50, figures.ap75, *(size.ap50_95 for size in sizes)]
    values += [figures.ar_1, figures.ar_10, figures.ar_100, *(size.ar_100 for size in sizes)]
    return [-1 if value is None else value for value in values]


def random_run(seed: int) -> tuple[list[LabelledPhoto], list[Detections]]:
    """Some 500 boxes; many equal scores, a crowd of finds, boxes just at the limits of the sizes."""
    photos = draw_labels(seed, 120, most=10)
    detections = find_at_random(photos, seed, wrong=12, digits=2)
    sides = np.array([[31, 33], [32, 32], [33, 32], [95, 97], [96, 96], [97, 96]])
    corners = np.arange(6)[:, None] * 100 + np.zeros((1, 2))
    limits = np.hstack([corners, corners + sides])
    photos.append(labelled(limits, [6] * 6, set(NAMES)))
    detections.append(Detections.of(limits + np.array([0, 0, 2, 1]), np.linspace(0.3, 0.8, 6), [6] * 6))
    rng = np.random.default_rng(seed)
    corners = rng.uniform(0, 300, (30, 2))
    boxes = np.hstack([corners, corners + rng.uniform(20, 120, (30, 2))])
    crowd = np.tile(boxes, (6, 1)) + rng.normal(0, 5, (180, 4)) * [0, 0, 1, 1]
    photos.append(labelled(boxes, [2] * 30, set(NAMES)))
    detections.append(Detections.of(crowd, rng.random(180).round(2), [2] * 180))
    return photos, detections


@pytest.mark.parametrize("seed", range(3))
def test_the_figures_are_those_of_a_plain_run(seed: int, tmp_path: Path) -> None:
    photos, detections = random_run(seed)
    mean, categories = detection_figures(photos, detections, NAMES, resamples=2)
    assert sum(category.boxes for category in categories) > 400
    expected = plain_stats(photos, detections, tmp_path)
    assert all(0.05 < value < 0.95 for value in expected)
    assert stats(mean) == pytest.approx(expected, abs=1e-6)
    for category in categories:
        alone = plain_stats(photos, detections, tmp_path, category.category)
        assert stats(category.figures) == pytest.approx(alone, abs=1e-6), category.category
    assert categories[2].figures.ar_100 != categories[2].figures.ar_10


@pytest.mark.parametrize("seed", range(2))
def test_partial_labels_are_a_plain_run_on_the_photos_that_label_the_category(seed: int, tmp_path: Path) -> None:
    photos, detections = random_run(seed)
    rng = np.random.default_rng(seed)
    partial = []
    for photo in photos:
        annotated = {name for name in NAMES if rng.random() < 0.6}
        known = np.array([NAMES[category] in annotated for category in photo.labels.categories], np.bool_)
        partial.append(replace(photo, labels=photo.labels[known], annotated=frozenset(annotated)))
    mean, categories = detection_figures(partial, detections, NAMES, resamples=2)
    alone = []
    for category in categories:
        judged = [i for i, photo in enumerate(partial) if category.category in photo.annotated]
        assert category.photos == len(judged) < len(photos)
        here = [partial[i] for i in judged], [detections[i] for i in judged]
        alone.append(plain_stats(*here, tmp_path, category.category))
        assert stats(category.figures) == pytest.approx(alone[-1], abs=1e-6), category.category
    assert stats(mean) == pytest.approx(np.mean(alone, axis=0), abs=1e-6)


def test_the_published_model_on_real_photos(shared_data: Path, tmp_path: Path) -> None:
    source = read_source(shared_data / "china-bins")
    photos = [photo for photo in source.photos if photo.split == "val"][:40]
    detections = list(Detector(device="cpu", precision="fp32", thresholds=LOWEST_SCORE).detect(p.path for p in photos))
    mean, categories = detection_figures(photos, detections, NAMES, resamples=2)
    alone = [
        plain_stats(photos, detections, tmp_path, category.category)
        for category in categories
        if category.category in source.annotated and category.boxes
    ]
    assert len(alone) >= 2
    assert max(values[1] for values in alone) > 0.3
    known = np.ma.masked_less(alone, 0)  # a category without boxes of a size doesn't count in its mean
    assert stats(mean) == pytest.approx(known.mean(axis=0).filled(-1).tolist(), abs=1e-6)

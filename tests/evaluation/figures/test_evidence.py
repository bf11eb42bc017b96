from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.datasets.photos import labelled
from tests.evaluation.runs import THRESHOLDS, draw_labels, find_at_random, record_of
from vision.categories import NAMES
from vision.detections import Detections
from vision.evaluation.figures.evidence import evidence_of, ranking_of
from vision.evaluation.record import CategoryEvidence, EvaluationRecord, load_record
from vision.evaluation.screening.visits import visits

BIN, LITTER = NAMES.index("bin"), NAMES.index("litter")


def test_by_hand() -> None:
    """IoU 0.72 is right at 0.50 to 0.70; the last right find is the second, and the third is left out."""
    scene = labelled([[0, 0, 100, 100]], [BIN], {"bin", "litter"})
    photos = [
        replace(scene, path=Path("somewhere/a.jpg"), source="town", scene_group="s"),
        replace(labelled([], [], {"litter"}), path=Path("b.jpg"), source="beach"),
        replace(scene, path=Path("c.jpg"), source="town", scene_group="s"),
    ]
    found = [
        Detections.of([[0, 0, 100, 72]], [0.5], [BIN]),
        Detections.of([[0, 0, 100, 100]] * 2, [0.875, 0.75], [BIN, LITTER]),
        Detections.of([[0, 0, 100, 100], [200, 200, 300, 300]], [0.75, 0.25], [BIN, BIN]),
    ]
    evidence = evidence_of(photos, found, ["bin", "litter"], {"litter": 0.6})
    assert evidence.photos == ("town/a.jpg", "beach/b.jpg", "town/c.jpg")
    assert (evidence.scenes, evidence.dirty, evidence.flagged) == ((0, 1, 0), (False,) * 3, (False, True, False))
    assert evidence.categories == {
        "bin": CategoryEvidence(boxes=(1, -1, 1), photo=(2, 0), score=(0.75, 0.5), right=(0b1111111111, 0b11111)),
        "litter": CategoryEvidence(boxes=(0, 0, 0), photo=(), score=(), right=()),
    }


@pytest.mark.parametrize("seed", range(3))
def test_average_precision_from_the_file_is_the_reported_one(seed: int, tmp_path: Path) -> None:
    photos = draw_labels(seed, 60)
    rng = np.random.default_rng(seed)
    photos = [replace(p, annotated=frozenset(NAMES if rng.random() < 0.8 else ["bin"])) for p in photos]
    detections = find_at_random(photos, seed, wrong=10, digits=2 if seed else 9)
    record_of(photos, detections, reported=NAMES[1:]).write(tmp_path / "report.json")
    record = load_record(tmp_path / "report.json")
    assert list(record.evidence.categories) == list(NAMES[1:])
    once = np.ones((1, len(photos)), np.int64)
    for category in record.categories[1:]:
        evidence = record.evidence.categories[category.category]
        assert (sum(n for n in evidence.boxes if n > 0), evidence.boxes.count(-1)) == (
            category.boxes,
            len(photos) - category.photos,
        )
        values = ranking_of(evidence).average_precision(once)[0]
        reported = category.figures.ap50, category.figures.ap50_95
        assert (values[0], values.mean()) == pytest.approx(reported, abs=1e-9)


def test_scores_survive_the_file_to_the_last_bit() -> None:
    photos = draw_labels(0, 60)
    detections = find_at_random(photos, 0, recall=0.9, digits=9)
    record = record_of(photos, detections)
    again = EvaluationRecord.model_validate_json(record.model_dump_json())
    assert again == record
    scores = np.array(again.evidence.categories["bin"].score)
    assert len(scores) > 10
    assert set(scores) <= {float(score) for found in detections for score in found.scores}


def test_what_is_flagged_is_what_visits_count() -> None:
    photos = draw_labels(1, 100, empty=0.5)
    rng = np.random.default_rng(1)
    photos = [replace(photo, annotated=photo.annotated - {NAMES[rng.integers(7)]}) for photo in photos]
    detections = find_at_random(photos, 1)
    evidence = evidence_of(photos, detections, NAMES, THRESHOLDS)
    flagged, dirty = np.array(evidence.flagged), np.array(evidence.dirty)
    count = visits(photos, detections, THRESHOLDS)
    assert 0 < count.alarms < count.clean
    assert (dirty.sum(), (flagged & dirty).sum()) == (count.dirty, count.found)
    assert ((~dirty).sum(), (flagged & ~dirty).sum()) == (count.clean, count.alarms)


@pytest.mark.parametrize(
    ("score", "threshold", "flagged"),
    [
        pytest.param(0.3, 0.3, True, id="the nearest float32 reaches the threshold"),
        pytest.param(0.29, 0.3, False, id="below"),
        pytest.param(1, 1.01, False, id="never"),
    ],
)
def test_thresholds_compare_as_the_runtime_does(score: float, threshold: float, flagged: bool) -> None:
    photos = [labelled([], [], set(NAMES))]
    found = [Detections.of([[0, 0, 9, 9]], [score], [LITTER])]
    assert evidence_of(photos, found, NAMES, {"litter": threshold}).flagged == (flagged,)

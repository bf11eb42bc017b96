import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from tests.datasets.photos import labelled
from tests.evaluation.runs import draw_labels, find_at_random, record_of
from vision.categories import NAMES
from vision.datasets.labels import LabelledPhoto
from vision.detections import Detections
from vision.errors import ResultError
from vision.evaluation.comparison.paired import Paired, paired_tests
from vision.evaluation.comparison.paired_difference import holm, pair
from vision.evaluation.record import EvaluationRecord

BIN, LITTER = NAMES.index("bin"), NAMES.index("litter")
BOX = [10, 10, 60, 60]
NOTHING = Detections.empty()
FOUND = Detections.of([BOX], [0.9], [LITTER])


def dirty_scenes(count: int, category: int = LITTER) -> list[LabelledPhoto]:
    photo = labelled([BOX], [category], set(NAMES))
    return [replace(photo, scene_group=f"dirty{category}-{i}") for i in range(count)]


def clean_scenes(count: int) -> list[LabelledPhoto]:
    return [replace(labelled([], [], set(NAMES)), scene_group=f"clean{i}") for i in range(count)]


def rows_of(first: EvaluationRecord, second: EvaluationRecord, resamples: int = 500) -> dict[str, Paired]:
    """The rows by `figure` or `figure category`."""
    rows = paired_tests(first, second, resamples)
    return {row.figure if row.category is None else f"{row.figure} {row.category}": row for row in rows}


def test_a_run_is_no_better_than_itself() -> None:
    photos = draw_labels(0, 60, ["bin", "litter"])
    record = record_of(photos, find_at_random(photos, 0))
    rows = paired_tests(record, record, resamples=100)
    expected = ["ap50_95", "ap50", "ap50 bin", "ap50 litter", "recall", "alarms", "cost"]
    assert list(rows_of(record, record, 100)) == expected
    for row in rows:
        assert (row.difference, row.interval, row.p, row.verdict) == (0, (0, 0), 1, "cannot_tell")
        assert row.first == row.second
    assert rows[0].first == pytest.approx(record.mean.ap50_95, abs=1e-9)
    assert rows[1].first == pytest.approx(record.mean.ap50, abs=1e-9)


@pytest.mark.parametrize(
    ("more", "verdict"),
    [pytest.param(20, "better", id="on many scenes"), pytest.param(2, "cannot_tell", id="on two scenes")],
)
def test_finding_more(more: int, verdict: str) -> None:
    photos = dirty_scenes(60)
    first = record_of(photos, [FOUND] * 20 + [NOTHING] * 40)
    second = record_of(photos, [FOUND] * (20 + more) + [NOTHING] * (40 - more))
    rows = rows_of(first, second)
    for name in ("ap50_95", "ap50", "ap50 litter", "recall", "cost"):
        assert rows[name].verdict == verdict, name
    assert rows["recall"].difference == pytest.approx(more / 60)
    assert (rows["cost"].first, rows["cost"].second) == pytest.approx((500 * 40 / 60, 500 * (40 - more) / 60))
    worse = rows_of(second, first)
    assert worse["recall"].verdict == {"better": "worse"}.get(verdict, verdict)
    assert worse["recall"].difference == pytest.approx(-more / 60)


def test_the_interval_is_that_of_the_difference() -> None:
    """Of 60 scenes 15 are found by the second only: the share of such scenes varies by sqrt(0.25 * 0.75 / 60)."""
    photos = dirty_scenes(60)
    rows = rows_of(record_of(photos, [NOTHING] * 60), record_of(photos, [FOUND] * 15 + [NOTHING] * 45), 4000)
    spread = 1.96 * (0.25 * 0.75 / 60) ** 0.5
    for name in ("ap50_95", "ap50", "recall"):
        assert rows[name].interval == pytest.approx((0.25 - spread, 0.25 + spread), abs=0.02), name


def test_fewer_alarms_are_better() -> None:
    photos = [*dirty_scenes(20), *clean_scenes(60)]
    cautious = record_of(photos, [FOUND] * 20 + [NOTHING] * 55 + [FOUND] * 5)
    eager = record_of(photos, [FOUND] * 20 + [FOUND] * 60)
    rows = rows_of(eager, cautious)
    assert (rows["alarms"].first, rows["alarms"].second) == pytest.approx((1, 5 / 60))
    assert rows["alarms"].difference < 0
    assert [rows[name].verdict for name in ("alarms", "cost", "recall")] == ["better", "better", "cannot_tell"]
    assert rows_of(cautious, eager)["alarms"].verdict == "worse"


@pytest.mark.parametrize(
    ("scenes", "photos_each", "verdict"),
    [
        pytest.param(9, 10, "cannot_tell", id="too few scenes"),
        pytest.param(30, 3, "better", id="enough"),
    ],
)
def test_many_photos_of_few_scenes_are_no_proof(scenes: int, photos_each: int, verdict: str) -> None:
    photos = [photo for photo in dirty_scenes(scenes) for _ in range(photos_each)]
    rows = rows_of(record_of(photos, [NOTHING] * len(photos)), record_of(photos, [FOUND] * len(photos)))
    assert {row.verdict for name, row in rows.items()} == {verdict}


def test_a_category_with_too_few_boxes_gets_no_verdict() -> None:
    photos = [*dirty_scenes(29, BIN), *dirty_scenes(40)]
    found = [Detections.of([BOX], [0.9], [BIN])] * 29 + [FOUND] * 40
    rows = rows_of(record_of(photos, [NOTHING] * 69), record_of(photos, found))
    assert rows["ap50 bin"].difference == pytest.approx(1)
    assert rows["ap50 bin"].verdict == "cannot_tell"
    assert rows["ap50 litter"].verdict == "better"


def test_no_mean_is_better_by_a_category_with_too_few_boxes() -> None:
    photos = [*dirty_scenes(8, BIN), *dirty_scenes(40)]
    found = [Detections.of([BOX], [0.9], [BIN])] * 8
    rows = rows_of(record_of(photos, [NOTHING] * 8 + [FOUND] * 40), record_of(photos, found + [FOUND] * 40))
    assert rows["ap50"].difference == pytest.approx(0.5)
    assert rows["ap50"].interval[0] > 0.4
    assert {rows[name].verdict for name in ("ap50_95", "ap50", "ap50 bin", "ap50 litter")} == {"cannot_tell"}


def test_only_what_both_report_is_compared() -> None:
    photos = [*dirty_scenes(40, BIN), *dirty_scenes(40)]
    found = [Detections.of([BOX], [0.9], [BIN])] * 40 + [FOUND] * 40
    first, second = record_of(photos, found), record_of(photos, found, ["litter"], missed_cost=3)
    assert list(rows_of(first, second)) == ["ap50_95", "ap50", "ap50 litter", "recall", "alarms"]
    assert list(rows_of(record_of(photos, found, ["bin"]), second)) == ["recall", "alarms"]


@pytest.mark.parametrize(
    "kinds", [pytest.param(("bin", "litter"), id="both rates"), pytest.param(("litter",), id="no")]
)
def test_the_rates_are_of_photos_that_are_there(kinds: tuple[str, ...]) -> None:
    photos = [photo for kind in kinds for photo in dirty_scenes(20, NAMES.index(kind))]
    record = record_of(photos, [FOUND] * len(photos))
    assert ("alarms" in rows_of(record, record, 50)) is ("bin" in kinds)  # a bin is no problem: a clean photo


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(
            {"photos_sha256": "d" * 64, "name": "village"},
            "expected two runs of the same photos, but north and south were judged on 12 photos of town, test, and "
            "12 others of village, test; evaluate both on the same data",
            id="photos",
        ),
        pytest.param(
            {"labels_sha256": "d" * 64, "boxes": 13},
            "expected two runs of the same labels, but those of town have changed between the runs of north and south "
            "(12 and 13 boxes); evaluate both on the same data",
            id="labels",
        ),
    ],
)
def test_runs_on_other_data(change: dict[str, object], message: str) -> None:
    photos = dirty_scenes(12)
    first, second = (record_of(photos, [FOUND] * 12, name=name) for name in ("north", "south"))
    second = second.model_copy(update={"data": second.data.model_copy(update=change)})
    with pytest.raises(ResultError, match=f"^{re.escape(message)}$"):
        paired_tests(first, second)


def test_runs_with_other_scene_groups() -> None:
    photos = dirty_scenes(12)
    one_scene = [replace(photo, scene_group="one") for photo in photos]
    with pytest.raises(ResultError, match="same scene groups and order of photos"):
        paired_tests(record_of(photos, [FOUND] * 12), record_of(one_scene, [FOUND] * 12))


def test_models_of_equal_quality_seldom_get_a_verdict() -> None:
    """At most 5 of 100 are expected of each figure; more than 10 would be a chance of 1 %."""
    verdicts: Counter[str] = Counter()
    for trial in range(100):
        photos = draw_labels(trial, 40, ["litter"], empty=0.5, per_scene=1)
        first, second = (
            record_of(photos, find_at_random(photos, seed), ["litter"]) for seed in (1000 + trial, 2000 + trial)
        )
        verdicts.update(name for name, row in rows_of(first, second, 200).items() if row.verdict != "cannot_tell")
    assert all(count <= 10 for count in verdicts.values()), verdicts


def test_a_better_model_gets_its_verdict() -> None:
    verdicts: Counter[str] = Counter()
    for trial in range(10):
        photos = draw_labels(trial, 60, ["litter"], empty=0.3, per_scene=1)
        weak, strong = find_at_random(photos, trial, recall=0.4), find_at_random(photos, 100 + trial, recall=0.9)
        rows = rows_of(record_of(photos, weak), record_of(photos, strong), 200)
        verdicts.update(name for name, row in rows.items() if row.verdict == "better")
    assert all(verdicts[name] >= 8 for name in ("ap50_95", "ap50", "ap50 litter", "recall")), verdicts


def test_p_is_how_often_chance_is_as_large() -> None:
    """Four samples differ from the observed 1 by 0, 0.5, 1 and 2; one has no figure."""
    values = np.array([[0, 0, 0, 0, 0, 0], [1, 1, 1.5, 2, 3, np.nan]], np.float64)
    row = pair("recall", None, values, enough=True)
    assert (row.first, row.second, row.difference) == (0, 1, 1)
    assert row.p == pytest.approx((1 + 2) / (1 + 4))
    assert row.interval == pytest.approx(np.quantile([1, 1.5, 2, 3], [0.025, 0.975]))


def test_holm() -> None:
    """Holm's own steps: p times 4, 3, 2 and 1 from the least on, and never less than the one before."""
    row = Paired("ap50", "bin", 0, 1, 1, (0.5, 1.5), 0.0, "better")
    corrected = holm([replace(row, p=p) for p in (0.04, 0.01, 0.03, 0.005)])
    assert [each.p for each in corrected] == pytest.approx([0.06, 0.03, 0.06, 0.02])
    assert [each.verdict for each in corrected] == ["cannot_tell", "better", "cannot_tell", "better"]
    assert holm([replace(row, p=0.6)] * 2)[0].p == 1
    assert holm([]) == []

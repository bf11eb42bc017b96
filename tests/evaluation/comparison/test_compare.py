from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.evaluation.records import example_record
from vision.errors import ResultError
from vision.evaluation.comparison.compare import Comparison, compare_records, letter
from vision.evaluation.record import EvaluationRecord
from vision.evaluation.report.comparison_table import rows_of

RESAMPLES = 200
POOR, GOOD = example_record("poor", 0.2), example_record("good", 0.8)


def on(record: EvaluationRecord, **data: str) -> EvaluationRecord:
    return record.model_copy(update={"data": record.data.model_copy(update=data)})


def named(record: EvaluationRecord, name: str, sha256: str) -> EvaluationRecord:
    return record.model_copy(update={"model": record.model.model_copy(update={"name": name, "sha256": sha256})})


def without(record: EvaluationRecord, name: str) -> EvaluationRecord:
    """Make a category one that the model can't report."""
    categories = tuple(
        c.model_copy(update={"reported": False, "figures": type(c.figures)()}) if c.category == name else c
        for c in record.categories
    )
    kept = {category: found for category, found in record.evidence.categories.items() if category != name}
    evidence = record.evidence.model_copy(update={"categories": kept})
    return record.model_copy(update={"categories": categories, "evidence": evidence})


def priced(record: EvaluationRecord, missed_cost: float) -> EvaluationRecord:
    screening = record.screening.model_copy(update={"missed_cost": missed_cost})
    return record.model_copy(update={"screening": screening})


def compared(*records: EvaluationRecord) -> Comparison:
    return compare_records(records, resamples=RESAMPLES)


def cells(*records: EvaluationRecord) -> dict[str, list[tuple[str, str | None]]]:
    rows = rows_of(compared(*records), records)
    return {row.label: [(cell.value, cell.verdict) for cell in row.cells] for row in rows}


@pytest.mark.parametrize(
    ("first", "other", "verdict"),
    [
        pytest.param(POOR, GOOD, "better", id="better"),
        pytest.param(GOOD, POOR, "worse", id="worse"),
        pytest.param(GOOD, GOOD, "cannot_tell", id="the same one twice"),
    ],
)
def test_verdicts(first: EvaluationRecord, other: EvaluationRecord, verdict: str) -> None:
    shown = cells(first, other)
    assert shown["AP50-95 平均 mean"] == [
        (f"{first.mean.ap50_95:.3f}", None),
        (f"{other.mean.ap50_95:.3f}", verdict),
    ]
    assert shown["AP50 暴露垃圾 garbage pile"][1][1] == verdict
    assert shown["费用，每 100 张 cost per 100 photos"][1][1] == verdict
    assert shown["每张照片毫秒数，p50 ms per photo, p50"] == [("61.0", None)] * 2
    assert shown["模型大小 model size"] == [("11.4 MB", None)] * 2
    assert "AP50 乱涂写 graffiti" not in shown  # none of them reports it


def test_figures_of_screening() -> None:
    visited = GOOD.screening.everything.visited
    shown = cells(GOOD, GOOD)
    recall = 100 * visited.recall.count / visited.recall.total
    alarms = 100 * visited.alarms.count / visited.alarms.total
    assert shown["召回率，需到场的照片 recall, photos needing a visit"][0][0] == f"{recall:.1f} %"
    assert shown["误报，每 100 张干净照片 false alarms per 100 clean photos"][0][0] == f"{alarms:.1f}"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param({"photos_sha256": "e" * 64}, "judged on other photos than poor", id="photos"),
        pytest.param({"labels_sha256": "e" * 64}, "judged by other labels than poor", id="labels"),
    ],
)
def test_other_material_gets_no_verdicts(data: dict[str, str], said: str) -> None:
    comparison = compared(POOR, on(GOOD, **data))
    assert comparison.runs[1].differences is None
    (note,) = comparison.notes
    assert said in note.en
    rows = rows_of(comparison, [POOR, GOOD])
    assert {cell.verdict for row in rows for cell in row.cells} == {None}
    assert rows[0].cells[1].value == f"{GOOD.mean.ap50_95:.3f}"


def test_means_are_over_what_all_report() -> None:
    fewer = without(POOR, "litter")
    comparison = compared(fewer, GOOD)
    assert "litter" not in comparison.categories
    of = [c.figures.ap50 or 0 for c in GOOD.categories if c.category in comparison.categories]
    assert len(of) == 5
    assert comparison.runs[1].mean.ap50 == pytest.approx(sum(of) / 5)
    assert comparison.runs[1].mean.ap50 != pytest.approx(GOOD.mean.ap50)
    assert comparison.runs[1].mean.intervals == {}  # that of another mean would be wrong
    assert [note.en for note in comparison.notes] == ["Means leave out litter: not every run has figures of it."]
    shown = rows_of(comparison, [fewer, GOOD])
    (litter,) = [row for row in shown if row.words[1] == "litter"]
    assert litter.cells[0].value == "–"
    assert litter.cells[1].verdict is None


def test_the_tests_means_are_the_tables() -> None:
    run = compared(without(POOR, "litter"), GOOD).runs[1]
    (mean,) = [d for d in run.differences or () if (d.figure, d.category) == ("ap50", None)]
    assert mean.second == pytest.approx(run.mean.ap50, abs=1e-6)


def test_no_category_in_common() -> None:
    names = [c.category for c in POOR.categories]
    bare = POOR
    for name in names:
        bare = without(bare, name)
    comparison = compared(bare, GOOD)
    assert comparison.categories == ()
    assert comparison.runs[1].mean.ap50 is None
    assert comparison.runs[1].verdict("recall") == "better"


def test_other_prices_of_a_missed_problem() -> None:
    comparison = compared(POOR, priced(GOOD, 3))
    assert comparison.runs[1].verdict("cost") is None
    assert comparison.runs[1].verdict("recall") == "better"
    assert [note.en for note in comparison.notes] == [
        "good and poor price a missed problem differently: no verdict on cost."
    ]


def test_other_machines() -> None:
    elsewhere = GOOD.model_copy(update={"machine": "another"})
    assert "times per photo can't be compared" in compared(POOR, elsewhere).notes[-1].en
    untimed = elsewhere.model_copy(update={"cost": None})
    assert compared(POOR, untimed).notes == ()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param([("a", "1"), ("b", "1")], ["a", "b"], id="names differ"),
        pytest.param([("a", "1"), ("a", "2")], ["a (11111111)", "a (22222222)"], id="hashes differ"),
        pytest.param([("a", "1"), ("a", "1")], ["a (11111111) #1", "a (11111111) #2"], id="the same"),
        pytest.param(
            [("a", "1"), ("b", "1"), ("a", "1"), ("a", "2")],
            ["a (11111111) #1", "b", "a (11111111) #2", "a (22222222)"],
            id="all at once",
        ),
    ],
)
def test_names_are_told_apart(given: Sequence[tuple[str, str]], expected: list[str]) -> None:
    records = [named(on(GOOD, photos_sha256=f"{i}" * 64), name, sha * 64) for i, (name, sha) in enumerate(given)]
    assert [run.name for run in compared(*records).runs] == expected


def test_other_scene_groups_are_an_error() -> None:
    evidence = GOOD.evidence.model_copy(update={"scenes": (0,) * len(GOOD.evidence.scenes)})
    with pytest.raises(ResultError, match="scene groups"):
        compared(POOR, GOOD.model_copy(update={"evidence": evidence}))


def test_progress_sees_every_other_record() -> None:
    seen: list[int] = []

    def track(others: Sequence[EvaluationRecord]) -> Sequence[EvaluationRecord]:
        seen.append(len(others))
        return others

    compare_records([POOR, GOOD, POOR], track, RESAMPLES)
    assert seen == [2]


def test_written_and_read_again(tmp_path: Path) -> None:
    comparison = compared(POOR, GOOD)
    path = tmp_path / "comparison.json"
    path.write_text("of an earlier one")
    comparison.write(path)
    assert Comparison.model_validate_json(path.read_bytes()) == comparison
    assert [child.name for child in tmp_path.iterdir()] == ["comparison.json"]


@pytest.mark.parametrize(("index", "short"), [(0, "A"), (25, "Z"), (26, "A1"), (53, "B2")])
def test_letters(index: int, short: str) -> None:
    assert letter(index) == short

import re
from pathlib import Path

import pytest

from tests.evaluation.records import example_record
from vision.evaluation.comparison.compare import compare_records
from vision.evaluation.record import EvaluationRecord
from vision.evaluation.report.markdown import write_comparison_markdown, write_markdown

HOSTILE = "a | *b* `c` <img src=x> [d](e) \\ \n f"


def renamed(record: EvaluationRecord, name: str) -> EvaluationRecord:
    return record.model_copy(update={"model": record.model.model_copy(update={"name": name})})


def tables(text: str) -> list[list[list[str]]]:
    """Return the cells of all tables, as a reader of GitHub's Markdown splits them."""
    found: list[list[list[str]]] = [[]]
    for line in text.splitlines():
        if line.startswith("|"):
            found[-1].append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
        elif found[-1]:
            found.append([])
    return [table for table in found if table]


def test_a_model_card(tmp_path: Path) -> None:
    record = example_record("cleanlane-s", 0.7)
    path = tmp_path / "report.md"
    path.write_text("of an earlier one")
    write_markdown(path, record)
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# 评估 Evaluation: cleanlane-s\n")
    for fact in (
        "town, test: 132 张照片 photos",
        "33 个场景 scenes · 2026-03-12",
        "AMD EPYC 7B13",
        f"```sh\n{record.command}\n```",
        "a1" * 32,
        "b2" * 32,
        "c3" * 32,
        "onnxruntime 1.20.1",
        record.notes[0].zh,
        record.notes[0].en,
        "chosen on val",
    ):
        assert fact in text
    detection, screening, errors = tables(text)
    rows = {row[0]: row[1:] for row in detection}
    pile = record.categories[0]
    low, high = pile.figures.intervals["ap50"]
    assert rows["暴露垃圾 garbage pile"] == [
        "0.400",
        str(pile.boxes),
        str(pile.scenes),
        f"{pile.figures.ap50_95:.3f}",
        f"{pile.figures.ap50:.3f} [{low:.3f}, {high:.3f}]",
        f"{pile.figures.ap75:.3f}",
        f"{pile.figures.ar_100:.3f}",
    ]
    assert rows["乱涂写 graffiti (模型不报告 not reported)"][3:] == ["–"] * 4
    assert rows["平均 mean"][3] == f"{record.mean.ap50_95:.3f}"
    recall = record.screening.everything.visited.recall
    assert screening[2][2].endswith(f"({recall.count}/{recall.total})")
    assert [row[0] for row in screening[2:]] == ["全部 all", "白天 day", "昏暗 dark", "抽查 spot checks"]
    lost = [float(row[2]) for row in errors[2:]]
    assert len(lost) == 3
    assert lost == sorted(lost, reverse=True)
    assert lost[0] == pytest.approx(max(e.ap50_lost for e in record.failures.errors.values()), abs=5e-4)


def test_names_break_no_table(tmp_path: Path) -> None:
    record = renamed(example_record(), HOSTILE)
    record = record.model_copy(update={"command": "cleanlane evaluate '```' 'a|b'"})
    write_markdown(tmp_path / "one.md", record)
    one = (tmp_path / "one.md").read_text(encoding="utf-8")
    assert "<img" not in one.replace("\\<", "")
    assert "````sh\ncleanlane evaluate '```' 'a|b'\n````" in one
    records = [record, example_record("good", 0.8)]
    write_comparison_markdown(tmp_path / "two.md", compare_records(records, resamples=100), records)
    for text in (one, (tmp_path / "two.md").read_text(encoding="utf-8")):
        for table in tables(text):
            assert len({len(row) for row in table}) == 1
            assert set(table[1]) <= {"---", "---:"}


def test_a_comparison(tmp_path: Path) -> None:
    records = [example_record("poor", 0.2), example_record("good", 0.8)]
    write_comparison_markdown(tmp_path / "c.md", compare_records(records, resamples=200), records)
    (table,) = tables((tmp_path / "c.md").read_text(encoding="utf-8"))
    assert table[0] == ["", "poor", "good"]
    mean = next(row for row in table if row[0] == "AP50 平均 mean")
    assert mean[1].startswith(f"{records[0].mean.ap50:.3f} (")
    assert mean[2].startswith(f"{records[1].mean.ap50:.3f} (")
    assert mean[2].endswith("▲ 更好 better")

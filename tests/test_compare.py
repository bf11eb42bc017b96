"""`cleanlane compare`, as it is typed."""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.evaluation.records import example_record
from vision.evaluation.record import load_record
from vision.inference.published import default_model

Run = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("records")
    example_record("[red]poor", 0.2).write(folder / "poor.json")
    good = example_record("good", 0.8)
    good.write(folder / "good.json")
    other = good.model_copy(update={"data": good.data.model_copy(update={"photos_sha256": "e" * 64})})
    other.write(folder / "other.json")
    (folder / "wrong.json").write_text('{"format": "cleanlane-results"}')
    (folder / "file").write_text("")
    return folder


def test_files_are_written_and_replaced(run: Run, records: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "folder"
    code, printed = run("compare", records / "poor.json", records / "good.json", "--out", out)
    assert code == 0
    assert "[red]poor" in printed
    assert "▲ 更好 better" in printed
    assert "town · test · 132 photos 张" in printed
    assert sorted(path.name for path in out.iterdir()) == ["comparison.html", "comparison.json", "comparison.md"]
    written = json.loads((out / "comparison.json").read_text(encoding="utf-8"))
    assert [r["name"] for r in written["runs"]] == ["[red]poor", "good"]
    assert written["runs"][1]["differences"][0]["verdict"] == "better"
    code, _ = run("compare", records / "poor.json", records / "other.json", "--out", out)
    assert code == 0
    assert "judged on other photos" in (out / "comparison.md").read_text(encoding="utf-8")
    assert "更好" not in (out / "comparison.md").read_text(encoding="utf-8")
    assert len(list(out.iterdir())) == 3


def test_other_photos_side_by_side(run: Run, records: Path) -> None:
    code, printed = run("compare", records / "good.json", records / "other.json")
    assert code == 0
    assert "评测的不是" in printed
    assert "side by side only, no verdicts" in printed
    assert not re.search("[▲▼○]", printed)
    assert "good (c3c3c3c3) #1" in printed


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        pytest.param([], "Missing argument", id="none"),
        pytest.param(["good.json"], "expected at least two records to compare, got one", id="one"),
        pytest.param(["good.json", "none.json"], "none.json: expected an evaluation's record", id="missing"),
        pytest.param(["wrong.json", "good.json"], "wrong.json: found", id="another format"),
        pytest.param(["good.json", "other.json", "--out", "file"], "file: can't be read or written", id="out"),
    ],
)
def test_mistakes(run: Run, records: Path, monkeypatch: pytest.MonkeyPatch, given: list[str], sentence: str) -> None:
    monkeypatch.chdir(records)
    code, printed = run("compare", *given)
    assert code == 2
    assert sentence in printed


def test_a_missing_package_is_said_before_the_work(
    run: Run, records: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)  # as if it weren't installed
    code, printed = run("compare", records / "good.json", records / "other.json", "--out", tmp_path / "out")
    assert code == 2
    assert "matplotlib is not installed; install it with: pip install 'cleanlane[eval]'" in printed
    assert not (tmp_path / "out").exists()


def test_the_help(run: Run) -> None:
    code, printed = run("compare", "--help")
    assert code == 0
    assert "比较评测结果" in printed
    assert "cleanlane compare ours/report.json" in printed


def test_the_records_in_the_repository_are_of_the_published_model() -> None:
    records = {path.stem: load_record(path) for path in (REPOSITORY / "models" / "evaluation").glob("*.json")}
    manifest = json.loads((default_model().parent / "manifest.json").read_text(encoding="utf-8"))
    assert records["cleanlane-n"].model.sha256 == manifest["sha256"]
    assert len({(record.data.photos_sha256, record.data.labels_sha256) for record in records.values()}) == 1

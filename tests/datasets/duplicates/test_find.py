"""Drawn scenes with copies among them: what is found, what isn't, and what is remembered."""

from pathlib import Path

import pytest

from tests.datasets.duplicates.drawn import COPIES, member, scene
from vision.datasets.duplicates import Cache, DuplicateReport, Embedder, Member, find_duplicates, load_report
from vision.datasets.duplicates import find as finding
from vision.datasets.duplicates.report import write_report
from vision.errors import ModelError, RecipeError
from vision.inference.published import default_model

ORIGINALS = 5


def quiet(stage: str, done: int, total: int) -> None:
    assert 0 < done <= total


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder(default_model())


def found(members: list[Member], embedder: Embedder, cache: Path) -> DuplicateReport:
    with Cache(cache, embedder.model_sha256) as remembered:
        return find_duplicates(members, embedder, remembered, "drawn", quiet)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> tuple[list[Member], Path, DuplicateReport]:
    """Different test scenes, and of the first one every copy as a training photo."""
    folder = tmp_path_factory.mktemp("drawn")
    members = [member(folder, f"scene-{seed}.png", scene(seed), "test") for seed in range(ORIGINALS)]
    members += [member(folder, f"{name}.png", copy(scene(0)), "train") for name, copy in COPIES.items()]
    return members, folder / "cache.sqlite", found(members, embedder, folder / "cache.sqlite")


@pytest.mark.parametrize("name", COPIES)
def test_copies_are_found(drawn: tuple[list[Member], Path, DuplicateReport], name: str) -> None:
    pairs = [p for p in drawn[2].leaks if p.first == "drawn/scene-0.png" and p.second == f"drawn/{name}.png"]
    assert [pair.kind for pair in pairs] == ["near"]
    assert f"drawn/{name}.png" in drawn[2].exclude
    assert pairs[0].mirrored == name.startswith("flipped")
    assert pairs[0].rotation == pytest.approx(90 if "turned" in name else 0, abs=6)


def test_nothing_else_is_found(drawn: tuple[list[Member], Path, DuplicateReport]) -> None:
    members, _, report = drawn
    others = {f"drawn/scene-{seed}.png" for seed in range(1, ORIGINALS)}
    assert not others & {name for pair in report.pairs for name in (pair.first, pair.second)}
    assert set(report.exclude) == {m.name for m in members if m.side == "train"}


def test_report_is_written_and_read(drawn: tuple[list[Member], Path, DuplicateReport], tmp_path: Path) -> None:
    write_report(tmp_path / "report.json", drawn[2])
    assert load_report(tmp_path / "report.json") == drawn[2]
    (tmp_path / "report.json").write_text('{"format": "other"}')
    with pytest.raises(RecipeError, match=r"report\.json: expected a report on duplicates.*format"):
        load_report(tmp_path / "report.json")


def test_second_run_reads_no_photo(
    drawn: tuple[list[Member], Path, DuplicateReport], embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("a photo was read again")

    members, cache, first = drawn
    for name in ("fingerprint", "features", "align"):
        monkeypatch.setattr(finding, name, never)
    assert found(members, embedder, cache) == first


def test_interrupted_run_keeps_what_it_read_and_notices_changes(embedder: Embedder, tmp_path: Path) -> None:
    members = [member(tmp_path, f"{seed}.png", scene(seed), "train") for seed in range(3)]

    def interrupt(stage: str, done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), Cache(tmp_path / "cache", embedder.model_sha256) as cache:
        find_duplicates(members, embedder, cache, "drawn", interrupt)
    members[1].path.write_bytes(members[0].path.read_bytes() + b"\0")
    with Cache(tmp_path / "cache", embedder.model_sha256) as cache:
        assert [cache.fingerprint(m.path) is not None for m in members] == [True, False, False]
    with Cache(tmp_path / "cache", "another model") as cache:
        assert cache.fingerprint(members[0].path) is None
    members[2].path.write_bytes(b"no photo")
    report = found(members, embedder, tmp_path / "cache")
    assert [(p.first, p.second, p.kind) for p in report.pairs] == [("drawn/0.png", "drawn/1.png", "identical")]
    assert [item.photo for item in report.unreadable] == ["drawn/2.png"]
    assert report.exclude == ()  # both are training photos


def test_no_photo_at_all(embedder: Embedder, tmp_path: Path) -> None:
    assert found([], embedder, tmp_path / "cache").pairs == ()


def test_files_that_are_something_else(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("something that is no database, and long enough to show it " * 20)
    with pytest.raises(RecipeError, match="give another with --cache"):
        Cache(tmp_path / "other", "model")
    with pytest.raises(ModelError, match="expected an ONNX model"):
        Embedder(tmp_path / "other")

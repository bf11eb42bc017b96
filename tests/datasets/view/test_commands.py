import json
import re
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from cleanlane.dataset import looking
from tests.datasets.view.drawn import grey, write_two_sources
from vision.datasets.formats import read_source
from vision.datasets.view import look
from vision.datasets.view.corrections import labels_sha256
from vision.datasets.view.look import look_at
from vision.errors import RecipeError
from vision.inference.detector import Detector

app = typer.Typer()
app.command("view")(looking.view)
app.command("correct")(looking.correct)


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, list(map(str, arguments)), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return re.sub(r"\s+", " ", result.output)


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    write_two_sources(tmp_path / "data")
    path = tmp_path / "drawn.yaml"
    path.write_text("name: drawn\nsources: [{folder: street}, {folder: walls}]")
    return path


def test_view_without_a_model(recipe: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    printed = run("view", recipe, "--data", tmp_path / "data", "--out", out, "--no-model", "--source", "street")
    assert "3 photos, 3 boxes" in printed
    assert "MB" in printed
    figures = json.loads((out / "statistics.json").read_text())
    assert (figures["photos"], figures["sources"][0]["boxes"]["bin"]) == (3, 2)
    assert sum(figures["brightness"]) == 3
    assert "1 photos" in run("view", recipe, "--data", tmp_path / "data", "--out", out, "--no-model", "--limit", 1)


@pytest.mark.parametrize(
    ("option", "message"), [(("--split", "dev"), "train, val, test"), (("--source", "roads"), "street, walls")]
)
def test_wrong_choices_are_one_sentence(recipe: Path, tmp_path: Path, option: tuple[str, str], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        run("view", recipe, "--data", tmp_path / "data", "--out", tmp_path / "out", "--no-model", *option)


def test_what_a_model_saw_is_kept(tmp_path: Path, detector: Detector, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interruption loses nothing, and a second run doesn't detect again."""
    data_set = write_two_sources(tmp_path / "data")
    done = 0

    def interrupt() -> None:
        nonlocal done
        done += 1
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        look_at(data_set.photos, tmp_path, detector, progress=interrupt)
    (journal,) = tmp_path.glob(".look-*.jsonl")
    assert len(journal.read_bytes().splitlines()) == 3  # settings and two photos
    first = look_at(data_set.photos, tmp_path, detector)
    monkeypatch.setattr(Detector, "read", lambda *_: pytest.fail("a photo was decoded again"))
    second = look_at(data_set.photos, tmp_path, detector)
    assert [a.thumbnail for a in first] == [b.thumbnail for b in second]
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a.predictions.boxes, b.predictions.boxes)


@pytest.mark.parametrize("value", [0, 100, 255])
def test_brightness_is_mean_luma(tmp_path: Path, value: int) -> None:
    data_set = write_two_sources(tmp_path / "data")
    grey(value).save(data_set.photos[0].path)
    assert look.look_at(data_set.photos[:1], tmp_path, None)[0].brightness == pytest.approx(value, abs=2)


def test_correct_writes_aside_or_in_place(recipe: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    original = (data / "street" / "annotations.json").read_bytes()
    photo = read_source(data / "street").photos[1]
    corrected = {
        "source": "street", "file": "images/1.png", "labels_sha256": labels_sha256(photo), "boxes": [], "checked": True
    }  # fmt: skip
    path = tmp_path / "corrections.json"
    content = {"format": "cleanlane-corrections", "version": 1, "data_sha256": "0" * 64, "photos": [corrected]}
    path.write_text(json.dumps(content))
    assert "bin" in run("correct", path, "--data", data, "--out", tmp_path / "new")
    assert (data / "street" / "annotations.json").read_bytes() == original
    assert len(json.loads((tmp_path / "new" / "street" / "annotations.json").read_text())["annotations"]) == 2
    run("correct", path, "--data", data, "--in-place")
    assert (data / "street" / "annotations.json.orig").read_bytes() == original
    assert len(read_source(data / "street").photos[1].labels) == 0
    assert not list(data.rglob("*.tmp"))
    with pytest.raises(RecipeError, match="have changed"):  # they were applied already
        run("correct", path, "--data", data, "--in-place")


def test_one_wrong_source_leaves_all_label_files_alone(recipe: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    good = {"source": "street", "file": "images/2.png", "boxes": [], "dropped": True}
    good["labels_sha256"] = labels_sha256(read_source(data / "street").photos[2])
    bad = {"source": "walls", "file": "images/0.png", "boxes": [], "labels_sha256": "0" * 64}
    path = tmp_path / "corrections.json"
    content = {"format": "cleanlane-corrections", "version": 1, "data_sha256": "0" * 64, "photos": [good, bad]}
    path.write_text(json.dumps(content))
    with pytest.raises(RecipeError, match="walls"):
        run("correct", path, "--data", data, "--in-place")
    assert not list(data.rglob("*.orig"))

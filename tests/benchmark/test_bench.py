"""The race on photos small enough for a test: every contestant really runs."""

import functools
import json
import sys
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from cleanlane.cli import app
from vision.benchmark.contestants import CONTESTANTS
from vision.benchmark.photos import write_photos
from vision.benchmark.race import Entry, entries, has_ultralytics, race
from vision.errors import UserError
from vision.inference.choice import choose
from vision.inference.published import default_model

SIZE = (480, 360)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_photos(tmp_path_factory.mktemp("photos"), 9, SIZE)


def test_drawn_photos(photos: list[Path]) -> None:
    assert len({path.read_bytes() for path in photos}) == 8
    assert photos[8].read_bytes() == photos[0].read_bytes()
    with Image.open(photos[0]) as image:
        assert (image.format, image.size) == ("JPEG", SIZE)


def test_a_race(photos: list[Path]) -> None:
    choice = choose(None, "cpu", "int8")
    who = entries(choice, None, None, None, "off")
    assert who[0].name == "screen, cpu int8"
    assert next(e.options["device"] for e in who if e.contestant == "detections") == "cpu"
    runners = [who[0], who[1], *(e for e in who if e.contestant in ("plain_loop", "decode_only", "model_only"))]
    told: list[str] = []
    finished = race(runners, photos, 2, told.append)
    assert told == 2 * [entry.name for entry in runners]
    ours = finished.measured[0]
    assert set(ours.stages) == {"read", "decode", "letterbox", "infer", "suppress", "finish"}
    assert all(0 < middle <= high for middle, high, _ in ours.stages.values())
    assert all(len(m.photos_per_second) == 2 and min(m.photos_per_second) > 0 for m in finished.measured)
    decoding, network = finished.measured[-2:]
    assert finished.floor > 0
    assert decoding.speed > network.speed  # of photos as small as these
    if sys.platform == "linux":
        assert all(50 < peak < 2000 for m in finished.measured for peak in m.peak_mb)
    content = json.loads(json.dumps(finished.as_dict()))
    assert content["photos"] == 9
    assert content["machine"]
    assert "onnxruntime" in content["versions"]


def test_ultralytics_runs_as_it_is(photos: list[Path]) -> None:
    if not has_ultralytics():
        pytest.skip("the extra train is not installed")
    weights = str(default_model().with_suffix(".pt"))
    who = [Entry("u", "ultralytics", {"weights": weights, "every_core": False, "save": True})]
    who += [Entry(name, name, {"file": str(default_model()), "model": None, "device": "cpu", "precision": "fp32"})
            for name in ("decode_only", "model_only")]  # fmt: skip
    assert race(who, photos, 1, lambda _name: None).measured[0].speed > 0


def test_a_contestant_that_fails_has_the_last_word(photos: list[Path]) -> None:
    who = [Entry("broken", "plain_loop", {"file": "nowhere.onnx"})]
    with pytest.raises(UserError, match=r"broken: the run failed: .*nowhere\.onnx"):
        race(who, photos, 1, lambda _name: None)
    assert set(CONTESTANTS) >= {"report", "detections", "ultralytics", "plain_loop"}


def test_the_command_writes_figures_and_a_plot(
    tmp_path: Path, photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.setattr("vision.benchmark.photos.write_photos", functools.partial(write_photos, size=SIZE))
    monkeypatch.setattr("cleanlane.benchmarking.has_ultralytics", lambda: False)  # in its own test
    own = photos[0].parent
    given = ["bench", str(own), "--count", "8", "--rounds", "1", "--json", str(tmp_path / "b.json")]
    done = CliRunner().invoke(app, [*given, "--plot", str(tmp_path / "b.png")], env={"COLUMNS": "160"})
    assert done.exit_code == 0, done.output
    assert "floor: every core busy" in done.output
    assert "ultralytics is not installed: left out" in done.output
    races = json.loads((tmp_path / "b.json").read_text())
    assert list(races) == ["12 MP, drawn", str(own)]
    assert races[str(own)]["measured"][0]["entry"]["contestant"] == "report"
    with Image.open(tmp_path / "b.png") as picture:
        assert picture.size[0] > 1000


def test_a_folder_without_photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vision.benchmark.photos.write_photos", functools.partial(write_photos, size=SIZE))
    done = CliRunner().invoke(app, ["bench", str(tmp_path), "--count", "8"])
    assert isinstance(done.exception, UserError)
    assert "expected a folder with JPEG files to race on" in str(done.exception)

"""The command line as a user meets it: results, exit codes, interruptions."""

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cleanlane.cli import main
from tests.inference.tiny import write_model
from vision.inference.results import load_results

CLEANLANE = [sys.executable, "-m", "cleanlane.cli"]

# finds litter in the middle of a bright photo: its score is the letterboxed photo's mean
ANSWER = np.array([[8, 8, 4, 4, 0.0, 0.0], [32, 32, 20, 10, 0.0, 0.0]], np.float32).T

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `cleanlane …` in this process; returns its exit code and everything it printed."""

    def runner(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["cleanlane", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit_info:
            main()
        code = exit_info.value.code
        captured = capsys.readouterr()
        return (code if isinstance(code, int) else 0), captured.out + captured.err

    return runner


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_model(tmp_path / "tiny.onnx", ANSWER, ("bin", "litter"), metadata={"thresholds": {"litter": 0.6}})


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A bright photo (a problem), a dark one (clean) in a folder, and none that is broken."""
    folder = tmp_path / "photos"
    (folder / "红旗路").mkdir(parents=True)
    Image.new("RGB", (200, 200), (250, 250, 250)).save(folder / "bright.png")
    Image.new("RGB", (100, 200), (10, 10, 10)).save(folder / "红旗路" / "dark.jpg")
    return folder


def test_results_of_a_screening(run: Run, photos: Path, model: Path, tmp_path: Path) -> None:
    (photos / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 cut")
    (photos / "empty.jpg").write_bytes(b"")
    out = tmp_path / "out"
    code, printed = run("screen", photos, "--out", out, "--model", model)
    assert code == 3
    results = load_results(out / "results.json")
    assert {Path(p.path).name: p.verdict for p in results.photos} == {
        "bright.png": "needs_visit",
        "broken.jpg": "unreadable",
        "empty.jpg": "unreadable",
        "dark.jpg": "clean",
    }
    bright = results.photos[0]
    assert (bright.width, bright.height) == (200, 200)
    assert [box.category for box in bright.boxes] == ["litter"]
    assert bright.boxes[0].box == pytest.approx((68.8, 84.4, 131.2, 115.6), abs=0.1)
    assert results.model.name == "tiny"
    assert results.provider in ("cpu fp32", "openvino fp32")  # whichever is faster here
    assert {p.name for p in out.iterdir()} == {"results.json", "results.csv", "index.html", "annotated"}
    copies = list((out / "annotated").iterdir())
    assert [copy.name.split("-")[0] for copy in copies] == ["bright"]
    assert len((out / "results.csv").read_text("utf-8-sig").splitlines()) == 5
    page = (out / "index.html").read_text("utf-8")
    assert copies[0].name in page
    assert "dark.jpg" in page
    assert "需到场" in printed
    assert "index.html" in printed
    assert run("validate", out / "results.json")[0] == 0


def test_exit_codes(run: Run, photos: Path, model: Path, tmp_path: Path) -> None:
    given = ("--model", model, "--overwrite", "--out", tmp_path / "out")
    assert run("screen", photos, *given)[0] == 0
    assert run("screen", photos, *given, "--fail-on-problem")[0] == 1
    assert run("screen", photos / "红旗路", *given, "--fail-on-problem")[0] == 0
    (photos / "broken.jpg").write_bytes(b"")
    assert run("screen", photos, *given)[0] == 3
    assert run("screen", photos, *given, "--fail-on-problem")[0] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["screen"], "Missing", id="nothing given"),
        pytest.param(["screen", "nowhere", "--out", "o"], "nowhere", id="no such path"),
        pytest.param(["screen", ".", "--out", "o"], "no photos", id="no photos"),
        pytest.param(["screen", ".", "--out", "o", "--threshold", "high"], "high", id="threshold no number"),
        pytest.param(["screen", ".", "--out", "o", "--threshold", "unicorn=0.3"], "unicorn", id="unknown category"),
        pytest.param(["screen", ".", "--out", "o", "--threshold", "7"], "between 0 and 1", id="threshold above 1"),
        pytest.param(["screen", ".", "--out", "o", "--device", "gpu"], "gpu", id="unknown device"),
        pytest.param(
            ["screen", ".", "--out", "o", "--device", "cuda"], "pip install 'onnxruntime-gpu", id="no GPU here"
        ),
        pytest.param(["screen", ".", "--out", "o", "--precision", "fp64"], "precision fp64", id="unknown precision"),
        pytest.param(["screen", ".", "--out", "o", "--tiles", "1"], "from 2 to 20", id="one tile"),
        pytest.param(["screen", ".", "--out", "o", "--model", "no.onnx"], "no.onnx", id="no such model"),
        pytest.param(["screen", ".", "--out", "o", "--model", "."], "manifest.json", id="a folder without a model"),
        pytest.param(["screen", ".", "--out", "o", "--resume", "--overwrite"], "exclude", id="contradiction"),
        pytest.param(["validate", "no.json"], "no.json", id="no such result"),
        pytest.param(["evaluate", "no.yaml", "--data", "."], "no.yaml", id="no such recipe"),
        pytest.param(
            ["publish", "no.yaml", "--data", ".", "--run", "r", "--judged", "litter"],
            "give --screening",
            id="judged alone",
        ),
        pytest.param(["nonsense"], "nonsense", id="unknown command"),
    ],
)
def test_bad_usage_is_one_sentence_and_code_2(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    code, printed = run(*arguments)
    assert code == 2
    assert message in printed
    assert "Traceback" not in printed
    assert not (tmp_path / "o").exists()


def test_existing_results_are_not_replaced_unasked(run: Run, photos: Path, model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run("screen", photos, "--out", out, "--model", model)[0] == 0
    code, printed = run("screen", photos, "--out", out, "--model", model)
    assert code == 2
    assert "--overwrite" in printed


def test_a_folder_that_cannot_be_written(run: Run, photos: Path, model: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    code, printed = run("screen", photos, "--out", tmp_path / "file", "--model", model)
    assert code == 2
    assert "--out" in printed


def test_results_within_the_input_are_no_input(run: Run, photos: Path, model: Path) -> None:
    for out in (photos, photos / "result"):
        for pattern in (photos, f"{photos}/**/*.*"):
            for again in ((), ("--overwrite",)):
                code, printed = run("screen", pattern, "--out", out, "--model", model, "--annotate", "all", *again)
                assert code == 0, printed
                assert len(load_results(out / "results.json").photos) == 2
                assert len(list((out / "annotated").iterdir())) == 2
            for name in ("results.json", "results.csv", "index.html"):
                (out / name).unlink()
        shutil.rmtree(out / "annotated")


def test_the_same_photo_in_many_folders(run: Run, photos: Path, model: Path, tmp_path: Path) -> None:
    data = (photos / "bright.png").read_bytes()
    for i in range(40):
        (photos / f"{i:02}").mkdir()
        (photos / f"{i:02}" / "bright.png").write_bytes(data)
    code, printed = run("screen", photos, "--out", tmp_path / "out", "--model", model)
    assert code == 0, printed
    assert len(load_results(tmp_path / "out" / "results.json").photos) == 42
    assert len(list((tmp_path / "out" / "annotated").iterdir())) == 1


def test_a_very_long_name(run: Run, photos: Path, model: Path, tmp_path: Path) -> None:
    long = photos / ("😀" * 60 + ".png")
    (photos / "bright.png").rename(long)
    assert run("screen", photos, "--out", tmp_path / "out", "--model", model)[0] == 0
    assert len(list((tmp_path / "out" / "annotated").iterdir())) == 1


def test_failures_name_the_file(run: Run, photos: Path, model: Path, tmp_path: Path) -> None:
    (photos / "红旗路" / "dark.jpg").write_bytes(b"\xff\xd8\xff\xe0 cut")
    run("screen", photos, "--out", tmp_path / "out", "--model", model)
    failure = load_results(tmp_path / "out" / "results.json").photos[-1].failure
    assert failure is not None
    assert "红旗路/dark.jpg" in failure.message


def test_a_sink_that_fails_midway_keeps_what_is_done(run: Run, photos: Path, model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "annotated").write_text("in the way")
    given = ("screen", photos, "--out", out, "--model", model)
    code, printed = run(*given)
    assert code == 2
    assert "--resume" in printed
    assert "Traceback" not in printed
    (out / "annotated").unlink()
    assert run(*given, "--resume")[0] == 0
    assert len(load_results(out / "results.json").photos) == 2


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_resume_keeps_to_what_auto_has_chosen(run: Run, photos: Path, tmp_path: Path, precision: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "annotated").write_text("in the way")
    code, printed = run(
        "screen", photos, "--out", out, "--device", "cpu", "--precision", precision, "--annotate", "all"
    )
    assert code == 2
    assert "--resume" in printed
    (out / "annotated").unlink()
    code, printed = run("screen", photos, "--out", out, "--annotate", "all", "--resume")
    assert code == 0, printed
    assert load_results(out / "results.json").provider == f"cpu {precision}"


def test_overwriting_spares_other_peoples_files(run: Run, photos: Path, model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run("screen", photos, "--out", out, "--model", model)
    (out / "annotated" / "mine.jpg").write_bytes(b"mine")
    (out / "notes.txt").write_text("mine")
    (photos / "bright.png").unlink()
    assert run("screen", photos, "--out", out, "--model", model, "--overwrite")[0] == 0
    assert [path.name for path in (out / "annotated").iterdir()] == ["mine.jpg"]
    assert (out / "notes.txt").exists()


def test_help_shows_examples(run: Run) -> None:
    assert "screen" in run("--help")[1]
    for command in ("screen", "validate", "examples", "bench", "train", "publish", "evaluate"):
        code, printed = run(command, "--help")
        assert code == 0
        assert f"cleanlane {command}" in printed.replace("│", " ")
        assert "Example" in printed


def test_version(run: Run) -> None:
    code, printed = run("--version")
    assert code == 0
    assert printed.startswith("cleanlane 0.")


def test_the_printed_schema_describes_the_file(run: Run) -> None:
    assert json.loads(run("validate", "--schema")[1])["title"] == "ResultFile"


@pytest.fixture
def many(tmp_path: Path) -> Path:
    folder = tmp_path / "many"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for i in range(60):
        Image.fromarray(rng.integers(0, 255, (900, 1200, 3), np.uint8)).save(folder / f"{i:02}.jpg")
    return folder


def heed_interrupts() -> None:
    """A shell starts background jobs with Ctrl-C ignored, and their children inherit it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_an_interrupted_run_is_finished_by_resume(
    run: Run, many: Path, model: Path, tmp_path: Path, how: signal.Signals
) -> None:
    def command(out: Path) -> list[str]:
        return ["screen", str(many), "--out", str(out), "--model", str(model), "--annotate", "all"]

    cut, whole = tmp_path / "cut", tmp_path / "whole"
    process = subprocess.Popen(
        [*CLEANLANE, *command(cut)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=heed_interrupts,  # noqa: PLW1509 - runs nothing but the call below
    )
    journal = cut / "unfinished.jsonl"
    deadline = time.monotonic() + 60
    while not (journal.exists() and journal.read_bytes().count(b"\n") >= 8):
        assert time.monotonic() < deadline
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.005)
    process.send_signal(how)
    printed = process.communicate(timeout=60)[0]
    assert process.returncode == (130 if how is signal.SIGINT else -signal.SIGKILL)
    assert ("--resume" in printed) == (how is signal.SIGINT)
    assert "Traceback" not in printed
    assert not (cut / "results.json").exists()

    assert run(*command(cut))[0] == 2  # neither --resume nor --overwrite
    assert journal.read_bytes().count(b"\n") >= 8
    next((cut / "annotated").glob("*.jpg")).unlink()  # is drawn again
    assert run(*command(cut), "--resume")[0] == 0
    assert run(*command(whole))[0] == 0
    assert load_results(cut / "results.json").photos == load_results(whole / "results.json").photos
    assert len(list((cut / "annotated").glob("*.jpg"))) == 60
    assert not journal.exists()


def test_a_changed_photo_is_done_again_on_resume(run: Run, photos: Path, model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    given = ("screen", photos, "--out", out, "--model", model)
    run(*given)
    results = load_results(out / "results.json")
    device, precision = results.provider.split()
    settings: dict[str, object] = {
        "model": results.model.model_dump(mode="json"),
        "device": device,
        "precision": precision,
    }
    settings |= {"iou": results.iou, "tiles": "off", "annotate": "problems"}
    lines = [json.dumps(settings, sort_keys=True)]
    lines += [
        json.dumps({"result": photo.model_dump(mode="json"), "thumbnail": None, "copy": None})
        for photo in results.photos
    ]
    (out / "unfinished.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert len(list((out / "annotated").iterdir())) == 1
    Image.new("RGB", (200, 200), (5, 5, 5)).save(photos / "bright.png")
    assert run(*given, "--resume")[0] == 0
    assert [photo.verdict for photo in load_results(out / "results.json").photos] == ["clean", "clean"]
    assert not list((out / "annotated").iterdir())

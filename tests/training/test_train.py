import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.training.photos import write_recipe, write_source
from vision.categories import NAMES
from vision.datasets.build import load_data_set
from vision.datasets.recipe import load_recipe
from vision.datasets.scenes import SceneKind
from vision.errors import RecipeError

torch = pytest.importorskip("torch", reason="the extra train is not installed")

REPOSITORY = Path(__file__).parents[2]
EPOCHS = 3
HYPERPARAMETERS = {
    "imgsz": 64,
    "epochs": EPOCHS,
    "batch": 4,
    "nbs": 4,
    "optimizer": "AdamW",
    "lr0": 0.01,
    "warmup_epochs": 1.0,
    "close_mosaic": 1,
    "mixup": 0.5,
    "degrees": 5.0,
    "balance": 0.3,
    "camera_effects": 0.5,
    "seed": 1,
}
Command = Callable[..., list[str]]
PROGRAM = [sys.executable, "-m", "cleanlane.cli", "train"]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the data, recipe and hyper-parameters of a training that takes seconds."""
    folder = tmp_path_factory.mktemp("tiny")
    streets = [SceneKind.BIN_POINT, SceneKind.OVERFLOWING_BINS, SceneKind.GARBAGE_HEAP, SceneKind.LITTER]
    write_source(folder / "data" / "streets", streets * 2, NAMES)
    walls = [SceneKind.POSTINGS_ON_WALL, SceneKind.GRAFFITI_WALL]
    write_source(folder / "data" / "walls", walls * 3, ["illegal_posting", "graffiti"])
    write_recipe(folder / "recipe.yaml")
    (folder / "hyperparameters.yaml").write_text(yaml.safe_dump(HYPERPARAMETERS), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def command(tiny: Path) -> Command:
    def given(run: str, *more: str, recipe: str = "recipe.yaml", weights: str = "yolo11n.yaml") -> list[str]:
        options = {"data": "data", "hyperparameters": "hyperparameters.yaml", "run": f"runs/{run}"}
        paths = [part for name, path in options.items() for part in (f"--{name}", str(tiny / path))]
        return [*PROGRAM, str(tiny / recipe), *paths, "--weights", weights, *more]

    return given


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1"}


def run(arguments: list[str]) -> tuple[int, str]:
    """Return exit code and output, the latter without line breaks."""
    done = subprocess.run(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment(), check=False
    )
    return done.returncode, " ".join(done.stdout.split())


def heed_interrupts() -> None:
    """A shell starts background jobs with Ctrl-C ignored, and their children inherit it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def run_until(arguments: list[str], reached: Callable[[str], bool], how: signal.Signals, log: Path) -> tuple[int, str]:
    """Send the signal as soon as what is printed so far, or what lies on the disk, is so."""
    with log.open("w") as output:
        process = subprocess.Popen(
            arguments,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment(),
            start_new_session=True,
            preexec_fn=heed_interrupts,  # noqa: PLW1509 - runs nothing but the call above
        )
        deadline = time.monotonic() + 300
        while not reached(log.read_text(errors="replace")):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline
            time.sleep(0.001)
        if how is signal.SIGINT:
            process.send_signal(how)
        else:
            os.killpg(process.pid, how)
        return process.wait(timeout=120), " ".join(log.read_text(errors="replace").split())


def weights(path: Path) -> dict[str, Any]:
    checkpoint = torch.load(path, map_location="cpu", weights_only=False)
    assert not checkpoint["exact"]
    assert checkpoint["optimizer"] is None
    found: dict[str, Any] = checkpoint["model"].state_dict()
    return found


def rows(folder: Path) -> list[dict[str, str]]:
    """Return the rows of results.csv without the time, which no two trainings share."""
    with (folder / "results.csv").open() as file:
        return [{key: value for key, value in row.items() if key != "time"} for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def whole(tiny: Path, command: Command) -> Path:
    """The folder of a training that nothing interrupted."""
    code, printed = run(command("whole"))
    assert code == 0, printed
    assert f"epoch {EPOCHS}/{EPOCHS}: mean AP on val" in printed
    return tiny / "runs" / "whole"


def test_a_run_leaves_behind_what_it_was(whole: Path) -> None:
    record = json.loads((whole / "run.json").read_text())
    assert record["recipe"] == "tiny"
    assert record["hyperparameters"] == HYPERPARAMETERS
    assert record["photos"] == 10
    assert record["epochs_done"] == EPOCHS
    assert 1 <= record["best_epoch"] <= EPOCHS
    assert record["finished"]
    assert f"torch=={torch.__version__}" in (whole / "environment.txt").read_text().splitlines()
    assert [row["epoch"] for row in rows(whole)] == ["1", "2", "3"]
    labelled = {"garbage_pile", "illegal_posting", "graffiti", "litter"}  # on val
    expected = {f"val/{figure}({name})" for figure in ("AP50", "AP50-95") for name in labelled}
    assert expected <= set(rows(whole)[0])
    assert (whole / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in (whole / "weights").iterdir()) == ["best.pt", "last.pt"]
    assert weights(whole / "weights" / "best.pt").keys() == weights(whole / "weights" / "last.pt").keys()


def test_a_finished_run_is_left_alone(whole: Path, command: Command) -> None:
    before = {path: path.stat().st_mtime_ns for path in whole.rglob("*")}
    code, printed = run(command("whole"))
    assert code == 0, printed
    assert printed.endswith("best.pt")
    assert {path: path.stat().st_mtime_ns for path in whole.rglob("*")} == before


def test_a_folder_is_one_training(whole: Path, tiny: Path) -> None:
    from vision.training.train import train

    recipe, values = tiny / "recipe.yaml", dict(HYPERPARAMETERS)
    lighter = load_recipe(write_recipe(tiny / "lighter.yaml", sources=[{"folder": "streets"}]))
    for data, network, changed in (
        (load_data_set(load_recipe(recipe), tiny / "data"), "yolo11n.yaml", values | {"lr0": 0.02}),
        (load_data_set(load_recipe(recipe), tiny / "data"), "yolo11s.yaml", values),
        (load_data_set(lighter, tiny / "data"), "yolo11n.yaml", values),
    ):
        with pytest.raises(RecipeError, match="holds a run with other data, weights or hyper-parameters; give another"):
            train(data, Path(network), changed, whole)


def test_a_missing_network_is_named(tiny: Path) -> None:
    from vision.training.train import train

    data = load_data_set(load_recipe(tiny / "recipe.yaml"), tiny / "data")
    for name in ("nowhere.pt", "nowhere.yaml"):
        with pytest.raises(RecipeError, match=rf"nowhere\{Path(name).suffix}: expected .*there is no such file"):
            train(data, Path(name), dict(HYPERPARAMETERS), tiny / "runs" / "nothing")


def test_a_killed_run_ends_as_if_nothing_had_been(whole: Path, tiny: Path, command: Command) -> None:
    """Killed in an epoch, while a checkpoint is written, by Ctrl-C, and after the last epoch; then finished."""
    cut = tiny / "runs" / "cut"
    last, unfinished, log = cut / "weights" / "last.pt", cut / "weights" / "last.unfinished", tiny / "log.txt"

    def within(epoch: int) -> Callable[[str], bool]:
        return lambda printed: re.search(rf" {epoch}/{EPOCHS} +0G ", printed) is not None

    assert run_until(command("cut"), within(2), signal.SIGKILL, log)[0] == -signal.SIGKILL
    assert torch.load(last, weights_only=False)["epoch"] == 0
    with (cut / "results.csv").open("a") as table:
        table.write("2,3.4,half a")  # killed between table and checkpoint, or within the table

    started = time.time()

    def writing(printed: str) -> bool:
        return unfinished.is_file() and unfinished.stat().st_mtime > started

    assert run_until(command("cut"), writing, signal.SIGKILL, log)[0] == -signal.SIGKILL
    assert torch.load(last, weights_only=False)["exact"]["over"] is False

    code, printed = run_until(command("cut"), within(3), signal.SIGINT, log)
    assert code == 130
    assert "Interrupted; 2 epochs are kept" in printed
    assert "repeat the command to go on" in printed
    assert "Traceback" not in printed

    over = f"epoch {EPOCHS}/{EPOCHS}: mean AP"
    assert run_until(command("cut"), lambda printed: over in printed, signal.SIGKILL, log)[0] == -signal.SIGKILL
    assert (torch.load(last, weights_only=False)["exact"] or {"over": True})["over"]
    assert json.loads((cut / "run.json").read_text())["finished"] is None

    code, printed = run(command("cut"))
    assert code == 0, printed
    assert "mean AP" not in printed  # nothing was left to train
    assert rows(cut) == rows(whole)
    for name in ("last.pt", "best.pt"):
        ours, theirs = weights(cut / "weights" / name), weights(whole / "weights" / name)
        assert ours.keys() == theirs.keys()
        assert all(torch.equal(ours[key], theirs[key]) for key in ours)
    assert sorted(path.name for path in (cut / "weights").iterdir()) == ["best.pt", "last.pt"]
    best = [json.loads((folder / "run.json").read_text())["best_epoch"] for folder in (cut, whole)]
    assert best[0] == best[1]


def test_a_network_without_suppression_learns_from_drawn_postings(tiny: Path, command: Command) -> None:
    synthetic = {"photos": 6, "backgrounds": ["streets"]}
    write_recipe(tiny / "drawn.yaml", name="drawn", synthetic_postings=synthetic)
    changes = [part for text in ("drawn_share=0.4", "epochs=2", "close_mosaic=1") for part in ("--set", text)]
    code, printed = run(command("drawn", *changes, recipe="drawn.yaml", weights="yolo26n.yaml"))
    assert code == 0, printed
    assert len(rows(tiny / "runs" / "drawn")) == 2
    listed = (next((tiny / "runs" / "data").glob("drawn-*")) / "train.txt").read_text()
    assert listed.count("synthetic-postings__") == 6


def test_a_share_of_what_is_not_drawn_is_one_sentence(command: Command) -> None:
    code, printed = run(command("nothing", "--set", "drawn_share=0.4"))
    assert code == 2
    assert "cleanlane: drawn_share is set, but the recipe draws no synthetic postings" in printed
    assert "Traceback" not in printed

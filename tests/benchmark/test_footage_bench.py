"""Patrols past drawn scenes: what the table says about events made by hand, by the published model and by the rival."""

import dataclasses
import datetime as dt
import json
import re
import shutil
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from cleanlane.cli import main
from vision.benchmark.footage import find_patrols, judge
from vision.benchmark.footage_record import speed_ratio
from vision.categories import NAMES, PROBLEMS, category_of
from vision.datasets.build import DataSet
from vision.datasets.labels import LabelledPhoto
from vision.datasets.patrol.plan import PatrolSettings
from vision.datasets.patrol.render import write_patrols
from vision.datasets.patrol.truth import PatrolTruth
from vision.datasets.scenes import SceneKind, draw_scene
from vision.footage.grouping import kind_of
from vision.footage.result import CameraInfo, Event, EventFile, Observation, Picture, Visit, load_events
from vision.inference.published import default_model
from vision.inference.results import ModelInfo, ScreenedCategory

PHOTO, FRAME = (640, 480), (640, 360)
SHOWN = (*[SceneKind.CLEAN_STREET] * 3, SceneKind.OVERFLOWING_BINS, SceneKind.GARBAGE_HEAP, SceneKind.STACKED_DEBRIS)
SEED = 11  # each of its two patrols has one problem to find
SECONDS = 3
HAS_ULTRALYTICS = find_spec("ultralytics") is not None

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run `cleanlane evaluate-footage …`; returns its exit code and what it and its processes printed, on one line."""

    def runner(*arguments: object) -> tuple[int, str]:
        monkeypatch.setenv("COLUMNS", "160")
        monkeypatch.setattr(sys, "argv", ["cleanlane", "evaluate-footage", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit_info:
            main()
        captured = capfd.readouterr()
        printed = re.sub(r"[\s│]+", " ", captured.out + captured.err)
        assert "Traceback" not in printed
        return int(exit_info.value.code or 0), printed

    return runner


@pytest.fixture(scope="module")
def patrols(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two patrols, past a heap and past overflowing bins."""
    photos = tmp_path_factory.mktemp("photos")
    labelled = []
    for seed, kind in enumerate(SHOWN):
        pixels, labels = draw_scene(seed, kind, PHOTO)
        path = photos / f"{seed}.png"
        Image.fromarray(pixels).save(path)
        labelled.append(LabelledPhoto(path, "drawn", "test", *PHOTO, labels, frozenset(NAMES), scene_group=str(seed)))
    out = tmp_path_factory.mktemp("patrols")
    data_set = DataSet("drawn", (), tuple(labelled), "", {}, {})
    write_patrols(data_set, out, PatrolSettings(count=2, seconds=SECONDS, size=FRAME, clean=0.2, seed=SEED))
    return out


@pytest.fixture(scope="module")
def by_hand(patrols: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the first patrol's problem two events, and one of nothing; the second one's problem is missed."""
    truths = find_patrols(patrols).truths
    name, truth = next(iter(truths.items()))
    (problem,) = truth.problems
    half = len(problem.view.frames) // 2
    sights = [
        Observation(seconds=frame / truth.fps, category=problem.categories[0], score=0.9, box=box)
        for frame, box in zip(problem.view.frames, problem.view.boxes, strict=True)
    ]
    nothing = [Observation(seconds=1, category="litter", score=0.5, box=(0, 0, 6, 6))]
    events = [event(i, name, seen) for i, seen in enumerate((sights[:half], sights[half:], nothing))]
    file = EventFile(
        created=dt.datetime(2026, 5, 18, tzinfo=dt.UTC),
        software="test",
        provider="cpu int8",
        model=ModelInfo(name="m", sha256="a" * 64, input_size=(64, 64), categories=tuple(map(screened, NAMES))),
        cameras=tuple(camera(name, truth) for name, truth in truths.items()),
        events=tuple(events),
    )
    path = tmp_path_factory.mktemp("events") / "events.json"
    file.write(path)
    return path


def screened(name: str) -> ScreenedCategory:
    category = category_of(name)
    return ScreenedCategory(name=name, zh=category.zh, is_problem=category.is_problem, threshold=0.5)


def camera(name: str, truth: PatrolTruth) -> CameraInfo:
    return CameraInfo(
        name=name,
        source=f"{name}.mp4",
        motion="moving",
        mode="archive",
        width=truth.width,
        height=truth.height,
        duration_seconds=truth.seconds,
        looked_at=6,
        unchanged=0,
        skipped=0,
    )


def event(number: int, name: str, seen: list[Observation]) -> Event:
    start, end = seen[0].seconds, seen[-1].seconds
    return Event(
        id=f"{number:012x}",
        camera=name,
        category=seen[0].category,
        category_share=1,
        score=seen[0].score,
        observation_count=len(seen),
        start_seconds=start,
        end_seconds=end,
        state="left_view",
        visits=(Visit(start_seconds=start, end_seconds=end),),
        picture=Picture(file="p.jpg", seconds=start, width=FRAME[0], height=FRAME[1], boxes=(seen[0],)),
        history=tuple(seen),
    )


def test_events_of_an_earlier_run(run: Run, patrols: Path, by_hand: Path, tmp_path: Path) -> None:
    code, printed = run(patrols, "--events", by_hand, "--json", tmp_path / "figures.json")
    assert code == 0
    for row in (
        "problems to find 2",
        "recall (95 %) 50.0 % (0–100)",
        "precision 66.7 %",
        "true, false events 2, 1",
        "events per problem found 2.00",
        "count error +50.0 %",
        "of a patrol, mean 150.0 %",
        "category agrees 100.0 %",
        "seconds of film 6",
        "seconds taken –",
        "times as fast as filmed –",
        "looks per second of film 2.00",
        "零星垃圾 litter 0 / 0 0.0 % 1 – –",
        "垃圾满溢 overflowing_bin 0 / 1 – 0 – –",
        "暴露垃圾 garbage_pile 1 / 1 100.0 % 0 2.00 100.0 %",
    ):
        assert row in printed
    figures = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    assert figures["command"].startswith(f"cleanlane evaluate-footage {patrols} --events")
    assert figures["machine"]
    assert figures["versions"]["onnxruntime"]
    assert figures["patrols"]["patrol-test-01"] == {
        "recipe": "drawn",
        "split": "test",
        "seed": [SEED, 1],
        "width": FRAME[0],
        "height": FRAME[1],
        "fps": 30,
        "seconds": SECONDS,
    }
    (ours,) = figures["readings"]
    about = ours["about"]
    assert (about["model"], about["model_sha256"], about["device"], about["precision"]) == (
        "m",
        "a" * 64,
        "cpu",
        "int8",
    )
    assert (ours["total"]["found"], ours["mean_absolute_count_error"], ours["intervals"]["recall"]) == (1, 1.5, [0, 1])
    assert ours["patrols"]["patrol-test-00"]["true_events"] == 2
    assert (ours["seconds"], figures["speed_ratio"]) == (None, None)


def test_the_published_model(run: Run, patrols: Path, tmp_path: Path) -> None:
    config = tmp_path / "settings.yaml"
    config.write_text("sampling: {interval: 0.5}", encoding="utf-8")
    given = ("--device", "cpu", "--precision", "fp32", "--config", config, "--json", tmp_path / "figures.json")
    code, printed = run(patrols, *given)
    assert code == 0
    assert "patrol-test-01: 0:03" in printed  # of the command that it runs
    figures = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    (ours,) = figures["readings"]
    manifest = json.loads((default_model().parent / "manifest.json").read_text(encoding="utf-8"))
    about = ours["about"]
    assert (about["model_sha256"], about["device"], about["precision"]) == (manifest["sha256"], "cpu", "fp32")
    assert ours["total"]["problems"] == 2
    assert ours["total"]["found"] == 2
    assert ours["seconds"] > 0
    assert ours["times_as_fast_as_filmed"] == pytest.approx(2 * SECONDS / ours["seconds"])
    assert 1.5 <= ours["looks_per_second"] < 5
    assert figures["speed_ratio"] is None


@pytest.mark.skipif(not HAS_ULTRALYTICS, reason="the extra train is not installed")
def test_the_rival(run: Run, patrols: Path, by_hand: Path, tmp_path: Path) -> None:
    weights = default_model().with_suffix(".pt")
    code, printed = run(patrols, "--events", by_hand, "--rival", weights, "--json", tmp_path / "figures.json")
    assert code == 0
    assert "plain tracker" in printed
    figures = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    _, every, twice = figures["readings"]
    for rival in (every, twice):
        assert rival["looks"] == 2 * SECONDS * 30
        assert rival["seconds"] == every["seconds"] > 0
        assert rival["total"]["found"] == 2
        assert set(rival["kinds"]) <= {kind_of(name) for name in PROBLEMS}
    assert events_of(twice) <= events_of(every)
    assert every["about"]["tracker"] == "botsort.yaml"
    assert every["about"]["conf"] == 0.1
    assert figures["speed_ratio"] is None  # ours didn't run


def events_of(reading: dict[str, Any]) -> int:
    total = reading["total"]
    return sum(int(total[f"{what}_events"]) for what in ("true", "false", "optional", "unjudged"))


def test_the_ratio_of_speeds(patrols: Path, by_hand: Path) -> None:
    reading = judge(find_patrols(patrols), load_events(by_hand), 2.0)
    assert reading.pace == SECONDS
    assert speed_ratio([reading]) is None
    slower = dataclasses.replace(reading, seconds=10.0)
    assert speed_ratio([reading, slower, slower]) == 5


@pytest.mark.parametrize(
    "package",
    ["ultralytics", pytest.param("lap", marks=pytest.mark.skipif(not HAS_ULTRALYTICS, reason="lacks the other, too"))],
)
def test_a_missing_package(run: Run, patrols: Path, monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    monkeypatch.setitem(sys.modules, package, None)  # as if it weren't installed
    code, printed = run(patrols, "--rival", default_model().with_suffix(".pt"))
    assert code == 2
    assert f"{package} is not installed; install it with: pip install 'cleanlane[train]'" in printed


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["empty"], "empty: expected patrols with their .truth.json files, found none; cleanlane dataset patrol"),
        (["alone"], "alone/a.mp4: expected the video that a.truth.json is about, but there is none"),
        (["wrong"], "wrong/a.truth.json: found 1 error: file: Invalid JSON"),
        (["P", "--events", "none.json"], "none.json: expected an event file, but it can't be read"),
        (["P", "--events", "e.json", "--device", "cpu"], "judges what has run already: leave out --device"),
        (["P", "--config", "cameras.yaml"], "cameras.yaml: expected settings without cameras"),
        (["P", "--json", "nowhere/f.json"], "nowhere: expected a folder to write f.json to, there is none"),
        (["P", "--device", "gpu"], "cleanlane footage: the run failed: cleanlane: device 'gpu' is unknown"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_mistakes(
    run: Run, patrols: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: list[str], sentence: str
) -> None:
    for name in ("empty", "alone", "wrong"):
        (tmp_path / name).mkdir()
    shutil.copy(patrols / "patrol-test-00.truth.json", tmp_path / "alone" / "a.truth.json")
    (tmp_path / "wrong" / "a.truth.json").write_text("no JSON")
    (tmp_path / "cameras.yaml").write_text("cameras: [{name: a, source: b}]")
    monkeypatch.chdir(tmp_path)
    code, printed = run(*(str(patrols) if word == "P" else word for word in given))
    assert code == 2
    assert sentence in printed


@pytest.mark.skipif(not HAS_ULTRALYTICS, reason="the extra train is not installed")
def test_a_rival_without_weights(run: Run, patrols: Path) -> None:
    code, printed = run(patrols, "--rival", "none.pt")
    assert code == 2
    assert "none.pt: expected a checkpoint (.pt) for the plain tracker, there is no such file" in printed


def test_the_help(run: Run) -> None:
    code, printed = run("--help")
    assert code == 0
    assert "评测巡查事件" in printed
    assert "cleanlane evaluate-footage patrols --rival" in printed

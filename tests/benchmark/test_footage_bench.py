"""Patrols past drawn scenes: what the table says about events made by hand, by the published model and by the rival."""

import dataclasses
import datetime as dt
import hashlib
import json
import shutil
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from vision.benchmark.footage import find_patrols, judge, run_footage
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
    code, printed = run("evaluate-footage", patrols, "--events", by_hand, "--json", tmp_path / "figures.json")
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
    code, printed = run("evaluate-footage", patrols, *given)
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
    code, printed = run(
        "evaluate-footage", patrols, "--events", by_hand, "--rival", weights, "--json", tmp_path / "figures.json"
    )
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
    code, printed = run("evaluate-footage", patrols, "--rival", default_model().with_suffix(".pt"))
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
    code, printed = run("evaluate-footage", *(str(patrols) if word == "P" else word for word in given))
    assert code == 2
    assert sentence in printed


@pytest.mark.skipif(not HAS_ULTRALYTICS, reason="the extra train is not installed")
def test_a_rival_without_weights(run: Run, patrols: Path) -> None:
    code, printed = run("evaluate-footage", patrols, "--rival", "none.pt")
    assert code == 2
    assert "none.pt: expected a checkpoint (.pt) for the plain tracker, there is no such file" in printed


def test_the_help(run: Run) -> None:
    code, printed = run("evaluate-footage", "--help")
    assert code == 0
    assert "评测巡查事件" in printed
    assert "cleanlane evaluate-footage patrols --rival" in printed


def copy_of(path: Path, to: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """Write a copy of an event file, corrected as a person would."""
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    to.write_text(json.dumps(content), encoding="utf-8")
    return to


def test_events_against_checked_ones(run: Run, by_hand: Path, tmp_path: Path) -> None:
    def check(content: dict[str, Any]) -> None:
        first, second, false = content["events"]
        first["history"] += second["history"]
        first["visits"] += second["visits"]
        content["events"] = [first, {**false, "camera": "patrol-test-01"}]  # merged; of another camera

    checked = copy_of(by_hand, tmp_path / "checked.json", check)
    code, printed = run(
        "evaluate-footage", "--truth", checked, "--events", by_hand, "--json", tmp_path / "figures.json"
    )
    assert code == 0
    for row in (
        "摄像机 cameras: 2, 6 s",
        "问题 problems to find 2",
        "recall (95 %) 50.0 % (0–100)",
        "precision 66.7 %",
        "true, false events 2, 1",
        "events per problem found 2.00",
        "count error +50.0 %",
        "of a camera, mean 150.0 %",
        "暴露垃圾 garbage_pile 1 / 1 100.0 % 0 2.00 +100.0 %",
        "patrol-test-00 1 / 1 66.7 % 1 2.00 +200.0 %",
        "patrol-test-01 0 / 1 – 0 – -100.0 %",
    ):
        assert row in printed
    figures = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    assert figures["command"].startswith(f"cleanlane evaluate-footage --truth {checked}")
    assert figures["machine"]
    assert figures["versions"]["numpy"]
    assert (figures["truth"]["file"], figures["truth"]["sha256"]) == ("checked.json", sha256_of(checked))
    assert figures["cameras"]["patrol-test-01"] == {"seconds": SECONDS, "width": FRAME[0], "height": FRAME[1]}
    (theirs,) = figures["readings"]
    assert (theirs["name"], theirs["about"]["events_sha256"]) == ("test", sha256_of(by_hand))
    assert theirs["cameras"]["patrol-test-00"]["count_error"] == 2
    assert theirs["kinds"]["litter"]["count_error"] == 0
    assert theirs["intervals"]["recall"] == [0, 1]


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_what_the_published_model_finds_agrees_with_itself(run: Run, patrols: Path, tmp_path: Path) -> None:
    run_footage(find_patrols(patrols), ["--device", "cpu"], tmp_path / "out")
    events = tmp_path / "out" / "events.json"
    code, printed = run("evaluate-footage", "--truth", events, "--events", events, "--json", tmp_path / "figures.json")
    assert code == 0
    assert "not judged" not in printed
    (itself,) = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))["readings"]
    total = itself["total"]
    assert total["problems"] == total["true_events"] == len(load_events(events).events) >= 2
    agreement = [total[name] for name in ("recall", "precision", "duplicates", "count_error", "agreement")]
    assert agreement == [1, 1, 1, 0, 1]


def test_what_is_not_judged_is_said(run: Run, by_hand: Path, tmp_path: Path) -> None:
    def leave_out(content: dict[str, Any]) -> None:
        content["cameras"] = content["cameras"][:1]
        content["events"] = content["events"][:2]
        content["model"]["categories"] = [c for c in content["model"]["categories"] if c["name"] != "litter"]

    checked = copy_of(by_hand, tmp_path / "checked.json", leave_out)
    code, printed = run("evaluate-footage", "--truth", checked, "--events", by_hand)
    assert code == 0
    assert "1 events of categories that checked.json doesn't have count nowhere" in printed
    assert "not in checked.json, so not judged 未评: patrol-test-01" in printed


def test_a_photo_as_footage(run: Run, by_hand: Path, tmp_path: Path) -> None:
    def shorten(content: dict[str, Any]) -> None:
        for shown in content["cameras"]:
            shown["duration_seconds"] = 0

    short = copy_of(by_hand, tmp_path / "short.json", shorten)
    code, printed = run("evaluate-footage", "--truth", short, "--events", short)
    assert code == 0
    assert "looks per second of film –" in printed


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ([], "expected PATROLS, a folder of simulated patrols, or --truth and --events; got none"),
        (["P", "--truth", "E", "--events", "E"], "PATROLS and --truth exclude each other"),
        (["--truth", "E"], "--truth needs --events"),
        (["--events", "E"], "expected PATROLS"),
        (["--truth", "E", "--events", "E", "--rival", "r.pt"], "--rival needs PATROLS"),
        (["--truth", "E", "--events", "E", "--device", "cpu"], "judges what has run already: leave out --device"),
        (["--truth", "none.json", "--events", "E"], "none.json: expected an event file, but it can't be read"),
        (["--truth", "E", "--events", "none.json"], "none.json: expected an event file, but it can't be read"),
        (["--truth", "E", "--events", "longer.json"], "it lasts 5.0 s in the event file, but 3.0 s in the truth file"),
        (["--truth", "E", "--events", "other.json"], "the event file has no camera 'patrol-test-00'"),
    ],
    ids=lambda value: " ".join(value) or "nothing" if isinstance(value, list) else "",
)
def test_mistakes_with_checked_events(
    run: Run,
    patrols: Path,
    by_hand: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    given: list[str],
    sentence: str,
) -> None:
    def lengthen(content: dict[str, Any]) -> None:
        content["cameras"][0]["duration_seconds"] = 5

    def leave_out(content: dict[str, Any]) -> None:
        content["cameras"], content["events"] = content["cameras"][1:], []

    copy_of(by_hand, tmp_path / "longer.json", lengthen)
    copy_of(by_hand, tmp_path / "other.json", leave_out)
    monkeypatch.chdir(tmp_path)
    places = {"P": str(patrols), "E": str(by_hand)}
    code, printed = run("evaluate-footage", *(places.get(word, word) for word in given))
    assert code == 2
    assert sentence in printed

"""`cleanlane footage` as people use it, on recordings."""

import csv
import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import av
import jsonschema
import numpy as np
import pytest
from PIL import Image

from tests.footage.drawn import put, street, walk, write_finder, write_video
from vision.footage.result import EventFile, load_events

CLEANLANE = [sys.executable, "-m", "cleanlane.cli", "footage"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_finder(tmp_path_factory.mktemp("finder") / "f.onnx")


@pytest.fixture(scope="module")
def patrol(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty seconds past a heap at 5 s and a posting at 13 s."""
    picture = street(2400)
    put(picture, "garbage_pile", (600, 80, 660, 130))
    put(picture, "illegal_posting", (1500, 40, 1540, 80))
    path = tmp_path_factory.mktemp("patrol") / "巡查 1.mp4"
    return write_video(path, walk(picture, np.linspace(0, 2000, 200)), created="2026-05-18T08:30:00Z")


def footage(*given: object, check: bool = True) -> subprocess.CompletedProcess[str]:
    command = [*CLEANLANE, *map(str, given), "--device", "cpu"]
    return subprocess.run(command, capture_output=True, text=True, check=check)


def events(out: Path) -> EventFile:
    return load_events(out / "events.json")


def test_what_comes_out(tmp_path: Path, patrol: Path, model: Path) -> None:
    out = tmp_path / "events"
    footage(patrol, "--model", model, "--out", out)
    found = events(out)
    (camera,) = found.cameras
    assert (camera.name, camera.motion, camera.mode, camera.skipped) == ("巡查 1", "moving", "archive", 0)
    heap, posting = found.events
    assert (heap.category, posting.category) == ("garbage_pile", "illegal_posting")
    assert heap.start == dt.datetime(2026, 5, 18, 8, 30, tzinfo=dt.UTC) + dt.timedelta(seconds=heap.start_seconds)
    for event in found.events:
        with Image.open(out / event.picture.file) as picture:
            assert picture.size == (event.picture.width, event.picture.height) == (320, 180)
            x1, y1, x2, y2 = (round(value) for value in event.picture.boxes[0].box)
            inside = np.asarray(picture)[y1 + 3 : y2 - 3, x1 + 3 : x2 - 3].reshape(-1, 3).mean(axis=0)
        assert np.argmax(inside) == (0 if event is heap else 2)
        assert event.clip is not None
        with av.open(str(out / event.clip)) as clip:
            assert clip.streams.video[0].codec_context.name == "h264"
            assert 3 <= sum(1 for _ in clip.decode(video=0)) / 10 <= 8
    with (out / "events.csv").open(encoding="utf-8-sig") as table:
        rows = list(csv.DictReader(table))
    assert [row["类别"] for row in rows] == ["暴露垃圾", "非法小广告"]
    assert (out / "index.html").stat().st_size > 10_000
    assert not list(out.glob("*.jsonl"))
    validate = [sys.executable, "-m", "cleanlane.cli", "validate"]
    said = subprocess.run([*validate, out / "events.json"], capture_output=True, text=True, check=True).stdout
    assert " ".join(said.split()).endswith("valid, version 1, 2 events")
    jsonschema.validate(json.loads((out / "events.json").read_text(encoding="utf-8")), EventFile.model_json_schema())


def test_a_way_beside_the_video(tmp_path: Path, patrol: Path, model: Path) -> None:
    video = tmp_path / "v.mp4"
    video.write_bytes(patrol.read_bytes())
    points = "".join(
        f'<trkpt lat="{31 + i * 1e-4}" lon="121.5"><time>2026-05-18T08:30:{i:02}Z</time></trkpt>' for i in range(21)
    )
    gpx = f'<gpx version="1.1" creator="t" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>{points}</trkseg></trk></gpx>'
    video.with_suffix(".gpx").write_text(gpx)
    footage(video, "--model", model, "--out", tmp_path / "out")
    heap, posting = events(tmp_path / "out").events
    assert heap.place
    assert posting.place
    assert heap.place.latitude == pytest.approx(31 + heap.picture.seconds * 1e-4, abs=2e-5)
    assert posting.place.longitude == pytest.approx(121.5)
    assert events(tmp_path / "out").cameras[0].way


def test_a_folder_of_photos(tmp_path: Path, model: Path) -> None:
    folder = tmp_path / "gate"
    folder.mkdir()
    clean = street(320)
    dirty = clean.copy()
    put(dirty, "garbage_pile", (100, 80, 160, 130))
    for i in range(20):
        name = folder / f"gate_20260601_14{i:02}00.jpg"
        Image.fromarray(dirty if 5 <= i < 12 else clean).save(name, quality=95)
    (folder / "gate_20260601_141900.jpg").write_bytes(b"broken")
    footage(folder, "--model", model, "--out", tmp_path / "out")
    found = events(tmp_path / "out")
    (heap,) = found.events
    assert (heap.start, heap.end) == (dt.datetime(2026, 6, 1, 14, 5), dt.datetime(2026, 6, 1, 14, 11))
    assert heap.state == "gone"
    assert (found.cameras[0].damaged, found.cameras[0].motion) == (1, "fixed")


def test_several_cameras_from_a_file(tmp_path: Path, patrol: Path, model: Path) -> None:
    config = tmp_path / "cameras.yaml"
    config.write_text(
        f"cameras:\n  - {{name: 东, source: '{patrol}'}}\n"
        f"  - {{name: 西, source: '{patrol}', exclude: [[[0, 0], [1, 0], [1, 0.5], [0, 0.5]]]}}\n"
        "events: {clip_seconds: 0}\n",
        encoding="utf-8",
    )
    footage("--config", config, "--model", model, "--out", tmp_path / "out")
    found = events(tmp_path / "out").events
    assert [(event.camera, event.category) for event in found] == [
        ("东", "garbage_pile"),
        ("东", "illegal_posting"),
        ("西", "garbage_pile"),
    ]
    assert all(event.clip is None for event in found)
    assert len({event.id for event in found}) == 3


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_run_goes_on(tmp_path: Path, patrol: Path, model: Path, how: signal.Signals) -> None:
    undisturbed, out = tmp_path / "a", tmp_path / "b"
    given = [patrol, "--model", model]
    footage(*given, "--out", undisturbed)
    command = [*CLEANLANE, *map(str, given), "--device", "cpu", "--out", str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as running:
        journal = out / "unfinished.jsonl"
        while running.poll() is None and not (journal.exists() and journal.read_bytes().count(b"\n") > 8):
            time.sleep(0.005)
        os.kill(running.pid, how)
        running.wait()
    assert running.returncode in ((130,) if how == signal.SIGINT else (-signal.SIGKILL,))
    assert "go on with --resume" in footage(*given, "--out", out, check=False).stderr
    footage(*given, "--out", out, "--resume")
    assert events(out).events == events(undisturbed).events
    assert sorted(p.name for p in out.rglob("*")) == sorted(p.name for p in undisturbed.rglob("*"))


def test_results_are_not_replaced_unasked(tmp_path: Path, patrol: Path, model: Path) -> None:
    given = [patrol, "--model", model, "--out", tmp_path / "out"]
    footage(*given)
    assert "holds results already" in footage(*given, check=False).stderr
    footage(*given, "--overwrite")


def test_blurred_clips_are_made_anew(tmp_path: Path, patrol: Path, model: Path) -> None:
    pytest.importorskip("vision.footage.blur")
    done = footage(patrol, "--model", model, "--out", tmp_path / "out", "--blur", "people", check=False)
    if "pip install" in done.stderr:
        pytest.skip(done.stderr)
    found = events(tmp_path / "out")
    assert found.blurred == ("people",)
    clip = found.events[0].clip
    assert clip is not None
    with av.open(str(tmp_path / "out" / clip)) as container:
        assert sum(1 for _ in container.decode(video=0)) > 20


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["gone.mp4"], "gone.mp4: expected a video or a folder of photos, but there is nothing of that name"),
        (["notes.mp4"], "notes.mp4: expected a video, but it can't be read"),
        (["empty"], "empty: expected photos with times in their names, but there are none in this folder"),
        (["untimed"], "untimed/a.jpg: expected a time"),
        ([], "there is nothing to look at: give videos, folders or addresses, or --config with cameras"),
        (["--config", "none.yaml"], "none.yaml: expected a YAML file of cameras"),
        (["--config", "wrong.yaml"], "cameras.0.zonnes: Extra inputs are not permitted"),
        (["--config", "bad.yaml"], "expected dense_interval <= interval <= still_interval"),
        (["--config", "twice.yaml"], "two cameras are called 'a'"),
        (["--config", "category.yaml"], "camera a: 'rubbish' is not a category of the model"),
        (["notes.mp4", "rtsp://127.0.0.1:1/x"], "127.0.0.1/x is live, and other sources are recordings"),
        (["notes.mp4", "--blur", "dogs"], "expected --blur people, got 'dogs'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_mistakes(tmp_path: Path, model: Path, given: Sequence[str], sentence: str) -> None:
    (tmp_path / "notes.mp4").write_text("no video")
    (tmp_path / "empty").mkdir()
    (tmp_path / "untimed").mkdir()
    Image.new("RGB", (64, 48)).save(tmp_path / "untimed" / "a.jpg")
    (tmp_path / "wrong.yaml").write_text("cameras: [{name: a, source: b, zonnes: []}]")
    (tmp_path / "bad.yaml").write_text("sampling: {interval: 0.1}")
    (tmp_path / "twice.yaml").write_text("cameras: [{name: a, source: b}, {name: a, source: c}]")
    (tmp_path / "category.yaml").write_text("cameras: [{name: a, source: notes.mp4, thresholds: {rubbish: 0.3}}]")
    command = [*CLEANLANE, *given, "--model", str(model), "--device", "cpu", "--out", "out"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 2
    assert sentence in " ".join(done.stderr.replace("│", " ").split())
    assert "Traceback" not in done.stderr


def test_the_schema_of_the_configuration() -> None:
    schema = json.loads(footage("--schema").stdout)
    assert schema["additionalProperties"] is False
    zone = schema["$defs"]["Zone"]["properties"]
    assert all({"title"} <= set(field) for field in zone.values())

"""`cleanlane footage` on live cameras: real servers that are cut off, and the real command, which is too."""

import csv
import datetime as dt
import functools
import itertools
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from tests.footage.cameras import HttpCamera, RtspServer, free_port
from tests.footage.drawn import SIZE, put, street, write_finder
from tests.footage.test_stream_metrics import served
from vision.errors import PhotoError, ResultError, UserError
from vision.footage.configuration import FootageConfig
from vision.footage.live import LiveCamera
from vision.footage.result import Event, EventFile, load_events
from vision.footage.run import watch_all
from vision.images import NDArrayImage
from vision.inference.detector import Detector

CLEANLANE = [sys.executable, "-m", "cleanlane.cli", "footage", "--device", "cpu"]
RATE = 10
HEAP = (100, 80, 160, 130)
OFTEN = "sampling: {interval: 0.2, dense_interval: 0.1}\n"
Cameras = Callable[[Path], RtspServer]


@pytest.fixture(scope="module")
def finder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_finder(tmp_path_factory.mktemp("finder") / "f.onnx")


@pytest.fixture(scope="module")
def detector(finder: Path) -> Detector:
    return Detector(finder, device="cpu")


def pictures(seconds: float, with_heap: Callable[[float], bool] = lambda _second: True) -> list[NDArrayImage]:
    """Draw a street in which someone walks, and a heap lies at some times."""
    clean, shown = street(SIZE[0]), []
    for index in range(round(seconds * RATE)):
        picture = clean.copy()
        if with_heap(index / RATE):
            put(picture, "garbage_pile", HEAP)
        x = index * 8 % (SIZE[0] - 12)
        picture[20:60, x : x + 12] = 235
        shown.append(picture)
    return shown


def write_clip(path: Path, shown: Sequence[NDArrayImage]) -> Path:
    """Write pictures as bare H.264; in one slice each, as the server tears others apart."""
    options = {"profile": "baseline", "preset": "ultrafast", "qp": "20", "g": str(RATE), "threads": "1"}
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=RATE, options=options)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for pixels in shown:
            output.mux(stream.encode(av.VideoFrame.from_ndarray(pixels)))
        output.mux(stream.encode())
    return path


@pytest.fixture(scope="module")
def heap_stays(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("stays") / "c.h264", pictures(3))


class Watching:
    """The command at work, with metrics.

    Attributes:
        output: What it printed; there once it has ended.
    """

    def __init__(self, *given: object) -> None:
        self.output, self._port = "", free_port()
        command = [*CLEANLANE, *map(str, given), "--metrics-port", str(self._port)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def metric(self, name: str, camera: str, **labels: str) -> float:
        """Return what Prometheus would be told; 0 before there is an answer."""
        try:
            samples = served(self._port)
        except OSError:
            return 0.0
        return samples.get((f"cleanlane_stream_{name}", frozenset({("camera", camera), *labels.items()})), 0.0)

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for what the command does."""
        end = time.monotonic() + 60
        while not condition():
            assert self.process.poll() is None, self.process.communicate()[0]
            assert time.monotonic() < end, "it hasn't happened"
            time.sleep(0.05)

    def end(self, how: signal.Signals) -> float:
        """Send a signal, and return how many seconds later the process was over; it must have ended well."""
        began = time.monotonic()
        self.process.send_signal(how)
        self.output = self.process.communicate()[0]
        seconds = time.monotonic() - began
        assert self.process.returncode == 0, self.output
        return seconds


@contextmanager
def watching(*given: object) -> Iterator[Watching]:
    """Run the command; it is killed at the end if it still runs."""
    running = Watching(*given)
    try:
        yield running
    finally:
        running.process.kill()
        if running.process.stdout is not None and not running.process.stdout.closed:
            running.process.communicate()


def camera_name(server: RtspServer) -> str:
    return f"{server.url.removeprefix('rtsp://').split(':')[0]}/clip"


def only_event(out: Path) -> tuple[EventFile, Event]:
    file = load_events(out / "events.json")
    (event,) = file.events
    return file, event


def test_a_heap_is_one_event_however_often_it_comes(tmp_path: Path, finder: Path, rtsp_server: Cameras) -> None:
    clip = write_clip(tmp_path / "c.h264", pictures(5, lambda second: second < 3))
    server, out, config = rtsp_server(clip), tmp_path / "out", tmp_path / "c.yaml"
    config.write_text(OFTEN + "events: {lost_after: 0.5, clip_seconds: 2}")
    url = server.url.replace("rtsp://", "rtsp://admin:geheim@")
    given = [url, "--config", config, "--model", finder, "--out", out, "--for", "13"]
    done = subprocess.run([*CLEANLANE, *map(str, given)], capture_output=True, text=True, check=True)
    file, heap = only_event(out)
    (camera,) = file.cameras
    assert (camera.name, camera.mode, camera.motion) == (camera_name(server), "live", "fixed")
    assert (camera.width, camera.height, camera.note) == (*SIZE, "")
    assert camera.source == server.url.replace("rtsp://", "rtsp://***@")
    assert heap.category == "garbage_pile"
    assert len(heap.visits) >= 2
    assert all(visit.end_seconds - visit.start_seconds < 4 for visit in heap.visits)
    assert camera.started is not None
    assert abs(camera.started - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=2)
    assert heap.start == camera.started + dt.timedelta(seconds=heap.visits[0].start_seconds)
    with Image.open(out / heap.picture.file) as picture:
        x1, y1, x2, y2 = HEAP
        inside = np.asarray(picture)[y1 + 3 : y2 - 3, x1 + 3 : x2 - 3].reshape(-1, 3).mean(axis=0)
    assert inside[0] > inside[1:].max() + 100
    assert heap.clip is not None
    with av.open(str(out / heap.clip)) as shown:
        assert sum(1 for _ in shown.decode(video=0)) > 5
    with (out / "events.csv").open(encoding="utf-8-sig") as table:
        assert [row["编号"] for row in csv.DictReader(table)] == [heap.id]
    assert heap.id in (out / "index.html").read_text(encoding="utf-8")
    files = [path for path in out.rglob("*") if path.is_file()]
    assert sorted(path.relative_to(out).as_posix() for path in files) == sorted(
        ["events.csv", "events.json", "index.html", heap.picture.file, heap.clip]
    )
    assert not any(b"geheim" in path.read_bytes() for path in files)
    assert "geheim" not in done.stdout + done.stderr


def looks_reach(running: Watching, name: str, count: float) -> bool:
    return running.metric("looked_at_frames_total", name) > count


def test_goes_on_when_the_camera_comes_back(
    tmp_path: Path, finder: Path, heap_stays: Path, rtsp_server: Cameras
) -> None:
    server, out, config = rtsp_server(heap_stays), tmp_path / "out", tmp_path / "c.yaml"
    config.write_text(OFTEN + "stream: {first_wait: 0.1, longest_wait: 0.3}")
    name = camera_name(server)
    with watching(server.url, "--config", config, "--model", finder, "--out", out) as running:
        for _ in range(3):
            looked = running.metric("looked_at_frames_total", name)
            running.until(functools.partial(looks_reach, running, name, looked + 5))
            server.kill()
            running.until(lambda: running.metric("state", name, cleanlane_stream_state="reconnecting") == 1)
            server.start()
            running.until(lambda: running.metric("state", name, cleanlane_stream_state="running") == 1)
        assert running.metric("reconnects_total", name) >= 3
        assert running.end(signal.SIGTERM) < 2
    file, heap = only_event(out)
    assert file.cameras[0].note.startswith("connected to anew ")
    assert heap.state == "in_view"
    assert heap.end_seconds > file.cameras[0].duration_seconds - 2


def test_a_killed_run_is_gone_on_with(tmp_path: Path, finder: Path, heap_stays: Path, rtsp_server: Cameras) -> None:
    server, out = rtsp_server(heap_stays), tmp_path / "out"
    given = [server.url, "--model", finder, "--out", out]
    with watching(*given) as first:
        first.until(lambda: (out / "events.json").exists() and bool(load_events(out / "events.json").events))
        first.process.kill()
        first.process.wait()
    before, heap = only_event(out)
    killed = time.monotonic()
    with watching(*given, "--resume") as second:
        second.until(lambda: second.metric("looked_at_frames_total", camera_name(server)) > 4)
        seconds_between = time.monotonic() - killed
        assert second.end(signal.SIGINT) < 2
    after, again = only_event(out)
    assert (again.id, again.start, again.visits[0].start_seconds) == (heap.id, heap.start, heap.visits[0].start_seconds)
    assert again.observation_count > heap.observation_count
    assert again.state == "in_view"
    assert after.cameras[0].started == before.cameras[0].started
    longer = after.cameras[0].duration_seconds - before.cameras[0].duration_seconds
    assert longer == pytest.approx(seconds_between, abs=5)
    assert again.end_seconds > after.cameras[0].duration_seconds - 2
    assert (out / again.picture.file).exists()


def test_two_cameras_one_of_which_is_silent(tmp_path: Path, finder: Path, rtsp_server: Cameras) -> None:
    shown = pictures(60, lambda second: second < 3)  # it disappears and stays away
    for picture in shown:
        put(picture, "illegal_posting", (200, 30, 240, 60))
    server, out, config = rtsp_server(write_clip(tmp_path / "c.h264", shown)), tmp_path / "out", tmp_path / "c.yaml"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        config.write_text(
            f"""
{OFTEN}
events: {{gone_after: 1.5, lost_after: 0.5}}
cameras:
  - name: 东门
    source: {server.url}
    exclude: [[[0.5, 0], [1, 0], [1, 0.4], [0.5, 0.4]]]
    zones:
      - {{name: 路边, polygon: [[0, 0.4], [1, 0.4], [1, 1], [0, 1]]}}
  - name: 西门
    source: rtsp://admin:geheim@127.0.0.1:{silent.getsockname()[1]}/
""",
            encoding="utf-8",
        )
        with watching("--config", config, "--model", finder, "--out", out) as running:
            running.until(lambda: running.metric("decoded_frames_total", "东门") > 60)
            assert running.metric("state", "西门", cleanlane_stream_state="running") == 0
            assert running.end(signal.SIGINT) < 2
    file, heap = only_event(out)
    assert [camera.name for camera in file.cameras] == ["东门"]
    assert (heap.camera, heap.category, heap.zone, heap.state) == ("东门", "garbage_pile", "路边", "gone")
    assert heap.start_seconds < 1
    assert 1.5 < heap.end_seconds < 4
    assert "西门: no picture came" in running.output
    assert "rtsp://***@127.0.0.1" in running.output
    assert "geheim" not in running.output


def watch(
    detector: Detector, out: Path, *cameras: Mapping[str, object], enough: Callable[[Sequence[LiveCamera]], bool]
) -> EventFile:
    """Watch in this process for as long as is said."""
    stopping, end = threading.Event(), time.monotonic() + 60
    config = FootageConfig.model_validate(
        {
            "cameras": cameras,
            "sampling": {"interval": 0.1, "dense_interval": 0.1},
            "events": {"gone_after": 1},
            "stream": {"first_wait": 0.1},
        }
    )

    def tick(watched: Sequence[LiveCamera]) -> None:
        assert time.monotonic() < end, "it hasn't happened"
        if enough(watched):
            stopping.set()

    out.mkdir(exist_ok=True)
    return watch_all(config, detector, out, None, stopping, on_tick=tick)


def an_event(watched: Sequence[LiveCamera]) -> bool:
    return watched[-1].event_count > 0


def twenty_looks(watched: Sequence[LiveCamera]) -> bool:
    return watched[-1].stream.counters.looked_at.total >= 20


@pytest.fixture
def gate(encode: Callable[..., bytes]) -> Iterator[HttpCamera]:
    """A camera at which a heap lies."""
    jpegs = [encode(picture, "JPEG", quality=95) for picture in pictures(3)]
    with HttpCamera(lambda: itertools.cycle(jpegs), RATE) as camera:
        yield camera


def test_nothing_is_lost_when_the_camera_stays_silent(tmp_path: Path, detector: Detector, gate: HttpCamera) -> None:
    first = watch(detector, tmp_path, {"name": "gate", "source": gate.url}, enough=an_event)
    nobody = f"rtsp://127.0.0.1:{free_port()}/"
    second = watch(detector, tmp_path, {"name": "gate", "source": nobody}, enough=an_event)
    assert second.events == load_events(tmp_path / "events.json").events == first.events
    assert "expected a live video" in second.cameras[0].note
    third = watch(detector, tmp_path, {"name": "other", "source": gate.url}, enough=an_event)
    assert [event.camera for event in third.events] == ["gate", "other"]
    assert third.events[0] == first.events[0]
    assert all((tmp_path / event.picture.file).exists() for event in third.events)


def test_gone_while_nobody_watched(
    tmp_path: Path, detector: Detector, gate: HttpCamera, encode: Callable[..., bytes]
) -> None:
    (there,) = watch(detector, tmp_path, {"name": "gate", "source": gate.url}, enough=an_event).events
    jpegs = [encode(picture, "JPEG", quality=95) for picture in pictures(3, lambda _second: False)]
    with HttpCamera(lambda: itertools.cycle(jpegs), RATE) as cleared:
        file = watch(detector, tmp_path, {"name": "gate", "source": cleared.url}, enough=twenty_looks)
    (gone,) = file.events
    assert there.state == "in_view"
    assert gone == there.model_copy(update={"state": "gone"})
    assert file.cameras[0].looked_at >= 20


def test_a_clip_that_cant_be_written_ends_nothing(tmp_path: Path, detector: Detector, gate: HttpCamera) -> None:
    (tmp_path / "clips").touch()
    (event,) = watch(detector, tmp_path, {"name": "gate", "source": gate.url}, enough=an_event).events
    assert event.clip is None


def test_pictures_of_a_run_that_is_replaced_are_not_taken_for_new_ones(
    tmp_path: Path, detector: Detector, gate: HttpCamera
) -> None:
    (tmp_path / "frames").mkdir()
    for seconds in range(100):
        (tmp_path / "frames" / f"01-gate-{seconds / 10:.2f}.jpg").write_bytes(b"old")
    (event,) = watch(detector, tmp_path, {"name": "gate", "source": gate.url}, enough=an_event).events
    assert [path.name for path in (tmp_path / "frames").iterdir()] == [Path(event.picture.file).name]
    assert (tmp_path / event.picture.file).read_bytes() != b"old"


def test_a_mistake_is_told_and_nothing_is_left_running(tmp_path: Path, detector: Detector, gate: HttpCamera) -> None:
    wrong = {"name": "b", "source": gate.url, "thresholds": {"dog": 0.5}}
    with pytest.raises(UserError, match="'dog' is not a category"):
        watch(detector, tmp_path, {"name": "a", "source": gate.url}, wrong, enough=an_event)
    assert not [thread for thread in threading.enumerate() if thread.name in ("watch a", "stream a")]
    nobody = {"name": "c", "source": f"rtsp://x:geheim@127.0.0.1:{free_port()}/"}
    with pytest.raises(UserError, match="expected pictures from a camera, but there were none") as told:
        watch(detector, tmp_path, nobody, enough=lambda watched: watched[0].stream.counters.reconnects > 0)
    assert "geheim" not in str(told.value)
    assert not (tmp_path / "events.json").exists()


def test_results_that_cant_be_gone_on_with(tmp_path: Path, detector: Detector, gate: HttpCamera) -> None:
    camera = {"name": "gate", "source": gate.url}
    file = watch(detector, tmp_path, camera, enough=an_event)
    (tmp_path / file.events[0].picture.file).unlink()
    with pytest.raises(PhotoError, match=file.events[0].picture.file):
        watch(detector, tmp_path, camera, enough=an_event)
    recording = file.cameras[0].model_copy(update={"mode": "archive"})
    file.model_copy(update={"cameras": (recording,)}).write(tmp_path / "events.json")
    with pytest.raises(ResultError, match="these are recordings"):
        watch(detector, tmp_path, camera, enough=an_event)

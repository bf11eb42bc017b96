"""Live cameras: real servers on this machine that go away, hang, freeze, or don't answer at all."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import Colorspace
from av.video.stream import VideoStream
from pydantic import ValidationError

from tests.footage.cameras import HttpCamera, RtspServer, draw_clip, free_port
from vision.footage.frames import Frame, frame_of
from vision.footage.stream import State, Stream, StreamSettings, without_password
from vision.images import NDArrayImage

Encode = Callable[..., bytes]
Cameras = Callable[[Path], RtspServer]
QUICK = StreamSettings(first_wait=0.05, longest_wait=0.2)
SLOW = StreamSettings(first_wait=60, longest_wait=60)


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for what happens in the background."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it hasn't happened"
        time.sleep(0.01)


def newest(stream: Stream) -> Frame:
    """Take the newest frame."""
    until(lambda: stream.is_frame_waiting)
    return next(stream.frames())


@pytest.fixture(scope="session")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip in which everything moves."""
    return draw_clip(tmp_path_factory.mktemp("walk") / "walk.h264")


@pytest.fixture
def grey(encode: Encode) -> Callable[[int], bytes]:
    """Make a JPEG that is as bright as is said."""
    return lambda level: encode(np.full((48, 64, 3), level, np.uint8), "JPEG")


@contextmanager
def silent_address() -> Iterator[tuple[str, socket.socket]]:
    """An address that can be connected to, but never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(20)
        yield f"rtsp://127.0.0.1:{listening.getsockname()[1]}/", listening


@contextmanager
def unanswering_address() -> Iterator[str]:
    """An address at which not even the connection is answered, as its queue is full."""
    with ExitStack() as stack:
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            with suppress(BlockingIOError):
                waiting.connect(listening.getsockname())
        yield f"rtsp://127.0.0.1:{listening.getsockname()[1]}/"


def stops_in_time(stream: Stream) -> None:
    """Stop a stream, twice, and hold it to its promise."""
    began = time.monotonic()
    stream.stop()
    assert time.monotonic() - began < 2
    assert stream.state is State.STOPPED
    assert next(stream.frames(), None) is None
    stream.stop()


def test_frames_arrive_over_rtsp(walk: Path, rtsp_server: Cameras) -> None:
    settings = StreamSettings(frozen_after=1)
    with Stream("gate", rtsp_server(walk).url, settings, 0.3) as stream:
        seen = [newest(stream) for _ in range(6)]
        assert stream.state is State.RUNNING
        assert (stream.counters.reconnects, stream.counters.frozen) == (0, 0)
        assert stream.counters.decoded.total > len(seen)
        stops_in_time(stream)
        assert not stream.note
    assert seen[0].seconds == 0
    assert seen[5].seconds > 1.2  # 0.3 s between them
    assert all(frame.time and frame.time.tzinfo for frame in seen)
    assert all(frame.full().shape == (240, 320, 3) for frame in seen)
    assert (seen[0].full() != seen[5].full()).any()


def test_comes_back_as_often_as_the_camera_does(walk: Path, rtsp_server: Cameras) -> None:
    camera, states, seconds = rtsp_server(walk), list[State](), list[float]()
    with Stream("gate", camera.url, QUICK, 0.1, lambda state, _: states.append(state)) as stream:
        for _ in range(3):
            seconds += [newest(stream).seconds for _ in range(3)]
            camera.kill()
            until(lambda: stream.state is State.RECONNECTING)
            assert "expected a live video" in stream.note
            camera.start()
            until(lambda: stream.state is State.RUNNING)
            assert not stream.note
        seconds += [newest(stream).seconds for _ in range(3)]
        assert stream.counters.reconnects >= 3
    distinct = [state for state, before in zip(states, [None, *states], strict=False) if state is not before]
    assert distinct == [State.RUNNING, *[State.RECONNECTING, State.RUNNING] * 3, State.STOPPED]
    assert seconds == sorted(seconds)
    assert len(set(seconds)) == len(seconds)


def test_stops_while_a_connection_is_not_answered() -> None:
    with silent_address() as (url, listening):
        stream = Stream("silent", url, StreamSettings(open_timeout=60), 1)
        with listening.accept()[0]:
            assert stream.state is State.CONNECTING
            stops_in_time(stream)
        assert stream.note.endswith("no answer has come yet; it was stopped")
    with unanswering_address() as url:
        stream = Stream("nobody", url, StreamSettings(open_timeout=60), 1)
        time.sleep(1)  # there is nothing to be seen of it
        assert stream.state is State.CONNECTING
        stops_in_time(stream)


def test_stops_while_a_read_hangs(grey: Callable[[int], bytes]) -> None:
    def hanging() -> Iterator[bytes]:
        yield from map(grey, range(0, 100, 10))
        until(lambda: stream.state is State.STOPPED)

    with HttpCamera(hanging) as camera:
        stream = Stream("hangs", camera.url, StreamSettings(read_timeout=60), 0)
        until(lambda: stream.counters.decoded.total == 10)
        stops_in_time(stream)


def test_stops_while_it_waits_to_reconnect() -> None:
    stream = Stream("gone", f"rtsp://127.0.0.1:{free_port()}/", SLOW, 1)
    until(lambda: stream.state is State.RECONNECTING)
    stops_in_time(stream)
    assert stream.note.endswith("Connection refused; it was stopped")


@pytest.mark.parametrize("end", ["stream.stop()", "pass", "os.kill(os.getpid(), signal.SIGKILL)"])
def test_python_ends_while_ffmpeg_waits_and_nothing_is_left(end: str) -> None:
    program = (
        "import os, signal, sys\n"
        "from vision.footage.stream import Stream, StreamSettings\n"
        "def tell(state, note):\n    print(state, flush=True)\n"
        "stream = Stream('silent', sys.argv[1], StreamSettings(open_timeout=60), 1, tell)\n"
        f"sys.stdin.readline()\n{end}\n"
    )
    with silent_address() as (url, listening):
        command = [sys.executable, "-c", program, url]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as python:
            connection, _ = listening.accept()
            with connection:
                connection.settimeout(20)
                told, errors = python.communicate(b"go\n", timeout=10)
                while connection.recv(4096):  # to the end: whoever had connected is gone
                    pass
    assert (python.returncode, told) == ((-signal.SIGKILL, b"") if "KILL" in end else (0, b"stopped\n"))
    assert not errors


def test_a_reader_that_crashes_is_replaced(walk: Path, rtsp_server: Cameras) -> None:
    notes: list[str] = []
    with Stream("gate", rtsp_server(walk).url, QUICK, 0.1, lambda _, note: notes.append(note)) as stream:
        before = newest(stream)
        for listing in Path("/proc/self/task").glob("*/children"):
            for process in map(int, listing.read_text().split()):
                if b"stream_reader" in Path(f"/proc/{process}/cmdline").read_bytes():
                    os.kill(process, signal.SIGSEGV)
        until(lambda: stream.counters.reconnects > 0)
        until(lambda: stream.state is State.RUNNING)
        assert newest(stream).seconds > before.seconds
    assert any("its reader ended with code -11" in note for note in notes)


def test_a_slow_consumer_gets_the_newest_frame_and_the_rest_is_counted(grey: Callable[[int], bytes]) -> None:
    with HttpCamera(lambda: map(grey, range(0, 250, 5))) as camera, Stream("fast", camera.url, QUICK, 0) as stream:
        newest(stream)
        until(lambda: stream.counters.skipped >= 5)
        least = stream.counters.skipped
        number = round(newest(stream).pixels.mean() / 5)
        assert least + 1 <= number <= stream.counters.skipped + 1  # one was taken before
        assert stream.counters.reconnects == 0


def test_the_interval_can_be_changed(grey: Callable[[int], bytes]) -> None:
    wanted = [3600.0]
    with (
        HttpCamera(lambda: map(grey, [*range(250)] * 2)) as camera,
        Stream("adaptive", camera.url, QUICK, lambda: wanted[0]) as stream,
    ):
        newest(stream)
        until(lambda: stream.counters.decoded.total > 5)
        assert not stream.is_frame_waiting
        wanted[0] = 0
        newest(stream)
        assert stream.counters.reconnects == 0


def test_a_frozen_camera_is_connected_to_anew(tmp_path: Path, rtsp_server: Cameras) -> None:
    still = draw_clip(tmp_path / "still.h264", moves=False)
    settings = StreamSettings(frozen_after=1, first_wait=0.05, longest_wait=0.2)
    notes: list[str] = []
    with Stream("still", rtsp_server(still).url, settings, 0.1, lambda _, note: notes.append(note)) as stream:
        until(lambda: stream.counters.frozen == 2)
        assert stream.counters.reconnects >= 1
    assert any("no new picture came for 1 s" in note for note in notes)


def test_silence_ends_a_connection(grey: Callable[[int], bytes]) -> None:
    def hanging() -> Iterator[bytes]:
        yield from map(grey, range(0, 100, 10))
        until(lambda: stream.state is not State.RUNNING)

    settings = StreamSettings(read_timeout=0.5, first_wait=60, longest_wait=60)
    with HttpCamera(hanging) as camera, Stream("hangs", camera.url, settings, 0) as stream:
        until(lambda: stream.counters.reconnects == 1)
        assert stream.note == f"{camera.url}: expected a live video, but nothing came for 0.5 s; trying again"


def test_no_answer_is_told_as_such() -> None:
    settings = StreamSettings(open_timeout=0.5, first_wait=60, longest_wait=60)
    with silent_address() as (url, _), Stream("silent", url, settings, 1) as stream:
        until(lambda: stream.state is State.RECONNECTING)
        assert stream.note == f"{url}: expected a live video, but nothing came for 0.5 s; trying again"


def test_a_wrong_address_is_told_and_tried_again() -> None:
    url = f"rtsp://127.0.0.1:{free_port()}/clip"
    with Stream("wrong", url, QUICK, 1) as stream:
        until(lambda: stream.counters.reconnects >= 2)
        assert stream.state is State.RECONNECTING
        assert stream.note == f"{url}: expected a live video, but FFmpeg says: Connection refused; trying again"


def test_a_file_without_video_is_told(tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    with av.open(str(path), "w") as output:
        sound = output.add_stream("pcm_s16le", rate=8000, layout="mono")
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), "s16", "mono")
        silence.sample_rate = 8000
        output.mux(sound.encode(silence))
    with Stream("sound", str(path), SLOW, 1) as stream:
        until(lambda: stream.state is State.RECONNECTING)
        assert "there is no video in it" in stream.note


def test_is_given_up_after_a_while() -> None:
    settings = StreamSettings(first_wait=0.05, longest_wait=0.1, give_up_after=0.5)
    with Stream("gone", f"rtsp://127.0.0.1:{free_port()}/", settings, 1) as stream:
        assert list(stream.frames()) == []
        assert stream.state is State.STOPPED
        assert stream.note.endswith("Connection refused; it was given up")


def test_damage_is_counted_and_a_camera_that_hangs_up_is_called_again(grey: Callable[[int], bytes]) -> None:
    broken = grey(7)[:100] + bytes(200)
    settings = StreamSettings(first_wait=0.05, longest_wait=300, steady_after=1e-6)
    with (
        HttpCamera(lambda: [grey(10), broken, grey(20), grey(30)], fps=50) as camera,
        Stream("mjpeg", camera.url, settings, 0) as stream,
    ):
        # Were the waits not short again after each good connection, this would take minutes.
        until(lambda: stream.counters.reconnects == 12, 60)
        assert stream.counters.damaged >= 12
        assert stream.counters.decoded.total >= 36


def test_no_password_gets_out(grey: Callable[[int], bytes], capfd: pytest.CaptureFixture[str]) -> None:
    told: list[str] = []
    urls = [
        f"rtsp://admin:geheim@127.0.0.1:{free_port()}/live?token=geheim",
        f"http://admin:ge@heim@127.0.0.1:{free_port()}/",
        "/nowhere/password=geheim",
    ]
    for url in urls:
        with Stream("door", url, QUICK, 1, lambda state, note: told.append(f"{state} {note}")) as stream:
            until(lambda: stream.counters.reconnects >= 1)
            told.append(f"{stream.name} {stream.source} {stream.note} {stream!r}")
    with HttpCamera(lambda: map(grey, range(0, 100, 10))) as camera:
        url = camera.url.replace("http://", "http://admin:geheim@")
        with Stream("door", url, QUICK, 1, lambda state, note: told.append(f"{state} {note}")) as stream:
            newest(stream)
            until(lambda: stream.counters.reconnects >= 1)
    assert len(told) >= 8
    assert not [text for text in told if "geheim" in text or "heim" in text]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("rtsp://10.0.0.7:554/ch1", "rtsp://10.0.0.7:554/ch1"),
        ("rtsp://admin:p/w@d?@10.0.0.7/ch1", "rtsp://***@10.0.0.7/ch1"),
        ("http://host/video?user=a&pwd=b/c&size=1", "http://host/video?user=a&pwd=***/c&size=1"),
        ("rtsp://host/user=admin_password=tl_1&channel=1", "rtsp://host/user=admin_password=***&channel=1"),
        ("videos/walk.mp4", "videos/walk.mp4"),
    ],
)
def test_passwords_in_addresses(url: str, expected: str) -> None:
    assert without_password(url) == expected


@pytest.mark.parametrize(
    ("size", "pixel_format", "rotation", "codec"),
    [
        ((64, 48), "yuv420p", 0, "libx264"),
        ((64, 48), "yuv420p", 90, "libx264"),
        ((62, 46), "yuv444p", 180, "libx264"),
        ((64, 48), "yuvj420p", 0, "mjpeg"),
        ((63, 47), "yuvj444p", 0, "mjpeg"),
    ],
)
def test_frames_are_those_that_were_decoded(
    tmp_path: Path, street: NDArrayImage, size: tuple[int, int], pixel_format: str, rotation: int, codec: str
) -> None:
    path = tmp_path / "one.mov"
    with av.open(str(path), "w") as output:
        video = output.add_stream(codec, rate=10)
        assert isinstance(video, VideoStream)
        (video.width, video.height), video.pix_fmt = size, pixel_format
        video.set_display_rotation(rotation)
        video.codec_context.colorspace = Colorspace.ITU709
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(street[: size[1], : size[0]]))
        output.mux(video.encode(picture))
        output.mux(video.encode())
    with av.open(str(path)) as source:
        expected = frame_of(next(source.decode(video=0)), 0)
    with Stream("file", str(path), SLOW, 0) as stream:
        got = newest(stream)
    assert (got.width, got.height) == (expected.width, expected.height)
    assert got.full().shape == expected.full().shape
    assert np.array_equal(got.full(), expected.full())
    assert np.array_equal(got.pixels, expected.pixels)


def test_waits_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(ValidationError, match="expected first_wait <= longest_wait"):
        StreamSettings(first_wait=2, longest_wait=1)

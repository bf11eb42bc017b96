"""Videos as cameras really leave them behind: what FFmpeg reads is read, and what is broken costs only itself."""

import struct
from pathlib import Path

import numpy as np
import pytest

from tests.footage.drawn import SIZE, street, walk, write_video
from vision.errors import UserError
from vision.footage.frames import Frame
from vision.footage.videos import LONGEST, Video
from vision.images import NDArrayImage


@pytest.fixture(scope="module")
def frames() -> list[NDArrayImage]:
    """Six seconds at ten frames a second; each frame's left column says which it is."""
    shown = walk(street(1000), np.linspace(0, 600, 60))
    for i, frame in enumerate(shown):
        frame[:, :16] = 4 * i
    return shown


def numbers(video: Video, interval: float) -> list[tuple[float, int]]:
    """Return the time and number of each frame that is taken."""
    taken: list[Frame] = []
    for group in video.groups():
        if not taken or group.start >= taken[-1].seconds + interval / 2:  # some codings have a group for each picture
            taken += video.frames(group, interval)
    return [(round(f.seconds, 2), round(float(f.pixels[:, 2:14].mean()) / 4)) for f in taken]


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [("mp4", "libx264"), ("mkv", "libx264"), ("ts", "libx264"), ("avi", "mpeg4"), ("mov", "mjpeg"), ("avi", "mjpeg")],
)
def test_containers_and_codings(tmp_path: Path, frames: list[NDArrayImage], suffix: str, codec: str) -> None:
    path = write_video(tmp_path / f"clip.{suffix}", frames, codec=codec, gop=10)
    with Video(path) as video:
        seen = numbers(video, 0.5)
        assert max(np.diff([seconds for seconds, _ in seen])) <= 0.61
        assert 10 <= len(seen) <= 20
        assert all(abs(number - seconds * 10) <= 1.2 for seconds, number in seen)
        assert video.damaged == 0


@pytest.mark.parametrize("gop", [1, 5, 10, 25, 60, 250])
@pytest.mark.parametrize("interval", [0.5, 1.0])
def test_frames_are_taken_evenly_whatever_the_key_frames(
    tmp_path: Path, frames: list[NDArrayImage], gop: int, interval: float
) -> None:
    with Video(write_video(tmp_path / "clip.mp4", frames, gop=gop)) as video:
        seen = numbers(video, interval)
    times = [seconds for seconds, _ in seen]
    assert all(number == round(seconds * 10) for seconds, number in seen)
    if gop >= 10:
        assert max(np.diff(times)) <= interval * 1.5
        assert min(np.diff(times)) >= interval * 0.45


def test_a_rate_that_varies(tmp_path: Path, frames: list[NDArrayImage]) -> None:
    times = [0.1 * i if i < 30 else 3 + 0.7 * (i - 30) for i in range(60)]
    with Video(write_video(tmp_path / "clip.mp4", frames, times=times)) as video:
        seen = numbers(video, 1.0)
    assert all(abs(seconds - times[number]) < 0.02 for seconds, number in seen)
    assert max(np.diff([seconds for seconds, _ in seen])) < 1.5


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_rotation_flag_is_obeyed(tmp_path: Path, frames: list[NDArrayImage], turns: int) -> None:
    """A phone held upright writes its pictures lying, and a matrix that says so; that of MP4 turns to the right."""
    path = write_video(tmp_path / "clip.mp4", [np.ascontiguousarray(np.rot90(f, turns)) for f in frames[:10]])
    matrix = {1: (0, 1, -1, 0), 2: (-1, 0, 0, -1), 3: (0, -1, 1, 0)}[turns]
    content = bytearray(path.read_bytes())
    at = content.index(b"tkhd") + 4 + 40
    a, b, c, d = (value * 65536 for value in matrix)
    content[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(content)
    with Video(path) as video:
        frame = video.frames(next(video.groups()), 1.0)[0]
    assert (frame.width, frame.height) == SIZE
    assert np.abs(frame.pixels.astype(int) - frames[0]).mean() < 6
    assert np.abs(frame.full().astype(int) - frames[0]).mean() < 6


def test_a_broken_end(tmp_path: Path, frames: list[NDArrayImage]) -> None:
    whole = write_video(tmp_path / "whole.ts", frames).read_bytes()
    broken = tmp_path / "broken.ts"
    broken.write_bytes(whole[: len(whole) * 2 // 3])
    with Video(broken) as video:
        seen = numbers(video, 0.5)
    assert 6 <= len(seen) <= 9
    assert all(number == round(seconds * 10) for seconds, number in seen[:-1])  # the last one may be half a picture


def test_a_damaged_middle_costs_only_itself(tmp_path: Path, frames: list[NDArrayImage]) -> None:
    path = write_video(tmp_path / "clip.mkv", frames)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 3000] = bytes(3000)
    path.write_bytes(content)
    with Video(path) as video:
        seen = numbers(video, 1.0)
    assert {number for _, number in seen} >= {0, 10, 20, 50}


def test_very_long_groups_are_read_in_parts(tmp_path: Path) -> None:
    frames = walk(street(1000), np.linspace(0, 600, 125))
    for i, frame in enumerate(frames):
        frame[:, :16] = 2 * i
    with Video(write_video(tmp_path / "clip.mp4", frames, rate=5, gop=1000)) as video:
        groups = list(video.groups())
        assert [(group.continues, group.goes_on) for group in groups] == [(False, True), (True, True), (True, False)]
        assert all(group.end - group.start <= LONGEST + 0.5 for group in groups)
        taken = [frame for group in groups for frame in video.frames(group, 1.0)]
    assert len(taken) == 25
    assert all(abs(f.pixels[:, 2:14].mean() / 2 - f.seconds * 5) < 2 for f in taken)


def test_seeking(tmp_path: Path, frames: list[NDArrayImage]) -> None:
    with Video(write_video(tmp_path / "clip.mp4", frames)) as video:
        first = next(video.groups(3.4))
        assert (first.start, first.end) == pytest.approx((3.0, 4.0), abs=0.01)


def test_the_clock(tmp_path: Path, frames: list[NDArrayImage]) -> None:
    with Video(write_video(tmp_path / "clip.mp4", frames[:10], created="2026-05-18T08:30:00Z")) as video:
        assert str(video.time_at(1.5)) == "2026-05-18 08:30:01.500000+00:00"
    with Video(write_video(tmp_path / "other.mp4", frames[:10])) as video:
        assert video.time_at(1.5) is None


def test_what_is_no_video(tmp_path: Path) -> None:
    text = tmp_path / "notes.mp4"
    text.write_text("no video")
    with pytest.raises(UserError, match=r"notes\.mp4: expected a video, but it can't be read"):
        Video(text)
    with pytest.raises(UserError, match=r"gone\.mp4: expected a video"):
        Video(tmp_path / "gone.mp4")

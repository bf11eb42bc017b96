"""Which pictures of a recording are looked at."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from tests.footage.drawn import NAMES, put, street, walk, write_video
from vision.detections import Detections
from vision.footage.configuration import Sampling
from vision.footage.frames import Frame
from vision.footage.looks import Look, looks
from vision.footage.videos import Video
from vision.images import NDArrayImage

SAMPLING = Sampling(interval=1.0, dense_interval=0.5, still_interval=4.0)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as running:
        yield running


def reds(frame: Frame) -> Detections:
    """Find red pixels."""
    red = frame.pixels[:, :, 0].astype(int) - frame.pixels[:, :, 1] > 60
    return Detections.of([[0, 0, 9, 9]], [0.9], [0], NAMES) if red.sum() > 50 else Detections.empty(NAMES)


def kinds(_frame: Frame, found: Detections) -> frozenset[str]:
    return frozenset(name for _, _, name in found)


def look_through(path: Path, pool: ThreadPoolExecutor, detect: Callable[[Frame], Detections] = reds) -> list[Look]:
    with Video(path) as video:
        return list(looks(video, detect, kinds, SAMPLING, pool))


def seconds(found: list[Look]) -> list[float]:
    return [round(look.frame.seconds, 2) for look in found]


def test_more_often_where_something_comes_and_goes(tmp_path: Path, pool: ThreadPoolExecutor) -> None:
    picture = street(2000)
    put(picture, "garbage_pile", (600, 60, 660, 120))
    video = write_video(tmp_path / "clip.mp4", walk(picture, np.linspace(0, 1000, 200)))  # in view from 5.6 to 13.2 s
    found = look_through(video, pool)
    times = seconds(found)
    assert times == sorted(times)
    assert set(range(20)) <= set(times)
    assert [time for time in times if time % 1] == [5.5, 13.5]
    assert all((look.found is not None and len(look.found) == 1) == (5.6 < look.frame.seconds < 13.2) for look in found)


def test_more_often_while_something_is_in_view_of_a_fast_camera(tmp_path: Path, pool: ThreadPoolExecutor) -> None:
    picture = street(2000)
    put(picture, "garbage_pile", (900, 60, 960, 120))
    video = write_video(tmp_path / "clip.mp4", walk(picture, np.linspace(0, 1600, 200)))  # in view from 7.3 to 12 s
    times = seconds(look_through(video, pool))
    assert set(range(20)) <= set(times)
    assert [time for time in times if time % 1] == [7.5, 8.5, 9.5, 10.5, 11.5]


def test_a_picture_that_stands_still_is_not_looked_at_again(tmp_path: Path, pool: ThreadPoolExecutor) -> None:
    clean = street(320)
    dirty = clean.copy()
    put(dirty, "garbage_pile", (100, 60, 160, 120))
    frames = [clean] * 60 + [dirty] * 60
    found = look_through(write_video(tmp_path / "clip.mp4", frames), pool)
    assert seconds(found) == list(range(12))
    looked = [round(look.frame.seconds) for look in found if look.found is not None]
    assert looked == [0, 4, 6, 10]  # first, after still_interval, at the change, after still_interval


def test_nothing_is_dropped_however_slow_the_detector(tmp_path: Path) -> None:
    video = write_video(tmp_path / "clip.mp4", walk(street(2000), np.linspace(0, 1600, 100)))
    asked: list[float] = []

    def slow(frame: Frame) -> Detections:
        asked.append(round(frame.seconds, 2))
        return Detections.empty(NAMES)

    with ThreadPoolExecutor(1) as pool:
        assert seconds(look_through(video, pool, slow)) == list(range(10))
    assert sorted(asked) == list(range(10))


@pytest.mark.parametrize("gop", [3, 10, 40, 200])
def test_whatever_the_key_frames(tmp_path: Path, pool: ThreadPoolExecutor, gop: int) -> None:
    picture: NDArrayImage = street(2000)
    put(picture, "garbage_pile", (900, 60, 960, 120))
    video = write_video(tmp_path / "clip.mp4", walk(picture, np.linspace(0, 1600, 200)), gop=gop)
    times = seconds(look_through(video, pool))
    in_view = [time for time in times if 7.5 <= time <= 12]
    assert times == sorted(set(times))
    assert max(np.diff(times)) <= 1.5
    assert max(np.diff(in_view)) <= 0.7

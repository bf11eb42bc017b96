"""One event for each thing, however the camera and the thing behave; every picture is drawn, the network is real."""

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pytest

from tests.footage.drawn import SIZE, put, street, walk, write_finder
from vision.footage.configuration import Camera, EventSettings, Hours, Motion, Zone
from vision.footage.events import EventBuilder
from vision.footage.frames import Frame
from vision.footage.things import Thing
from vision.footage.zones import Rules
from vision.images import NDArrayImage
from vision.inference.detector import Detector
from vision.inference.results import GpsPoint

INTERVAL = 0.5
MONDAY = dt.datetime(2026, 5, 18, 8)


@pytest.fixture(scope="module")
def finder(tmp_path_factory: pytest.TempPathFactory) -> Detector:
    return Detector(write_finder(tmp_path_factory.mktemp("finder") / "f.onnx"), device="cpu", thresholds=0.4)


def watch(
    finder: Detector,
    pictures: Sequence[NDArrayImage],
    camera: Camera | None = None,
    places: Sequence[GpsPoint] = (),
    began: dt.datetime = MONDAY,
    **settings: float,
) -> list[Thing]:
    """Look at each picture, half a second apart, and return the events."""
    rules = Rules(camera or Camera(name="c", source="c"), finder.thresholds)
    detector = finder.with_thresholds(rules.least)
    builder = EventBuilder(
        rules,
        EventSettings.model_validate(settings),
        INTERVAL,
        place_at=(lambda seconds: places[round(seconds / INTERVAL)]) if places else (lambda _: None),
    )
    for i, pixels in enumerate(pictures):
        time = began + dt.timedelta(seconds=i * INTERVAL)
        frame = Frame(i * INTERVAL, time, pixels, *SIZE, lambda pixels=pixels: pixels)  # type: ignore[misc]
        builder.add(frame, detector.detect(frame.photo))
    return builder.finish()


def category(thing: Thing) -> str:
    return max(thing.votes, key=lambda name: thing.votes[name])


def test_a_walk_past_two_things(finder: Detector) -> None:
    picture = street(2400)
    put(picture, "garbage_pile", (600, 80, 660, 130))
    put(picture, "illegal_posting", (1500, 40, 1540, 80))
    heap, posting = watch(finder, walk(picture, np.arange(0, 2000, 40)))
    assert (category(heap), category(posting)) == ("garbage_pile", "illegal_posting")
    assert (heap.state, posting.state) == ("left_view", "left_view")
    assert heap.start == pytest.approx(4, abs=1)
    assert heap.end == pytest.approx(7.5, abs=1)
    assert heap.best is not None
    x1, _, x2, _ = heap.best.sights[0].box
    assert 3 < x1 < x2 < SIZE[0] - 3  # the best picture shows all of it


def test_a_camera_that_turns_back_sees_the_same_heap(finder: Detector) -> None:
    picture = street(2400)
    put(picture, "garbage_pile", (900, 80, 960, 130))
    lefts = [*range(0, 1700, 40), *range(1700, 0, -40), *range(0, 1700, 40)]
    (heap,) = watch(finder, walk(picture, lefts))
    assert len(heap.visits) == 3


def test_two_heaps_in_different_places_stay_two(finder: Detector) -> None:
    picture = street(3600)
    put(picture, "garbage_pile", (900, 80, 960, 130))
    picture[80:130, 2400:2460] = picture[80:130, 900:960]  # the very same heap in another place
    assert len(watch(finder, walk(picture, range(0, 3200, 40)))) == 2


def test_two_heaps_that_look_the_same_are_told_apart_by_place(finder: Detector) -> None:
    picture = street(1200)
    put(picture, "garbage_pile", (500, 80, 560, 130))
    lefts = [*range(0, 850, 40), *[850] * 10, *range(0, 850, 40)]  # two streets that look alike
    there = [GpsPoint(latitude=31.0, longitude=121.0)] * 30 + [GpsPoint(latitude=31.01, longitude=121.0)] * 30
    assert len(watch(finder, walk(picture, lefts))) == 1
    assert len(watch(finder, walk(picture, lefts), places=there)) == 2


def test_a_shaking_camera(finder: Detector) -> None:
    picture = street(2400)
    put(picture, "garbage_pile", (600, 80, 660, 130))
    rng = np.random.default_rng(0)
    lefts = np.arange(0, 1200, 30) + rng.normal(0, 12, 40)
    assert len(watch(finder, walk(picture, np.maximum(lefts, 0)))) == 1


def test_frames_of_one_track_that_disagree_make_one_event(finder: Detector) -> None:
    one, other = street(1200), street(1200)
    put(one, "garbage_pile", (500, 80, 560, 130))
    put(other, "overflowing_bin", (500, 80, 560, 130))
    lefts = range(200, 520, 16)
    pictures = [(other if i % 4 == 3 else one) for i in range(len(lefts))]
    (heap,) = watch(finder, [walk(p, [left])[0] for p, left in zip(pictures, lefts, strict=True)])
    assert category(heap) == "garbage_pile"
    assert set(heap.votes) == {"garbage_pile", "overflowing_bin"}


def test_what_is_seen_once_or_faintly_is_no_event(finder: Detector) -> None:
    clean = street(320)
    once, faint = clean.copy(), clean.copy()
    put(once, "garbage_pile", (100, 80, 160, 130))
    put(faint, "garbage_pile", (100, 80, 160, 130), strength=0.33)  # more than a hint, less than the threshold
    assert watch(finder, [clean, once, clean, clean, clean, clean]) == []
    assert watch(finder, [clean, *[faint] * 10]) == []
    assert len(watch(finder, [clean, once, clean, clean], min_observations=1, least_evidence=2)) == 1
    assert watch(finder, [clean, once, clean, clean], min_observations=1, least_evidence=2.5) == []


@pytest.mark.parametrize("motion", ["fixed", "auto"])
def test_a_fixed_camera_sees_it_come_and_go(finder: Detector, motion: Motion) -> None:
    clean = street(320)
    dirty = clean.copy()
    put(dirty, "garbage_pile", (100, 80, 160, 130))
    camera = Camera(name="c", source="c", motion=motion)
    (heap,) = watch(finder, [clean] * 20 + [dirty] * 40 + [clean] * 40, camera, gone_after=10)
    assert (heap.start, heap.end, heap.state) == (10.0, 29.5, "gone")
    (heap,) = watch(finder, [clean] * 20 + [dirty] * 40, camera, gone_after=10)
    assert (heap.start, heap.end, heap.state) == (10.0, 29.5, "in_view")


def test_someone_in_front_of_it_does_not_make_it_go(finder: Detector) -> None:
    dirty = street(320)
    put(dirty, "garbage_pile", (100, 80, 160, 130))
    hidden = dirty.copy()
    hidden[40:180, 80:180] = 60
    (heap,) = watch(finder, [dirty] * 10 + [hidden] * 10 + [dirty] * 10, gone_after=10)
    assert heap.state == "in_view"
    assert heap.end == 14.5


def test_a_detector_that_blinks_does_not_end_it(finder: Detector) -> None:
    """Nothing has changed, but the network overlooks the heap for a while."""
    dirty, dull = street(320), street(320)
    put(dirty, "garbage_pile", (100, 80, 160, 130), strength=0.44)
    put(dull, "garbage_pile", (100, 80, 160, 130), strength=0.26)
    dull[80:130, 100:160, 1:] = np.minimum(dull[80:130, 100:160, 1:] + 12, 255)
    (heap,) = watch(finder, [dirty] * 10 + [dull] * 60 + [dirty] * 10, gone_after=5)
    assert len(heap.visits) == 1


def test_another_heap_in_the_place_of_one_long_gone(finder: Detector) -> None:
    clean = street(320)
    dirty = clean.copy()
    put(dirty, "garbage_pile", (100, 80, 160, 130))
    day = [dirty] * 10 + [clean] * 100 + [dirty] * 10
    assert len(watch(finder, day, gone_after=5, same_within=3600)) == 1
    assert len(watch(finder, day, gone_after=5, same_within=20)) == 2


def test_a_row_of_bins_is_one_event(finder: Detector) -> None:
    """Green is found as one box; the other kind beside it is another problem."""
    picture = street(320)
    put(picture, "overflowing_bin", (60, 80, 100, 130))
    put(picture, "overflowing_bin", (104, 80, 140, 130))
    put(picture, "garbage_pile", (200, 90, 260, 140))
    assert sorted(map(category, watch(finder, [picture] * 5))) == ["garbage_pile", "overflowing_bin"]


def corner(x1: float, y1: float, x2: float, y2: float) -> tuple[tuple[float, float], ...]:
    return (x1, y1), (x2, y1), (x2, y2), (x1, y2)


def test_zones(finder: Detector) -> None:
    picture = street(320)
    put(picture, "garbage_pile", (20, 80, 80, 130))
    put(picture, "overflowing_bin", (200, 80, 260, 130))
    left = Zone(name="左", polygon=corner(0, 0, 0.5, 1))
    assert sorted(str(t.zone) for t in watch(finder, [picture] * 5, Camera(name="c", source="c", zones=(left,)))) == [
        "None",
        "左",
    ]
    for zone, expected in (
        (left.model_copy(update={"categories": ("overflowing_bin",)}), ["overflowing_bin"]),
        (left.model_copy(update={"thresholds": {"garbage_pile": 0.95}}), ["overflowing_bin"]),
        (left.model_copy(update={"loiter_seconds": 3.0}), ["overflowing_bin"]),
        (left.model_copy(update={"loiter_seconds": 2.0}), ["garbage_pile", "overflowing_bin"]),
    ):
        things = watch(finder, [picture] * 5, Camera(name="c", source="c", zones=(zone,)))
        assert sorted(map(category, things)) == expected


def test_a_thing_that_lies_there_long_enough_is_one_though_people_pass(finder: Detector) -> None:
    dirty = street(320)
    put(dirty, "garbage_pile", (100, 80, 160, 130))
    hidden = dirty.copy()
    hidden[40:180, 80:180] = 60
    zone = Zone(name="z", polygon=corner(0, 0, 1, 1), loiter_seconds=20)
    pictures = ([dirty] * 10 + [hidden] * 10) * 5
    (heap,) = watch(finder, pictures, Camera(name="c", source="c", zones=(zone,)))
    assert heap.start == 0
    assert watch(finder, pictures[:40], Camera(name="c", source="c", zones=(zone,))) == []


def test_masks(finder: Detector) -> None:
    picture = street(320)
    put(picture, "garbage_pile", (20, 80, 80, 130))
    put(picture, "overflowing_bin", (200, 80, 260, 130))
    half = corner(0, 0, 0.5, 1)
    (inside,) = watch(finder, [picture] * 5, Camera(name="c", source="c", include=(half,)))
    (outside,) = watch(finder, [picture] * 5, Camera(name="c", source="c", exclude=(half, corner(0, 0, 0.4, 1))))
    assert (category(inside), category(outside)) == ("garbage_pile", "overflowing_bin")


@pytest.mark.parametrize(
    ("hours", "count"),
    [
        (Hours(days=("mon",), start=dt.time(7), end=dt.time(9)), 1),
        (Hours(days=("tue",), start=dt.time(7), end=dt.time(9)), 0),
        (Hours(start=dt.time(9), end=dt.time(18)), 0),
        (Hours(days=("sun",), start=dt.time(22), end=dt.time(9)), 1),  # the night before
        (Hours(days=("mon",), start=dt.time(22), end=dt.time(9)), 0),
    ],
)
def test_schedules(finder: Detector, hours: Hours, count: int) -> None:
    picture = street(320)
    put(picture, "garbage_pile", (20, 80, 80, 130))
    zone = Zone(name="z", polygon=corner(0, 0, 1, 1), schedule=(hours,))
    camera = Camera(name="c", source="c", zones=(zone,))
    assert len(watch(finder, [picture] * 5, camera)) == count
    assert len(watch(finder, [picture] * 5, camera, began=MONDAY.astimezone(dt.UTC))) == count  # by local time


def test_the_memory_of_a_long_watch_is_bounded(finder: Detector) -> None:
    dirty = street(320)
    put(dirty, "garbage_pile", (100, 80, 160, 130))
    (heap,) = watch(finder, [dirty] * 1000)
    assert heap.count == 1000
    assert len(heap.sights) <= 200
    assert (heap.sights[0].seconds, heap.sights[-1].seconds) == (0, 499.5)

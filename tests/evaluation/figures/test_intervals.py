import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from tests.datasets.photos import labelled
from vision.categories import NAMES
from vision.datasets.labels import LabelledPhoto
from vision.detections import Detections
from vision.evaluation.figures.average_precision import average_precision
from vision.evaluation.figures.intervals import ap50_intervals, percentiles, rate_interval

BIN = NAMES.index("bin")


def random_photos(seed: int, count: int) -> tuple[list[LabelledPhoto], list[Detections]]:
    """Photos in scenes of about two, with bins of which most are found, in a loose box, among other finds."""
    rng = np.random.default_rng(seed)
    photos, detections = [], []
    for i in range(count):
        corners = rng.uniform(0, 300, (rng.integers(0, 4), 2))
        boxes = np.hstack([corners, corners + rng.uniform(40, 150, corners.shape)])
        loose = np.concatenate([boxes + rng.normal(0, 12, boxes.shape) for _ in range(2)])
        elsewhere = rng.uniform((0, 0, 200, 200), (100, 100, 300, 300), (4, 4))
        loose = np.concatenate([loose[rng.random(len(loose)) < 0.7], elsewhere])
        scores = rng.permutation(np.linspace(0.01, 0.99, len(loose))) + i * 1e-5
        photo = labelled(boxes, [BIN] * len(boxes), {"bin"})
        photos.append(replace(photo, scene_group=f"scene{i // 2}" if i % 5 else "", source=f"source{i % 4 // 2}"))
        detections.append(Detections.of(loose, scores, [BIN] * len(loose)))
    return photos, detections


def bin_ap50(photos: list[LabelledPhoto], detections: list[Detections]) -> float:
    ap50 = average_precision(photos, detections)[BIN].ap50
    assert ap50 is not None
    return ap50


def test_the_interval_is_that_of_the_resampled_figures() -> None:
    """Half of the scenes are found: AP50 of a sample is the part that it holds of them."""
    photo = labelled([[0, 0, 50, 50]], [BIN], {"bin"})
    photos = [replace(photo, scene_group=f"g{i}") for i in range(40)]
    found = [Detections.of([[0, 0, 50, 50]], [0.9], [BIN]) if i < 20 else Detections.empty() for i in range(40)]
    interval = ap50_intervals(photos, found, resamples=2000)["bin"]
    assert interval == pytest.approx((0.5 - 1.96 * 0.079, 0.5 + 1.96 * 0.079), abs=0.03)  # 0.079: sqrt(0.25 / 40)
    narrow = ap50_intervals(photos, found, resamples=2000, level=0.5)["bin"]
    assert narrow == pytest.approx((0.5 - 0.674 * 0.079, 0.5 + 0.674 * 0.079), abs=0.03)
    in_bursts = [replace(photo, scene_group=f"g{i // 10}") for i, photo in enumerate(photos)]
    burst_interval = ap50_intervals(in_bursts, found, resamples=2000)["bin"]
    assert interval is not None
    assert burst_interval is not None
    assert burst_interval[1] - burst_interval[0] > 2 * (interval[1] - interval[0])


def test_a_seed_gives_the_same_interval_again() -> None:
    photos, detections = random_photos(1, 40)
    first = ap50_intervals(photos, detections, resamples=50)
    assert first == ap50_intervals(photos, detections, resamples=50)
    assert first != ap50_intervals(photos, detections, resamples=50, seed=1)
    low, high = first["bin"] or (0, 0)
    assert 0 < low < bin_ap50(photos, detections) < high < 1


def test_one_scene_tells_nothing_of_others() -> None:
    photo = labelled([[0, 0, 50, 50]], [BIN], {"bin"})
    found = Detections.of([[0, 0, 50, 50]], [0.9], [BIN])
    burst = [replace(photo, scene_group="g"), replace(photo, scene_group="g"), labelled([], [], {"bin"})]
    assert ap50_intervals(burst, [found] * 3) == dict.fromkeys(NAMES)
    burst.append(labelled([[0, 0, 50, 50]], [BIN], {"litter"}))  # isn't judged for bins
    assert ap50_intervals(burst, [found] * 4)["bin"] is None
    burst.append(photo)
    assert ap50_intervals(burst, [found] * 5)["bin"] is not None
    assert ap50_intervals(burst, [Detections.empty()] * 5)["bin"] == (0, 0)
    assert ap50_intervals([], []) == dict.fromkeys(NAMES)


def test_intervals_of_a_known_run_stay_as_they_were() -> None:
    """Pinned: published model cards were made with these samples."""
    photos, detections = random_photos(1, 40)
    assert ap50_intervals(photos, detections, resamples=50)["bin"] == pytest.approx(
        (0.21765382340404282, 0.37384047986490837), abs=1e-12
    )


@pytest.mark.parametrize(
    ("values", "level", "expected"),
    [
        pytest.param(range(101), 0.9, (5, 95), id="middle"),
        pytest.param([np.nan, 3, np.nan], 0.95, (3, 3), id="samples without a figure"),
        pytest.param([np.nan], 0.95, None, id="none has one"),
        pytest.param([], 0.95, None, id="no samples"),
    ],
)
def test_percentiles(values: Sequence[float], level: float, expected: tuple[float, float] | None) -> None:
    assert percentiles(np.array(values, np.float64), level) == pytest.approx(expected)


def test_it_takes_seconds_on_a_whole_split() -> None:
    photos, detections = random_photos(0, 1000)
    started = time.process_time()
    ap50_intervals(photos, detections)
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("successes", "total", "level", "expected"),
    [
        (81, 263, 0.95, (0.2553, 0.3662)),  # R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3
        (15, 148, 0.95, (0.0624, 0.1605)),
        (0, 20, 0.95, (0, 0.1611)),
        (1, 29, 0.95, (0.0061, 0.1718)),
        (29, 29, 0.95, (0.8830, 1)),
        (5, 10, 0.0, (0.5, 0.5)),
    ],
)
def test_wilson(successes: int, total: int, level: float, expected: tuple[float, float]) -> None:
    assert rate_interval(successes, total, level) == pytest.approx(expected, abs=5e-5)


def test_a_rate_lies_within_0_and_1_and_its_interval() -> None:
    for total in range(1, 200):
        for successes in (0, 1, total - 1, total):
            low, high = rate_interval(successes, total) or (2, -1)
            assert 0 <= low <= successes / total <= high <= 1, (successes, total)


def test_a_rate_of_nothing_has_no_interval() -> None:
    assert rate_interval(0, 0) is None

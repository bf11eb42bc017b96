import itertools
import math
from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from tests.datasets.photos import labelled
from vision.categories import NAMES, PROBLEMS
from vision.datasets.labels import LabelledPhoto
from vision.detections import Detections
from vision.evaluation.screening.cost_point import NEVER, PULL, SPREAD, choose_thresholds, log_odds
from vision.evaluation.screening.visits import visits

HALF = dict.fromkeys(NAMES, 0.5)
TWO = ("graffiti", "litter")
Pair = tuple[LabelledPhoto, Detections]


def seen(label: str | None, annotated: str = " ".join(NAMES), **scores: float) -> Pair:
    """A photo with one labelled box or none, and a find of each named category."""
    categories = [] if label is None else [NAMES.index(label)]
    found = Detections.of([[0, 0, 9, 9]] * len(scores), list(scores.values()), [NAMES.index(name) for name in scores])
    return labelled([[0, 0, 9, 9]] * len(categories), categories, set(annotated.split())), found


def chosen(
    pairs: Sequence[Pair],
    missed_cost: float,
    start: Mapping[str, float] = HALF,
    reported: Sequence[str] = NAMES,
) -> dict[str, float]:
    return choose_thresholds([p for p, _ in pairs], [d for _, d in pairs], start, missed_cost, reported)


def random_pairs(seed: int, photos: int, names: Sequence[str] = TWO) -> list[Pair]:
    """Photos of which half are dirty; problems score higher where one is labelled, and some are not annotated."""
    rng = np.random.default_rng(seed)
    pairs = []
    for i in range(photos):
        label = str(rng.choice(names)) if rng.random() < 0.5 else None
        scores = {name: float(rng.beta(1, 4)) for name in names if rng.random() < 0.6}
        if label and rng.random() < 0.9:
            scores[label] = float(rng.beta(3, 3))
        pairs.append(seen(label, label if label and i % 4 == 0 else " ".join(NAMES), **scores))
    return pairs


def odds(value: float) -> float:
    value = float(np.float32(min(max(value, 0.001), 0.999)))
    return math.log(value / (1 - value))


def expected(
    pairs: Sequence[Pair], thresholds: Mapping[str, float], missed_cost: float, start: Mapping[str, float] = HALF
) -> tuple[float, float]:
    """The expected cost with what pulls to the start, and the expected number of misses, photo by photo."""
    cost, missed = 0.0, 0.0
    for photo, found in pairs:
        unflagged = 1.0
        for _, score, name in found:
            if name in thresholds and name in PROBLEMS & photo.annotated and thresholds[name] <= 1:
                unflagged /= 1 + math.exp((odds(score) - odds(thresholds[name])) / SPREAD)
        dirty = any(name in PROBLEMS for *_, name in photo.labels)
        cost += missed_cost * unflagged if dirty else 1 - unflagged
        missed += unflagged if dirty else 0
    pull = sum(PULL * abs(odds(value) - odds(start[name])) for name, value in thresholds.items())
    return cost + pull, missed


@pytest.mark.parametrize("missed_cost", [1, 4.5, 20])
@pytest.mark.parametrize("seed", range(3))
def test_no_pair_of_thresholds_on_the_grid_costs_less(seed: int, missed_cost: float) -> None:
    pairs = random_pairs(seed, 12)
    thresholds = chosen(pairs, missed_cost, reported=TWO)
    cost, _ = expected(pairs, thresholds, missed_cost)
    grid = [*(i / 100 for i in range(2, 100, 4)), 0.5, NEVER]
    others = [dict(zip(TWO, values, strict=True)) for values in itertools.product(grid, repeat=2)]
    beside = [
        {**thresholds, name: round(thresholds[name] + step, 2)}
        for name in TWO
        for step in (-0.01, 0.01)
        if 0.01 <= round(thresholds[name] + step, 2) <= 0.99
    ]
    assert cost <= min(expected(pairs, other, missed_cost)[0] for other in [*others, *beside]) + 1e-6
    assert all(value == NEVER or value in np.arange(1, 100) / 100 for value in thresholds.values())


@pytest.mark.parametrize("seed", range(4))
def test_a_dearer_miss_means_fewer_misses(seed: int) -> None:
    pairs = random_pairs(seed, 60)
    costs = (0.5, 1, 2, 4, 8, 16, 32)
    missed = [expected(pairs, chosen(pairs, cost, reported=TWO), cost)[1] for cost in costs]
    assert missed == sorted(missed, reverse=True)
    assert missed[-1] < missed[0]


@pytest.mark.parametrize("seed", range(4))
def test_of_one_category_a_dearer_miss_never_lowers_the_recall(seed: int) -> None:
    pairs = random_pairs(seed, 60, ["litter"])
    costs = (0.5, 1, 2, 4, 8, 16, 32)
    thresholds = [chosen(pairs, cost, reported=["litter"]) for cost in costs]
    found = [visits([p for p, _ in pairs], [d for _, d in pairs], t).found for t in thresholds]
    assert found == sorted(found)
    assert found[0] < found[-1]
    assert [t["litter"] for t in thresholds] == sorted((t["litter"] for t in thresholds), reverse=True)


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_the_photos_does_not_matter(seed: int) -> None:
    names = [name for name in NAMES if name in PROBLEMS]
    pairs = random_pairs(seed, 60, names)
    thresholds = chosen(pairs, 3)
    assert thresholds != HALF
    for other in range(3):
        order = np.random.default_rng(other).permutation(len(pairs))
        assert chosen([pairs[i] for i in order], 3) == thresholds


def test_a_start_that_is_good_stays() -> None:
    pairs = [seen("litter", litter=0.99)] * 9 + [seen(None, litter=0.01)] * 9
    assert chosen(pairs, 2) == HALF


def test_a_category_of_which_nothing_is_known_keeps_its_start() -> None:
    start = {**HALF, "graffiti": 0.37, "illegal_posting": 0.275, "stacked_debris": NEVER}
    pairs = [seen("litter", "litter bin", litter=0.1, graffiti=0.9, illegal_posting=0.2, stacked_debris=0.9)] * 9
    assert chosen(pairs, 10, start) == {**start, "litter": pytest.approx(0.02, abs=0.02)}


def test_finds_that_nobody_can_judge_do_not_count() -> None:
    alarms = [seen(None, litter=0.9)] * 20
    unjudged = [seen(None, "graffiti", litter=0.9)] * 20
    assert chosen([*alarms, seen("litter", litter=0.9)], 1)["litter"] > 0.9
    assert chosen([*unjudged, seen("litter", litter=0.9)], 1) == HALF


def test_a_category_that_only_costs_is_never_reported() -> None:
    pairs = [seen(None, litter=0.99), seen("graffiti", graffiti=0.95)] * 30
    assert chosen(pairs, 5)["litter"] == NEVER
    assert chosen(pairs, 5)["graffiti"] <= 0.5


def test_one_photo_moves_a_rare_category_less_than_many() -> None:
    few = chosen([seen("litter", litter=0.2)], 2)["litter"]
    many = chosen([seen("litter", litter=0.2)] * 30, 2)["litter"]
    assert many < 0.2 < few <= 0.5


def test_only_what_is_reported_gets_a_threshold_and_a_bin_keeps_its_own() -> None:
    pairs = [seen("litter", litter=0.2, graffiti=0.9, bin=0.1)] * 20
    thresholds = chosen(pairs, 5, {"bin": 0.3, "litter": 0.5}, ["litter", "bin"])
    assert list(thresholds) == ["bin", "litter"]
    assert thresholds["bin"] == 0.3
    assert thresholds["litter"] < 0.2
    assert chosen(pairs, 5, {"bin": 0.3}, ["bin"]) == {"bin": 0.3}
    assert chosen([], 5) == HALF


def test_log_odds_are_finite_and_tell_any_two_scores_apart() -> None:
    half = np.float32(0.5)
    scores = np.array(
        [0, 1e-30, 0.25, np.nextafter(half, 0), 0.5, np.nextafter(half, 1), np.nextafter(np.float32(1), 0), 1],
        np.float32,
    )
    values = log_odds(scores)
    assert np.isfinite(values).all()
    assert (np.diff(values) > 0).all()
    assert values[[2, 4]] == pytest.approx([math.log(1 / 3), 0], abs=1e-12)


def test_on_other_photos_it_costs_less_than_the_start() -> None:
    def cost(pairs: Sequence[Pair], thresholds: Mapping[str, float]) -> float:
        count = visits([p for p, _ in pairs], [d for _, d in pairs], thresholds)
        return 5 * (count.dirty - count.found) + count.alarms

    others = random_pairs(99, 500)
    costs = [cost(others, chosen(random_pairs(seed, 60), 5)) for seed in range(6)]
    assert max(costs) < cost(others, HALF)

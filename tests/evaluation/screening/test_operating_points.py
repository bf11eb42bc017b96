import time
from collections.abc import Mapping

import numpy as np
import pytest

from tests.datasets.photos import labelled
from vision.categories import NAMES, PROBLEMS
from vision.datasets.labels import LabelledPhoto
from vision.detections import Detections
from vision.evaluation.figures.average_precision import CategoryScore
from vision.evaluation.screening.operating_points import balanced, cautious
from vision.evaluation.screening.visits import Visits, visits

HALF = dict.fromkeys(NAMES, 0.5)
Pair = tuple[LabelledPhoto, Detections]


def seen(label: str | None, annotated: str = " ".join(NAMES), **scores: float) -> Pair:
    """A photo with one labelled box or none, and a find of each named category."""
    categories = [] if label is None else [NAMES.index(label)]
    found = Detections.of([[0, 0, 9, 9]] * len(scores), list(scores.values()), [NAMES.index(name) for name in scores])
    return labelled([[0, 0, 9, 9]] * len(categories), categories, set(annotated.split())), found


def chosen(pairs: list[Pair], start: Mapping[str, float] = HALF, recall: float = 0.95) -> dict[str, float]:
    """What `cautious` makes of `start`; only what differs from it."""
    thresholds = cautious([p for p, _ in pairs], [d for _, d in pairs], start, recall)
    assert list(thresholds) == list(start)
    return {name: value for name, value in thresholds.items() if value != start[name]}


def counted(pairs: list[Pair], thresholds: Mapping[str, float]) -> Visits:
    return visits([p for p, _ in pairs], [d for _, d in pairs], thresholds)


def random_pairs(seed: int, photos: int) -> list[Pair]:
    """Photos of which two in five are dirty; problems score higher where one is labelled."""
    rng = np.random.default_rng(seed)
    pairs = []
    for _ in range(photos):
        label = str(rng.choice([*PROBLEMS, "bin"])) if rng.random() < 0.5 else None
        annotated = {str(name) for name in rng.choice(NAMES, 5, replace=False)} | ({label} if label else set())
        scores = {name: float(rng.beta(1, 6)) for name in NAMES if rng.random() < 0.5}
        if label and rng.random() < 0.95:
            scores[label] = float(rng.beta(2, 3))
        pairs.append(seen(label, " ".join(annotated), **scores))
    return pairs


def test_balanced_is_the_score_of_the_best_f1() -> None:
    scores = [CategoryScore("bin", 9, 9, 0.5, 0.4, 0.6, 0.3789), CategoryScore("litter", 9, 0)]
    assert balanced([*scores, CategoryScore("graffiti", 9, 9, 0.5, 0.4, 0.6, 0.004)]) == {
        "bin": 0.37,
        "litter": 0.5,
        "graffiti": 0.01,
    }


def test_visits_count_photos_and_only_problems_that_the_source_annotates() -> None:
    pairs = [
        seen("litter", litter=0.6, graffiti=0.7),
        seen("litter", litter=0.4),
        seen("litter", garbage_pile=0.5),  # flagged for the wrong reason is flagged
        seen("litter", "litter", garbage_pile=0.9),  # nobody knows whether there is a pile
        seen("bin", bin=0.9),
        seen(None, litter=0.5),
        seen(None, "bin litter", graffiti=0.9),
    ]
    count = counted(pairs, HALF)
    assert count == Visits(dirty=4, found=2, clean=3, alarms=1)
    assert count.recall == 0.5
    assert count.alarms_per_100 == pytest.approx(100 / 3)
    assert counted(pairs, {"bin": 0.1}) == Visits(4, 0, 3, 0)


def test_a_score_that_equals_the_threshold_counts_as_in_the_runtime() -> None:
    assert float(np.float32(0.7)) < 0.7  # which a comparison of float64 would turn away
    assert counted([seen("litter", litter=0.7)], dict.fromkeys(NAMES, 0.7)).found == 1


def test_no_photos() -> None:
    assert counted([], HALF) == Visits(0, 0, 0, 0)
    assert (Visits(0, 0, 0, 0).recall, Visits(0, 0, 0, 0).alarms_per_100) == (None, None)
    assert chosen([]) == {}


def test_names_of_another_model_are_matched_by_name() -> None:
    found = Detections.of([[0, 0, 9, 9]] * 2, [0.9, 0.6], [0, 1], ("cat", "litter"))
    assert visits([seen("litter")[0]], [found], HALF).found == 1
    assert visits([seen(None)[0]], [found[:1]], HALF).alarms == 0


def test_thresholds_stay_where_the_recall_is_reached_already() -> None:
    assert chosen([seen("litter", litter=0.6), seen(None, litter=0.4)]) == {}
    assert chosen([seen(None, litter=0.4)]) == {}


def test_the_category_with_fewer_alarms_is_lowered_and_no_further_than_needed() -> None:
    pairs = [
        seen("litter", litter=0.6),
        seen("litter", litter=0.305, graffiti=0.2),
        seen(None, litter=0.4),
        seen(None, graffiti=0.1),
        seen(None, graffiti=0.205, bin=0.9),
    ]
    assert chosen([*pairs, seen(None, graffiti=0.3)], recall=1) == {"litter": 0.3}
    assert chosen([*pairs, seen(None, litter=0.35)], recall=1) == {"graffiti": 0.2}


def test_a_gap_without_finds_is_crossed() -> None:
    pairs = [seen("litter", litter=0.055), seen(None, litter=0.45), seen(None, litter=0.4)]
    assert chosen(pairs) == {"litter": 0.05}


def test_of_equal_steps_the_larger_threshold_wins() -> None:
    pairs = [seen("litter", litter=0.2, graffiti=0.4), seen(None, litter=0.1)]
    assert chosen(pairs) == {"graffiti": 0.4}
    pairs += [seen(None, graffiti=0.45), seen(None, litter=0.45)]  # now either costs one alarm
    assert chosen(pairs) == {"graffiti": 0.4}


def test_the_rate_decides_not_the_number_of_finds() -> None:
    dirty = [seen("litter", litter=0.3, graffiti=0.2), seen("litter", litter=0.3, garbage_pile=0.2)]
    clean = [*[seen(None, litter=0.4)] * 4, seen(None, garbage_pile=0.3)]
    assert chosen([*dirty, *clean]) == {"graffiti": 0.2, "garbage_pile": 0.2}


def test_of_equal_rates_the_one_with_fewer_alarms_wins() -> None:
    dirty = [seen("litter", garbage_pile=0.4, graffiti=0.3), seen("litter", garbage_pile=0.4, litter=0.3)]
    clean = [seen(None, graffiti=0.35, litter=0.35), *[seen(None, garbage_pile=0.45)] * 2]
    assert chosen([*dirty, *clean]) == {"graffiti": 0.3, "litter": 0.3}  # both raise the same alarm


def test_more_than_needed_is_no_reason_for_more_alarms() -> None:
    dirty = [seen("litter", litter=0.9)] * 18 + [seen("litter", graffiti=0.3)] + [seen("litter", garbage_pile=0.3)] * 5
    clean = [seen(None, graffiti=0.4)] + [seen(None, garbage_pile=0.4)] * 3
    assert chosen([*dirty, *clean], recall=19 / 24) == {"graffiti": 0.3}


def test_what_a_later_step_makes_needless_is_taken_back() -> None:
    pairs = [
        seen("litter", litter=0.3),
        seen("litter", litter=0.3, graffiti=0.2),
        seen("litter", graffiti=0.2),
        seen("litter", graffiti=0.2),
        seen("litter", graffiti=0.2, litter=0.3),
        *[seen(None, litter=0.4)] * 2,  # litter first: 3 finds for 2 alarms
        *[seen(None, graffiti=0.3)] * 3,  # then graffiti: 2 more, and 2 of litter's
    ]
    assert chosen(pairs, recall=0.8) == {"graffiti": 0.2}


def test_of_two_that_could_be_taken_back_it_is_the_one_with_more_alarms() -> None:
    pairs = [
        *[seen("litter", graffiti=0.3), seen("litter", graffiti=0.3, garbage_pile=0.2)],
        *[seen("litter", litter=0.3), seen("litter", litter=0.3, garbage_pile=0.2)],
        *[seen("litter", garbage_pile=0.2)] * 2,
        seen(None, litter=0.4),  # litter first: 2 finds for 1 alarm
        *[seen(None, graffiti=0.4)] * 2,  # then graffiti: 2 for 2
        *[seen(None, garbage_pile=0.3)] * 5,  # then piles, which find one of either, too
    ]
    assert chosen(pairs, recall=5 / 6) == {"litter": 0.3, "garbage_pile": 0.2}


def test_an_unreachable_recall_finds_what_can_be_found_and_no_more_alarms() -> None:
    pairs = [
        seen("litter", litter=0.255),
        seen("litter", litter=0.005),
        seen("litter", "litter", graffiti=0.4),
        seen("litter"),
        seen(None, litter=0.1),
        seen(None, garbage_pile=0.2),
    ]
    assert chosen(pairs) == {"litter": 0.25}
    assert counted(pairs, {**HALF, "litter": 0.25}) == Visits(4, 1, 2, 0)


def test_only_problems_with_a_threshold_are_changed() -> None:
    assert chosen([seen("litter", litter=0.2, bin=0.2)], {"bin": 0.5, "graffiti": 0.5}) == {}
    assert chosen([seen("litter", litter=0.2)], {"bin": 0.5, "litter": 0.275}) == {"litter": 0.2}
    assert chosen([seen("litter", litter=0.277)], {"litter": 0.275}) == {}


@pytest.mark.parametrize("seed", range(12))
def test_the_recall_is_reached_and_no_threshold_could_be_higher(seed: int) -> None:
    pairs = random_pairs(seed, 80)
    start = {name: (20 + 5 * i) / 100 for i, name in enumerate(NAMES)}
    recall = (0.85, 0.9, 0.99)[seed % 3]
    thresholds = {**start, **chosen(pairs, start, recall)}
    everything = counted(pairs, {name: min(0.01, value) for name, value in start.items()})
    count = counted(pairs, thresholds)
    wanted = min(recall * count.dirty - 1e-9, everything.found)
    assert count.found >= wanted
    assert counted(pairs, start).found < wanted  # or there would have been nothing to do
    for name, value in thresholds.items():
        assert value == start[name] or value in np.arange(1, 100) / 100
        assert value <= start[name]
        if value < start[name]:
            higher = min(round(value + 0.01, 2), start[name])
            assert counted(pairs, {**thresholds, name: higher}).found < wanted


def test_a_thousand_photos_take_less_than_a_second() -> None:
    pairs = random_pairs(0, 1000)
    photos, detections = [p for p, _ in pairs], [d for _, d in pairs]
    started = time.process_time()
    thresholds = cautious(photos, detections, HALF)
    assert time.process_time() - started < 1
    assert visits(photos, detections, thresholds).found > visits(photos, detections, HALF).found

import sys
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from tests.datasets.photos import labelled
from vision.categories import NAMES
from vision.datasets.labels import LabelledPhoto
from vision.detections import Detections
from vision.errors import MissingExtraError
from vision.evaluation.failures.photo_traits import Traits
from vision.evaluation.figures.intervals import rate_interval
from vision.evaluation.record import Curve, Screening
from vision.evaluation.screening.cost_point import NEVER
from vision.evaluation.screening.screening_curves import POINTS, curves, margins
from vision.evaluation.screening.screening_figures import DARK, Chosen, screening_of, visited_of
from vision.evaluation.screening.visits import PROBLEM_NAMES, best_scores, count_visits

HALF = dict.fromkeys(NAMES, 0.5)
DAY, NIGHT = Traits(DARK, 100.0), Traits(DARK - 0.1, 100.0)
Pair = tuple[LabelledPhoto, Detections]


def found(**scores: float) -> Detections:
    return Detections.of([[0, 0, 9, 9]] * len(scores), list(scores.values()), [NAMES.index(name) for name in scores])


def seen(label: str | None, annotated: str = " ".join(NAMES), scene: str = "", **scores: float) -> Pair:
    """A photo with one labelled box or none, and a find of each named category."""
    categories = [] if label is None else [NAMES.index(label)]
    photo = labelled([[0, 0, 9, 9]] * len(categories), categories, set(annotated.split()))
    return replace(photo, scene_group=scene), found(**scores)


PAIRS = [
    seen("litter", litter=0.8),
    seen("litter", litter=0.4),
    seen("graffiti", litter=0.6),  # flagged for another reason is flagged
    seen(None, litter=0.7),
    seen(None, graffiti=0.2),
    seen(None, "litter", graffiti=0.9),  # nobody knows
    seen("bin", bin=0.9),
]


def screened(
    pairs: Sequence[Pair] = PAIRS, thresholds: dict[str, float] = HALF, traits: Sequence[Traits] | None = None
) -> Screening:
    photos, detections = [p for p, _ in pairs], [d for _, d in pairs]
    return screening_of(photos, detections, traits or [DAY] * len(pairs), thresholds, 4, None, {})


def random_best(seed: int, photos: int) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.float32]], np.ndarray]:
    rng = np.random.default_rng(seed)
    best = rng.beta(1, 3, (photos, len(PROBLEM_NAMES))).round(2).astype(np.float32)
    best[rng.random(best.shape) < 0.4] = -1
    return best, rng.random(photos) < 0.2 + 0.6 * best.max(axis=1)


def test_everything_by_hand() -> None:
    group = screened().everything
    assert group.photos == 7
    assert (group.visited.recall.count, group.visited.recall.total) == (2, 3)
    assert (group.visited.alarms.count, group.visited.alarms.total) == (1, 4)
    assert group.visited.cost_per_100 == pytest.approx(100 * (4 * 1 + 1) / 7)
    assert group.roc is not None
    assert group.pr is not None
    # margins fall in the order litter .8 (dirty), .7 (clean), .6 (dirty), .4 (dirty), then the other clean ones
    assert group.roc.area == pytest.approx((4 + 3 + 3) / 12)
    assert group.pr.area == pytest.approx((1 + 2 / 3 + 3 / 4) / 3)
    assert (0.25, 2 / 3) in points(group.roc)
    assert (2 / 3, 2 / 3) in points(group.pr)


def points(curve: Curve) -> list[tuple[float, float]]:
    return list(zip(curve.x, curve.y, strict=True))


def test_a_category_counts_where_it_is_labelled_and_by_its_own_finds() -> None:
    groups = screened(thresholds={"litter": 0.5, "graffiti": 0.1, "bin": 0.1}).categories
    assert list(groups) == ["graffiti", "litter"]
    graffiti, litter = groups["graffiti"], groups["litter"]
    assert (graffiti.photos, litter.photos) == (6, 7)
    assert (graffiti.visited.recall.count, graffiti.visited.recall.total) == (0, 1)
    assert (graffiti.visited.alarms.count, graffiti.visited.alarms.total) == (1, 5)
    assert (litter.visited.recall.count, litter.visited.recall.total) == (1, 2)
    assert (litter.visited.alarms.count, litter.visited.alarms.total) == (2, 5)


def test_dark_and_day_share_the_photos_out() -> None:
    light = screened(traits=[NIGHT, DAY, DAY, NIGHT, DAY, DAY, DAY]).light
    assert (light["dark"].photos, light["day"].photos) == (2, 5)
    assert (light["dark"].visited.recall.count, light["dark"].visited.alarms.count) == (1, 1)
    assert (light["day"].visited.recall.count, light["day"].visited.alarms.count) == (1, 0)


@pytest.mark.parametrize(
    ("pairs", "dirty", "clean", "cost"),
    [
        pytest.param([], 0, 0, None, id="no photos"),
        pytest.param([seen("litter", litter=0.9)], 1, 0, 0, id="only dirty"),
        pytest.param([seen(None, litter=0.9)], 0, 1, 100, id="only clean"),
    ],
)
def test_without_both_kinds_there_are_no_curves(pairs: list[Pair], dirty: int, clean: int, cost: float | None) -> None:
    for group in (screened(pairs).everything, screened(pairs).light["day"], screened(pairs).categories["litter"]):
        assert (group.roc, group.pr) == (None, None)
        assert (group.visited.recall.total, group.visited.alarms.total) == (dirty, clean)
        assert (group.visited.recall.interval is None) == (not dirty)
        assert group.visited.cost_per_100 == cost
    assert screened(pairs).light["dark"].photos == 0


def test_sets_are_flagged_by_any_problem() -> None:
    chosen = Chosen("val", 7, visited_of([p for p, _ in PAIRS], [d for _, d in PAIRS], HALF, 4))
    verdicts = {
        "lanes": ([True, False, False, True], [found(graffiti=0.9), found(bin=0.9), found(litter=0.6), found()])
    }
    screening = screening_of([], [], [], HALF, 4, chosen, verdicts)
    lanes = screening.sets["lanes"]
    assert (lanes.photos, lanes.visited.recall.count, lanes.visited.alarms.count) == (4, 1, 1)
    assert lanes.visited.cost_per_100 == 125
    assert (screening.chosen_on, screening.chosen_photos) == ("val", 7)
    assert screening.chosen_visited == screened().everything.visited
    assert screening.thresholds == HALF
    assert screened().chosen_on is None
    assert Screening.model_validate_json(screening.model_dump_json()) == screening


@pytest.mark.parametrize("seed", range(5))
def test_a_photo_is_flagged_from_a_margin_of_0_on(seed: int) -> None:
    best, dirty = random_best(seed, 500)
    limits = [0.07, 0.29, NEVER, 0.5, 0.33]  # of scores rounded to 0.01 some are equal to the thresholds
    thresholds = dict(zip(PROBLEM_NAMES, limits, strict=False))
    count = count_visits(best, dirty, thresholds)
    flagged = margins(best, thresholds) >= 0
    assert (int((flagged & dirty).sum()), int((flagged & ~dirty).sum())) == (count.found, count.alarms)
    roc, pr = curves(margins(best, thresholds), dirty)
    assert roc is not None
    assert pr is not None
    assert (count.alarms / count.clean, count.recall) in points(roc)
    assert (count.recall, count.found / (count.found + count.alarms)) in points(pr)


@pytest.mark.parametrize(
    ("threshold", "scores"),
    [
        pytest.param(0.7, [0.7], id="float32 of 0.7 is less than 0.7"),
        pytest.param(1.0, [1.0, float(np.nextafter(np.float32(1), np.float32(0)))], id="1"),
        pytest.param(0.001, [0.0, 0.001], id="low"),
        pytest.param(0.0, [0.0], id="0"),
        pytest.param(NEVER, [1.0], id="never"),
    ],
)
def test_margins_agree_with_the_runtime(threshold: float, scores: list[float]) -> None:
    best = best_scores([found(litter=score) for score in scores])
    expected = [score[PROBLEM_NAMES.index("litter")] >= np.float32(threshold) for score in best]
    assert (margins(best, {"litter": threshold}) >= 0).tolist() == expected


def test_margins_compare_categories_by_how_far_they_pass() -> None:
    best = best_scores([found(litter=0.5, graffiti=0.9), found(litter=0.9, graffiti=0.5), found(bin=0.9)])
    values = margins(best, {"litter": 0.5, "graffiti": 0.9})
    assert values[0] == 0
    assert values[1] == pytest.approx(np.log(9))
    assert values[2] < -100


def test_long_curves_are_thinned_and_keep_area_and_ends() -> None:
    rng = np.random.default_rng(0)
    dirty = rng.random(3000) < 0.3
    values = rng.normal(dirty * 1.5)
    roc, pr = curves(values, dirty)
    assert roc is not None
    assert pr is not None
    above = (values[dirty][:, None] > values[~dirty]).mean()  # Mann-Whitney's U
    assert roc.area == pytest.approx(above)
    for curve in (roc, pr):
        assert len(curve.x) <= POINTS
        assert list(curve.x) == sorted(curve.x)
        assert (curve.x[0], curve.x[-1]) == (0, 1)
        assert np.trapezoid(curve.y, curve.x) == pytest.approx(curve.area, abs=0.01)


def visited_rate(pairs: Sequence[Pair]) -> tuple[float, float]:
    visited = visited_of([p for p, _ in pairs], [d for _, d in pairs], HALF, 1)
    assert visited.recall.interval is not None
    return visited.recall.interval


def test_intervals_draw_scenes_not_photos() -> None:
    apart = [seen("litter", litter=0.9 if i % 3 else 0.1) for i in range(90)]
    together = [seen("litter", scene=f"s{i // 10}", litter=0.9 if i // 10 % 3 else 0.1) for i in range(90)]
    narrow, wide = visited_rate(apart), visited_rate(together)
    assert narrow == pytest.approx((0.567, 0.763), abs=0.02)  # 60 of 90: 2/3 ± 1.96 * 0.0497
    assert wide == pytest.approx((3 / 9, 8 / 9), abs=0.12)  # 6 of 9: 2/3 ± 1.96 * 0.157
    assert visited_rate(apart) == narrow


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        pytest.param([seen("litter", litter=0.9)] * 8, rate_interval(8, 8), id="all, each its own scene"),
        pytest.param([seen("litter")] * 8, rate_interval(0, 8), id="none"),
        pytest.param([seen("litter", scene="a", litter=0.9)] * 8, rate_interval(1, 1), id="all, of one scene"),
        pytest.param(
            [seen("litter", scene="a", litter=s) for s in (0.9, 0.9, 0.1)], rate_interval(2, 3), id="some, of one scene"
        ),
    ],
)
def test_intervals_where_nothing_varies(pairs: list[Pair], expected: tuple[float, float]) -> None:
    assert visited_rate(pairs) == expected


def test_curves_need_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.metrics", None)
    with pytest.raises(MissingExtraError, match=r"scikit-learn is not installed.*cleanlane\[eval\]"):
        screened()

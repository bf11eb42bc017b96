from dataclasses import replace

import pytest

from tests.datasets.photos import labelled
from tests.evaluation.runs import draw_labels, find_at_random
from vision.categories import NAMES
from vision.datasets.labels import LabelledPhoto
from vision.detections import Detections
from vision.evaluation.figures.average_precision import average_precision
from vision.evaluation.figures.coco_figures import detection_figures
from vision.evaluation.record import Figures, SizeFigures

BIN, LITTER = NAMES.index("bin"), NAMES.index("litter")


def scenes_with(name: str, scenes: int, boxes: int = 1) -> list[LabelledPhoto]:
    """A photo for each scene, with boxes of 50 x 50 pixels."""
    corners = [[60 * i, 0, 60 * i + 50, 50] for i in range(boxes)]
    photo = labelled(corners, [NAMES.index(name)] * boxes, {name})
    return [replace(photo, scene_group=f"{name}{i}") for i in range(scenes)]


def test_what_the_model_cannot_report_has_no_figures_and_no_part_in_the_mean() -> None:
    photos = [*scenes_with("bin", 4), *scenes_with("litter", 4)]
    found = [Detections.of([[0, 0, 50, 50]] * 2, [0.5, 0.5], [BIN, LITTER])] * 8
    mean, categories = detection_figures(photos, found, ["bin"])
    assert [c.category for c in categories] == list(NAMES)
    assert categories[BIN].reported
    assert categories[BIN].figures.ap50_95 == pytest.approx(1)
    litter = categories[LITTER]
    assert (litter.reported, litter.photos, litter.boxes, litter.scenes) == (False, 4, 4, 4)
    assert (litter.figures, litter.precision_at_recall) == (Figures(), ())
    assert mean.ap50_95 == pytest.approx(1)
    assert detection_figures(photos, found, [])[0] == Figures()


def test_a_reported_category_that_is_never_found_has_zeros() -> None:
    photos = [*scenes_with("bin", 4), *scenes_with("litter", 4)]
    found = [Detections.of([[0, 0, 50, 50]], [0.5], [BIN])] * 8
    mean, categories = detection_figures(photos, found, NAMES)
    figures = categories[LITTER].figures
    assert (figures.ap50_95, figures.ap50, figures.ap75) == (0, 0, 0)
    assert (figures.ar_1, figures.ar_10, figures.ar_100) == (0, 0, 0)
    assert figures.by_size["medium"] == SizeFigures(boxes=4, ap50_95=0, ar_100=0)
    assert figures.by_size["small"] == SizeFigures(boxes=0)
    assert figures.intervals == {"ap50_95": (0, 0), "ap50": (0, 0)}
    assert categories[LITTER].precision_at_recall == (0,) * 101
    assert mean.ap50 == pytest.approx(0.5)
    assert mean.by_size["medium"].boxes == 8


def test_without_boxes_there_are_no_figures() -> None:
    photos = [*scenes_with("bin", 4), labelled([], [], {"litter"})]
    found = [Detections.of([[0, 0, 50, 50]] * 2, [0.5, 0.5], [BIN, LITTER])] * 5
    mean, categories = detection_figures(photos, found, NAMES)
    assert (categories[LITTER].photos, categories[LITTER].boxes) == (1, 0)
    assert categories[LITTER].figures == Figures(
        by_size={s: SizeFigures(boxes=0) for s in ("small", "medium", "large")}
    )
    assert categories[LITTER].precision_at_recall == ()
    assert mean.ap50 == pytest.approx(1)


@pytest.mark.parametrize(
    ("scenes", "boxes", "too_few"),
    [
        pytest.param(10, 3, False, id="enough"),
        pytest.param(9, 8, True, id="too few scenes"),
        pytest.param(29, 1, True, id="too few boxes"),
        pytest.param(0, 0, True, id="none"),
    ],
)
def test_too_few(scenes: int, boxes: int, too_few: bool) -> None:
    photos = scenes_with("bin", scenes, boxes)
    assert detection_figures(photos, [Detections.empty()] * scenes, NAMES)[1][BIN].too_few is too_few


def test_precisions_are_those_of_the_curve() -> None:
    """Of two boxes one is found behind a false find: precision 0.5 up to recall 0.5."""
    photos = scenes_with("bin", 1, boxes=2)
    found = [Detections.of([[300, 300, 350, 350], [0, 0, 50, 50]], [0.9, 0.8], [BIN, BIN])]
    category = detection_figures(photos, found, NAMES)[1][BIN]
    assert category.precision_at_recall == pytest.approx([0.5] * 51 + [0] * 50)
    assert category.figures.ap50 == pytest.approx(0.5 * 51 / 101)
    assert (category.figures.ar_1, category.figures.ar_10) == pytest.approx((0, 0.5))
    assert category.figures.intervals == {}


def test_the_intervals_are_those_of_the_sampled_scenes() -> None:
    """Half of each category's 40 scenes are found: AP of a sample is the part that it holds of them."""
    photos = [*scenes_with("bin", 40), *scenes_with("litter", 40)]
    right = [Detections.of([[0, 0, 50, 50]], [0.5], [category]) for category in (BIN, LITTER)]
    nothing = [Detections.empty()] * 20
    mean, categories = detection_figures(photos, [*right[:1] * 20, *nothing, *right[1:] * 20, *nothing], NAMES)
    spread = 1.96 * (0.25 / 40) ** 0.5
    for figure in ("ap50_95", "ap50"):
        assert categories[BIN].figures.intervals[figure] == pytest.approx((0.5 - spread, 0.5 + spread), abs=0.04)
        assert mean.intervals[figure] == pytest.approx((0.5 - spread / 2**0.5, 0.5 + spread / 2**0.5), abs=0.03)


def test_the_mean_draws_a_scene_for_all_its_categories_at_once() -> None:
    """A scene's bin and litter are found or not together, so that their mean varies as each of them does."""
    both = [[0, 0, 50, 50], [60, 0, 110, 50]]
    photo = labelled(both, [BIN, LITTER], set(NAMES))
    photos = [replace(photo, scene_group=f"{i}") for i in range(40)]
    found = [Detections.of(both, [0.5] * 2, [BIN, LITTER])] * 20 + [Detections.empty()] * 20
    mean, categories = detection_figures(photos, found, NAMES)
    assert mean.intervals["ap50"] == pytest.approx(categories[BIN].figures.intervals["ap50"], abs=1e-9)


def test_a_seed_gives_the_same_again_and_the_figures_are_average_precisions() -> None:
    photos = draw_labels(3, 60)
    detections = find_at_random(photos, 3)
    first = detection_figures(photos, detections, NAMES, resamples=50)
    assert first == detection_figures(photos, detections, NAMES, resamples=50)
    other = detection_figures(photos, detections, NAMES, resamples=50, seed=1)
    assert first[0].intervals != other[0].intervals
    for score, category in zip(average_precision(photos, detections), first[1], strict=True):
        assert (category.figures.ap50, category.figures.ap50_95) == (score.ap50, score.ap50_95)

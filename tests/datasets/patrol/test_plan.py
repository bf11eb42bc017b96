"""What a patrol will show, before a pixel of it is drawn."""

import numpy as np
import pytest

from tests.datasets.patrol.drawn import write_data
from vision.datasets.build import DataSet, load_data_set
from vision.datasets.patrol.camera import MOST_ROLL, WINDOW, ZOOMS, walk
from vision.datasets.patrol.plan import FPS, Patrol, PatrolSettings, plan_patrol
from vision.datasets.patrol.strip import has_problem
from vision.datasets.patrol.views import seen_again
from vision.datasets.recipe import load_recipe
from vision.errors import RecipeError

SIZE = (160, 90)


@pytest.fixture(scope="module")
def data_set(tmp_path_factory: pytest.TempPathFactory) -> DataSet:
    data = tmp_path_factory.mktemp("data")
    return load_data_set(load_recipe(write_data(data)), data)


@pytest.fixture(scope="module")
def patrols(data_set: DataSet) -> list[Patrol]:
    settings = PatrolSettings(split="val", seconds=60, size=SIZE)
    return [plan_patrol(data_set.of("val"), "drawn", settings, number) for number in range(3)]


def test_the_view_never_leaves_the_strip() -> None:
    for seed in range(5):
        way = walk(np.random.default_rng(seed), 600, FPS, SIZE)
        corners = np.array([[0, 160, 160, 0], [0, 0, 90, 90]])
        seen = np.linalg.solve(way.matrices[:, :, :2], corners - way.matrices[:, :, 2:])
        assert seen.min() >= 0
        assert seen[:, 0].max() <= way.strip_width
        assert seen[:, 1].max() <= 90 / WINDOW
        assert np.ptp(way.rolls) <= 2 * MOST_ROLL
        assert ZOOMS[0] <= way.zooms.min() < way.zooms.max() <= ZOOMS[1]


def test_the_camera_comes_back_to_a_problem(patrols: list[Patrol]) -> None:
    for patrol in patrols:
        speed = np.diff(patrol.way.centres[:, 0])
        assert (speed > 0).mean() > 0.5
        assert (speed < 0).mean() > 0.1
        assert any(seen_again(problem.view, FPS) for problem in patrol.truth.problems)


def test_only_the_split_and_every_place_once(patrols: list[Patrol]) -> None:
    for patrol in patrols:
        assert {panel.photo.split for panel in patrol.panels} == {"val"}
        places = [panel.photo.scene_group for panel in patrol.panels]
        assert len(set(places)) == len(places) > 4


def test_most_of_the_street_is_clean_and_between_the_problems(patrols: list[Patrol]) -> None:
    for patrol in patrols:
        dirty = np.array([has_problem(panel.photo) for panel in patrol.panels])
        widths = np.array([panel.width for panel in patrol.panels])
        assert widths[~dirty].sum() / widths.sum() == pytest.approx(0.7, abs=0.12)
        assert not (dirty[1:] & dirty[:-1]).any()


@pytest.mark.parametrize(("clean", "expected"), [(0, True), (1, False)])
def test_a_street_all_clean_or_all_dirty(data_set: DataSet, clean: float, expected: bool) -> None:
    settings = PatrolSettings(split="test", seconds=8, size=SIZE, clean=clean)
    patrol = plan_patrol(data_set.of("test"), "drawn", settings, 0)
    assert {has_problem(panel.photo) for panel in patrol.panels} == {expected}


def test_the_truth_groups_boxes_as_one_visit_does(data_set: DataSet) -> None:
    settings = PatrolSettings(split="val", seconds=20, size=SIZE, clean=0)
    truth = plan_patrol(data_set.of("val"), "drawn", settings, 0).truth
    for number, panel in enumerate(truth.panels):
        found = [problem.categories for problem in truth.problems if problem.panel == number]
        kind = panel.photo.split("-")[1]
        if 0 < number < len(truth.panels) - 1:  # those at the ends may show a part only
            assert (
                found
                == {
                    "pile": [("garbage_pile",)],
                    "wall": [("graffiti", "illegal_posting")],
                    "bins": [("overflowing_bin",), ("overflowing_bin",)],
                }[kind]
            )


def test_what_has_to_be_found_is_shown_long_and_whole(patrols: list[Patrol]) -> None:
    problems = [problem for patrol in patrols for problem in patrol.truth.problems]
    for problem in problems:
        whole = sum(share >= 0.7 for share in problem.view.visible)
        assert problem.to_find == (whole >= FPS)  # every patch is large enough
    assert any(problem.to_find for problem in problems)


def test_too_few_photos_is_one_sentence(data_set: DataSet) -> None:
    with pytest.raises(RecipeError, match="needs more photos without a problem") as error:
        plan_patrol(data_set.of("val"), "drawn", PatrolSettings(split="val", seconds=400, size=SIZE), 0)
    assert "\n" not in str(error.value)


def test_passers_by_hide_what_they_stand_before(patrols: list[Patrol], data_set: DataSet) -> None:
    shares = [share for patrol in patrols for panel in patrol.truth.problems for share in panel.view.visible]
    assert min(shares) < 0.6
    hidden = [
        (problem, index)
        for patrol in patrols
        for problem in patrol.truth.problems
        for index, (x1, y1, x2, y2) in enumerate(problem.view.boxes)
        if x1 > 0 and y1 > 0 and x2 < SIZE[0] and y2 < SIZE[1] and problem.view.visible[index] < 0.9
    ]
    assert hidden  # they are within the frame, so that only somebody can be before them

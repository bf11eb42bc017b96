from dataclasses import replace

import numpy as np
import pytest

from tests.datasets.photos import labelled
from tests.evaluation.runs import draw_labels, find_at_random
from vision.categories import NAMES
from vision.datasets.labels import LabelledPhoto
from vision.detections import Detections
from vision.evaluation.figures.average_precision import average_precision, match
from vision.evaluation.figures.ranking import count_scenes, draw_scenes, mean_of_categories, rank, scene_numbers

BIN = NAMES.index("bin")


def bin_figures(photos: list[LabelledPhoto], detections: list[Detections]) -> tuple[float | None, float | None]:
    score = average_precision(photos, detections)[BIN]
    return score.ap50, score.ap50_95


@pytest.mark.parametrize("seed", range(4))
def test_unresampled_it_is_pycocotools_figure(seed: int) -> None:
    photos = draw_labels(seed, 30, ["bin"])
    detections = find_at_random(photos, seed, wrong=20, digits=2)
    values = rank(match("bin", photos, detections)).average_precision(np.ones((1, 30), np.int64))
    assert values.shape == (1, 10)
    assert 0.1 < values[0, 0] < 0.98
    assert (values[0, 0], values.mean()) == pytest.approx(bin_figures(photos, detections), abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_a_sample_with_repeats_is_pycocotools_figure_on_repeated_photos(seed: int) -> None:
    photos = draw_labels(seed, 30, ["bin"])
    detections = find_at_random(photos, seed, wrong=10)
    draws = draw_scenes(scene_numbers(photos), 3, seed)
    values = rank(match("bin", photos, detections)).average_precision(draws)
    for counts, value in zip(draws, values, strict=True):
        drawn = np.repeat(np.arange(30), counts)
        expected = bin_figures([photos[i] for i in drawn], [detections[i] for i in drawn])
        assert (value[0], value.mean()) == pytest.approx(expected, abs=1e-9)


def test_finds_behind_the_last_right_one_are_left_out() -> None:
    photo = labelled([[0, 0, 50, 50]], [BIN], {"bin"})
    boxes = [[200, 200, 250, 250], [0, 0, 50, 50], [300, 200, 350, 250]]
    ranking = rank(match("bin", [photo], [Detections.of(boxes, [0.5, 0.25, 0.125], [BIN] * 3)]))
    assert ranking.scores.tolist() == [0.5, 0.25]
    assert ranking.right.tolist() == [[False, True]] * 10
    assert ranking.average_precision(np.array([[1]])).tolist() == [[pytest.approx(0.5)] * 10]
    nothing_right = rank(match("bin", [photo], [Detections.of(boxes[:1], [0.5], [BIN])]))
    assert nothing_right.scores.tolist() == []
    assert nothing_right.average_precision(np.array([[1]])).tolist() == [[0] * 10]


def test_a_sample_without_boxes_has_no_figure() -> None:
    photos = [labelled([[0, 0, 50, 50]], [BIN], {"bin"}), labelled([], [], {"bin"})]
    ranking = rank(match("bin", photos, [Detections.empty()] * 2, ious=[0.5]))
    np.testing.assert_equal(ranking.average_precision(np.array([[2, 0], [0, 2]])), [[0], [np.nan]])


def test_scenes_stay_together_and_are_told_apart_by_source() -> None:
    photo = labelled([], [], {"bin"})
    groups = [("a", "g1"), ("a", "g1"), ("b", "g1"), ("a", ""), ("a", "")]
    scenes = scene_numbers([replace(photo, source=source, scene_group=group) for source, group in groups])
    assert scenes.tolist() == [0, 0, 1, 2, 3]
    assert count_scenes(scenes, np.array([True, True, False, True, False])) == 2
    draws = draw_scenes(scenes, 500, seed=0)
    assert draws.shape == (500, 5)
    assert (draws[:, 0] == draws[:, 1]).all()
    assert (draws[:, 1:].sum(axis=1) == 4).all()
    assert draws.mean(axis=0) == pytest.approx(1, abs=0.15)


def test_no_photos() -> None:
    assert draw_scenes(scene_numbers([]), 3, seed=0).shape == (3, 0)


def test_a_mean_is_of_the_categories_that_have_a_figure() -> None:
    values = np.array([[0.5, np.nan, np.nan], [0.25, 0.25, np.nan]])
    np.testing.assert_equal(mean_of_categories(values), [0.375, 0.25, np.nan])

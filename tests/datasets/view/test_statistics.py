import numpy as np
import pytest

from tests.datasets.view.drawn import labelled
from vision.datasets.view.statistics import BINS, statistics

PHOTOS = [
    labelled(("bin", [0, 0, 20, 20]), ("bin", [100, 0, 200, 100]), name="a"),
    labelled(("litter", [198, 98, 200, 100]), name="b"),
    labelled(name="c"),
]


def test_figures_of_a_small_set() -> None:
    figures = statistics(PHOTOS, [10, 128.5, None])
    assert (figures.photos, figures.boxes) == (3, 3)
    assert figures.coco["bin"] == [1, 0, 1]
    assert figures.coco["litter"] == [1, 0, 0]
    assert figures.relative["bin"] == [0, 1, 1]  # 20 px of a mean side of 141 px is medium
    assert figures.brightness == [1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]
    assert figures.boxes_per_photo[:3] == [1, 1, 1]
    centres = np.array(figures.centres)
    assert centres.shape == (16, 16)
    assert (centres[1, 0], centres[8, 12], centres[15, 15], centres.sum()) == (1, 1, 1, 3)
    assert figures.side["litter"][0] == 1  # 2 px lies below the first edge
    assert next(BINS.side[i] <= 20 < BINS.side[i + 1] for i, n in enumerate(figures.side["bin"]) if n)
    assert sum(figures.aspect["bin"]) == 2


def test_not_annotated_is_no_zero() -> None:
    stray = labelled(("stacked_debris", [1, 1, 9, 9]), name="d")
    source = statistics([*PHOTOS, stray], [None] * 4).sources[0]
    assert source.annotated == ["bin", "graffiti", "litter"]
    assert source.boxes == {
        "garbage_pile": None,
        "overflowing_bin": None,
        "bin": 2,
        "stacked_debris": 1,
        "illegal_posting": None,
        "graffiti": 0,
        "litter": 1,
    }
    assert (source.photos_with["bin"], source.photos_with["graffiti"], source.splits) == (1, 0, {"val": 4})


def test_an_empty_choice_is_no_error() -> None:
    figures = statistics([], [])
    assert (figures.boxes, sum(figures.brightness), figures.as_dict()["bins"]["grid"]) == (0, 0, 16)
    assert pytest.approx(0) == sum(map(sum, figures.centres))

import pytest

from vision.categories import NAMES
from vision.footage.grouping import gap, groups, kind_of, linked

HEIGHT = 100


def test_kinds() -> None:
    kinds = {name: kind_of(name) for name in (*NAMES, "pothole")}
    assert kinds == {
        "garbage_pile": "garbage_pile",
        "overflowing_bin": "overflowing_bin",
        "bin": None,
        "stacked_debris": "stacked_debris",
        "illegal_posting": "wall",
        "graffiti": "wall",
        "litter": "litter",
        "pothole": None,
    }


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ((5, 5, 20, 20), 0),
        ((10, 0, 20, 10), 0),
        ((13, 0, 20, 10), 3),
        ((0, 14, 10, 20), 4),
        ((13, 14, 20, 20), 5),
        ((-9, -9, -3, -4), 5),
    ],
    ids=["overlap", "touch", "beside", "below", "diagonal", "above"],
)
def test_the_gap_between_boxes(other: tuple[float, ...], expected: float) -> None:
    assert gap((0, 0, 10, 10), other) == gap(other, (0, 0, 10, 10)) == expected


@pytest.mark.parametrize(("kind", "most"), [("garbage_pile", 5), ("overflowing_bin", 5), ("litter", 20), ("wall", 20)])
def test_how_far_apart_one_problem_may_lie(kind: str, most: float) -> None:
    assert linked(kind, (0, 0, 10, 10), (10 + most, 0, 30, 10), HEIGHT)
    assert not linked(kind, (0, 0, 10, 10), (10.1 + most, 0, 30, 10), HEIGHT)


def test_a_row_is_one_problem_in_any_order() -> None:
    row = [(0, 0, 10, 10), (28, 0, 38, 10), (14, 0, 24, 10), (60, 0, 70, 10)]
    assert groups(row, ["overflowing_bin"] * 4, HEIGHT) == [[0, 1, 2], [3]]


def test_only_boxes_of_one_kind_belong_together() -> None:
    boxes = [(0, 0, 10, 10)] * 6
    names = ["garbage_pile", "graffiti", "bin", "illegal_posting", "overflowing_bin", "garbage_pile"]
    assert groups(boxes, names, HEIGHT) == [[0, 5], [1, 3], [4]]


def test_nothing_is_no_problem() -> None:
    assert groups([], [], HEIGHT) == []

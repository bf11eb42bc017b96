from collections.abc import Sequence

import pytest

from tests.evaluation.judging import A_LOOSE, A_TIGHT, HALF, A, B, C, Find, Label, judged
from vision.categories import NAMES
from vision.evaluation.failures.confusion import confusion

BACKGROUND = "background"


def cells(labels: Sequence[Label], found: Sequence[Find], **options: str | Sequence[str]) -> dict[tuple[str, str], int]:
    """The cells (labelled, taken for) that aren't 0."""
    result = confusion(judged(labels, found, **options), HALF)  # type: ignore[arg-type]
    names = (*result.names, BACKGROUND)
    assert [len(row) for row in result.counts] == [len(names)] * len(names)
    return {(names[i], names[j]): n for i, row in enumerate(result.counts) for j, n in enumerate(row) if n}


@pytest.mark.parametrize(
    ("labels", "found", "expected"),
    [
        pytest.param([("bin", A)], [("bin", 0.9, A)], {("bin", "bin"): 1}, id="right"),
        pytest.param([("bin", A)], [("litter", 0.9, A)], {("bin", "litter"): 1}, id="taken for another"),
        pytest.param([("bin", A)], [], {("bin", BACKGROUND): 1}, id="missed"),
        pytest.param([("bin", A)], [("bin", 0.4, A)], {("bin", BACKGROUND): 1}, id="below the threshold"),
        pytest.param([], [("bin", 0.9, A)], {(BACKGROUND, "bin"): 1}, id="false"),
        pytest.param(
            [("bin", A)], [("bin", 0.9, A_LOOSE)], {("bin", BACKGROUND): 1, (BACKGROUND, "bin"): 1}, id="loose"
        ),
        pytest.param(
            [("bin", A)],
            [("bin", 0.8, A), ("litter", 0.9, A_TIGHT)],
            {("bin", "litter"): 1, (BACKGROUND, "bin"): 1},
            id="the better score takes the label, whatever its category",
        ),
        pytest.param(
            [("bin", (0, 0, 100, 90)), ("litter", A)],
            [("bin", 0.9, A), ("bin", 0.8, A)],
            {("litter", "bin"): 1, ("bin", "bin"): 1},
            id="the label that it overlaps most, then the next",
        ),
        pytest.param(
            [("litter", A), ("bin", A), ("graffiti", A)],
            [("bin", 0.9, A)],
            {("bin", "bin"): 1, ("litter", BACKGROUND): 1, ("graffiti", BACKGROUND): 1},
            id="of labels alike, that of its category",
        ),
    ],
)
def test_cells(labels: Sequence[Label], found: Sequence[Find], expected: dict[tuple[str, str], int]) -> None:
    assert cells(labels, found) == expected


def test_a_category_that_the_source_does_not_label_is_neither_right_nor_wrong() -> None:
    found = [("litter", 0.9, A), ("litter", 0.9, B)]
    assert cells([("bin", A)], found, annotated="bin") == {("bin", BACKGROUND): 1}


def test_a_category_that_cannot_be_reported_is_missed_or_taken_for_another() -> None:
    labels, found = [("bin", A), ("bin", B), ("litter", C)], [("litter", 0.9, A), ("bin", 0.9, B), ("litter", 0.9, C)]
    assert cells(labels, found, reported=["litter"]) == {
        ("bin", "litter"): 1,
        ("bin", BACKGROUND): 1,
        ("litter", "litter"): 1,
    }


def test_the_thresholds_are_stated() -> None:
    result = confusion(judged([], []), HALF)
    assert (result.names, result.thresholds) == (NAMES, HALF)

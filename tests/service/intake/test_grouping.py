import pytest

from service.intake.grouping import hull, problems
from vision.inference.results import Box


def _box(category: str, x: float, y: float, size: float = 50, score: float = 0.5) -> Box:
    return Box(category=category, score=score, box=(x, y, x + size, y + size))


@pytest.mark.parametrize(
    ("boxes", "found"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([_box("bin", 0, 0)], [], id="bins-are-no-problem"),
        pytest.param([_box("foreign", 0, 0)], [], id="names-of-other-models"),
        pytest.param([_box("garbage_pile", 0, 0), _box("garbage_pile", 40, 0)], [("garbage_pile", 2)], id="touching"),
        pytest.param(
            [_box("overflowing_bin", 0, 0), _box("overflowing_bin", 70, 0)], [("overflowing_bin", 2)], id="near"
        ),
        pytest.param(
            [_box("garbage_pile", 0, 0), _box("garbage_pile", 400, 0)],
            [("garbage_pile", 1), ("garbage_pile", 1)],
            id="apart",
        ),
        pytest.param(
            [_box("garbage_pile", 0, 0), _box("overflowing_bin", 0, 0)],
            [("garbage_pile", 1), ("overflowing_bin", 1)],
            id="two-kinds",
        ),
        pytest.param(
            [_box("graffiti", 0, 0, score=0.3), _box("illegal_posting", 60, 0, score=0.9)],
            [("illegal_posting", 2)],
            id="one-wall",
        ),
    ],
)
def test_problems(boxes: list[Box], found: list[tuple[str, int]]) -> None:
    assert [(problem.category, len(problem.boxes)) for problem in problems(boxes, 640, 480)] == found


def test_a_problem_knows_its_best_box_and_its_share() -> None:
    boxes = [_box("garbage_pile", 0, 0, 100, 0.4), _box("garbage_pile", 50, 0, 100, 0.9)]
    [problem] = problems(boxes, 1000, 1000)
    assert problem.score == 0.9
    assert problem.boxes[0] is boxes[1]
    assert problem.share == pytest.approx(0.015, abs=1e-4)  # what overlaps counts once
    assert hull(problem.boxes).tolist() == [0, 0, 150, 100]

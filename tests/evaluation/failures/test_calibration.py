import numpy as np
import pytest

from vision.evaluation.failures.calibration import calibration


def calibrated(*finds: tuple[float, bool]) -> tuple[float | None, list[tuple[float, int, float, float]]]:
    """The error, and each bin's lower end, count, mean score and precision."""
    scores, right = np.array([s for s, _ in finds], np.float32), np.array([r for _, r in finds], np.bool_)
    result = calibration(scores, right)
    assert result.finds == sum(b.count for b in result.bins)
    assert all(b.high == pytest.approx(b.low + 0.1) for b in result.bins)
    return result.ece, [(b.low, b.count, b.mean_score, b.precision) for b in result.bins]


def test_known_answer() -> None:
    """By hand: |0.9 - 1| · 2/6 + |0.62 - 0.25| · 4/6."""
    finds = [(0.85, True), (0.95, True), (0.6, False), (0.62, True), (0.62, False), (0.64, False)]
    ece, bins = calibrated(*finds)
    assert ece == pytest.approx((0.15 * 1 + 0.05 * 1 + 0.37 * 4) / 6)
    assert bins == [pytest.approx(b) for b in [(0.6, 4, 0.62, 0.25), (0.8, 1, 0.85, 1), (0.9, 1, 0.95, 1)]]


@pytest.mark.parametrize(
    ("score", "low"),
    [(0.05, 0.0), (0.1, 0.1), (0.2999, 0.2), (0.3, 0.3), (0.6, 0.6), (0.7, 0.7), (0.9, 0.9), (1.0, 0.9)],
)
def test_a_bin_holds_its_lower_end_and_the_last_one_1(score: float, low: float) -> None:
    assert calibrated((score, True))[1] == [pytest.approx((low, 1, score, 1))]


def test_scores_next_to_nothing_are_left_out() -> None:
    many = [(0.01, False)] * 10_000
    assert calibrated((0.8, False), *many)[0] == pytest.approx(0.8)  # with them it would be 0.01


def test_scores_that_are_the_chance_of_being_right_have_no_error() -> None:
    rng = np.random.default_rng(0)
    scores = rng.uniform(0.05, 1, 100_000).astype(np.float32)
    assert calibration(scores, rng.random(100_000) < scores).ece == pytest.approx(0, abs=0.01)
    assert calibration(scores, rng.random(100_000) < scores**2).ece == pytest.approx(1 / 6, abs=0.03)


def test_without_finds_there_is_no_error() -> None:
    assert calibrated() == (None, [])
    assert calibrated((0.04, True)) == (None, [])

import pytest

from service.domain.codes import DEFAULT, STANDARDS, code_for
from service.domain.severity import RULES, severity_of
from vision.categories import PROBLEMS


@pytest.mark.parametrize(
    ("category", "count", "share", "repeated", "severity"),
    [
        pytest.param("litter", 1, 0.01, False, 1, id="one-piece"),
        pytest.param("litter", 12, 0.05, False, 2, id="many-pieces"),
        pytest.param("garbage_pile", 1, 0.05, False, 2, id="a-heap"),
        pytest.param("garbage_pile", 1, 0.30, False, 3, id="a-large-heap"),
        pytest.param("garbage_pile", 5, 0.50, True, 3, id="never-beyond-grave"),
        pytest.param("overflowing_bin", 1, 0.1, False, 1, id="one-bin"),
        pytest.param("overflowing_bin", 3, 0.1, False, 2, id="a-row-of-bins"),
        pytest.param("overflowing_bin", 1, 0.1, True, 2, id="again"),
        pytest.param("stacked_debris", 4, 0.3, True, 3, id="everything"),
    ],
)
def test_table(category: str, count: int, share: float, repeated: bool, severity: int) -> None:
    assert severity_of(category, count, share, repeated=repeated) == severity


def test_every_problem_has_a_rule_and_a_code() -> None:
    assert set(RULES) == PROBLEMS
    for category in PROBLEMS:
        for standard in STANDARDS:
            assert code_for(category, standard).standard == standard
    assert (code_for("garbage_pile").standard, code_for("garbage_pile").code) == (DEFAULT, "06010")
    assert code_for("stacked_debris", "GB/T 30428.2-2013").code == "01-36"

"""The names of pictures."""

from pathlib import Path

import pytest

from vision.footage.pictures import Pictures
from vision.footage.things import Best


@pytest.mark.parametrize("seconds", [0.10501, 0.1, 12.3449, 59.9951])
def test_a_resumed_run_has_the_same_names(tmp_path: Path, seconds: float) -> None:
    pictures = Pictures(tmp_path, "01-gate", None)
    first, resumed = (Best(each, (640, 480), 1.0, [], None, None) for each in (seconds, round(seconds, 3)))
    assert pictures.name_of(first) == pictures.name_of(resumed)

import random
from typing import Any

import numpy as np
import pytest

from vision.training.stretching import stretch


def photo(width: int, height: int) -> dict[str, Any]:
    """A grey picture whose middle third is white."""
    img = np.full((height, width, 3), 60, np.uint8)
    img[height // 3 : height * 2 // 3, width // 3 : width * 2 // 3] = 255
    return {"img": img, "resized_shape": (height, width)}


@pytest.mark.parametrize(("width", "height"), [(300, 300), (320, 240), (90, 300)])
def test_proportions_change_within_bounds_and_the_longer_side_stays(width: int, height: int) -> None:
    random.seed(1)
    factors = []
    for _ in range(200):
        label = photo(width, height)
        stretch(label, 0.5)
        high, wide = label["img"].shape[:2]
        assert label["resized_shape"] == (high, wide)
        assert max(high, wide) == max(height, width)
        factors.append(wide / high * height / width)
    assert min(factors) > 1 / 1.5 * 0.98
    assert max(factors) < 1.5 * 1.02
    assert min(factors) < 0.75
    assert max(factors) > 1.35
    assert abs(np.log(factors).mean()) < 0.06


def test_what_is_shown_keeps_its_relative_place() -> None:
    random.seed(2)
    label = photo(300, 240)
    stretch(label, 0.5)
    high, wide = label["img"].shape[:2]
    white = np.argwhere(label["img"][..., 0] > 200)
    assert (white.min(0) / [high, wide]) == pytest.approx([1 / 3, 1 / 3], abs=0.02)
    assert (white.max(0) / [high, wide]) == pytest.approx([2 / 3, 2 / 3], abs=0.02)


def test_the_picture_in_memory_is_not_touched() -> None:
    random.seed(3)
    label = photo(60, 60)
    original, copy = label["img"], label["img"].copy()
    stretch(label, 1.0)
    assert np.array_equal(original, copy)

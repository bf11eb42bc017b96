import pytest

from tests.evaluation.judging import A_LOOSE, HALF, A, B, C, finds, photo
from vision.categories import NAMES
from vision.evaluation.failures.judged import judge
from vision.evaluation.failures.photo_traits import Traits
from vision.evaluation.failures.slices import slices
from vision.evaluation.figures.intervals import rate_interval
from vision.evaluation.record import Slice

EVEN = Traits(100, 100)


def counts(parts: tuple[Slice, ...], by: str) -> list[tuple[str, float | None, float | None, int, int]]:
    return [(s.name, s.low, s.high, s.found.count, s.found.total) for s in parts if s.by == by]


def test_quartiles_of_the_photos_with_boxes() -> None:
    """Eight photos with a bin, brightness 10 to 80, sharpness the other way round; the bright half is found."""
    photos = [photo([("bin", A)]) for _ in range(8)] + [photo([]), photo([("litter", A)])]
    detections = [finds(("bin", 0.9 if i >= 4 else 0.4, A)) for i in range(10)]
    traits = [Traits(10.0 * (i + 1), 8.0 - i) for i in range(8)] + [Traits(0, 1e9), Traits(255, 1e9)]
    parts = slices(judge(photos, detections, ["bin"], HALF), traits)
    assert counts(parts, "brightness") == [
        ("", None, 27.5, 0, 2),
        ("", 27.5, 45, 0, 2),
        ("", 45, 62.5, 2, 2),
        ("", 62.5, None, 2, 2),
    ]
    assert [count for *_, count, _ in counts(parts, "sharpness")] == [2, 2, 0, 0]
    assert parts[2].found.interval == rate_interval(2, 2)


def test_equal_photos_stay_together() -> None:
    photos = [photo([("bin", A)])] * 4
    parts = slices(judge(photos, [finds()] * 4, NAMES, HALF), [EVEN] * 4)
    assert counts(parts, "brightness") == [("", 100, None, 0, 4)]


@pytest.mark.parametrize(
    ("side", "size"), [(31.9, "small"), (32, "medium"), (95.9, "medium"), (96, "large"), (300, "large")]
)
def test_sizes_are_cocos(side: float, size: str) -> None:
    box = (0.0, 0.0, side, side)
    parts = slices(judge([photo([("bin", box)])], [finds(("bin", 0.9, box))], NAMES, HALF), [EVEN])
    assert counts(parts, "box_size") == [(size, None, None, 1, 1)]


def test_sources_and_what_counts_as_found() -> None:
    photos = [
        photo([("bin", A), ("bin", B)], source="streets"),
        photo([("bin", A), ("litter", B), ("graffiti", C)], source="walls"),
        photo([], source="clean"),
    ]
    detections = [
        finds(("bin", 0.9, A), ("bin", 0.8, A), ("bin", 0.4, B)),  # twice the same, and one below the threshold
        finds(("bin", 0.9, A_LOOSE), ("bin", 0.9, B), ("litter", 0.9, B)),
        finds(("bin", 0.9, A)),
    ]
    parts = slices(judge(photos, detections, ["bin", "litter"], HALF), [EVEN] * 3)
    assert counts(parts, "source") == [("streets", None, None, 1, 2), ("walls", None, None, 1, 2)]


def test_without_boxes_there_are_none() -> None:
    assert slices(judge([photo([])], [finds()], NAMES, HALF), [EVEN]) == ()
    assert slices(judge([], [], NAMES, HALF), []) == ()

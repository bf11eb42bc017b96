from collections import Counter
from dataclasses import replace

import pytest

from tests.evaluation.judging import A_LOOSE, HALF, A, B, C, Find, finds, photo
from vision.categories import NAMES
from vision.datasets.labels import LabelledPhoto
from vision.detections import Detections
from vision.evaluation.failures.error_breakdown import explain
from vision.evaluation.failures.judged import judge
from vision.evaluation.failures.mistakes import worst_mistakes
from vision.evaluation.record import Mistake

A_HALF = (0.0, 0.0, 100.0, 50.0)  # IoU 0.5 with A


def mistakes(photos: list[LabelledPhoto], detections: list[Detections]) -> tuple[Mistake, ...]:
    result = judge(photos, detections, NAMES, HALF)
    return worst_mistakes(result, explain(result))


def test_a_false_find_says_what_it_was_about() -> None:
    street = photo([("litter", A)], name="a.jpg", source="streets")
    [mistake] = mistakes([street], [finds(("bin", 0.75, A_HALF))])
    assert mistake == Mistake(
        kind="classification",
        photo="streets/a.jpg",
        category="bin",
        score=0.75,
        box=A_HALF,
        truth_category="litter",
        truth_box=A,
        iou=0.5,
    )


def test_a_false_find_on_background_is_about_nothing() -> None:
    [mistake] = mistakes([photo([])], [finds(("bin", 0.75, A))])
    assert mistake == Mistake(kind="background", photo="source/photo.jpg", category="bin", score=0.75, box=A)


def test_a_missed_label() -> None:
    [mistake] = mistakes([photo([("bin", A)])], [finds(("bin", 0.4, A))])  # users don't see it
    assert mistake == Mistake(kind="missed", photo="source/photo.jpg", category="bin", score=None, box=A)


@pytest.mark.parametrize(
    ("found", "missed"),
    [
        pytest.param(("bin", 0.9, A_LOOSE), False, id="a loose box"),
        pytest.param(("litter", 0.9, A), False, id="another category"),
        pytest.param(("litter", 0.9, A_LOOSE), True, id="a loose box of another category"),
        pytest.param(("bin", 0.9, (0, 0, 100, 9)), True, id="hardly touching"),
    ],
)
def test_a_label_that_a_find_is_near_is_not_missed(found: Find, missed: bool) -> None:
    kinds = [mistake.kind for mistake in mistakes([photo([("bin", A)])], [finds(found)])]
    assert ("missed" in kinds) == missed


def test_the_worst_come_first_by_kind() -> None:
    small = replace(photo([("bin", A)], name="small.jpg"), width=120, height=120)
    photos = [photo([("bin", A), ("litter", (0, 200, 300, 400))], name="large.jpg"), small, photo([]), photo([])]
    found = [finds(), finds(), finds(("bin", 0.6, A), ("litter", 0.3, B)), finds(("litter", 0.8, C))]
    listed = [(m.kind, m.category, m.photo.split("/")[1]) for m in mistakes(photos, found)]
    assert listed == [
        ("background", "litter", "photo.jpg"),
        ("background", "bin", "photo.jpg"),
        ("missed", "bin", "small.jpg"),
        ("missed", "litter", "large.jpg"),
        ("missed", "bin", "large.jpg"),
    ]


def test_there_are_at_most_12_of_a_kind_2_of_a_photo_and_3_of_a_scene() -> None:
    scenes = ["yard", "yard", *[""] * 9]
    photos = [replace(photo([], name=f"{i}.jpg"), scene_group=scene) for i, scene in enumerate(scenes)]
    detections = [finds(*(("bin", 0.99 - i / 100 - j / 1000, b) for j, b in enumerate((A, B, C)))) for i in range(11)]
    listed = mistakes(photos, detections)
    of_photo = Counter(mistake.photo.removeprefix("source/") for mistake in listed)
    assert of_photo == {"0.jpg": 2, "1.jpg": 1, "2.jpg": 2, "3.jpg": 2, "4.jpg": 2, "5.jpg": 2, "6.jpg": 1}
    assert [m.score for m in listed] == sorted((m.score for m in listed if m.score), reverse=True)

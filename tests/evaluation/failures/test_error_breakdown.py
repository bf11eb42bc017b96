from collections.abc import Sequence

import numpy as np
import pytest

from tests.evaluation.judging import A_LOOSE, A_TIGHT, HALF, A, B, C, Find, Label, finds, judged, photo
from vision.categories import NAMES
from vision.datasets.labels import LabelledPhoto
from vision.detections import Detections
from vision.evaluation.failures.error_breakdown import error_losses, explain, mended_ap50
from vision.evaluation.failures.judged import judge
from vision.evaluation.figures.average_precision import average_precision
from vision.evaluation.record import ERRORS

FAR = (500.0, 400.0, 600.0, 470.0)


@pytest.mark.parametrize(
    ("labels", "found", "expected"),
    [
        pytest.param([("bin", A)], ("bin", 0.8, A_TIGHT), ("right", 0, 0.8), id="right"),
        pytest.param([("litter", A)], ("bin", 0.8, A_TIGHT), ("classification", 0, 0.8), id="classification"),
        pytest.param([("bin", B), ("bin", A)], ("bin", 0.8, A_LOOSE), ("localisation", 1, 0.4), id="localisation"),
        pytest.param([("litter", A)], ("bin", 0.8, A_LOOSE), ("both", 0, 0.4), id="both"),
        pytest.param([("litter", B), ("bin", A)], ("bin", 0.3, A_TIGHT), ("duplicate", 1, 0.8), id="duplicate"),
        pytest.param([("bin", A)], ("bin", 0.8, B), ("background", -1, 0), id="background"),
        pytest.param([], ("bin", 0.8, B), ("background", -1, 0), id="background of a clean photo"),
        pytest.param([("bin", A)], ("bin", 0.8, (0, 0, 100, 9.9)), ("background", -1, 0), id="below 0.1"),
        pytest.param(
            [("litter", A_LOOSE), ("bin", A)],
            ("litter", 0.8, A),
            ("localisation", 0, 0.4),
            id="of loose and of another category: loose",
        ),
        pytest.param(
            [("bin", A_LOOSE), ("litter", A)],
            ("graffiti", 0.8, A),
            ("classification", 1, 1),
            id="the label that it overlaps most",
        ),
    ],
)
def test_kinds(labels: Sequence[Label], found: Find, expected: tuple[str, int, float]) -> None:
    others = [("bin", 0.9, A)] if expected[0] == "duplicate" else []
    explained = explain(judged(labels, [*others, found]))
    assert (explained.kind[-1], int(explained.truth[-1])) == expected[:2]
    assert explained.iou[-1] == pytest.approx(expected[2])


def test_a_duplicate_of_a_label_that_another_category_shares_is_a_classification_error_first() -> None:
    explained = explain(judged([("bin", A), ("litter", A)], [("bin", 0.9, A), ("bin", 0.8, A_TIGHT)]))
    assert explained.kind.tolist() == ["right", "classification"]


@pytest.mark.parametrize(
    ("found", "missed"),
    [
        pytest.param([], True, id="nothing near"),
        pytest.param([("bin", 0.01, A)], False, id="found, however low the score"),
        pytest.param([("litter", 0.9, A)], False, id="in another category"),
        pytest.param([("bin", 0.9, A_LOOSE)], False, id="in a loose box"),
        pytest.param([("litter", 0.9, A_LOOSE)], True, id="wrong in both"),
    ],
)
def test_missed(found: Sequence[Find], missed: bool) -> None:
    assert explain(judged([("bin", A)], found)).missed.tolist() == [missed]


def test_what_the_detector_cannot_report_is_not_missed_but_can_be_taken_for_something() -> None:
    result = judged([("litter", A)], [("bin", 0.9, A)], reported=["bin"])
    explained = explain(result)
    assert not explained.missed.any()
    assert explained.kind.tolist() == ["classification"]
    assert mended_ap50(result, explained, ()) == {}


# Two bins, one of them found with score 0.5: AP50 is 51 of 101 recalls (0, 0.01 … 0.5) at full precision.
HALF_FOUND = 51 / 101


@pytest.mark.parametrize(
    ("labels", "found", "kind", "before", "after"),
    [
        pytest.param(
            [("bin", A), ("bin", B), ("litter", C)],
            [("bin", 0.5, A), ("litter", 0.9, B), ("litter", 0.8, C)],
            "classification",
            {"bin": HALF_FOUND, "litter": 0.5},  # the find at B stands before litter's only right one
            {"bin": 1, "litter": 1},
            id="classification",
        ),
        pytest.param(
            [("bin", A), ("bin", B)],
            [("bin", 0.5, B), ("bin", 0.4, A_LOOSE), ("bin", 0.3, A_LOOSE)],
            "localisation",
            {"bin": HALF_FOUND},
            {"bin": 1},
            id="localisation: the second one at a label goes",
        ),
        pytest.param(
            [("bin", A)],
            [("bin", 0.9, A_LOOSE), ("bin", 0.5, A_TIGHT)],
            "localisation",
            {"bin": 0.5},
            {"bin": 1},
            id="localisation: of mended and right ones the best score stays",
        ),
        pytest.param(
            [("bin", B), ("litter", A)],
            [("bin", 0.9, A_LOOSE), ("bin", 0.8, B), ("litter", 0.5, A)],
            "both",
            {"bin": 0.5, "litter": 1},
            {"bin": 1, "litter": 1},
            id="both",
        ),
        pytest.param(
            [("bin", A), ("bin", B)],
            [("bin", 0.9, A), ("bin", 0.8, A_TIGHT), ("bin", 0.7, B)],
            "duplicate",
            {"bin": (51 + 50 * 2 / 3) / 101},
            {"bin": 1},
            id="duplicate",
        ),
        pytest.param(
            [("bin", A)],
            [("bin", 0.9, FAR), ("bin", 0.8, B), ("bin", 0.7, A)],
            "background",
            {"bin": 1 / 3},
            {"bin": 1},
            id="background",
        ),
        pytest.param(
            [("bin", A), ("bin", B)], [("bin", 0.9, A)], "missed", {"bin": HALF_FOUND}, {"bin": 1}, id="missed"
        ),
        pytest.param([("bin", A)], [], "missed", {"bin": 0}, {"bin": 1}, id="missed: no label is left"),
    ],
)
def test_losses_are_what_mending_one_kind_gains(
    labels: Sequence[Label], found: Sequence[Find], kind: str, before: dict[str, float], after: dict[str, float]
) -> None:
    result = judged(labels, found)
    assert mended_ap50(result, explain(result), ()) == pytest.approx(before)
    losses = error_losses(result, explain(result))
    for other, loss in losses.items():
        gains = {name: after[name] - before[name] if other == kind else 0 for name in before}
        assert loss.by_category == pytest.approx(gains), other
        assert loss.ap50_lost == pytest.approx(sum(gains.values()) / len(gains))
        assert (loss.count > 0) == (other == kind)


def random_photos(seed: int, count: int = 40) -> tuple[list[LabelledPhoto], list[Detections]]:
    """Photos with labels of four categories, of which two aren't labelled everywhere, and finds of every kind."""
    rng = np.random.default_rng(seed)
    names = ["bin", "litter", "graffiti", "garbage_pile"]
    photos, detections = [], []
    for i in range(count):
        annotated = names[: 2 + i % 3]
        corners = rng.uniform(0, 400, (rng.integers(0, 6), 2))
        boxes = np.hstack([corners, corners + rng.uniform(80, 150, corners.shape)])
        categories = rng.choice(annotated, len(boxes))
        photos.append(photo([(c, tuple(b)) for c, b in zip(categories, boxes, strict=True)], " ".join(annotated)))
        near = np.repeat(np.arange(len(boxes)), 3)
        loose = boxes[near] + rng.normal(0, 12, (len(near), 4))
        taken = np.where(rng.random(len(near)) < 0.7, categories[near], rng.choice(names, len(near)))
        elsewhere = rng.uniform((0, 0, 300, 300), (200, 200, 500, 500), (5, 4))
        found = [*zip(taken, loose, strict=True), *zip(rng.choice(names, 5), elsewhere, strict=True)]
        detections.append(finds(*((c, float(rng.random()), tuple(b)) for c, b in found if rng.random() < 0.6)))
    return photos, detections


@pytest.mark.parametrize("seed", range(4))
def test_unmended_it_is_pycocotools_figure_and_all_mended_it_is_1(seed: int) -> None:
    photos, detections = random_photos(seed)
    result = judge(photos, detections, NAMES, HALF)
    explained = explain(result)
    expected = {s.category: s.ap50 for s in average_precision(photos, detections) if s.ap50 is not None}
    assert mended_ap50(result, explained, ()) == pytest.approx(expected, abs=1e-9)
    assert 0.05 < min(expected.values()) <= max(expected.values()) < 0.9
    assert all(loss.count > 0 and loss.ap50_lost > 0 for loss in error_losses(result, explained).values())
    assert mended_ap50(result, explained, ERRORS) == pytest.approx(dict.fromkeys(expected, 1.0))


def test_only_what_the_source_labels_can_be_an_error_or_taken_for_something() -> None:
    labels, found = [("litter", A), ("graffiti", B)], [("bin", 0.9, A), ("litter", 0.9, B), ("litter", 0.8, A)]
    everything = explain(judged(labels, found))
    assert sorted(everything.kind) == ["classification", "classification", "right"]
    partial = explain(judged(labels, found, annotated="litter"))
    assert partial.kind.tolist() == ["background", "right"]  # whether graffiti is at B is unknown


def test_nothing_at_all() -> None:
    result = judge([], [], NAMES, HALF)
    assert {(e.count, e.ap50_lost) for e in error_losses(result, explain(result)).values()} == {(0, 0.0)}

import dataclasses
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vision.categories import NAMES
from vision.datasets.labels import LabelledPhoto
from vision.datasets.scenes import SceneKind, draw_scene
from vision.detections import Detections
from vision.errors import PhotoError, UserError
from vision.evaluation.figures.coco_figures import LEAST_BOXES
from vision.evaluation.predict import LOWEST_SCORE
from vision.evaluation.robustness.perturbations import Kind
from vision.evaluation.robustness.sweep import CONDITIONS, UNITS, Detect, sample, sweep
from vision.images import NDArrayImage
from vision.inference.detector import Detector

FEW: tuple[tuple[Kind, float], ...] = (("clean", 0), ("jpeg", 8), ("rotation", 10), ("downscale", 40))
SETTINGS = {"model": "1" * 64, "photos": "2" * 64}
RED = (220, 0, 0)


@pytest.fixture(scope="module")
def squares(tmp_path_factory: pytest.TempPathFactory) -> list[LabelledPhoto]:
    """Photos of one red square each, called a bin."""
    folder = tmp_path_factory.mktemp("squares")
    photos = []
    for number in range(4):
        x, y = 40 + 60 * number, 30 + 20 * number
        pixels = np.full((240, 320, 3), 150, np.uint8)
        pixels[y : y + 50, x : x + 50] = RED
        Image.fromarray(pixels).save(folder / f"{number}.png")
        labels = Detections.of([[x, y, x + 50, y + 50]], [1], [NAMES.index("bin")])
        annotated = frozenset({"bin", "litter"})
        photos.append(LabelledPhoto(folder / f"{number}.png", "squares", "test", 320, 240, labels, annotated))
    return photos


def find_red(pixels: NDArrayImage) -> Detections:
    """A detector of red things, all of which are bins to it."""
    red = (pixels[..., 0] > 150) & (pixels[..., 1] < 100)
    rows, columns = np.flatnonzero(red.any(axis=1)), np.flatnonzero(red.any(axis=0))
    if not len(rows):
        return Detections.empty()
    box = [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]
    return Detections.of([box], [0.9], [NAMES.index("bin")])


def silent(done: int, total: int) -> None:
    pass


class Interrupted(Exception):  # noqa: N818 - stands for a kill
    pass


def dies_after(photos: int) -> Detect:
    seen = iter(range(photos))

    def detect(pixels: NDArrayImage) -> Detections:
        if next(seen, None) is None:
            raise Interrupted
        return find_red(pixels)

    return detect


def test_every_condition_is_scored_in_its_own_pixels(squares: list[LabelledPhoto], tmp_path: Path) -> None:
    results = sweep(squares, find_red, {"bin", "litter"}, tmp_path / "kept", SETTINGS, silent, FEW)
    assert [(result.kind, result.level, result.unit) for result in results] == [
        ("clean", 0, ""),
        ("jpeg", 8, "quality"),
        ("rotation", 10, "°"),
        ("downscale", 40, "px"),
    ]
    for result in results:
        assert result.photos == 4
        assert result.by_category == {"bin": pytest.approx(1)}  # litter has no boxes
        assert result.ap50 == pytest.approx(1)
    assert results[0].ap50_95 == pytest.approx(1)


def test_the_means_are_those_of_reported_categories_with_boxes(squares: list[LabelledPhoto], tmp_path: Path) -> None:
    with_litter = [
        dataclasses.replace(photo, labels=Detections.of(photo.labels.boxes, [1], [NAMES.index("litter")]))
        for photo in squares[:2]
    ]
    photos = [*with_litter, *squares[2:]]  # half of what is found is right
    only_bins, both, none = (
        sweep(photos, find_red, reported, tmp_path / f"{number}", SETTINGS, silent, FEW[:1])[0]
        for number, reported in enumerate([{"bin"}, {"bin", "litter"}, {"graffiti"}])
    )
    assert only_bins.by_category.keys() == {"bin"}
    assert both.by_category == {**only_bins.by_category, "litter": 0}
    assert only_bins.ap50 is not None
    assert both.ap50 == pytest.approx(only_bins.ap50 / 2)
    assert (none.ap50, none.ap50_95, none.by_category) == (None, None, {})


def test_a_category_with_few_boxes_does_not_outweigh_the_others(squares: list[LabelledPhoto], tmp_path: Path) -> None:
    photo = squares[0]
    litter = dataclasses.replace(photo, labels=Detections.of(photo.labels.boxes, [1], [NAMES.index("litter")]))
    photos = [*[photo] * LEAST_BOXES, litter]
    (clean,) = sweep(photos, find_red, {"bin", "litter"}, tmp_path / "kept", SETTINGS, silent, FEW[:1])
    assert clean.by_category.keys() == {"bin"}
    assert clean.ap50 == clean.by_category["bin"]


def test_a_blind_detector_gets_zero(squares: list[LabelledPhoto], tmp_path: Path) -> None:
    results = sweep(squares, lambda _: Detections.empty(), {"bin"}, tmp_path / "kept", SETTINGS, silent, FEW)
    assert {(result.ap50, result.ap50_95) for result in results} == {(0, 0)}


def test_progress_counts_photos_over_all_conditions(squares: list[LabelledPhoto], tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    record = lambda done, total: seen.append((done, total))  # noqa: E731
    sweep(squares, find_red, {"bin"}, tmp_path / "kept", SETTINGS, record, FEW)
    assert seen == [(done, 16) for done in range(17)]
    seen.clear()
    sweep(squares, find_red, {"bin"}, tmp_path / "kept", SETTINGS, record, FEW)
    assert seen == [(16, 16)]


def test_an_interrupted_sweep_goes_on_and_ends_alike(squares: list[LabelledPhoto], tmp_path: Path) -> None:
    whole = sweep(squares, find_red, {"bin"}, tmp_path / "whole", SETTINGS, silent, FEW)
    kept, seen = tmp_path / "kept", []
    with pytest.raises(Interrupted):
        sweep(squares, dies_after(10), {"bin"}, kept, SETTINGS, silent, FEW)
    assert len(kept.read_bytes().splitlines()) == 3  # the settings and two conditions
    resumed = sweep(squares, find_red, {"bin"}, kept, SETTINGS, lambda done, total: seen.append(done), FEW)
    assert resumed == whole
    assert seen[:2] == [8, 9]
    assert kept.read_bytes() == (tmp_path / "whole").read_bytes()


def test_wherever_the_file_is_cut_off_the_result_is_the_same(squares: list[LabelledPhoto], tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    whole = sweep(squares[:1], find_red, {"bin"}, kept, SETTINGS, silent, FEW)
    content = kept.read_bytes()
    for length in [*range(0, len(content), 23), len(content) - 1]:
        kept.write_bytes(content[:length])
        assert sweep(squares[:1], find_red, {"bin"}, kept, SETTINGS, silent, FEW) == whole
        assert kept.read_bytes() == content


@pytest.mark.parametrize("damage", [b"\0" * 40, b"{}", b"[1]", b"\xff", "another"], ids=str)
def test_from_a_damaged_line_on_everything_is_done_again(
    squares: list[LabelledPhoto], tmp_path: Path, damage: bytes | str
) -> None:
    kept = tmp_path / "kept"
    whole = sweep(squares[:1], find_red, {"bin"}, kept, SETTINGS, silent, FEW)
    content = kept.read_bytes()
    lines = content.splitlines(keepends=True)
    instead = lines[4] if isinstance(damage, str) else damage + b"\n"  # a whole line out of its place
    kept.write_bytes(b"".join([*lines[:2], instead, *lines[3:]]))
    done: list[int] = []
    assert sweep(squares[:1], find_red, {"bin"}, kept, SETTINGS, lambda n, _: done.append(n), FEW) == whole
    assert done == [1, 2, 3, 4]
    assert kept.read_bytes() == content


@pytest.mark.parametrize(
    ("settings", "reported", "conditions"),
    [
        pytest.param({**SETTINGS, "model": "3" * 64}, {"bin"}, FEW, id="another model"),
        pytest.param(SETTINGS, {"bin", "litter"}, FEW, id="other categories"),
        pytest.param(SETTINGS, {"bin"}, FEW[:3], id="other conditions"),
    ],
)
def test_other_settings_are_refused(
    squares: list[LabelledPhoto],
    tmp_path: Path,
    settings: dict[str, str],
    reported: set[str],
    conditions: tuple[tuple[Kind, float], ...],
) -> None:
    kept = tmp_path / "kept"
    sweep(squares, find_red, {"bin"}, kept, SETTINGS, silent, FEW)
    content = kept.read_bytes()
    with pytest.raises(UserError, match="had another model or options"):
        sweep(squares, find_red, reported, kept, settings, silent, conditions)
    assert kept.read_bytes() == content


def test_the_order_of_photos_and_conditions_does_not_matter(squares: list[LabelledPhoto], tmp_path: Path) -> None:
    seen: dict[bool, list[int]] = {False: [], True: []}
    conditions: tuple[tuple[Kind, float], ...] = (("low_light", 0.25), ("rain", 30))
    for turned, sums in seen.items():
        step = -1 if turned else 1

        def detect(pixels: NDArrayImage, sums: list[int] = sums) -> Detections:
            sums.append(int(pixels.sum()))
            return find_red(pixels)

        kept = tmp_path / f"{turned}"
        sweep(squares[::step], detect, {"bin"}, kept, SETTINGS, silent, conditions[::step])
    assert seen[True] == seen[False][::-1]
    assert len(set(seen[True])) == 8


def test_what_cannot_be_written_or_read_is_named(squares: list[LabelledPhoto], tmp_path: Path) -> None:
    with pytest.raises(UserError, match="missing/kept: can't be written"):
        sweep(squares, find_red, {"bin"}, tmp_path / "missing" / "kept", SETTINGS, silent, FEW)
    gone = dataclasses.replace(squares[0], path=tmp_path / "gone.png")
    with pytest.raises(PhotoError, match=r"gone\.png"):
        sweep([gone], find_red, {"bin"}, tmp_path / "kept", SETTINGS, silent, FEW)


def test_conditions_start_with_clean_and_have_units() -> None:
    assert CONDITIONS[0] == ("clean", 0)
    assert len(set(CONDITIONS)) == len(CONDITIONS)
    assert {kind for kind, _ in CONDITIONS} == set(UNITS)


def test_a_real_detector_loses_in_the_dark(detector: Detector, tmp_path: Path) -> None:
    photos = []
    for seed in range(4):
        pixels, labels = draw_scene(seed, SceneKind.OVERFLOWING_BINS, (640, 480))
        path = tmp_path / f"{seed}.png"
        Image.fromarray(pixels).save(path)
        photos.append(LabelledPhoto(path, "drawn", "test", 640, 480, labels, frozenset(NAMES)))
    low = detector.with_thresholds(dict.fromkeys(detector.model.names, LOWEST_SCORE))
    conditions: tuple[tuple[Kind, float], ...] = (("clean", 0), ("rotation", 0), ("rotation", 10), ("low_light", 1e-4))
    clean, unturned, turned, dark = sweep(photos, low.detect, NAMES, tmp_path / "kept", SETTINGS, silent, conditions)
    assert clean.ap50 is not None
    assert clean.ap50 > 0.3
    assert (unturned.ap50, unturned.ap50_95) == (clean.ap50, clean.ap50_95)
    assert turned.ap50 is not None
    assert turned.ap50 > clean.ap50 / 2
    assert dark.ap50 is not None
    assert dark.ap50 < clean.ap50 / 2


def of_sources(**counts: int) -> list[LabelledPhoto]:
    return [
        LabelledPhoto(Path(source, f"{number}.jpg"), source, "test", 9, 9, Detections.empty(), frozenset())
        for source, count in counts.items()
        for number in range(count)
    ]


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        pytest.param(50, {"a": 30, "b": 15, "c": 5}, id="shares"),
        pytest.param(10, {"a": 6, "b": 3, "c": 1}, id="few"),
        pytest.param(4, {"a": 2, "b": 1, "c": 1}, id="one of each at least"),
        pytest.param(1, {"a": 1, "b": 1, "c": 1}, id="fewer than sources"),
        pytest.param(100, {"a": 60, "b": 30, "c": 10}, id="all"),
        pytest.param(999, {"a": 60, "b": 30, "c": 10}, id="more than there are"),
    ],
)
def test_a_sample_keeps_every_sources_share(count: int, expected: dict[str, int]) -> None:
    photos = of_sources(a=60, b=30, c=10)
    chosen = sample(photos, count)
    assert Counter(photo.source for photo in chosen) == expected
    assert chosen == [photo for photo in photos if photo in chosen]


def test_a_tiny_source_is_never_asked_for_more_than_it_has() -> None:
    assert Counter(photo.source for photo in sample(of_sources(a=1, b=1, c=1, d=97), 99)) == {
        "a": 1,
        "b": 1,
        "c": 1,
        "d": 96,
    }


def test_a_sample_does_not_depend_on_the_order_and_grows() -> None:
    photos = of_sources(a=40, b=20)
    chosen = {photo.path for photo in sample(photos, 12)}
    assert {photo.path for photo in sample(photos[::-1], 12)} == chosen
    assert chosen < {photo.path for photo in sample(photos, 24)}
    assert sample([], 5) == []

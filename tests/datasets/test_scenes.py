from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageOps, UnidentifiedImageError

from vision.categories import PROBLEMS
from vision.datasets.scenes import SceneKind, draw_scene, write_examples
from vision.datasets.scenes.canvas import Camera, Canvas, Light
from vision.datasets.scenes.examples import KINDS
from vision.detections import Detections

SIZE = (400, 300)
Examples = tuple[Path, list[Path]]
PROMISED: dict[SceneKind, set[str]] = {
    SceneKind.CLEAN_STREET: set(),
    SceneKind.BIN_POINT: {"bin"},
    SceneKind.OVERFLOWING_BINS: {"overflowing_bin"},
    SceneKind.GARBAGE_HEAP: {"garbage_pile"},
    SceneKind.STACKED_DEBRIS: {"stacked_debris"},
    SceneKind.POSTINGS_ON_WALL: {"illegal_posting"},
    SceneKind.POSTINGS_ON_POLE: {"illegal_posting"},
    SceneKind.GRAFFITI_WALL: {"graffiti"},
    SceneKind.LITTER: {"litter"},
    SceneKind.MIXED_CORNER: {"overflowing_bin", "garbage_pile", "stacked_debris"},
}
ALLOWED: dict[SceneKind, set[str]] = {  # beside what is promised
    SceneKind.OVERFLOWING_BINS: {"bin", "garbage_pile"},
    SceneKind.GARBAGE_HEAP: {"bin"},
    SceneKind.MIXED_CORNER: {"litter"},
    SceneKind.POSTINGS_ON_WALL: {"graffiti"},  # stencilled ads
}
CLEAN = (SceneKind.CLEAN_STREET, SceneKind.BIN_POINT)


def names_in(labels: Detections) -> set[str]:
    return {name for _, _, name in labels}


def flat_canvas() -> Canvas:
    camera = Camera(200, 150, eye=1.5, pitch=0.0, roll=0.0, focal=150.0)
    canvas = Canvas(camera, Light((0.0, 1.0, 0.0), 1.0, 0.0))
    canvas.pixels[:] = 128
    return canvas


def test_same_seed_same_pixels_and_labels() -> None:
    first, second = (draw_scene(3, SceneKind.MIXED_CORNER, SIZE) for _ in range(2))
    assert np.array_equal(first[0], second[0])
    assert np.array_equal(first[1].boxes, second[1].boxes)
    assert np.array_equal(first[1].categories, second[1].categories)


def test_other_seed_other_scene() -> None:
    one, two = (draw_scene(seed, SceneKind.GARBAGE_HEAP, SIZE)[0] for seed in (1, 2))
    assert not np.array_equal(one, two)


@pytest.mark.parametrize("kind", SceneKind)
def test_every_kind_has_size_and_content(kind: SceneKind) -> None:
    pixels, _ = draw_scene(5, kind, SIZE)
    assert pixels.shape == (300, 400, 3)
    assert pixels.dtype == np.uint8
    assert pixels.std() > 8


@pytest.mark.parametrize("kind", PROMISED)
@pytest.mark.parametrize("seed", [0, 1])
def test_labels_are_of_the_kind_promised(kind: SceneKind, seed: int) -> None:
    found = names_in(draw_scene(seed, kind, SIZE)[1])
    assert PROMISED[kind] <= found
    assert found <= PROMISED[kind] | ALLOWED.get(kind, set())


@pytest.mark.parametrize("kind", CLEAN)
def test_clean_kinds_show_no_problem(kind: SceneKind) -> None:
    for seed in range(3):
        assert not names_in(draw_scene(seed, kind, SIZE)[1]) & PROBLEMS


@pytest.mark.parametrize("size", [SIZE, SIZE[::-1]], ids=["landscape", "portrait"])
@pytest.mark.parametrize("kind", [SceneKind.MIXED_CORNER, SceneKind.POSTINGS_ON_POLE, SceneKind.NIGHT])
def test_boxes_lie_inside_the_image(kind: SceneKind, size: tuple[int, int]) -> None:
    boxes = draw_scene(2, kind, size)[1].boxes
    assert len(boxes)
    assert (boxes[:, :2] >= 0).all()
    assert (boxes[:, 2:] <= size).all()
    assert (boxes[:, 2:] - boxes[:, :2] >= 6).all()


def test_an_upright_heap_fills_a_fair_part_of_the_picture() -> None:
    for seed in range(3):
        labels = draw_scene(seed, SceneKind.GARBAGE_HEAP, SIZE)[1]
        (box,) = [box for box, _, name in labels if name == "garbage_pile"]
        share = np.prod(box[2:] - box[:2]) / np.prod(SIZE)
        assert 0.06 < share < 0.7


def test_night_is_dark() -> None:
    night = draw_scene(1, SceneKind.NIGHT, SIZE)[0].mean()
    assert night < 0.6 * draw_scene(1, SceneKind.GARBAGE_HEAP, SIZE)[0].mean()


def test_a_label_is_the_exact_box_of_what_is_drawn() -> None:
    canvas = flat_canvas()
    with canvas.label("bin"):
        canvas.fill([[20, 30], [59, 30], [59, 99], [20, 99]], [1, 0, 0])
    changed = (canvas.pixels != 128).any(axis=2)
    rows, columns = np.nonzero(changed)
    expected = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    assert canvas.detections().boxes.tolist() == [expected] == [[20, 30, 60, 100]]


@pytest.mark.parametrize(
    ("right", "expected"),
    [(39, [[40, 30, 60, 100]]), (57, [])],
    ids=["half hidden: the visible part", "nearly all hidden: no label"],
)
def test_what_hides_an_object_shrinks_its_label(right: int, expected: list[list[float]]) -> None:
    canvas = flat_canvas()
    with canvas.label("garbage_pile"):
        canvas.fill([[20, 30], [59, 30], [59, 99], [20, 99]], [1, 0, 0])
    canvas.fill([[0, 0], [right, 0], [right, 149], [0, 149]], [0, 0, 1])
    assert canvas.detections().boxes.tolist() == expected


def test_a_label_differs_from_the_scene_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels, labels = draw_scene(4, SceneKind.GRAFFITI_WALL, SIZE)
    monkeypatch.setattr("vision.datasets.scenes.canvas.Canvas.face", without_labelled(Canvas.face))
    bare, none = draw_scene(4, SceneKind.GRAFFITI_WALL, SIZE)
    assert len(labels)
    assert not len(none)
    difference = np.abs(pixels.astype(int) - bare).max(axis=2)
    inside = np.zeros(difference.shape, bool)
    for x1, y1, x2, y2 in labels.boxes.astype(int):
        assert difference[y1:y2, x1:x2].max() > 40
        inside[max(y1 - 8, 0) : y2 + 8, max(x1 - 8, 0) : x2 + 8] = True  # JPEG blocks
    assert difference[inside].mean() > 10 * difference[~inside].mean()


def without_labelled(face: Callable[..., None]) -> Callable[..., None]:
    """Draw only what has no label; the choices that chance makes stay the same."""

    def drawn(self: Canvas, *arguments: Any) -> None:
        if not self.current:
            face(self, *arguments)

    return drawn


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Examples:
    pillow_heif.register_heif_opener()
    folder = tmp_path_factory.mktemp("examples")
    return folder, write_examples(folder, 16, seed=0, size=(240, 180))


def opened(paths: Iterable[Path]) -> Iterator[Image.Image]:
    for path in paths:
        with Image.open(path) as image:
            image.load()
            yield image


def test_examples_are_what_was_asked_for(examples: Examples) -> None:
    folder, paths = examples
    assert len(paths) == len(set(paths)) == 16
    assert sorted(paths) == sorted(p for p in folder.rglob("*") if p.is_file())
    assert {p.suffix for p in paths} == {".jpg", ".png", ".webp", ".heic"}
    assert {p.parent for p in paths} == {folder, folder / "南街社区"}


def test_examples_hold_every_orientation_and_stand_upright(examples: Examples) -> None:
    _, paths = examples
    images = list(opened(paths[:-2]))
    orientations = [image.getexif().get(0x0112, 1) for image in images]
    assert set(orientations) == set(range(1, 9))
    for index, (image, orientation) in enumerate(zip(images, orientations, strict=True)):
        assert image.size == (240, 180), "a sensor is always wide"
        upright = np.asarray(ImageOps.exif_transpose(image).convert("RGB"), float)
        drawn = draw_example(index, portrait=orientation >= 5)
        assert np.abs(upright - drawn).mean() < 12


def draw_example(index: int, *, portrait: bool) -> Any:
    return draw_scene(index, KINDS[index % len(KINDS)], (180, 240) if portrait else (240, 180))[0].astype(float)


def test_examples_state_time_and_place(examples: Examples) -> None:
    _, paths = examples
    times = set()
    for image in opened(paths[:-2]):
        exif = image.getexif()
        times.add(exif.get_ifd(0x8769)[0x9003])
        gps = exif.get_ifd(0x8825)
        latitude, longitude = (float(d) + float(m) / 60 + float(s) / 3600 for d, m, s in (gps[2], gps[4]))
        assert (gps[1], gps[3]) == ("N", "E")
        assert abs(latitude - 30.87) < 0.03
        assert abs(longitude - 120.44) < 0.03
    assert len(times) == 14
    assert all(time.startswith("2026:05:18 ") for time in times)


def test_the_png_has_alpha(examples: Examples) -> None:
    _, paths = examples
    assert [image.mode for image in opened(p for p in paths if p.suffix == ".png")] == ["RGBA"]


def test_examples_show_every_kind_and_a_third_is_clean() -> None:
    assert set(KINDS) == set(SceneKind)
    assert 0.25 < sum(kind in CLEAN for kind in KINDS) / len(KINDS) < 0.45


def test_the_broken_ones_are_broken(examples: Examples) -> None:
    _, paths = examples
    truncated, text = paths[-2:]
    with Image.open(truncated) as image, pytest.raises(OSError, match="truncated"):
        image.load()
    with pytest.raises(UnidentifiedImageError):
        Image.open(text)


def test_examples_are_deterministic(tmp_path: Path) -> None:
    first, second = (write_examples(tmp_path / name, 5, seed=1, size=(160, 120)) for name in ("a", "b"))
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]
    again = write_examples(tmp_path / "a", 5, seed=1, size=(160, 120))
    assert [p.read_bytes() for p in again] == [p.read_bytes() for p in second]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_small_counts(tmp_path: Path, count: int) -> None:
    assert len(write_examples(tmp_path, count, size=(160, 120))) == count

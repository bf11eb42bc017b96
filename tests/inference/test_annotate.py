from io import BytesIO

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageColor

from vision.categories import category_of
from vision.inference.annotate import draw_boxes, thumbnail
from vision.inference.results import Box

PILE, LITTER = "garbage_pile", "litter"


def ground(width: int, height: int) -> npt.NDArray[np.uint8]:
    return np.full((height, width, 3), 40, np.uint8)


def found(category: str, *box: float) -> Box:
    x1, y1, x2, y2 = box
    return Box(category=category, score=0.87, box=(x1, y1, x2, y2))


def painted(picture: Image.Image, category: str) -> npt.NDArray[np.bool_]:
    """Return where the picture has the category's colour, (h, w)."""
    mask: npt.NDArray[np.bool_] = (np.asarray(picture) == ImageColor.getrgb(category_of(category).colour)).all(axis=2)
    return mask


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        pytest.param((4000, 3000), (1600, 1200), id="scaled down"),
        pytest.param((900, 2400), (600, 1600), id="upright"),
        pytest.param((320, 240), (320, 240), id="never up"),
    ],
)
def test_copy_has_size_and_leaves_photo_alone(size: tuple[int, int], expected: tuple[int, int]) -> None:
    image = ground(*size)
    picture = draw_boxes(image, [found(PILE, 10, 100, 200, 200)])
    assert (picture.size, picture.mode) == (expected, "RGB")
    assert (image == 40).all()


def test_box_lies_where_it_was_found() -> None:
    picture = draw_boxes(ground(3200, 2400), [found(PILE, 800, 1000, 2400, 2000)])
    mask = painted(picture, PILE)
    rows, columns = np.nonzero(mask[560:])  # below the label
    assert (columns.min(), columns.max()) == pytest.approx((400, 1200), abs=1)
    assert rows.max() + 560 == pytest.approx(1000, abs=1)
    assert not mask[700, 450:1150].any()


@pytest.mark.parametrize(
    "corner",
    [
        pytest.param((0, 0), id="top left"),
        pytest.param((280, 0), id="top right"),
        pytest.param((0, 200), id="bottom left"),
        pytest.param((280, 200), id="bottom right"),
    ],
)
def test_label_stays_inside(corner: tuple[int, int]) -> None:
    x, y = corner
    in_corner = painted(draw_boxes(ground(320, 240), [found(PILE, x, y, x + 40, y + 40)]), PILE)
    in_middle = painted(draw_boxes(ground(320, 240), [found(PILE, 140, 100, 180, 140)]), PILE)
    assert in_corner.sum() > 0.85 * in_middle.sum()


def test_labels_of_one_place_do_not_cover_each_other() -> None:
    place = (300, 300, 600, 500)
    alone = painted(draw_boxes(ground(800, 800), [found(PILE, *place)]), PILE)
    both = draw_boxes(ground(800, 800), [found(PILE, *place), found(LITTER, *place)])
    label = alone[:298].sum()  # above the box
    assert painted(both, PILE)[:298].sum() == pytest.approx(label, rel=0.05)
    assert painted(both, LITTER).sum() == pytest.approx(label, rel=0.2)  # its outline is covered, its label isn't


def test_every_label_of_a_crowd_is_visible() -> None:
    boxes = [found(PILE, x, y, x + 120, y + 120) for x in range(50, 1550, 150) for y in range(60, 1160, 190)]
    assert len(boxes) == 60
    alone = painted(draw_boxes(ground(1600, 1200), boxes[:1] * 21), PILE).sum() / 21
    crowd = painted(draw_boxes(ground(1600, 1200), boxes), PILE).sum() / 60
    assert crowd > alone


def test_chinese_is_drawn_as_glyphs() -> None:
    """A font without Chinese would draw the same empty frames for both names."""
    pictures = [draw_boxes(ground(1600, 1200), [found(category, 100, 100, 600, 600)]) for category in (PILE, LITTER)]
    pile, litter = ((np.asarray(picture) > 230).all(axis=2) for picture in pictures)
    assert (pile != litter).sum() > 100


@pytest.mark.parametrize(
    "size", [(4000, 3000), (480, 360), (100, 50), (3000, 2)], ids=["large", "busy", "small", "strip"]
)
def test_thumbnail_is_small_and_clean(size: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    data = thumbnail(noise)
    with Image.open(BytesIO(data)) as picture:
        assert picture.format == "JPEG"
        assert max(picture.size) <= min(480, max(size))
    assert len(data) < 24_000


def test_thumbnail_of_calm_photo_keeps_its_size() -> None:
    with Image.open(BytesIO(thumbnail(ground(960, 720)))) as picture:
        assert picture.size == (400, 300)


def test_boxes_of_the_full_photo_on_a_reduced_image() -> None:
    full = painted(draw_boxes(ground(800, 600), [found(PILE, 200, 150, 400, 300)]), PILE)
    reduced = painted(draw_boxes(ground(800, 600), [found(PILE, 800, 600, 1600, 1200)], size=(3200, 2400)), PILE)
    assert (full == reduced).all()

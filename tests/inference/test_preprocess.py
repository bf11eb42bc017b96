import numpy as np
import pytest

from vision.inference.preprocess import GREY, letterbox


@pytest.mark.parametrize("shape", [(480, 640), (640, 480), (333, 777), (3000, 40), (1, 1), (640, 640)])
def test_boxes_come_back_where_they_were(shape: tuple[int, int]) -> None:
    height, width = shape
    array, place = letterbox(np.zeros((height, width, 3), np.uint8), (640, 640))
    assert array.shape == (3, 640, 640)
    assert array.dtype == np.float32
    whole = np.array([[place.left, place.top, place.left + place.width, place.top + place.height]], np.float32)
    assert place.to_photo(whole, width, height)[0].tolist() == pytest.approx([0, 0, width, height], abs=1e-3)
    outside = np.array([[-50, -50, 900, 900]], np.float32)
    assert place.to_photo(outside, width, height)[0].tolist() == [0, 0, width, height]


def test_the_picture_keeps_its_place_and_colours() -> None:
    image = np.zeros((100, 200, 3), np.uint8)
    image[:, 100:] = (255, 0, 0)
    array, place = letterbox(image, (64, 64))
    assert (place.left, place.top, place.width, place.height) == (0, 16, 64, 32)
    assert array[:, 32, 10].tolist() == [0, 0, 0]
    assert array[:, 32, 50].tolist() == [1, 0, 0]
    assert array[:, 5, 5] == pytest.approx([GREY / 255] * 3)


def test_shrinking_averages_instead_of_skipping() -> None:
    stripes = np.zeros((640, 640, 3), np.uint8)
    stripes[:, ::2] = 255
    array, _ = letterbox(stripes, (64, 64))
    assert array.min() > 0.45
    assert array.max() < 0.55

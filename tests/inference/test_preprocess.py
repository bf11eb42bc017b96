import numpy as np
import pytest

from vision.inference.preprocess import GREY, canvas_size, letterbox


@pytest.mark.parametrize("shape", [(480, 640), (640, 480), (333, 777), (3000, 40), (1, 1), (640, 640)])
def test_boxes_come_back_where_they_were(shape: tuple[int, int]) -> None:
    height, width = shape
    array, place = letterbox(np.zeros((height, width, 3), np.uint8), (640, 640))
    assert array.shape == (640, 640, 3)
    assert array.dtype == np.uint8
    whole = np.array([[place.left, place.top, place.left + place.width, place.top + place.height]], np.float32)
    assert place.to_photo(whole, width, height)[0].tolist() == pytest.approx([0, 0, width, height], abs=1e-3)
    outside = np.array([[-50, -50, 900, 900]], np.float32)
    assert place.to_photo(outside, width, height)[0].tolist() == [0, 0, width, height]


def test_the_picture_keeps_its_place_and_colours() -> None:
    image = np.zeros((100, 200, 3), np.uint8)
    image[:, 100:] = (255, 0, 0)
    array, place = letterbox(image, (64, 64))
    assert (place.left, place.top, place.width, place.height) == (0, 16, 64, 32)
    assert array[32, 10].tolist() == [0, 0, 0]
    assert array[32, 50].tolist() == [255, 0, 0]
    assert array[5, 5].tolist() == [GREY] * 3


@pytest.mark.parametrize("side", [416, 640, 800, 960, 1280])
@pytest.mark.parametrize("photo", [(3000, 4000), (1080, 1920), (10, 4000), (4000, 10), (700, 640)])
def test_a_canvas_of_any_size_has_whole_strides(side: int, photo: tuple[int, int]) -> None:
    height, width = canvas_size(np.zeros((*photo, 3), np.uint8), (side, side))
    assert height % 32 == width % 32 == 0
    assert side / 2 <= min(height, width) <= max(height, width) == side


def test_shrinking_averages_instead_of_skipping() -> None:
    stripes = np.zeros((640, 640, 3), np.uint8)
    stripes[:, ::2] = 255
    array, _ = letterbox(stripes, (64, 64))
    assert array.min() > 115
    assert array.max() < 140


@pytest.mark.parametrize(
    ("photo", "canvas"),
    [
        pytest.param((3000, 4000), (512, 640), id="4:3"),
        pytest.param((4000, 3000), (640, 512), id="3:4"),
        pytest.param((1080, 1920), (384, 640), id="16:9"),
        pytest.param((800, 1200), (448, 640), id="3:2"),
        pytest.param((640, 640), (640, 640), id="square"),
        pytest.param((500, 640), (576, 640), id="5:4"),
        pytest.param((10, 4000), (320, 640), id="strip"),
        pytest.param((30, 40), (512, 640), id="tiny"),
    ],
)
def test_a_canvas_has_few_grey_margins_and_one_of_few_shapes(photo: tuple[int, int], canvas: tuple[int, int]) -> None:
    image = np.zeros((*photo, 3), np.uint8)
    assert canvas_size(image, (640, 640)) == canvas
    whole, fitted = letterbox(image, (640, 640))[1], letterbox(image, canvas)[1]
    assert (whole.width, whole.height) == (fitted.width, fitted.height)  # no smaller than on the whole square
    assert (whole.left - fitted.left) % 32 == (whole.top - fitted.top) % 32 == 0  # and on the same grid

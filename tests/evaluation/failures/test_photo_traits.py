import cv2
import numpy as np
import pytest

from vision.evaluation.failures.photo_traits import traits_of
from vision.images import NDArrayImage


def test_brightness_is_the_mean_luma() -> None:
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[:, :30] = (255, 0, 0)  # luma .299 * 255
    assert traits_of(pixels).brightness == pytest.approx(0.299 * 255 / 2, abs=0.5)


def test_a_blurred_photo_is_less_sharp(street: NDArrayImage) -> None:
    blurred = np.asarray(cv2.GaussianBlur(street, (0, 0), 2))
    assert traits_of(blurred).sharpness < traits_of(street).sharpness / 2


def test_a_photo_of_twice_the_pixels_is_as_sharp(street: NDArrayImage) -> None:
    doubled = street.repeat(2, axis=0).repeat(2, axis=1)
    assert traits_of(doubled) == traits_of(street)


def test_an_even_picture_has_no_sharpness() -> None:
    assert traits_of(np.full((9, 5, 3), 80, np.uint8)).sharpness == 0

"""Names of cameras, which go into files, metrics and the page."""

import pytest

from vision.footage.sources import cameras_of


@pytest.mark.parametrize(
    "source", ["rtsp://10.0.0.2/user=a&password=geheim", "rtsp://admin:ge/heim@host/x", "rtsp://admin:geheim@host/x"]
)
def test_no_password_becomes_a_name(source: str) -> None:
    (camera,) = cameras_of([source], [])
    assert "heim" not in camera.name


def test_every_camera_has_a_name_of_its_own() -> None:
    assert [camera.name for camera in cameras_of(["a/v.mp4", "b/v.mp4"], [])] == ["v", "v (2)"]

import base64
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vision.datasets.labels import LabelledPhoto
from vision.detections import Detections
from vision.evaluation.record import Mistake
from vision.evaluation.report import gallery_pictures as module
from vision.evaluation.report.gallery_pictures import SIDE, View, shots, view_of
from vision.images import read_photo

Corners = tuple[float, float, float, float]


def mistake(box: Corners, photo: str = "town/a.png", truth: Corners | None = None) -> Mistake:
    return Mistake(kind="localisation", photo=photo, category="litter", score=0.5, box=box, truth_box=truth)


def photo(folder: Path, name: str = "a.png", size: tuple[int, int] = (1600, 1200)) -> LabelledPhoto:
    """Return a black photo with a red rectangle over x 800..900, y 600..700."""
    pixels = np.zeros((size[1], size[0], 3), np.uint8)
    pixels[600:700, 800:900] = (255, 0, 0)
    Image.fromarray(pixels).save(folder / name)
    return LabelledPhoto(folder / name, "town", "test", *size, Detections.empty(), frozenset())


def pixels_of(uri: str) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    head, _, data = uri.partition(",")
    assert head == "data:image/jpeg;base64"
    return read_photo(base64.b64decode(data)).pixels


@pytest.mark.parametrize(
    ("boxes", "view"),
    [
        pytest.param([(800, 600, 900, 700)], View(684, 525, 333, 250), id="small box in the middle"),
        pytest.param([(0, 0, 100, 100)], View(0, 0, 333, 250), id="in a corner"),
        pytest.param([(1500, 1100, 1600, 1200)], View(1267, 950, 333, 250), id="in the other corner"),
        pytest.param([(800, 600, 850, 650), (850, 650, 900, 700)], View(684, 525, 333, 250), id="two boxes"),
        pytest.param([(100, 100, 1000, 900)], View(0, 0, 1600, 1200), id="large box: the whole photo"),
        pytest.param([(0, 0, 10, 10), (1590, 1190, 1600, 1200)], View(0, 0, 1600, 1200), id="far from each other"),
        pytest.param([(400, 300, 400, 300)], View(360, 270, 80, 60), id="no area"),
        pytest.param([(-50, -50, 50, 50)], View(0, 0, 167, 125), id="over the edge"),
    ],
)
def test_view(boxes: list[Corners], view: View) -> None:
    assert view_of(boxes, 1600, 1200) == view


def test_view_shows_the_boxes_place(tmp_path: Path) -> None:
    (shot,), wholes = shots([mistake((800, 600, 900, 700))], {"town/a.png": photo(tmp_path)})
    assert shot is not None
    near = pixels_of(shot.near)
    assert near.shape[:2] == (250, 333)
    red = near[..., 0] > 128
    assert np.abs(np.argwhere(red).mean(axis=0) - (75 + 50, 116 + 50)).max() < 2
    assert red.mean() == pytest.approx(100 * 100 / (250 * 333), abs=0.01)
    assert shot.size == (1600, 1200)
    assert shot.whole == 0
    assert pixels_of(wholes[0]).shape[:2] == (750, 1000)


def test_pictures_are_small(tmp_path: Path) -> None:
    (shot,), _ = shots([mistake((0, 0, 1600, 1200))], {"town/a.png": photo(tmp_path)})
    assert shot is not None
    assert max(pixels_of(shot.near).shape) == SIDE


def test_whole_photo_is_kept_once_and_only_while_there_is_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photos = {f"town/{name}": photo(tmp_path, name) for name in ("a.png", "b.png")}
    mistakes = [mistake((0, 0, 50, 50), name) for name in ("town/a.png", "town/a.png", "town/b.png")]
    found, wholes = shots(mistakes, photos)
    assert [shot and shot.whole for shot in found] == [0, 0, 1]
    assert len(wholes) == 2
    monkeypatch.setattr(module, "WHOLE_BYTES", 10)
    found, wholes = shots(mistakes, photos)
    assert [shot and shot.whole for shot in found] == [0, 0, None]
    assert len(wholes) == 1


def test_photo_that_is_gone_leaves_no_shot(tmp_path: Path) -> None:
    photos = {"town/a.png": photo(tmp_path)}
    assert shots([mistake((0, 0, 9, 9), "town/unknown.png")], photos) == ([None], [])
    (tmp_path / "a.png").unlink()
    assert shots([mistake((0, 0, 9, 9))], photos) == ([None], [])

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.inference.tiny import write_model
from vision.errors import ModelError, PhotoError, UserError
from vision.evaluation.screening.verdict_sets import read_screening, screen_figures
from vision.evaluation.screening.visits import Visits

# finds a bin everywhere and litter whose score is the photo's brightness
ANSWER = np.array([[8, 8, 4, 4, 0.9, 0.0], [32, 32, 20, 10, 0.0, 0.0]], np.float32).T
BRIGHTNESS = {"white.png": 255, "light.png": 153, "dim.webp": 51, "black.png": 0}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    for name, value in BRIGHTNESS.items():
        Image.new("RGB", (64, 64), (value, value, value)).save(tmp_path / "images" / name, lossless=True)
    write_labels(tmp_path, "file,needs_visit\nwhite.png,1\nlight.png,0\ndim.webp,1\nblack.png,0\n")
    return tmp_path


def write_labels(folder: Path, text: str, encoding: str = "utf-8") -> None:
    (folder / "labels.csv").write_text(text, encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_reading(folder: Path, encoding: str) -> None:
    write_labels(folder, "needs_visit,file,note\r\n1,white.png,白\r\n\r\n0,black.png,\r\n", encoding)
    images = folder / "images"
    assert read_screening(folder) == [(images / "white.png", True), (images / "black.png", False)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", r"line 1: expected the columns file and needs_visit, got none", id="empty"),
        pytest.param("photo,dirty\nwhite.png,1\n", r"line 1: .*, got photo, dirty", id="columns"),
        pytest.param("file;needs_visit\nwhite.png;1\n", r"line 1: .*, got file;needs_visit", id="semicolons"),
        pytest.param("file,needs_visit\n", r"expected a line for each photo", id="no photos"),
        pytest.param("file,needs_visit\nwhite.png,1\ngrey.png,1\n", r"line 3: .*'grey.png'.*there is no", id="missing"),
        pytest.param("file,needs_visit\n,1\n", r"line 2: names the photo ''", id="no name"),
        pytest.param("file,needs_visit\nwhite.png,1\nwhite.png,0\n", r"line 3: .*'white.png' again", id="twice"),
        pytest.param("file,needs_visit\nwhite.png,yes\n", r"line 2: expected .* 0 or 1, got 'yes'", id="yes"),
        pytest.param("file,needs_visit\nwhite.png\n", r"line 2: expected .* 0 or 1, got ''", id="cut off"),
        pytest.param('file,needs_visit\n"' + "x" * 200_000, r"expected CSV in UTF-8", id="field without end"),
    ],
)
def test_wrong_tables_are_one_sentence(folder: Path, text: str, message: str) -> None:
    write_labels(folder, text)
    with pytest.raises(UserError, match=message) as caught:
        read_screening(folder)
    assert str(folder / "labels.csv") in str(caught.value)


def test_a_table_that_cannot_be_read(folder: Path) -> None:
    write_labels(folder, "file,needs_visit\n白.png,1\n", "gb18030")
    with pytest.raises(UserError, match="UTF-8"):
        read_screening(folder)
    (folder / "labels.csv").unlink()
    with pytest.raises(UserError, match=r"labels\.csv: expected a table .*No such file"):
        read_screening(folder)


def test_figures_by_operating_point(folder: Path) -> None:
    model = write_model(folder / "m.onnx", ANSWER, ("bin", "litter"))
    points = {
        "balanced": {"bin": 0.5, "litter": 0.7},
        "cautious": {"bin": 0.5, "litter": 0.15},
        "lowest": {"bin": 0.5, "litter": 0.001},
        "foreign": {"bin": 0.5},
    }
    assert screen_figures(model, folder, points) == {
        "balanced": Visits(dirty=2, found=1, clean=2, alarms=0),
        "cautious": Visits(2, 2, 2, 1),
        "lowest": Visits(2, 2, 2, 1),
        "foreign": Visits(2, 0, 2, 0),
    }


def test_what_cannot_be_screened(folder: Path) -> None:
    with pytest.raises(ModelError, match=r"no\.onnx"):
        screen_figures(folder / "no.onnx", folder, {})
    (folder / "images" / "dim.webp").write_bytes(b"no photo")
    with pytest.raises(PhotoError, match="dim"):
        screen_figures(write_model(folder / "m.onnx", ANSWER, ("bin", "litter")), folder, {})

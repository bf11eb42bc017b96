from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vision.training.curves import draw_curves

pytest.importorskip("matplotlib", reason="the extra train is not installed")

HEAD = "epoch,time,train/box_loss,train/cls_loss,val/AP50(bin),val/AP50(litter),val/AP50-95(bin),lr/pg0"
ROWS = ["1,3.2,2.5,1.9,0.1,0.02,0.05,0.001", "2,6.5,2.1,1.5,0.3,0.1,0.2,0.0005", "3,9.7,1.8,1.2,0.5,0.2,0.3,0.0001"]


def drawn(folder: Path, *lines: str) -> np.ndarray:
    (folder / "results.csv").write_text("\n".join((HEAD, *lines)) + "\n", encoding="utf-8")
    draw_curves(folder / "results.csv", folder / "curves.png")
    assert sorted(path.name for path in folder.iterdir()) == ["curves.png", "results.csv"]
    with Image.open(folder / "curves.png") as picture:
        assert picture.format == "PNG"
        return np.asarray(picture.convert("RGB"))


def test_curves_are_drawn_in_four_panels(tmp_path: Path) -> None:
    pixels = drawn(tmp_path, *ROWS)
    assert pixels.shape == (750, 1300, 3)
    for panel in (pixels[:375, :650], pixels[:375, 650:], pixels[375:, :650], pixels[375:, 650:]):
        blue = (panel[..., 2].astype(int) - panel[..., 0]) > 100  # of the first line in each
        assert blue.sum() > 100


def test_the_picture_follows_the_table(tmp_path: Path) -> None:
    first = drawn(tmp_path, *ROWS[:2])
    assert not np.array_equal(first, drawn(tmp_path, *ROWS))


UNEVEN = ["3,9.7,nan,1.2,,0.2,0.3,0.0001", "3,9.7,1.8", "3,9.7,inf,1.2,x,0.2,0.3,0.0001", "3,9.7,1,1,0,0,0,0,7"]


@pytest.mark.parametrize("row", UNEVEN)
def test_what_is_no_number_leaves_a_gap(tmp_path: Path, row: str) -> None:
    assert drawn(tmp_path, *ROWS[:2], row).shape == (750, 1300, 3)


def test_a_table_of_other_columns_gives_empty_panels(tmp_path: Path) -> None:
    (tmp_path / "results.csv").write_text("epoch,time\n1,2\n", encoding="utf-8")
    draw_curves(tmp_path / "results.csv", tmp_path / "curves.png")
    with Image.open(tmp_path / "curves.png") as picture:
        assert picture.size == (1300, 750)


@pytest.mark.parametrize("content", ["", HEAD + "\n"])
def test_an_empty_table_draws_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / "results.csv").write_text(content, encoding="utf-8")
    draw_curves(tmp_path / "results.csv", tmp_path / "curves.png")
    assert not (tmp_path / "curves.png").exists()

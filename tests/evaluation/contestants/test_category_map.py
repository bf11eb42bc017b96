import re
from pathlib import Path

import numpy as np
import pytest

from vision.categories import NAMES
from vision.detections import Detections
from vision.errors import ModelError, RecipeError
from vision.evaluation.contestants.category_map import mapped, read_map

MAP = {"bottle": "litter", "cup": "litter", "trash can": "bin", "person": None}


def written(folder: Path, text: str) -> Path:
    path = folder / "map.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_reading(tmp_path: Path) -> None:
    text = 'bottle: litter\ncup: litter\n"no": null\n垃圾桶: bin\n"*": null\n'
    expected = {"bottle": "litter", "cup": "litter", "no": None, "垃圾桶": "bin", "*": None}
    assert read_map(written(tmp_path, text)) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("bottle: [litter", "can't be read", id="no YAML"),
        pytest.param("- bottle\n", "expected lines of a model's category", id="a list"),
        pytest.param("", "expected lines of a model's category", id="empty"),
        pytest.param("bottle: trash\n", "bottle: Input should be 'garbage_pile'", id="not ours"),
        pytest.param("no: litter\n", "YAML doesn't take no for text", id="no is no text"),
        pytest.param("39: litter\n", "YAML doesn't take 39 for text", id="a number"),
        pytest.param("cup: litter\nbottle: bin\ncup: bin\n", "mentions cup more than once", id="twice"),
        pytest.param('"*": litter\n', r"expected '\*': null, got 'litter'", id="all others become one"),
    ],
)
def test_wrong_maps_are_one_sentence(tmp_path: Path, text: str, message: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(RecipeError, match=message) as caught:
        read_map(path)
    assert str(path) in str(caught.value)


def test_a_map_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"no\.yaml: expected a category map"):
        read_map(tmp_path / "no.yaml")


def test_what_the_names_become() -> None:
    names = ("person", "bottle", "bin", "cup", "trash can", "dog")
    result = mapped(names, {**MAP, "*": None})
    assert result.ours == (None, "litter", "bin", "litter", "bin", None)
    assert result.reported == ("bin", "litter")
    assert result.renamed == {"bottle": "litter", "cup": "litter", "trash can": "bin"}
    assert result.ignored == ("person", "dog")
    stated = {"bottle": 0.4, "cup": 0.3, "bin": 0.2, "dog": 0.1}
    assert result.thresholds(stated) == {"litter": 0.3, "bin": 0.2}


def test_our_own_names_need_no_map() -> None:
    result = mapped(NAMES, {})
    assert (result.ours, result.reported, result.renamed, result.ignored) == (NAMES, NAMES, {}, ())


def test_a_name_of_ours_may_become_another_or_none() -> None:
    result = mapped(("bin", "litter", "graffiti"), {"bin": "overflowing_bin", "litter": None})
    assert result.reported == ("overflowing_bin", "graffiti")
    assert (result.renamed, result.ignored) == ({"bin": "overflowing_bin"}, ("litter",))


@pytest.mark.parametrize(
    ("names", "mapping", "message"),
    [
        pytest.param([f"c{i}" for i in range(80)], {}, "m.onnx: reports c0, c1, c2, c3, c4 and 75 more", id="unknown"),
        pytest.param(["bin", "dog"], {}, "reports dog, which is none of our categories", id="one unknown"),
        pytest.param(["bin"], {"bin": None}, "none of its categories (bin) becomes", id="all dropped"),
        pytest.param(["dog", "cat"], {"*": None}, "none of its categories (dog, cat) becomes", id="all others dropped"),
        pytest.param([], {}, "none of its categories (it has none) becomes", id="no categories"),
        pytest.param(["dog"], {"dog": "hound"}, "leads to hound", id="not ours"),
    ],
)
def test_models_that_cannot_be_judged(names: list[str], mapping: dict[str, str | None], message: str) -> None:
    with pytest.raises((ModelError, RecipeError), match=re.escape(message)):
        mapped(names, mapping, "m.onnx")


def test_one_thing_under_two_merged_names_is_found_once() -> None:
    boxes = [[0, 0, 10, 10], [0, 0, 10, 9], [0, 0, 10, 5], [50, 50, 60, 60], [0, 0, 10, 10], [0, 0, 10, 9]]
    scores = [0.5, 0.9, 0.4, 0.3, 0.2, 0.1]
    names = ("bottle", "cup", "bin")
    found = mapped(names, MAP).apply(Detections.of(boxes, scores, [0, 1, 0, 0, 2, 2], names))
    # IoU 0.9 with the cup: gone. 0.55: stays. The two of bin, which nothing was merged into, stay as they are.
    assert found.names == NAMES
    assert found.scores.tolist() == pytest.approx([0.9, 0.4, 0.3, 0.2, 0.1])
    assert [name for _, _, name in found] == ["litter", "litter", "litter", "bin", "bin"]
    assert found.boxes[0].tolist() == [0, 0, 10, 9]


@pytest.mark.parametrize("mapping", [{}, MAP], ids=["no map", "a map"])
def test_nothing_found(mapping: dict[str, str | None]) -> None:
    names = ("bin", "cup", "bottle") if mapping else ("bin",)
    found = mapped(names, mapping).apply(Detections.empty(names))
    assert len(found) == 0
    assert found.names == NAMES


def test_dropped_finds_and_the_order_of_equal_scores() -> None:
    names = ("person", "bin", "litter")
    boxes = np.arange(20, dtype=np.float32).reshape(5, 4)
    found = mapped(names, MAP).apply(Detections.of(boxes, [0.5, 0.5, 0.7, 0.5, 0.9], [1, 2, 1, 2, 0], names))
    assert found.boxes.tolist() == boxes[[2, 0, 1, 3]].tolist()

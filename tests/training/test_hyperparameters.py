from pathlib import Path

import pytest

from vision.errors import RecipeError
from vision.training.hyperparameters import Options, read_hyperparameters, split_options

pytest.importorskip("torch", reason="the extra train is not installed")

RECIPES = Path(__file__).parents[2] / "recipes"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "h.yaml"
    path.write_text("epochs: 3\nlr0: 0.01\nbalance: 0.2\n", encoding="utf-8")
    return path


def refused(path: Path, *changes: str) -> str:
    with pytest.raises(RecipeError) as error:
        read_hyperparameters(path, changes)
    message = str(error.value)
    assert "\n" not in message
    return message


def test_changes_take_the_place_of_the_file(file: Path) -> None:
    changes = ["epochs=7", "cos_lr=true", " close_mosaic = 0", "freeze=[0, 1]", "optimizer=AdamW", "epochs=8"]
    assert read_hyperparameters(file, changes) == {
        "epochs": 8,
        "lr0": 0.01,
        "balance": 0.2,
        "cos_lr": True,
        "close_mosaic": 0,
        "freeze": [0, 1],
        "optimizer": "AdamW",
    }


@pytest.mark.parametrize("text", ["epochs", "=3", "epochs=", "freeze=[0, 1", " =3"])
def test_a_change_that_is_none_is_refused(file: Path, text: str) -> None:
    assert refused(file, text).startswith(f"--set {text}: expected KEY=VALUE")


def test_unknown_names_are_listed_in_order(file: Path) -> None:
    message = refused(file, "zoom=1", "learnrate=2", "batch=4", "1=2")
    assert "has no training argument 1, learnrate, zoom," in message


@pytest.mark.parametrize("name", ["data", "cache", "workers", "project", "rect", "single_cls", "augmentations"])
def test_what_is_set_here_is_refused(file: Path, name: str) -> None:
    assert f"no training argument {name}, or cleanlane sets it itself" in refused(file, f"{name}=1")


def test_our_own_bounds_are_one_sentence(file: Path) -> None:
    message = refused(file, "drawn_share=1", "balance=-0.5", "partial_labels=ignored")
    assert "drawn_share: Input should be less than 1, got 1" in message
    assert "balance: Input should be greater than or equal to 0, got -0.5" in message
    assert "partial_labels: Input should be 'masked' or 'background', got 'ignored'" in message


@pytest.mark.parametrize("change", ["epochs=many", "lr0=3", "cos_lr=maybe", "lr0=1e-3", "hsv_h=null"])
def test_ultralytics_own_bounds_are_one_sentence(file: Path, change: str) -> None:
    message = refused(file, change)
    assert message.startswith(f"{file}: ")
    assert f"'{change}'" in message.replace("None", "null")


@pytest.mark.parametrize("content", ["a: [", "- epochs", "", "epochs: \xff"])
def test_a_file_that_is_no_mapping_is_refused(file: Path, content: str) -> None:
    file.write_bytes(content.encode("latin-1"))
    assert refused(file).startswith(f"{file}: expected a ")
    assert "expected a YAML" in refused(file.with_name("nothing.yaml"))


def test_our_own_are_told_from_ultralytics(file: Path) -> None:
    assert split_options(read_hyperparameters(file)) == (Options(balance=0.2), {"epochs": 3, "lr0": 0.01})


def test_the_recipes_hyperparameters_are_accepted() -> None:
    others = {path for path in RECIPES.rglob("*.yaml") if "sources:" in path.read_text(encoding="utf-8")}
    found = sorted({*RECIPES.rglob("*.yaml")} - others - {RECIPES / "coco-map.yaml"})
    assert found
    for path in found:
        assert read_hyperparameters(path)["imgsz"] % 32 == 0

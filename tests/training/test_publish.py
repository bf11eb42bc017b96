import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from tests.inference.tiny import write_model
from vision.categories import NAMES
from vision.datasets.build import DataSet
from vision.errors import ModelError, RecipeError
from vision.inference.model import METADATA_KEY
from vision.training.card import write_card
from vision.training.export import set_metadata
from vision.training.parity import check_loss
from vision.training.publish import Publication, publish

REPOSITORY = Path(__file__).parents[2]
NO_DATA = DataSet("r", (), (), "0" * 64, {}, {})


@pytest.fixture(scope="module")
def published() -> tuple[Path, dict[str, Any]]:
    folder = next((REPOSITORY / "models").glob("*/manifest.json")).parent
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    if "operating_points" not in manifest:
        pytest.skip("the published model was published before there were operating points and a gate for each file")
    return folder, manifest


def test_metadata_is_stored_and_private_entries_go(tmp_path: Path) -> None:
    path = write_model(tmp_path / "m.onnx", np.zeros((6, 3), np.float32), ("a", "b"))
    model = onnx.load(str(path))
    onnx.helper.set_model_props(model, {"names": "{0: 'a', 1: 'b'}", "description": "trained on /somewhere/private"})
    onnx.save(model, str(path))
    set_metadata(path, {"name": "净"})
    set_metadata(path, {"name": "巷"})
    stored = onnxruntime.InferenceSession(path.read_bytes()).get_modelmeta().custom_metadata_map
    assert json.loads(stored[METADATA_KEY]) == {"name": "巷"}
    assert set(stored) == {METADATA_KEY, "names"}


def test_a_file_that_loses_more_than_half_a_point_is_refused() -> None:
    check_loss("m-int8.onnx", 0.500, 0.504)
    with pytest.raises(ModelError, match=r"m-int8\.onnx: expected at most 0\.5 points .* got 0\.60"):
        check_loss("m-int8.onnx", 0.498, 0.504)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (None, "run.json"),
        ({"finished": None, "data_sha256": "0" * 64}, "isn't finished"),
        ({"finished": "2026", "data_sha256": "1" * 64}, "other data"),
    ],
)
def test_only_a_finished_run_on_this_data_is_published(
    tmp_path: Path, record: dict[str, object] | None, message: str
) -> None:
    run = tmp_path / "run"
    run.mkdir()
    if record:
        (run / "run.json").write_text(json.dumps(record))
    with pytest.raises(RecipeError, match=message):
        publish(run, NO_DATA, Publication("m", "command"), tmp_path / "models", lambda step: None)
    assert not list(tmp_path.glob("models/*"))


def test_the_published_card_follows_from_the_published_manifest(
    tmp_path: Path, published: tuple[Path, dict[str, Any]]
) -> None:
    folder, manifest = published
    write_card(tmp_path / "card.md", folder.name, manifest)
    assert (tmp_path / "card.md").read_text("utf-8") == (folder / "MODEL_CARD.md").read_text("utf-8")
    assert set(manifest["thresholds"]) == set(NAMES)


def test_the_published_manifest_describes_the_published_files(published: tuple[Path, dict[str, Any]]) -> None:
    folder, manifest = published
    assert manifest["file"] == manifest["files"][0]["file"]
    assert next(file["precision"] for file in manifest["files"]) == "fp32"
    assert {path.name for path in folder.glob("*.onnx")} == {file["file"] for file in manifest["files"]}
    for file in (*manifest["files"], manifest["weights"]):
        data = (folder / file["file"]).read_bytes()
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (file["sha256"], file["bytes"])
    for file in manifest["files"]:
        session = onnxruntime.InferenceSession((folder / file["file"]).read_bytes())
        stored = json.loads(session.get_modelmeta().custom_metadata_map[METADATA_KEY])
        assert stored["thresholds"] == manifest["thresholds"] == stored["operating_points"]["balanced"]
        assert stored["operating_points"] == manifest["operating_points"]
        assert stored["data_sha256"] == manifest["training"]["data_sha256"]
        assert (stored["precision"], stored["head"]) == (file["precision"], file["head"])


def test_the_published_files_passed_the_gate(published: tuple[Path, dict[str, Any]]) -> None:
    folder, manifest = published
    report = json.loads((folder / "parity.json").read_text("utf-8"))
    assert report["torch"] == manifest["parity"]
    assert report["files"] == manifest["files"]
    assert report["torch"]["photos"] >= 200
    assert report["torch"]["pixels"] <= 1
    assert report["torch"]["score"] <= 1e-3
    assert all(file["runs"][0]["loss"] <= 0.005 for file in report["files"])


def test_cautious_is_never_stricter_than_balanced(published: tuple[Path, dict[str, Any]]) -> None:
    points = published[1]["operating_points"]
    assert all(points["cautious"][name] <= points["balanced"][name] for name in NAMES)


def test_the_published_figures_are_reproduced_on_the_labelled_photos(
    shared_data: Path, published: tuple[Path, dict[str, Any]]
) -> None:
    """One small source suffices: the rest would take minutes."""
    from vision.datasets.build import load_data_set
    from vision.datasets.recipe import Recipe, SourceChoice
    from vision.evaluation.figures.average_precision import average_precision
    from vision.evaluation.predict import predict

    folder, manifest = published
    recipe = Recipe(name="taco", sources=(SourceChoice(folder="taco-litter", splits=("val",)),))
    photos = load_data_set(recipe, shared_data).photos
    scores = average_precision(photos, list(predict(folder / manifest["file"], photos)))
    litter = next(score.ap50 for score in scores if score.category == "litter")
    assert litter == pytest.approx(manifest["scores"]["val"]["sources"]["taco-litter"]["litter"], abs=1e-3)

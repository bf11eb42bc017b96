import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from tests.inference.tiny import write_model
from vision.categories import NAMES
from vision.datasets.build import DataSet
from vision.errors import RecipeError
from vision.evaluation.average_precision import CategoryScore
from vision.inference.model import METADATA_KEY
from vision.training.card import write_card
from vision.training.export import set_metadata
from vision.training.publish import choose_thresholds, publish

REPOSITORY = Path(__file__).parents[2]
NO_DATA = DataSet("r", (), (), "0" * 64, {}, {})


def test_thresholds_are_the_scores_of_the_best_f1() -> None:
    scores = [CategoryScore("bin", 9, 9, 0.5, 0.4, 0.6, 0.3789), CategoryScore("litter", 9, 0)]
    assert choose_thresholds(scores) == {"bin": 0.37, "litter": 0.5}


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
        publish(run, NO_DATA, "m", tmp_path / "models", "command", lambda step: None)
    assert not list(tmp_path.glob("models/*"))


def test_the_published_card_follows_from_the_published_manifest(tmp_path: Path) -> None:
    folder = next((REPOSITORY / "models").glob("*/manifest.json")).parent
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    write_card(tmp_path / "card.md", folder.name, manifest)
    assert (tmp_path / "card.md").read_text("utf-8") == (folder / "MODEL_CARD.md").read_text("utf-8")
    assert set(manifest["thresholds"]) == set(NAMES)


def test_the_published_manifest_describes_the_published_file() -> None:
    import hashlib

    folder = next((REPOSITORY / "models").glob("*/manifest.json")).parent
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    data = (folder / manifest["file"]).read_bytes()
    assert hashlib.sha256(data).hexdigest() == manifest["sha256"]
    stored = onnxruntime.InferenceSession(data).get_modelmeta().custom_metadata_map
    assert json.loads(stored[METADATA_KEY])["thresholds"] == manifest["thresholds"]
    assert json.loads(stored[METADATA_KEY])["data_sha256"] == manifest["training"]["data_sha256"]


def test_the_published_figures_are_reproduced_on_the_labelled_photos(shared_data: Path) -> None:
    """One small split source suffices: the rest would take minutes."""
    from vision.datasets.build import load_data_set
    from vision.datasets.recipe import Recipe, SourceChoice
    from vision.evaluation.evaluate import evaluate, predict

    folder = next((REPOSITORY / "models").glob("*/manifest.json")).parent
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    recipe = Recipe(name="taco", sources=(SourceChoice(folder="taco-litter", splits=("val",)),))
    photos = load_data_set(recipe, shared_data).photos
    scores = evaluate(photos, list(predict(folder / manifest["file"], photos)), manifest["thresholds"])
    litter = next(score for score in scores.categories if score.category == "litter")
    published = next(c for c in manifest["scores"]["val"]["categories"] if c["category"] == "litter")
    assert litter.boxes == published["boxes"]
    # the published figure also counts street-negatives, where false finds can only lower it
    assert litter.ap50 is not None
    assert litter.ap50 >= published["ap50"] - 1e-3

import json
from pathlib import Path
from typing import Any

import pytest

from vision.training.train import previous_training

RECORD = {"recipe": "streets", "previous": None}


@pytest.mark.parametrize(
    ("file", "content", "checkpoint"),
    [
        ("run/run.json", RECORD, "run/weights/best.pt"),
        ("models/m/manifest.json", {"file": "m.onnx", "training": RECORD}, "models/m/m.pt"),
    ],
    ids=["of a run", "published"],
)
def test_what_a_checkpoint_was_trained_on_is_known(
    tmp_path: Path, file: str, content: dict[str, Any], checkpoint: str
) -> None:
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(json.dumps(content), encoding="utf-8")
    assert previous_training(tmp_path / checkpoint) == RECORD


@pytest.mark.parametrize("text", [None, "{", '{"training_of_another_program": 1}'])
def test_of_other_checkpoints_nothing_is(tmp_path: Path, text: str | None) -> None:
    if text:
        (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    assert previous_training(tmp_path / "yolo11n.pt") is None

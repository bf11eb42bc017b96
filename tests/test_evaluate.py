"""`cleanlane evaluate` as a user runs it: drawn streets, the published model, and whatever else can be judged."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
import yaml
from PIL import Image

from cleanlane import evaluating
from cleanlane.cli import main
from tests.conftest import REPOSITORY
from tests.inference.tiny import write_model
from vision.categories import NAMES
from vision.datasets.scenes import SceneKind, draw_scene
from vision.evaluation.contestants.category_map import read_map
from vision.evaluation.record import EvaluationRecord, load_record

SIZE = (320, 240)
SHOWN = (SceneKind.OVERFLOWING_BINS, SceneKind.GARBAGE_HEAP, SceneKind.CLEAN_STREET, SceneKind.STACKED_DEBRIS)
FILES = {"report.html", "report.json", "report.md", "predictions.json"}
OPTIONS = ("--split", "test", "--precision", "fp32")

Run = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source `streets`, eight scenes of val and eight of test, and a recipe for it."""
    root = tmp_path_factory.mktemp("town")
    source = root / "streets"
    (source / "images").mkdir(parents=True)
    images: list[dict[str, Any]] = []
    boxes: list[dict[str, Any]] = []
    for i in range(16):
        pixels, labels = draw_scene(i, SHOWN[i % len(SHOWN)], SIZE)
        Image.fromarray(pixels).save(source / "images" / f"{i:02}.png")
        split = "val" if i < 8 else "test"
        images.append({"id": 100 + i, "file_name": f"{i:02}.png", "width": SIZE[0], "height": SIZE[1], "split": split})
        for (x1, y1, x2, y2), _, name in labels:
            box = [float(v) for v in (x1, y1, x2 - x1, y2 - y1)]
            boxes.append({"image_id": 100 + i, "category_id": 1 + NAMES.index(name), "bbox": box})
    content = {
        "info": {"annotated": list(NAMES)},
        "categories": [{"id": 1 + i, "name": name} for i, name in enumerate(NAMES)],
        "images": images,
        "annotations": [{"id": i, **box} for i, box in enumerate(boxes, 1)],
    }
    (source / "annotations.json").write_text(json.dumps(content), encoding="utf-8")
    (root / "town.yaml").write_text(yaml.safe_dump({"name": "town", "sources": [{"folder": "streets"}]}), "utf-8")
    return root


@pytest.fixture(scope="module")
def judged(town: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report on the published model, every part of it."""
    folder = tmp_path_factory.mktemp("judged")
    verdicts = folder / "verdicts"
    (verdicts / "images").mkdir(parents=True)
    for name in ("08.png", "10.png"):
        (verdicts / "images" / name).write_bytes((town / "streets" / "images" / name).read_bytes())
    (verdicts / "labels.csv").write_text("file,needs_visit\n08.png,1\n10.png,0\n", encoding="utf-8")
    out = folder / "report"
    more = ("--screening", verdicts, "--robustness", 1, "--out", out)
    arguments = ("evaluate", town / "town.yaml", "--data", town, *OPTIONS, *more)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["cleanlane", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit_info:
            main()
    assert not exit_info.value.code
    return out


def comparable(record: EvaluationRecord) -> dict[str, Any]:
    """Everything that must not depend on who made the finds, or when."""
    left_out = {"created", "command", "model", "cost", "robustness", "notes", "versions"}
    content = record.model_dump(exclude=left_out)
    content["screening"].pop("sets")
    return content


def test_the_report(judged: Path, run: Run) -> None:
    assert {path.name for path in judged.iterdir()} == FILES
    record = load_record(judged / "report.json")
    assert (record.data.name, record.data.split, record.data.photos, record.data.sources) == (
        "town",
        "test",
        8,
        {"streets": 8},
    )
    assert (record.model.kind, record.model.device, record.model.categories) == ("onnx", "cpu fp32", NAMES)
    assert record.screening.chosen_on == "val"
    assert record.screening.chosen_photos == 8
    assert record.screening.sets["verdicts"].photos == 2
    assert len(record.robustness) == 29
    assert {condition.photos for condition in record.robustness} == {1}
    assert record.cost is not None
    assert set(record.cost.stages) == {"decode", "preprocess", "network", "postprocess"}
    assert record.mean.ap50 is not None
    assert record.command.startswith("cleanlane evaluate")
    assert "<html" in (judged / "report.html").read_text(encoding="utf-8")
    code, printed = run("validate", judged / "report.json")
    assert (code, "valid, version 1, cleanlane-n on 8 photos" in printed) == (0, True)


def test_its_own_predictions_are_judged_alike(judged: Path, town: Path, tmp_path: Path, run: Run) -> None:
    given = ("--predictions", judged / "predictions.json", "--out", tmp_path / "again")
    code, printed = run("evaluate", town / "town.yaml", "--data", town, "--split", "test", *given)
    assert code == 0
    assert "阈值未选" in printed  # the file has no finds on val
    again, first = load_record(tmp_path / "again" / "report.json"), load_record(judged / "report.json")
    assert (again.model.kind, again.cost) == ("predictions", None)
    assert (again.mean, again.categories) == (first.mean, first.categories)
    assert again.data == first.data


def test_predictions_for_val_choose_the_same_thresholds(judged: Path, town: Path, tmp_path: Path, run: Run) -> None:
    """COCO results with the label file's ids, for both splits, as a vendor sends them."""
    code, _ = run("evaluate", town / "town.yaml", "--data", town, "--precision", "fp32", "--out", tmp_path / "val")
    assert code == 0
    results = []
    for file in (tmp_path / "val" / "predictions.json", judged / "predictions.json"):
        content = json.loads(file.read_text(encoding="utf-8"))
        ids = {image["id"]: 100 + int(image["file_name"][-6:-4]) for image in content["images"]}
        results += [{**entry, "image_id": ids[entry["image_id"]]} for entry in content["annotations"]]
    vendor = tmp_path / "vendor.json"
    vendor.write_text(json.dumps(results), encoding="utf-8")
    given = ("--split", "test", "--predictions", vendor, "--out", tmp_path / "again")
    assert run("evaluate", town / "streets", *given)[0] == 0
    again, first = load_record(tmp_path / "again" / "report.json"), load_record(judged / "report.json")
    assert again.screening.chosen_on == "val"
    assert {**comparable(again), "data": None} == {**comparable(first), "data": None} | {
        "screening": comparable(again)["screening"]  # its start has no thresholds of a model file
    }


def test_photos_that_predictions_leave_out_are_told(judged: Path, town: Path, tmp_path: Path, run: Run) -> None:
    content = json.loads((judged / "predictions.json").read_text(encoding="utf-8"))
    left = content["images"].pop()
    content["annotations"] = [entry for entry in content["annotations"] if entry["image_id"] != left["id"]]
    vendor = tmp_path / "vendor.json"
    vendor.write_text(json.dumps(content), encoding="utf-8")
    code, printed = run("evaluate", town / "town.yaml", "--data", town, "--split", "test", "--predictions", vendor)
    assert (code, "1 of 8 photos aren't in the predictions" in printed) == (0, True)


def test_its_schema_is_printed(judged: Path, run: Run) -> None:
    code, printed = run("validate", "--evaluation-schema")
    assert code == 0
    jsonschema.validate(json.loads((judged / "report.json").read_text(encoding="utf-8")), json.loads(printed))


def test_the_map_for_coco_can_be_read() -> None:
    mapping = read_map(REPOSITORY / "recipes" / "coco-map.yaml")
    assert set(mapping.values()) == {"litter", "garbage_pile", "stacked_debris", None}


def test_an_interrupted_run_goes_on(judged: Path, town: Path, tmp_path: Path, run: Run) -> None:
    arguments = ("evaluate", town / "town.yaml", "--data", town, *OPTIONS, "--out", tmp_path / "out")

    class Interrupting(evaluating._Bars):
        def __call__(self, part: str, done: int, total: int) -> None:
            super().__call__(part, done, total)
            if (part, done) == ("val", 3):
                raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluating, "_Bars", Interrupting)
        code, printed = run(*arguments)
    assert (code, "--resume" in printed) == (130, True)
    code, printed = run(*arguments)
    assert (code, "holds an interrupted run" in printed) == (2, True)
    code, printed = run(*arguments, "--resume", "--tiles", "2")
    assert (code, "another model or options" in printed) == (2, True)
    assert run(*arguments, "--resume")[0] == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == FILES
    undisturbed = load_record(judged / "report.json")
    assert comparable(load_record(tmp_path / "out" / "report.json")) == comparable(undisturbed)
    code, printed = run(*arguments)
    assert (code, "holds results already" in printed) == (2, True)
    assert run(*arguments, "--overwrite")[0] == 0


def test_a_foreign_model_with_a_map(town: Path, tmp_path: Path, run: Run) -> None:
    answer = np.array([[32, 32, 40, 40, 0.9, 0.2], [32, 32, 40, 40, 0.8, 0.7]], np.float32).T
    model = write_model(tmp_path / "vendor.onnx", answer, names=("rubbish", "tree"))
    arguments = ("evaluate", town / "town.yaml", "--data", town, "--split", "test", "--model", model)
    code, printed = run(*arguments)
    assert (code, "rubbish, tree" in printed) == (2, True)
    names = tmp_path / "map.yaml"
    names.write_text("rubbish: garbage_pile\ntree: null\n", encoding="utf-8")
    code, printed = run(*arguments, "--map", names, "--out", tmp_path / "out")
    assert code == 0
    record = load_record(tmp_path / "out" / "report.json")
    assert (record.model.categories, record.model.mapped, record.model.ignored) == (
        ("garbage_pile",),
        {"rubbish": "garbage_pile"},
        ("tree",),
    )
    assert [row.category for row in record.categories if row.reported] == ["garbage_pile"]
    assert any("doesn't report" in note.en for note in record.notes)
    assert "不报告 not reported" in printed


def test_sheets(town: Path, run: Run) -> None:
    code, printed = run("evaluate", town / "town.yaml", "--data", town, "--sheets")
    assert code == 0
    assert "town-sheets val · 1 张 photos" in printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["town.yaml"], "expected --data DIR", id="no data"),
        pytest.param(["streets", "--split", "train"], "expected photos of train, there are none", id="no such split"),
        pytest.param(["streets", "--predictions", "p.json", "--robustness", "3"], "were made already", id="both"),
        pytest.param(["streets", "--resume"], "give --out", id="resume what"),
        pytest.param(["streets", "--out", "o", "--resume", "--overwrite"], "exclude each other", id="resume anew"),
        pytest.param(["streets", "--model", "none.pt"], "none.pt", id="no such checkpoint"),
        pytest.param(["streets", "--model", "none.onnx"], "none.onnx", id="no such model"),
        pytest.param(["streets", "--predictions", "none.json"], "none.json: expected predictions", id="no predictions"),
        pytest.param(["streets", "--screening", "none"], "expected a table of photos", id="no verdicts"),
        pytest.param(["streets", "--map", "none.yaml"], "expected a category map", id="no map"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(
    town: Path, run: Run, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(town)
    code, printed = run("evaluate", *arguments)
    assert (code, message in printed) == (2, True), printed


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        pytest.param({"image_id": 999}, "entry 0", id="a photo that isn't there"),
        pytest.param({"category_id": 99}, "entry 0", id="an unknown category"),
        pytest.param({"score": float("nan")}, "entry 0", id="no number"),
        pytest.param({"bbox": [300, 10, 200, 20]}, "entry 0", id="outside"),
    ],
)
def test_predictions_that_cannot_be_right(
    town: Path, tmp_path: Path, run: Run, entry: dict[str, Any], message: str
) -> None:
    good = {"image_id": 108, "category_id": 1, "bbox": [10, 10, 20, 20], "score": 0.5}
    file = tmp_path / "vendor.json"
    file.write_text(json.dumps([{**good, **entry}]), encoding="utf-8")
    code, printed = run("evaluate", town / "streets", "--split", "test", "--predictions", file)
    assert (code, message in printed) == (2, True), printed

"""Fine-tune a checkpoint on the data set of a recipe."""

import json
import platform
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from vision.datasets.build import DataSet
from vision.datasets.training_folder import write_training_folder
from vision.errors import RecipeError
from vision.files import replacing
from vision.training.partial_labels import partial_label_trainer
from vision.training.runtime import cpu_bf16, cpu_count, has_bf16, import_ultralytics

__all__ = ["read_hyperparameters", "train"]

PARTIAL_LABELS = "partial_labels"
SET_HERE = {"cache", "data", "exist_ok", "model", "name", "plots", "project", "resume", "val", "workers"}


def read_hyperparameters(path: Path) -> dict[str, Any]:
    """Read a YAML of Ultralytics training arguments, and of our own:

    - `partial_labels`: `masked` (default) leaves categories that a photo's source doesn't label out of the
      classification loss; `background` takes them as absent, as Ultralytics does.

    Raises:
        RecipeError: The file can't be read, isn't a mapping, or names an argument that Ultralytics doesn't have.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RecipeError(f"{path}: expected a YAML of hyper-parameters, but it can't be read ({error})") from error
    if not isinstance(content, dict):
        raise RecipeError(f"{path}: expected a mapping of training arguments to values, got {type(content).__name__}")
    known = {*import_ultralytics().utils.DEFAULT_CFG_DICT, PARTIAL_LABELS} - SET_HERE
    unknown = ", ".join(sorted(map(str, set(content) - known)))
    if unknown:
        raise RecipeError(f"{path}: Ultralytics has no training argument {unknown}, or cleanlane sets it itself")
    if content.get(PARTIAL_LABELS, "masked") not in ("masked", "background"):
        raise RecipeError(f"{path}: expected {PARTIAL_LABELS}: masked or background, got {content[PARTIAL_LABELS]!r}")
    return dict(content)


def train(data_set: DataSet, checkpoint: Path, hyperparameters: dict[str, Any], run: Path) -> Path:
    """Train in the folder `run`, or go on there after an interruption, and return the trained checkpoint's path.

    On a CPU the steps run on every core, in bfloat16 if it has the instructions. `run/run.json` says what was trained
    on what, where and for how long; `run/weights/last.pt` is written after every epoch.

    Raises:
        RecipeError: The checkpoint or a split is missing, or `run` belongs to another training.
    """
    if not checkpoint.is_file():
        raise RecipeError(f"{checkpoint}: expected a pretrained checkpoint (.pt), there is no such file")
    for split in ("train", "val"):
        if not any(photo.split == split for photo in data_set.photos):
            raise RecipeError(f"recipe {data_set.name}: expected photos of the split {split}, there are none")
    data_yaml = write_training_folder(data_set, run.parent / "data").data_yaml
    record_file, last = run / "run.json", run / "weights" / "last.pt"
    record = _record(data_set, checkpoint, hyperparameters)
    if record_file.is_file():
        before = json.loads(record_file.read_text(encoding="utf-8"))
        if any(before[key] != record[key] for key in ("data_sha256", "hyperparameters", "checkpoint")):
            raise RecipeError(f"{run}: holds a run with other data, weights or hyper-parameters; give another folder")
        if before["finished"]:
            return last
        record = before
    run.mkdir(parents=True, exist_ok=True)
    _write_json(record_file, record)

    started, seconds_before = time.monotonic(), record["seconds"]

    def keep_time(_trainer: object) -> None:
        record["seconds"] = round(seconds_before + time.monotonic() - started)
        _write_json(record_file, record)

    with cpu_bf16():
        _run_ultralytics(data_yaml, last if last.is_file() else checkpoint, hyperparameters, run, keep_time)
    record["finished"] = datetime.now(UTC).isoformat(timespec="seconds")
    _write_json(record_file, record)
    return last


def _run_ultralytics(
    data_yaml: Path, start: Path, hyperparameters: dict[str, Any], run: Path, after_epoch: Callable[[object], None]
) -> None:
    arguments = dict(hyperparameters)
    masked = arguments.pop(PARTIAL_LABELS, "masked") == "masked"
    resume = start == run / "weights" / "last.pt"
    model = import_ultralytics().YOLO(str(start))
    model.add_callback("on_model_save", after_epoch)
    model.train(
        trainer=partial_label_trainer() if masked else None,
        **arguments,
        data=str(data_yaml),
        project=str(run.resolve().parent),
        name=run.name,
        exist_ok=True,
        resume=str(start) if resume else False,
        workers=min(2, cpu_count()),
        cache="ram",  # mosaic decodes four photos a sample otherwise
        val=False,  # figures come from the exported model and the runtime's own preprocessing
        plots=False,
    )


def _record(data_set: DataSet, checkpoint: Path, hyperparameters: dict[str, Any]) -> dict[str, Any]:
    import torch

    ultralytics = import_ultralytics()
    cpu = f"{cpu_count()} CPU cores, {'bf16' if has_bf16() else 'fp32'}"
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else cpu
    return {
        "recipe": data_set.name,
        "data_sha256": data_set.sha256,
        "photos": len(data_set.of("train")),
        "checkpoint": checkpoint.name,
        "hyperparameters": hyperparameters,
        "device": device,
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "ultralytics": ultralytics.__version__,
        },
        "seconds": 0,
        "finished": None,
    }


def _write_json(path: Path, content: dict[str, Any]) -> None:
    with replacing(path) as unfinished:
        unfinished.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

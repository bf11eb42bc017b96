"""Fine-tune a checkpoint on the data set of a recipe."""

import hashlib
import json
import platform
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from vision.datasets.build import DataSet
from vision.datasets.training_folder import write_training_folder
from vision.errors import RecipeError
from vision.files import replacing
from vision.inference.machine import cores, processor
from vision.training.checkpoints import read_state, strip
from vision.training.curves import draw_curves
from vision.training.effects import camera_effects
from vision.training.hyperparameters import split_options
from vision.training.runtime import cpu_bf16, has_bf16, import_ultralytics
from vision.training.trainer import street_trainer

__all__ = ["previous_training", "train"]

SAME = ("data_sha256", "hyperparameters", "checkpoint", "checkpoint_sha256")  # what a run that goes on must have

# For the card's estimate of energy, not measured: a core's part of a busy server with memory, power supply and cooling;
# a large data-centre GPU with its host.
WATTS_PER_CORE, GPU_WATTS = 10, 1000


def train(
    data_set: DataSet,
    checkpoint: Path,
    hyperparameters: dict[str, Any],
    run: Path,
    command: str = "",
    progress: Callable[[str], None] = lambda _line: None,
) -> Path:
    """Train in the folder `run`, or go on there after an interruption, and return the best checkpoint's path.

    On a CPU the steps run on every core, in bfloat16 if it has the instructions. The folder holds

    - run.json: recipe, hash of the data, hyper-parameters, device, versions, seconds; environment.txt: every package;
    - results.csv and curves.png: losses, average precision on val and learning rate, after every epoch;
    - weights/last.pt, from which it goes on, and weights/best.pt, the best epoch on val.

    Killed at any time, it goes on with the epoch it was in.

    Args:
        data_set: What to train on; every epoch is scored on its `val`.
        checkpoint: Weights (.pt) to start from, or a .yaml of Ultralytics for a network from scratch.
        hyperparameters: As `read_hyperparameters` returns them.
        run: Folder of this training.
        command: What was typed, to be recorded.
        progress: Called with a line after every epoch.

    Raises:
        RecipeError: The checkpoint or a split is missing, or `run` belongs to another training.
        KeyboardInterrupt: After `progress` was told how to go on.
    """
    _refuse_unusable(data_set, checkpoint)
    data_yaml = write_training_folder(data_set, run.parent / "data").data_yaml
    record_file, last, best = run / "run.json", run / "weights" / "last.pt", run / "weights" / "best.pt"
    record = _record(data_set, checkpoint, hyperparameters) | {"command": command}
    if record_file.is_file():
        before = json.loads(record_file.read_text(encoding="utf-8"))
        if any(before[key] != record[key] for key in SAME):
            raise RecipeError(f"{run}: holds a run with other data, weights or hyper-parameters; give another folder")
        if before["finished"]:
            return best
        record = before
    run.mkdir(parents=True, exist_ok=True)
    _write_json(record_file, record)
    _write_environment(run / "environment.txt")

    started, seconds_before = time.monotonic(), record["seconds"]

    def after_epoch(trainer: Any) -> None:
        seconds = time.monotonic() - started
        best_epoch = trainer.stopper.best_epoch
        record.update(seconds=round(seconds_before + seconds), epochs_done=trainer.epoch + 1, best_epoch=best_epoch)
        _write_json(record_file, record)
        draw_curves(run / "results.csv", run / "curves.png")
        left = seconds / (trainer.epoch + 1 - trainer.start_epoch) * (trainer.epochs - trainer.epoch - 1)
        best_so_far = f"best {trainer.best_fitness:.4f} in epoch {best_epoch}"
        done = f"epoch {trainer.epoch + 1}/{trainer.epochs}: mean AP on val {trainer.fitness:.4f} ({best_so_far})"
        progress(f"{done}, about {left / 60:.0f} min left")

    state = read_state(last)
    if state:  # the run may have been killed between checkpoint and record
        record.update(epochs_done=state.epoch, best_epoch=state.best_epoch)
    if not last.is_file() or (state and not state.over):
        try:
            _run_ultralytics(data_set, data_yaml, last if state else checkpoint, hyperparameters, run, after_epoch)
        except KeyboardInterrupt:
            progress(
                f"已中断 Interrupted; {record.get('epochs_done', 0)} epochs are kept: repeat the command to go on."
            )
            raise
    for path in (last, best):
        strip(path)
    draw_curves(run / "results.csv", run / "curves.png")
    record["finished"] = datetime.now(UTC).isoformat(timespec="seconds")
    _write_json(record_file, record)
    return best


def _refuse_unusable(data_set: DataSet, checkpoint: Path) -> None:
    for split in ("train", "val"):
        if not any(photo.split == split for photo in data_set.photos):
            raise RecipeError(f"recipe {data_set.name}: expected photos of the split {split}, there are none")
    if checkpoint.suffix == ".yaml":  # Ultralytics has yolo11n.yaml and the like inside
        import_ultralytics()
        from ultralytics.nn.tasks import yaml_model_load

        try:
            yaml_model_load(str(checkpoint))
        except FileNotFoundError as error:
            raise RecipeError(f"{checkpoint}: expected a network of Ultralytics, there is no such file") from error
    elif not checkpoint.is_file():
        raise RecipeError(f"{checkpoint}: expected a pretrained checkpoint (.pt), there is no such file")


def _run_ultralytics(
    data_set: DataSet,
    data_yaml: Path,
    start: Path,
    hyperparameters: dict[str, Any],
    run: Path,
    after_epoch: Callable[[Any], None],
) -> None:
    options, arguments = split_options(hyperparameters)
    resume = start == run / "weights" / "last.pt"
    model = import_ultralytics().YOLO(str(start))
    model.add_callback("on_train_epoch_start", lambda trainer: trainer.start_epoch_at(trainer.epoch))
    model.add_callback("on_model_save", after_epoch)
    with cpu_bf16():
        model.train(
            trainer=street_trainer(options, data_set.of("val")),
            **arguments,
            augmentations=camera_effects(options.camera_effects) if options.camera_effects else [],
            data=str(data_yaml),
            save_dir=str(run.resolve()),
            resume=str(start) if resume else False,
            workers=min(8, cores()),
            cache="ram",  # mosaic decodes four photos a sample otherwise
            val=True,
            plots=False,
        )


def _record(data_set: DataSet, checkpoint: Path, hyperparameters: dict[str, Any]) -> dict[str, Any]:
    import torch

    ultralytics = import_ultralytics()
    cpu = f"{processor()}, {cores()} cores, {'bf16' if has_bf16() else 'fp32'}"
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else cpu
    return {
        "recipe": data_set.name,
        "data_sha256": data_set.sha256,
        "photos": len(data_set.of("train")),
        "checkpoint": checkpoint.name,
        "checkpoint_sha256": hashlib.sha256(checkpoint.read_bytes()).hexdigest() if checkpoint.is_file() else None,
        "previous": previous_training(checkpoint),
        "hyperparameters": hyperparameters,
        "device": device,
        "watts": GPU_WATTS if torch.cuda.is_available() else WATTS_PER_CORE * cores(),
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "ultralytics": ultralytics.__version__,
        },
        "seconds": 0,
        "finished": None,
    }


def previous_training(checkpoint: Path) -> dict[str, Any] | None:
    """Return what is recorded of the training that made `checkpoint`: in its run, or beside a published model."""
    for file, part in (
        (checkpoint.parent.parent / "run.json", None),
        (checkpoint.with_name("manifest.json"), "training"),
    ):
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
            record: dict[str, Any] = content[part] if part else content
        except (OSError, ValueError, KeyError):
            continue
        return record
    return None


def _write_environment(path: Path) -> None:
    """List every installed package with its version."""
    lines = sorted(f"{package.name}=={package.version}" for package in distributions())
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _write_json(path: Path, content: dict[str, Any]) -> None:
    with replacing(path) as unfinished:
        unfinished.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

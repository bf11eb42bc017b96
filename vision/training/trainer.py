"""Ultralytics' detection trainer, for sources that differ in what they label and in how much there is of them."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vision.categories import NAMES
from vision.datasets.labels import LabelledPhoto
from vision.files import replacing
from vision.training.checkpoints import exact_checkpoints, restore_exactly
from vision.training.hyperparameters import Options
from vision.training.loading import EpochPhotos, epoch_loader, epoch_sampler
from vision.training.partial_labels import add_regions, partial_label_loss, region_classes
from vision.training.runtime import import_ultralytics
from vision.training.validation import ValidationPhotos

__all__ = ["street_trainer"]


def street_trainer(options: Options, val: Sequence[LabelledPhoto]) -> Any:  # noqa: C901 - a class of short methods
    """Return the trainer class for the folders that `write_training_folder` makes.

    It scores every epoch on `val` and keeps the best in best.pt, draws epochs with `EpochSampler`, and writes
    checkpoints from which a killed run goes on exactly. One thing they lack: gradients that Ultralytics has summed over
    several batches (nbs larger than batch) and not applied yet.
    """
    import_ultralytics()
    import torch
    from ultralytics.models.yolo.detect import DetectionTrainer
    from ultralytics.utils.patches import override_configs
    from ultralytics.utils.torch_utils import unwrap_model

    class StreetTrainer(DetectionTrainer):  # type: ignore[misc]
        model: Any
        best_fitness: float | None

        def set_model_attributes(self) -> None:
            super().set_model_attributes()
            if self.device.type == "cpu":  # oneDNN's own order: about a sixth faster
                self.model = self.model.to(memory_format=torch.channels_last)

        def preprocess_batch(self, batch: Any) -> Any:
            batch = super().preprocess_batch(batch)
            if self.device.type == "cpu":
                batch["img"] = batch["img"].contiguous(memory_format=torch.channels_last)
            return batch

        def get_dataloader(self, dataset_path: str, batch_size: int = 16, rank: int = 0, mode: str = "train") -> Any:
            if mode != "train":  # Ultralytics wants one; the scoring has its own photos
                with override_configs(self.args, {"cache": False}):
                    return super().get_dataloader(dataset_path, batch_size, rank, mode)
            dataset = self.build_dataset(dataset_path, mode, batch_size)
            self.sampler = epoch_sampler(dataset.labels, self.data, options, self.args)
            self.epoch_photos = EpochPhotos(dataset, self.data["annotated"], options)
            if options.partial_labels == "masked":
                add_regions(dataset.labels, self.data["annotated"])
            return epoch_loader(dataset, self.sampler, batch_size, self.args.workers)

        def _setup_train(self) -> None:
            super()._setup_train()
            if options.partial_labels == "masked":
                _mask(unwrap_model(self.model), self.data["annotated"])
            self.val_photos = ValidationPhotos(val, self.args.imgsz)

        def start_epoch_at(self, epoch: int) -> None:
            """Draw the epoch's photos and seed its augmentation, so that a resumed run sees what it would have seen."""
            seed = self.args.seed + 1 + epoch + self.nan_recovery_attempts * self.epochs  # another try, other pictures
            random.seed(seed)
            np.random.seed(seed)  # noqa: NPY002 - Ultralytics and Albumentations draw from it
            torch.manual_seed(seed)
            self.sampler.epoch = epoch
            real_only = epoch >= self.epochs - self.args.close_mosaic
            self.epoch_photos.start(self.sampler.indices(), pasting=not real_only)
            self.train_loader.reset()

        def validate(self) -> tuple[dict[str, float], float]:
            metrics, fitness = self.val_photos.score(self.ema.ema.eval(), self.device)
            if self.best_fitness is None or self.best_fitness < fitness:
                self.best_fitness = fitness
            return metrics, fitness

        def save_model(self) -> bool:
            with exact_checkpoints(self):
                return bool(super().save_model())

        def _load_checkpoint_state(self, ckpt: dict[str, Any]) -> None:
            super()._load_checkpoint_state(ckpt)
            restore_exactly(self, ckpt)

        def resume_training(self, ckpt: dict[str, Any] | None) -> None:
            super().resume_training(ckpt)
            if self.resume and self.csv.is_file():
                _keep_epochs(self.csv, self.start_epoch)

        def final_eval(self) -> None:
            """Do nothing: every epoch was scored, and `train` strips the checkpoints."""

    return StreetTrainer


def _mask(model: Any, annotated: dict[str, list[str]]) -> None:
    """Give the model the loss that leaves out what a source doesn't label."""
    from ultralytics.utils.loss import E2ELoss

    resumed = getattr(model, "criterion", None)
    classes = region_classes(annotated)
    loss = partial_label_loss([[name in names for name in NAMES] for names in classes])
    if getattr(model.model[-1], "one2one_cv2", None) is None:
        model.criterion = loss(model)
        return
    model.criterion = E2ELoss(model, loss)
    if resumed:  # the balance of the two heads moves with the epochs
        for name in ("updates", "o2m", "o2o"):
            setattr(model.criterion, name, getattr(resumed, name))


def _keep_epochs(table: Path, epochs: int) -> None:
    """Cut off the rows of epochs that a killed run has written and that are done again."""
    lines = table.read_text(encoding="utf-8").splitlines(keepends=True)
    with replacing(table) as unfinished:
        unfinished.write_text("".join(lines[: epochs + 1]), encoding="utf-8")

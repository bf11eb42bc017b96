"""The loader of an epoch's photos, and which photos these are."""

import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from vision.datasets.recipe import SYNTHETIC
from vision.datasets.training_folder import source_of
from vision.training.hyperparameters import Options
from vision.training.pasting import Pasting
from vision.training.sampling import EpochSampler, repeat_factors
from vision.training.stretching import stretch

__all__ = ["EpochPhotos", "epoch_loader", "epoch_sampler"]


class EpochPhotos:
    """The photos of the present epoch: all that mosaic, MixUp and the like may see of a data set.

    Each one is stretched and pasted on first, as the options say.

    Args:
        dataset: Ultralytics' data set; it returns changed photos from now on.
        annotated: Categories that each source labels at all.
        options: How much is changed.
    """

    def __init__(self, dataset: Any, annotated: dict[str, list[str]], options: Options) -> None:
        self.dataset, self.options = dataset, options
        self.unchanged = dataset.get_image_and_label
        dataset.get_image_and_label = self._changed
        self.pasting = Pasting(dataset, annotated)
        self.start(np.arange(len(dataset)), pasting=False)
        for transform in _mixing(dataset.transforms):
            transform.dataset = self
            transform.buffer_enabled = False  # a mosaic's: it would take the photos that happen to be in memory

    def start(self, indices: npt.NDArray[np.int64], pasting: bool) -> None:
        """Begin an epoch of the photos at `indices` of the data set."""
        self.indices, self.may_paste = indices, pasting and self.options.paste > 0
        if self.may_paste:
            self.pasting.choose_from(indices.tolist())

    def __len__(self) -> int:
        return len(self.indices)

    def get_image_and_label(self, index: int) -> Any:
        """Return what the data set's own method returns, for the photo at `index` of the epoch."""
        return self._changed(int(self.indices[index]))

    def _changed(self, index: int) -> Any:
        label = self.unchanged(index)
        if self.options.stretch:
            stretch(label, self.options.stretch)
        if self.may_paste and random.random() < self.options.paste:  # noqa: S311
            self.pasting.paste(label)
        return label


def _mixing(transform: Any) -> Iterator[Any]:
    from ultralytics.data.augment import BaseMixTransform

    if isinstance(transform, BaseMixTransform):
        yield transform
    for inner in (*getattr(transform, "transforms", ()), getattr(transform, "pre_transform", None)):
        if inner is not None:
            yield from _mixing(inner)


def epoch_sampler(labels: list[dict[str, Any]], data: dict[str, Any], options: Options, args: Any) -> EpochSampler:
    """Return the sampler for Ultralytics' labels (one per photo), data.yaml and training arguments."""
    sources = [source_of(label["im_file"]) for label in labels]
    weights = np.array([data["weights"].get(source, 1.0) for source in sources])
    drawn = np.array([source == SYNTHETIC for source in sources])
    real = np.where(drawn, 0.0, weights)
    categories = [frozenset(label["cls"].ravel().astype(int).tolist()) for label in labels]
    balanced = real * repeat_factors(categories, real, options.balance)
    balanced *= real.sum() / balanced.sum()  # an epoch is as long as without
    return EpochSampler(balanced, drawn, options.drawn_share, args.epochs - args.close_mosaic, args.seed)


def epoch_loader(dataset: Any, sampler: EpochSampler, batch: int, workers: int) -> Any:
    """Return Ultralytics' loader of training batches in the sampler's order."""
    import torch
    from ultralytics.data.build import InfiniteDataLoader, seed_worker

    return InfiniteDataLoader(
        dataset=dataset,
        batch_size=min(batch, len(sampler)),
        sampler=sampler,
        num_workers=workers,
        collate_fn=dataset.collate_fn,
        pin_memory=torch.cuda.is_available(),
        worker_init_fn=seed_worker,
    )

"""Train on sources that label different categories: what a source doesn't label is not background.

Each training photo carries, beside its boxes, one box over the whole photo whose class stands for the set of
categories that its source leaves unlabelled. It travels with the photo through mosaic, scaling and flips like any
other box, so that the loss knows for each place of a composed picture which categories nobody has looked for there,
and leaves these out of the classification loss.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from vision.categories import NAMES
from vision.datasets.training_folder import source_of
from vision.training.runtime import import_ultralytics

__all__ = ["add_regions", "partial_label_loss", "region_classes"]

TARGETS = ("batch_idx", "cls", "bboxes")  # Ultralytics' arrays with one row a box


def region_classes(annotated: dict[str, list[str]]) -> dict[tuple[str, ...], int]:
    """Return a class number, after those of the categories, for each set of categories that some source leaves out.

    Args:
        annotated: Categories that each source labels at all.
    """
    unlabelled = {tuple(name for name in NAMES if name not in labelled) for labelled in annotated.values()}
    return {names: len(NAMES) + i for i, names in enumerate(sorted(unlabelled - {()}))}


def add_regions(labels: list[dict[str, Any]], annotated: dict[str, list[str]]) -> None:
    """Add to Ultralytics' labels (one per photo, boxes xywh relative to it) the box that stands for the whole photo."""
    classes = region_classes(annotated)
    for label in labels:
        labelled = annotated[source_of(label["im_file"])]
        number = classes.get(tuple(name for name in NAMES if name not in labelled))
        if number is not None:
            label["cls"] = np.vstack([label["cls"], np.full((1, 1), number, label["cls"].dtype)])
            label["bboxes"] = np.vstack([label["bboxes"], np.array([[0.5, 0.5, 1, 1]], label["bboxes"].dtype)])


def partial_label_loss(unlabelled: Sequence[Sequence[bool]]) -> Any:
    """Return the loss class: Ultralytics' detection loss without the categories that nobody has looked for.

    Args:
        unlabelled: For each region class, in order, which categories (len(NAMES),) are left out.
    """
    import_ultralytics()
    import torch
    from ultralytics.utils.loss import v8DetectionLoss
    from ultralytics.utils.tal import make_anchors

    class MaskedBCE(torch.nn.BCEWithLogitsLoss):  # type: ignore[misc]
        """Binary cross entropy (batch, anchors, categories), zero where `ignored` of the same shape says so."""

        ignored: Any = None

        def forward(self, scores: Any, targets: Any) -> Any:
            return super().forward(scores, targets).masked_fill(self.ignored, 0.0)

    class PartialLabelLoss(v8DetectionLoss):  # type: ignore[misc]
        """Takes regions out of the targets, and what is unlabelled in them out of the classification."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.bce = MaskedBCE(reduction="none")
            self.unlabelled = torch.tensor(unlabelled, dtype=torch.bool, device=self.device).reshape(-1, self.nc)

        def loss(self, preds: Any, batch: Any) -> Any:
            regions = batch["cls"].view(-1) >= self.nc
            self.bce.ignored = self._ignored(preds["feats"], {key: batch[key][regions] for key in TARGETS})
            return super().loss(preds, {**batch, **{key: batch[key][~regions] for key in TARGETS}})

        def _ignored(self, feats: Any, regions: Any) -> Any:
            """Return (batch, anchors, categories): whether an anchor lies in a region that leaves a category out."""
            points, stride = make_anchors(feats, self.stride, 0.5)
            height, width = feats[0].shape[2:]
            xy = points * stride / (torch.tensor([width, height], device=self.device) * self.stride[0])
            boxes = regions["bboxes"].to(self.device)
            inside = ((xy[None] - boxes[:, None, :2]).abs() <= boxes[:, None, 2:] / 2).all(-1)  # (regions, anchors)
            left_out = self.unlabelled[(regions["cls"].view(-1) - self.nc).long().to(self.device)]  # (regions, nc)
            votes = torch.zeros(len(feats[0]), len(xy), self.nc, device=self.device)
            photo = regions["batch_idx"].view(-1).long().to(self.device)
            votes.index_add_(0, photo, (inside[:, :, None] & left_out[:, None]).to(votes.dtype))
            return votes > 0

    return PartialLabelLoss

"""Score a network during training, with the runtime's own preprocessing and the labels' own limits."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from vision.categories import NAMES
from vision.datasets.labels import LabelledPhoto
from vision.detections import Detections
from vision.evaluation.figures.average_precision import average_precision
from vision.images import read_photo_file
from vision.inference.detector import DEFAULT_IOU
from vision.inference.postprocess import decode
from vision.inference.preprocess import Letterbox, letterbox

__all__ = ["ValidationPhotos"]

LOWEST_SCORE = 0.005  # suppression of anything lower takes longer than the network, and moves AP by less than 0.001
BATCH = 16


class ValidationPhotos:
    """Photos of `val`, decoded and letterboxed once.

    Args:
        photos: Labelled photos.
        image_size: Side of the network's square input, in pixels.
    """

    def __init__(self, photos: Sequence[LabelledPhoto], image_size: int) -> None:
        self.photos = photos
        self.inputs: list[npt.NDArray[np.uint8]] = []
        self.places: list[tuple[Letterbox, tuple[int, int]]] = []
        for photo in photos:
            canvas, place = letterbox(read_photo_file(photo.path).pixels, (image_size, image_size))
            self.inputs.append(canvas.transpose(2, 0, 1))
            self.places.append((place, (photo.width, photo.height)))

    def score(self, network: Any, device: Any) -> tuple[dict[str, float], float]:
        """Return AP50 and AP50-95 by category, and one figure for all: the mean of all of these.

        A category without boxes has no figure. A category counts only on photos whose source labels it.

        Args:
            network: Ultralytics' detection network in evaluation mode.
            device: torch device that it is on.
        """
        scores = average_precision(self.photos, list(self._detect(network, device)))
        metrics = {f"val/AP50({s.category})": s.ap50 for s in scores if s.ap50 is not None}
        metrics |= {f"val/AP50-95({s.category})": s.ap50_95 for s in scores if s.ap50_95 is not None}
        return metrics, float(np.mean(list(metrics.values()))) if metrics else 0.0

    def _detect(self, network: Any, device: Any) -> list[Detections]:
        import torch

        thresholds = np.full(len(NAMES), LOWEST_SCORE, np.float32)
        found = []
        for start in range(0, len(self.inputs), BATCH):
            batch = torch.from_numpy(np.stack(self.inputs[start : start + BATCH])).to(device)
            with torch.no_grad():
                outputs = network(batch.to(next(network.parameters()).dtype) / 255)[0].float().cpu().numpy()
            for output, (place, size) in zip(outputs, self.places[start:], strict=False):
                end_to_end = output.shape[1] == 6
                found.append(decode(output, place, size, NAMES, thresholds, DEFAULT_IOU, end_to_end))
        return found

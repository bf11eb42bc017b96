"""A checkpoint (.pt) as Ultralytics itself runs it: what `yolo predict` finds, with its own preprocessing."""

import hashlib
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np

from vision.detections import Detections
from vision.errors import ModelError
from vision.evaluation.contestants.category_map import mapped
from vision.evaluation.predict import LOWEST_SCORE
from vision.evaluation.record import EvaluatedModel
from vision.images import NDArrayImage, Photo, read_photo_file
from vision.inference.choice import AUTO
from vision.inference.devices import parse_device
from vision.inference.stages import Clock, untimed
from vision.inference.views import Tiles

__all__ = ["UltralyticsContestant"]

# Average precision needs the whole curve; the others are what Ultralytics takes by itself.
SETTINGS = {"conf": LOWEST_SCORE, "iou": 0.7, "max_det": 300, "verbose": False, "save": False}
TASKS = ("detect", "segment")  # those whose results have upright boxes of things
DEFAULT_INPUT_SIZE = 640


class UltralyticsContestant:
    """Runs a checkpoint; see `Contestant` and `open_contestant`.

    Loading a checkpoint runs what its author put into it: open only those that you would run a program of.
    """

    def __init__(
        self, path: Path, device: str, precision: str, tiles: Tiles, mapping: Mapping[str, str | None]
    ) -> None:
        if precision not in (AUTO, "fp32") or tiles != "off":
            asked = f"precision {precision}" if tiles == "off" else f"tiles {tiles}"
            raise ModelError(
                f"{path}: {asked} is not to be had, Ultralytics runs a checkpoint in fp32 and without tiles; leave it "
                "out, or give an ONNX export"
            )
        try:
            data = path.read_bytes()
        except OSError as error:
            raise ModelError(f"{path}: expected a checkpoint, but it can't be read ({error.strerror})") from error
        self._model = _load(path)
        self._device = _device(device)
        names = tuple(str(self._model.names[i]) for i in sorted(self._model.names))
        self._categories = mapped(names, mapping, path.name)
        self._clock: Clock = untimed
        self._predictor = _timed_predictor(self._model, self._timed)
        self.thresholds: Mapping[str, float] = {}
        size = self._model.overrides.get("imgsz", DEFAULT_INPUT_SIZE)
        self.about = EvaluatedModel(
            name=path.stem,
            kind="ultralytics",
            sha256=hashlib.sha256(data).hexdigest(),
            bytes=len(data),
            input_size=(size, size) if isinstance(size, int) else tuple(size),
            device=f"{self._device} fp32",
            categories=self._categories.reported,
            mapped=self._categories.renamed,
            ignored=self._categories.ignored,
        )

    def read(self, path: Path) -> Photo:
        """Decode a photo in full; see `Contestant`."""
        return read_photo_file(path)

    def detect(self, photo: Photo | NDArrayImage, clock: Clock) -> Detections:
        """Return what is on a photo; see `Contestant`."""
        if not isinstance(photo, Photo):
            photo = Photo(photo, photo.shape[1], photo.shape[0])
        height, width = photo.pixels.shape[:2]
        scale = np.array([photo.width / width, photo.height / height] * 2, np.float32)
        self._clock = clock
        bgr = np.ascontiguousarray(photo.pixels[..., ::-1])  # what Ultralytics takes arrays for
        result = self._model.predict(bgr, predictor=self._predictor, device=self._device, **SETTINGS)[0]
        rows = result.boxes.data.cpu().numpy()  # x1, y1, x2, y2, score, category
        rows = rows[(rows[:, 2:4] > rows[:, :2]).all(axis=1)]
        return self._categories.apply(Detections.of(rows[:, :4] * scale, rows[:, 4], rows[:, 5], self._categories.own))

    def _timed(self, stage: str) -> AbstractContextManager[None]:
        """Be the clock of the photo at hand."""
        return self._clock(stage)


def _load(path: Path) -> Any:
    from vision.training.runtime import import_ultralytics

    ultralytics = import_ultralytics()
    try:
        model = ultralytics.YOLO(str(path))
        task = model.task
    except Exception as error:
        raise ModelError(
            f"{path}: expected a checkpoint of Ultralytics, but it can't be loaded ({type(error).__name__}: "
            f"{str(error).strip().partition(chr(10))[0]})"
        ) from error
    if task not in TASKS:
        raise ModelError(f"{path}: expected a checkpoint that finds boxes ({' or '.join(TASKS)}), got one to {task}")
    return model


def _device(text: str) -> str:
    """Return our name of a device as torch calls it.

    Raises:
        ModelError: Ultralytics doesn't run there, or it isn't there.
    """
    import torch

    available = torch.cuda.device_count()
    if text == AUTO:
        return "cuda:0" if available else "cpu"
    device = parse_device(text)
    if device.kind not in ("cpu", "cuda"):
        raise ModelError(f"device {text}: expected auto, cpu or cuda for a checkpoint")
    if device.kind == "cuda" and device.index >= available:
        raise ModelError(f"device {text} was asked for, but torch finds {available} on this machine")
    return str(device)


def _timed_predictor(model: Any, clock: Clock) -> Any:
    """Return the predictor class that Ultralytics would take for the model, with its stages timed."""
    from ultralytics.utils.ops import Profile

    class Timed(model.task_map[model.task]["predictor"]):  # type: ignore[misc]
        """Within the clock, `Profile` waits for what a GPU has still to do."""

        def preprocess(self, *args: Any, **kwargs: Any) -> Any:
            with clock("preprocess"), Profile(device=self.device):
                return super().preprocess(*args, **kwargs)

        def inference(self, *args: Any, **kwargs: Any) -> Any:
            with clock("network"), Profile(device=self.device):
                return super().inference(*args, **kwargs)

        def postprocess(self, *args: Any, **kwargs: Any) -> Any:
            with clock("postprocess"), Profile(device=self.device):
                return super().postprocess(*args, **kwargs)

    return Timed

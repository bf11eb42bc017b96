"""What is judged by running it: our runtime with any model that it takes, or Ultralytics with a checkpoint."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from vision.detections import Detections
from vision.evaluation.contestants.category_map import mapped
from vision.evaluation.predict import LOWEST_SCORE
from vision.evaluation.record import EvaluatedModel
from vision.images import NDArrayImage, Photo
from vision.inference.choice import AUTO
from vision.inference.detector import Detector
from vision.inference.published import files_of
from vision.inference.stages import Clock
from vision.inference.views import Tiles

__all__ = ["Contestant", "open_contestant"]


class Contestant(Protocol):
    """A detector that is judged.

    Attributes:
        about: For the record.
        thresholds: Its own lowest scores that count, by our category, as far as its file states them.
    """

    about: EvaluatedModel
    thresholds: Mapping[str, float]

    def read(self, path: Path) -> Photo:
        """Decode a photo as its own runtime does.

        Raises:
            PhotoError: It can't be read.
        """

    def detect(self, photo: Photo | NDArrayImage, clock: Clock) -> Detections:
        """Return what is on a photo under our names, down to scores of 0.001, best first, in the photo's full pixels.

        Args:
            photo: As `read` returns it, or upright (h, w, 3) uint8 RGB.
            clock: Times the stages `preprocess`, `network` and `postprocess`.
        """


def open_contestant(
    model: Path | None,
    device: str = "cpu",
    precision: str = AUTO,
    tiles: Tiles = "off",
    mapping: Mapping[str, str | None] | None = None,
) -> Contestant:
    """Open a detector that is to be judged.

    Args:
        model: An ONNX file, the folder of a published model, or None for the model that comes with CleanLane, all of
            which our runtime runs; or a checkpoint (.pt), which Ultralytics runs.
        device: As for `Detector`.
        precision: As for `Detector`, but `auto` is the precision that the model was trained in.
        tiles: As for `Detector`.
        mapping: Its own category names to ours, as for `mapped`.

    Raises:
        ModelError: There is no such model, it can't be loaded, or none of its categories is one of ours.
        MissingExtraError: A checkpoint needs the extra `train`.
    """
    if model is not None and model.suffix.lower() == ".pt":
        from vision.evaluation.contestants.ultralytics_contestant import UltralyticsContestant

        return UltralyticsContestant(model, device, precision, tiles, mapping or {})
    return DetectorContestant(model, device, precision, tiles, mapping or {})


class DetectorContestant:
    """Our runtime; see `Contestant` and `open_contestant`."""

    def __init__(
        self, model: Path | None, device: str, precision: str, tiles: Tiles, mapping: Mapping[str, str | None]
    ) -> None:
        files = files_of(model)
        wanted = [file for file in files if file.precision == precision] or files[:1]
        self._detector = Detector(
            wanted[0].path, device=device, precision=precision, thresholds=LOWEST_SCORE, tiles=tiles
        )
        opened, choice = self._detector.model, self._detector.choice
        self._categories = mapped(opened.names, mapping, opened.path.name)
        self.thresholds: Mapping[str, float] = self._categories.thresholds(opened.metadata.get("thresholds", {}))
        self.about = EvaluatedModel(
            name=opened.name,
            kind="onnx",
            sha256=opened.sha256,
            bytes=len(opened.data),
            input_size=opened.input_size,
            device=f"{choice.device} {choice.precision}" + ("" if tiles == "off" else f", tiles {tiles}"),
            categories=self._categories.reported,
            mapped=self._categories.renamed,
            ignored=self._categories.ignored,
        )

    def read(self, path: Path) -> Photo:
        """Decode a photo, at a reduced scale if the model needs no more; see `Contestant`."""
        return self._detector.read(path)

    def detect(self, photo: Photo | NDArrayImage, clock: Clock) -> Detections:
        """Return what is on a photo; see `Contestant`."""
        read = self._detector.read(photo)
        with clock("preprocess"):
            views = self._detector.prepare(read)
        with clock("network"):
            outputs = self._detector.infer(views)
        with clock("postprocess"):
            return self._categories.apply(self._detector.detections(read, views, outputs))

"""`Detector`: photos in, detections out."""

import copy
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import overload

import numpy as np
import numpy.typing as npt

from vision.detections import Detections
from vision.errors import ModelError, PhotoError
from vision.images import Photo, read_photo, read_photo_file
from vision.inference.choice import AUTO, choose
from vision.inference.machine import cores
from vision.inference.postprocess import decode
from vision.inference.sessions import NDArrayOutput
from vision.inference.tiles import Window, merge
from vision.inference.views import Tiles, View, side_needed, views_of

__all__ = ["DEFAULT_IOU", "Detector", "PhotoLike"]

DEFAULT_IOU = 0.6  # overlap within a category; neighbouring bins seldom overlap more

PhotoLike = str | PathLike[str] | bytes | npt.NDArray[np.uint8] | Photo


class Detector:
    """Finds garbage, overflowing bins, debris and postings in photos.

    >>> from vision import Detector
    >>> from vision.datasets.scenes import SceneKind, draw_scene
    >>> image, _ = draw_scene(seed=1, kind=SceneKind.OVERFLOWING_BINS)
    >>> detections = Detector().detect(image)
    >>> detections.boxes.shape == (len(detections), 4)
    True

    May be used by several threads at once.

    Args:
        model: An ONNX file of CleanLane or an ordinary Ultralytics detection export, or the folder of a published
            model; by default the model that comes with CleanLane.
        device: `auto`, `cpu`, `openvino`, `cuda`, `cuda:1`, `tensorrt`, `directml`, `coreml`; what is asked for is what
            runs.
        precision: `auto`, `fp32`, `bf16`, `fp16` or `int8`. `auto`, here as with the device, is the fastest on this
            machine that is known to lose at most half a point of AP50; `choice.why` says what that was.
        thresholds: Lowest score that counts, for all categories or by category name; by default the model's own.
        operating_point: Name of one of the model's operating points, whose thresholds take the place of its own.
        iou: Of two boxes of one category that overlap more than this the weaker is dropped.
        tiles: `off`; `auto`, which looks at photos much larger than the network's input in overlapping tiles as well;
            or how many tiles along the longer side.
        streams: Inferences at a time: 1 for the quickest answer, as many as cores for the most photos per second.
        threads: Threads of one inference; 0 shares out the cores.

    Raises:
        ModelError: The model can't be loaded, the device isn't there, a threshold names no category of the model, or
            it has no such operating point.
        MissingExtraError: The device's runtime isn't installed.
    """

    def __init__(
        self,
        model: str | PathLike[str] | None = None,
        *,
        device: str = AUTO,
        precision: str = AUTO,
        thresholds: float | Mapping[str, float] | None = None,
        operating_point: str | None = None,
        iou: float = DEFAULT_IOU,
        tiles: Tiles = "off",
        streams: int = 1,
        threads: int = 0,
    ) -> None:
        self.choice = choose(
            Path(model) if model is not None else None,
            device,
            precision,
            threads=threads or max(1, cores() // streams),
            streams=streams,
        )
        self.model = self.choice.runner.model
        self.iou, self.tiles, self.streams = iou, tiles, streams
        self.thresholds = {**self._own_thresholds(operating_point), **self._checked(thresholds)}

    def _own_thresholds(self, operating_point: str | None) -> dict[str, float]:
        points = self.model.operating_points
        if operating_point is None:
            return self.model.thresholds
        if operating_point not in points:
            known = f"it has {', '.join(points)}" if points else "it has none, so give thresholds instead"
            raise ModelError(f"model {self.model.name}: there is no operating point {operating_point!r}; {known}")
        return points[operating_point]

    def _checked(self, given: float | Mapping[str, float] | None) -> Mapping[str, float]:
        if given is None:
            return {}
        if not isinstance(given, Mapping):
            given = dict.fromkeys(self.model.names, float(given))
        unknown = sorted(set(given) - set(self.model.names))
        if unknown:
            raise ModelError(f"a threshold names {unknown[0]!r}; the model knows {', '.join(self.model.names)}")
        wrong = [name for name, value in given.items() if not 0 <= value <= 1]
        if wrong:
            raise ModelError(f"expected a threshold between 0 and 1 for {wrong[0]}, got {given[wrong[0]]}")
        return given

    def with_thresholds(self, thresholds: Mapping[str, float]) -> "Detector":
        """Return one that shares the loaded model, with other thresholds.

        Raises:
            ModelError: As for the class.
        """
        other = copy.copy(self)
        other.thresholds = {**self.thresholds, **self._checked(thresholds)}
        return other

    @property
    def least_side(self) -> int:
        """Pixels along a photo's longer side that suffice for what is looked at."""
        return side_needed(self.model, self.tiles)

    @overload
    def detect(self, photos: PhotoLike) -> Detections: ...
    @overload
    def detect(self, photos: list[PhotoLike] | tuple[PhotoLike, ...]) -> list[Detections]: ...
    @overload
    def detect(self, photos: Iterator[PhotoLike]) -> Iterator[Detections]: ...

    def detect(
        self, photos: PhotoLike | list[PhotoLike] | tuple[PhotoLike, ...] | Iterator[PhotoLike]
    ) -> Detections | list[Detections] | Iterator[Detections]:
        """Detect in one photo, a list, or an iterator (then lazily, holding one batch at a time).

        Args:
            photos: A path, a file's bytes, or an upright (h, w, 3) uint8 RGB array; or several of them.

        Returns:
            Detections in pixels of the upright photo; a list or an iterator of them for several photos, in order.

        Raises:
            PhotoError: A photo can't be read.
        """
        if isinstance(photos, str | PathLike | bytes | np.ndarray | Photo):
            return self.detect_batch([self.read(photos)])[0]
        if isinstance(photos, Iterator):
            return self._stream(photos)
        return list(self._stream(iter(photos)))

    def read(self, photo: PhotoLike, name: str = "photo") -> Photo:
        """Decode what `detect` takes, at a reduced scale if the model needs no more."""
        if isinstance(photo, Photo):
            return photo
        if isinstance(photo, np.ndarray):
            if photo.dtype != np.uint8 or photo.ndim != 3 or photo.shape[2] != 3 or not photo.size:
                raise PhotoError("unsupported", f"expected an (h, w, 3) uint8 array, got {photo.shape} {photo.dtype}")
            return Photo(photo, photo.shape[1], photo.shape[0])
        if isinstance(photo, bytes):
            return read_photo(photo, name, self.least_side)
        return read_photo_file(Path(photo), self.least_side)

    def detect_batch(self, photos: Sequence[Photo]) -> list[Detections]:
        """Detect in decoded photos."""
        prepared = [self.prepare(photo) for photo in photos]
        outputs = iter(self.infer([view for views in prepared for view in views]))
        return [
            self.detections(photo, views, list(itertools.islice(outputs, len(views))))
            for photo, views in zip(photos, prepared, strict=True)
        ]

    def prepare(self, photo: Photo) -> list[View]:
        """Return what the network looks at: the whole photo, then its tiles."""
        return views_of(photo, self.model, self.tiles)

    def infer(self, views: Sequence[View]) -> list[NDArrayOutput]:
        """Run the network: one raw output for each view, in their order."""
        return self.choice.runner.infer([view.canvas for view in views])

    def detections(self, photo: Photo, views: Sequence[View], outputs: Sequence[NDArrayOutput]) -> Detections:
        """Turn the raw outputs for the views of a photo into what is on it, in its full pixels, best score first."""
        model = self.model
        thresholds = np.array([self.thresholds[name] for name in model.names], np.float32)
        found = [
            decode(output, view.place, view.window.size, model.names, thresholds, self.iou, model.end_to_end)
            for view, output in zip(views, outputs, strict=True)
        ]
        if len(found) == 1:
            return found[0]
        tiles = [(_moved(one, view.window), view.window) for one, view in zip(found[1:], views[1:], strict=True)]
        return merge(found[0], tiles, (photo.width, photo.height))

    def _stream(self, photos: Iterable[PhotoLike], batch: int = 8) -> Iterator[Detections]:
        iterator = iter(photos)
        while chunk := [self.read(photo) for photo in itertools.islice(iterator, batch)]:
            yield from self.detect_batch(chunk)


def _moved(found: Detections, window: Window) -> Detections:
    """Move what a tile shows to its place in the photo."""
    boxes = found.boxes + np.array([window.x1, window.y1] * 2, np.float32)
    return Detections(boxes.astype(np.float32), found.scores, found.categories, found.names)

"""`Detector`: photos in, detections out."""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import overload

import numpy as np
import numpy.typing as npt

from vision.detections import Detections
from vision.errors import ModelError, PhotoError
from vision.images import Photo, read_photo, read_photo_file
from vision.inference.model import default_model, load_model
from vision.inference.postprocess import decode
from vision.inference.preprocess import letterbox

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

    Args:
        model: An ONNX file of CleanLane or an ordinary Ultralytics detection export; by default the published model.
        device: `cpu` or `cuda`; what is asked for is what runs.
        thresholds: Lowest score that counts, for all categories or by category name; by default the model's own.
        operating_point: Name of one of the model's operating points, whose thresholds take the place of its own.
        iou: Of two boxes of one category that overlap more than this the weaker is dropped.
        threads: Threads of one inference; 0 leaves it to ONNX Runtime.

    Raises:
        ModelError: The model can't be loaded, the device isn't there, a threshold names no category of the model, or
            it has no such operating point.
    """

    def __init__(
        self,
        model: str | PathLike[str] | None = None,
        *,
        device: str = "cpu",
        thresholds: float | Mapping[str, float] | None = None,
        operating_point: str | None = None,
        iou: float = DEFAULT_IOU,
        threads: int = 0,
    ) -> None:
        self.model = load_model(Path(model) if model is not None else default_model(), device, threads)
        self.iou = iou
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
        at_least = 2 * max(self.model.input_size)  # area averaging wants some pixels to average
        return read_photo(photo, name, at_least) if isinstance(photo, bytes) else read_photo_file(Path(photo), at_least)

    def detect_batch(self, photos: list[Photo]) -> list[Detections]:
        """Detect in decoded photos, all in one batch."""
        if not photos:
            return []
        inputs, places = zip(*(letterbox(photo.pixels, self.model.input_size) for photo in photos), strict=True)
        outputs = self.model.run(np.stack(inputs))
        thresholds = np.array([self.thresholds[name] for name in self.model.names], np.float32)
        return [
            decode(output, place, (p.width, p.height), self.model.names, thresholds, self.iou, self.model.end_to_end)
            for output, place, p in zip(outputs, places, photos, strict=True)
        ]

    def _stream(self, photos: Iterable[PhotoLike], batch: int = 8) -> Iterator[Detections]:
        iterator = iter(photos)
        while chunk := [self.read(photo) for photo in itertools.islice(iterator, batch)]:
            yield from self.detect_batch(chunk)

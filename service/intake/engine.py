"""The detector that the workers use, which can be exchanged while they work."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from weakref import WeakKeyDictionary

import numpy as np

from service.intake.model_setting import Wish, model_path, tell_state, wished
from service.operations.logs import logger
from service.state import Service
from service.store.base import now
from vision.detections import Detections
from vision.errors import UserError
from vision.images import Photo
from vision.inference.detector import Detector

__all__ = ["Engine", "Running", "engine_of"]

_engines: WeakKeyDictionary[Service, "Engine"] = WeakKeyDictionary()
_making = threading.Lock()


def engine_of(service: Service) -> "Engine":
    """Return the engine that all workers of a process share.

    Raises:
        ModelError: Neither the wanted model nor the one that the service was started with can be loaded.
    """
    with _making:
        if service not in _engines:
            _engines[service] = Engine(service)
        return _engines[service]


@dataclass(frozen=True, eq=False)
class Running:
    """A loaded model. Whoever holds it goes on with it, whatever comes after it.

    Attributes:
        detector: The model, ready.
        loaded: When it was.
    """

    detector: Detector
    loaded: datetime

    @property
    def label(self) -> str:
        """Name and first 12 digits of the hash."""
        model = self.detector.model
        return f"{model.name[:80]} {model.sha256[:12]}"

    def read(self, data: bytes, name: str) -> Photo:
        """Decode a photo as large as the model needs it.

        Raises:
            PhotoError: It can't be read.
        """
        return self.detector.read(data, name)

    def detect(self, photos: Sequence[Photo]) -> list[Detections]:
        """Detect in decoded photos; boxes are in pixels of the full upright photos."""
        return self.detector.detect_batch(photos)


class Engine:
    """Holds the model that runs, and exchanges it when another is wanted. Used by several threads at once.

    Args:
        service: Its settings say what runs where, its database which model is wanted.

    Raises:
        ModelError: Neither the wanted model nor the one that the service was started with can be loaded.
    """

    def __init__(self, service: Service) -> None:
        # Not the service itself: the table of engines is weak in its keys only.
        self._settings, self._database = service.settings, service.database
        self._loading = threading.Lock()
        self._tried, error = self._wish(), ""
        try:
            self.current = self._loaded(self._tried)
        except UserError as why:
            if not self._tried.path:
                raise
            self.current, error = self._loaded(Wish()), str(why)
        self._tell(error)

    def refresh(self) -> None:
        """Load another model if one is wanted, and take it from then on; the thread that finds out does it.

        Meanwhile, and if it can't be loaded, the others go on with the old one.
        """
        if not self._loading.acquire(blocking=False):
            return
        try:
            wanted = self._wish()
            if wanted != self._tried:
                self._exchange(wanted)
                self._tried = wanted  # not before it is told: the database may be away, then all is repeated
        finally:
            self._loading.release()

    def _exchange(self, wanted: Wish) -> None:
        error = ""
        try:
            self.current = self._loaded(wanted)
        except UserError as why:
            error = str(why)
        except Exception as why:  # noqa: BLE001 - whatever a strange file does, the old model goes on
            error = f"{wanted.path}: the model can't be run ({type(why).__name__}: {why})"
        self._tell(error)

    def _wish(self) -> Wish:
        with self._database.read() as session:
            return wished(session)

    def _loaded(self, wanted: Wish) -> Running:
        settings = self._settings
        detector = Detector(
            model_path(settings, wanted.path),
            device=settings.device,
            precision=settings.precision,
            streams=max(1, settings.workers),
        )
        detector.detect(np.full((480, 640, 3), 127, np.uint8))  # what can't do this can't do anything
        return Running(detector, now())

    def _tell(self, error: str) -> None:
        model, label = self.current.detector.model, self.current.label
        if error:
            logger().error("the wanted model can't be loaded; another one runs", model=label, error=error)
        else:
            logger().info("model loaded", model=label)
        state = {"model": label, "sha256": model.sha256, "loaded": self.current.loaded.isoformat(), "error": error}
        with self._database.write() as session:
            tell_state(session, state)

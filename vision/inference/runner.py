"""A model on a device: sessions for the shapes that come along, and canvases sorted into batches for them."""

import threading
from collections.abc import Sequence

import numpy as np

from vision.errors import ModelError
from vision.inference.devices import Device, Precision
from vision.inference.model import Model
from vision.inference.preprocess import NDArrayCanvas, canvas_size
from vision.inference.sessions import NDArrayOutput, Session

__all__ = ["Runner"]

BATCH = 16  # of a GPU; a core of a processor is busy with one canvas, and its caches are happier


class Runner:
    """Runs a model on canvases of any size; may be called from several threads.

    Args:
        model: What to run.
        device: Where.
        precision: What to compute in.
        threads: Threads of one inference.
        streams: Inferences at a time.

    Raises:
        ModelError: The device doesn't start, or can't run the model.
    """

    def __init__(self, model: Model, device: Device, precision: Precision, threads: int, streams: int) -> None:
        self.model, self.device, self.precision = model, device, precision
        self.threads, self.streams = threads, streams
        self._sessions: dict[tuple[int, int], Session] = {}
        self._opening = threading.Lock()
        self._session(self.usual_size)  # a device that doesn't start shall say so here

    @property
    def usual_size(self) -> tuple[int, int]:
        """(height, width) of the canvas for a photo of 4:3."""
        size = self.model.input_size
        return canvas_size(np.zeros((3, 4, 3), np.uint8), size) if self.model.has_free_size else size

    @property
    def batch(self) -> int:
        """Canvases in one inference that keep the device busy."""
        return 1 if self.device.on_cpu else BATCH

    def infer(self, canvases: Sequence[NDArrayCanvas]) -> list[NDArrayOutput]:
        """Return the raw output for each canvas, in their order."""
        by_size: dict[tuple[int, int], list[int]] = {}
        for i, canvas in enumerate(canvases):
            by_size.setdefault(canvas.shape[:2], []).append(i)
        outputs: list[NDArrayOutput] = [np.empty(0, np.float32)] * len(canvases)
        for size, members in by_size.items():
            session = self._session(size)
            step = self._fixed_batch or self.batch
            for start in range(0, len(members), step):
                chunk = members[start : start + step]
                answers = session.run(self.model.batch([canvases[i] for i in chunk]))
                for i, answer in zip(chunk, answers, strict=True):
                    outputs[i] = answer
        return outputs

    @property
    def _fixed_batch(self) -> int | None:
        """How many canvases each inference takes, no more and no fewer."""
        fixed = self.model.fixed_batch or (1 if self.device.on_cpu else None)
        if fixed not in (None, 1):
            raise ModelError(f"model {self.model.name}: exported for batches of {fixed}; export it with batch 1")
        return fixed

    def _session(self, size: tuple[int, int]) -> Session:
        with self._opening:
            if size not in self._sessions:
                self._sessions[size] = self.model.open(
                    self.device, self.precision, self._fixed_batch, size, self.threads, self.streams
                )
            return self._sessions[size]

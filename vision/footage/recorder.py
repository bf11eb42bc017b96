"""Clips of live events: what was looked at shortly before and after each began."""

from collections import deque
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
import simplejpeg

from vision.footage.clips import CLIPS, encode
from vision.footage.frames import Frame
from vision.footage.pictures import Blur
from vision.footage.things import Thing
from vision.images import NDArrayImage

__all__ = ["Recorder"]

Small = tuple[float, bytes]  # seconds, JPEG: raw frames of many cameras would fill the memory


class _LateError(Exception):
    """There is no time left for a clip."""


@dataclass(eq=False)
class _Recording:
    thing: Thing
    name: str
    end: float
    frames: list[Small] = field(default_factory=list)


class Recorder:
    """Keeps the last frames of one camera, and makes clips of them; an event whose clip can't be made has none.

    Args:
        out: The folder of results.
        prefix: Begins the files' names, the camera's own.
        seconds: Length of a clip; 0: there are none.
        blur: Makes people unrecognizable, if asked for.
    """

    def __init__(self, out: Path, prefix: str, seconds: float, blur: Blur | None) -> None:
        self._out, self._prefix, self._seconds, self._blur = out, prefix, seconds, blur
        self._recent: deque[Small] = deque()
        self._recordings: list[_Recording] = []
        self._is_late = False

    @property
    def names(self) -> list[str]:
        """The clips that are in the making, relative to the folder of results."""
        return [recording.name for recording in list(self._recordings)]  # which changes meanwhile

    def add(self, frame: Frame) -> None:
        """Take in a frame that is looked at."""
        if not self._seconds:
            return
        self._write([recording for recording in self._recordings if frame.seconds > recording.end])
        small = frame.seconds, simplejpeg.encode_jpeg(np.ascontiguousarray(frame.pixels), quality=85)
        self._recent.append(small)
        while self._recent[0][0] < frame.seconds - self._seconds / 2:
            self._recent.popleft()
        for recording in self._recordings:
            recording.frames.append(small)

    def begin(self, thing: Thing) -> None:
        """Begin the clip of a new event with what went before."""
        if self._seconds and self._recent:
            name = f"{CLIPS}/{self._prefix}-{self._recent[0][0]:.2f}.mp4"
            end = self._recent[-1][0] + self._seconds / 2
            self._recordings.append(_Recording(thing, name, end, list(self._recent)))

    def hurry(self) -> None:
        """Give up clips in which people are made unrecognizable, half a second for each frame: all is to end."""
        self._is_late = self._blur is not None

    def finish(self) -> None:
        """Write what there is of all clips."""
        self._write(list(self._recordings))

    def remove_others(self, kept: Container[str]) -> None:
        """Remove this camera's clips that no event shows any more."""
        for path in (self._out / CLIPS).glob("*.mp4"):
            if path.stem.rpartition("-")[0] == self._prefix and f"{CLIPS}/{path.name}" not in kept:
                path.unlink()

    def _write(self, finished: Iterable[_Recording]) -> None:
        for recording in finished:
            try:
                (self._out / CLIPS).mkdir(exist_ok=True)
                encode(map(self._shown, recording.frames), self._out / recording.name)
                recording.thing.clip = recording.name
            except (av.error.FFmpegError, OSError, _LateError):  # a full disk, say: watching goes on
                pass
            self._recordings.remove(recording)

    def _shown(self, small: Small) -> tuple[float, NDArrayImage]:
        if self._is_late:
            raise _LateError
        pixels = simplejpeg.decode_jpeg(small[1])
        return small[0], pixels if self._blur is None else self._blur(pixels)

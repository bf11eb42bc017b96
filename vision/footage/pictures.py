"""The best frame of each event, as a file with nothing drawn on it."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path

import numpy as np
import simplejpeg

from vision.files import replacing
from vision.footage.frames import LOOK_SIDE
from vision.footage.things import Best
from vision.images import NDArrayImage, read_photo_file
from vision.inference.annotate import thumbnail

__all__ = ["PICTURES", "Blur", "Pictures", "thumbnail_of"]

PICTURES = "frames"
QUALITY = 92  # evidence: no visible loss

Blur = Callable[[NDArrayImage], NDArrayImage]


class Pictures:
    """Writes pictures of one camera.

    Args:
        out: The folder of results.
        prefix: Begins the files' names, the camera's own.
        blur: Makes people unrecognizable, if asked for.
    """

    def __init__(self, out: Path, prefix: str, blur: Blur | None) -> None:
        self._out, self._prefix, self._blur = out, prefix, blur

    def name_of(self, best: Best) -> str:
        """Return the picture's path, relative to the folder of results."""
        seconds = round(best.seconds, 3)  # as the event file has it: rounded twice, a resumed run has the same names
        return f"{PICTURES}/{self._prefix}-{seconds:.2f}.jpg"

    def store(self, best: Best) -> None:
        """Write the picture and let go of it; two events may share one."""
        if best.frame is None:
            return
        path = self._out / self.name_of(best)
        path.parent.mkdir(exist_ok=True)
        if not path.exists():
            pixels = best.frame.full() if self._blur is None else self._blur(best.frame.full())
            with replacing(path) as unfinished:
                unfinished.write_bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(pixels), quality=QUALITY))
        best.release()

    def remove_others(self, kept: Iterable[Best]) -> None:
        """Remove this camera's pictures that no event shows any more."""
        names = {self.name_of(best) for best in kept}
        for path in (self._out / PICTURES).glob("*.jpg"):
            if path.stem.rpartition("-")[0] == self._prefix and f"{PICTURES}/{path.name}" not in names:
                path.unlink()


def thumbnail_of(out: Path, name: str) -> bytes:
    """Return a small JPEG of a picture in the folder of results."""
    path = out / name
    return _thumbnail(path, path.stat().st_mtime_ns)


@lru_cache(2000)  # a live run writes its page again and again
def _thumbnail(path: Path, _changed: int) -> bytes:
    return thumbnail(read_photo_file(path, LOOK_SIDE).pixels, 480)

"""One connection to a camera: `stream_reader` in a process of its own, which can be ended whatever FFmpeg does."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from fractions import Fraction
from typing import IO, Any, Self

import numpy as np
from av import VideoFrame

from vision.footage import stream_reader
from vision.footage.stream_reader import Order, Report

__all__ = ["Connection", "picture_of"]


class Connection:
    """A reader's process, from its start to the end of the `with` block, which ends it at once."""

    def __init__(self, order: Order) -> None:
        self._process = process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-P", stream_reader.__file__],  # as a file: as a module it would import all of `vision`
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for us alone
        )
        assert process.stdin and process.stdout  # noqa: S101, PT018 - both are pipes
        self._orders, self._answers = process.stdin, process.stdout
        self._tell(json.dumps(asdict(order)))  # not on the command line, where everybody could read the password

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        with self._process:  # closes the pipes and waits
            pass

    def reports(self) -> Iterator[tuple[Report, bytes]]:
        """Yield what happens and the bytes of pictures; the last report, and only that, says why it is the last."""
        for report, pixels in _reports(self._answers):
            yield report, pixels
            if report.ended:
                return
        yield Report(ended=f"its reader ended with code {self._process.wait()}"), b""

    def set_interval(self, seconds: float) -> None:
        """Ask for a picture so often."""
        self._tell(str(seconds))

    def terminate(self) -> None:
        """Close the connection in order, as soon as FFmpeg comes back from its waiting."""
        self._process.terminate()

    def kill(self) -> None:
        """End it now."""
        self._process.kill()

    def _tell(self, line: str) -> None:
        with suppress(BrokenPipeError):  # it has ended: its reports say so
            os.write(self._orders.fileno(), line.encode() + b"\n")


def picture_of(about: dict[str, Any], pixels: bytes) -> tuple[VideoFrame, Fraction | None]:
    """Return a report's picture as it was decoded, and its pixels' width over their height, if that is known."""
    picture = VideoFrame.from_ndarray(np.frombuffer(pixels, np.uint8).reshape(about["shape"]), about["format"])
    picture.colorspace, picture.color_range = about["colours"]
    return picture, Fraction(*about["aspect"]) if about["aspect"] else None


def _reports(source: IO[bytes]) -> Iterator[tuple[Report, bytes]]:
    while (line := source.readline()).endswith(b"\n"):
        report = Report(**json.loads(line))
        size = int(np.prod(report.picture["shape"])) if report.picture else 0
        pixels = source.read(size)
        if len(pixels) < size:  # it ended while it was writing
            return
        yield report, pixels

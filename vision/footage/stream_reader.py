"""One connection to a camera, as a program: FFmpeg can't be stopped while it waits, but its process can be.

It takes an `Order` as a line of JSON from standard input, then a line for each change of the interval. It answers on
standard output with lines of JSON, each a `Report`, and the bytes of the report's picture, if it has one. It imports
nothing of ours, which would cost each camera the memory of the detector's libraries.
"""

import io
import json
import math
import os
import signal
import sys
import threading
import time
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import IO, Any

import av
import numpy as np
from av import Packet, VideoFrame
from av.container import InputContainer
from av.error import FFmpegError
from av.video.reformatter import Interpolation
from av.video.stream import VideoStream

__all__ = ["Order", "Report"]

AS_DECODED = ("yuv420p", "yuvj420p")  # what cameras send; half the bytes of RGB
SMALL, COMPARE_SECONDS = (160, 90), 0.25  # pixels that are compared, and how often, to see whether anything changes
REPORT_SECONDS = 1.0  # between reports without a picture


@dataclass(frozen=True)
class Order:
    """What to connect to, and what is wanted; the fields are those of `StreamSettings`, the interval is in seconds."""

    url: str
    transport: str
    open_timeout: float
    read_timeout: float
    frozen_after: float
    interval: float


@dataclass
class Report:
    """What happened since the last report.

    Attributes:
        decoded, damaged: Pictures, and packets or pictures that couldn't be decoded.
        picture: How to read the bytes that follow: their shape, format, colours and aspect.
        ended: Why this is the last report: the end of a sentence.
        frozen: Whether it is because no new picture came.
    """

    decoded: int = 0
    damaged: int = 0
    picture: dict[str, Any] | None = None
    ended: str = ""
    frozen: bool = False


class _Reader:
    def __init__(self, order: Order, out: IO[bytes]) -> None:
        self._order, self._out, self._interval = order, out, order.interval
        self._report, self._reported, self._taken = Report(), 0.0, -math.inf
        self._small, self._compared, self._changed = b"", 0.0, 0.0

    def run(self) -> None:
        """Report until the connection ends."""
        order, began = self._order, time.monotonic()
        # fpsprobesize: without it, FFmpeg watches a camera for 5 s to learn its rate before it hands out anything.
        options = {"fpsprobesize": "0"} | ({"rtsp_transport": order.transport} if order.url.startswith("rtsp") else {})
        try:
            container = av.open(order.url, timeout=(order.open_timeout, order.read_timeout), options=options)
        except FFmpegError as error:
            self._report.ended = _reason(error, time.monotonic() - began, order.open_timeout)
        else:
            with container:
                self._report.ended = self._read(container)
        self._send()

    def listen(self, lines: IO[bytes]) -> None:
        """Take new intervals; end the process when whoever started it is gone."""
        for line in lines:
            self._interval = float(line)
        os._exit(0)

    def _read(self, container: InputContainer) -> str:
        order, video = self._order, container.streams.best("video")
        if not isinstance(video, VideoStream):
            return "there is no video in it"
        aspect = video.sample_aspect_ratio
        self._changed = now = time.monotonic()
        try:
            for packet in container.demux():
                now = time.monotonic()
                for picture in self._decoded(video, packet) if packet.stream is video else ():
                    self._look(picture, aspect, now)
                if order.frozen_after and now - self._changed > order.frozen_after:
                    self._report.frozen = True
                    return f"no new picture came for {order.frozen_after:g} s"
                if now - self._reported >= REPORT_SECONDS:
                    self._send()
        except FFmpegError as error:
            return _reason(error, time.monotonic() - now, order.read_timeout)
        return "it ended"

    def _decoded(self, video: VideoStream, packet: "Packet[Any]") -> list[VideoFrame]:
        try:
            pictures = video.decode(packet)
        except FFmpegError:
            self._report.damaged += 1
            return []
        whole = [picture for picture in pictures if not picture.is_corrupt]
        self._report.damaged += len(pictures) - len(whole)
        self._report.decoded += len(whole)
        return whole

    def _look(self, picture: VideoFrame, aspect: Fraction | None, now: float) -> None:
        if now - self._compared >= COMPARE_SECONDS:
            self._compared = now
            small = picture.reformat(*SMALL, "gray", interpolation=Interpolation.AREA).to_ndarray().tobytes()
            if small != self._small:
                self._small, self._changed = small, now
        if now >= self._taken + self._interval:
            is_late = now >= self._taken + 2 * self._interval
            self._taken = now if is_late else self._taken + self._interval  # on average as often as was asked for
            self._report.picture, pixels = _packed(picture, aspect)
            self._send(pixels)

    def _send(self, pixels: bytes = b"") -> None:
        self._out.write(json.dumps(asdict(self._report)).encode() + b"\n")
        self._out.write(pixels)
        self._out.flush()
        self._report, self._reported = Report(), time.monotonic()


def _packed(picture: VideoFrame, aspect: Fraction | None) -> tuple[dict[str, Any], bytes]:
    turns = round(picture.rotation / 90) % 4  # to the left; it is done here, as it can't be written into the copy
    if turns or picture.format.name not in AS_DECODED or picture.width % 2 or picture.height % 2:
        picture = picture.reformat(format="rgb24")
        aspect = 1 / aspect if aspect and turns % 2 else aspect
    pixels = np.rot90(picture.to_ndarray(), turns)
    about = {
        "shape": pixels.shape,
        "format": picture.format.name,
        "colours": (picture.colorspace, picture.color_range),
        "aspect": aspect.as_integer_ratio() if aspect else None,
    }
    return about, pixels.tobytes()


def _reason(error: FFmpegError, seconds: float, limit: float) -> str:
    # The error's own text has the address, and with it the password.
    return f"nothing came for {limit:g} s" if seconds >= limit else f"FFmpeg says: {error.strerror}"


def _main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # the connection is closed in order, if FFmpeg comes back
    av.logging.set_level(None)
    lines = io.FileIO(0, closefd=False)  # without a buffer, whose lock a waiting thread would hold at the end
    reader = _Reader(Order(**json.loads(lines.readline())), sys.stdout.buffer)
    threading.Thread(target=reader.listen, args=(lines,), daemon=True).start()
    reader.run()


if __name__ == "__main__":
    _main()

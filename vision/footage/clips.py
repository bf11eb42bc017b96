"""A short clip of each event: cut out of the recording as it is, or made of small frames."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer, OutputContainer

from vision.files import replacing
from vision.images import NDArrayImage

__all__ = ["CLIPS", "cut", "encode"]

CLIPS = "clips"
RATE = 90_000  # units a second that times are counted in
PLAYED = "h264"  # what every browser plays


def cut(recording: Path, start: float, end: float, path: Path) -> bool:
    """Copy a stretch of a recording without decoding it, from the key frame before `start` on.

    Args:
        recording: The video.
        start, end: Seconds since its first picture.
        path: The clip, an MP4.

    Returns:
        Whether there is a clip; not if browsers don't play the recording's coding, or the recording is damaged there.
    """
    try:
        with av.open(str(recording)) as source, replacing(path) as unfinished:
            stream = source.streams.video[0]
            if stream.codec_context.name != PLAYED or stream.time_base is None:
                return False
            with av.open(str(unfinished), "w", format="mp4", options={"movflags": "faststart"}) as clip:
                _copy(source, clip, start, end)
    except (av.error.FFmpegError, OSError):
        return False
    return True


def _copy(source: InputContainer, clip: OutputContainer, start: float, end: float) -> None:
    stream = source.streams.video[0]
    unit = stream.time_base or Fraction(1, RATE)
    first = stream.start_time or 0
    source.seek(first + int(start / unit), stream=stream)
    copied = clip.add_stream_from_template(stream)
    offset: int | None = None
    for packet in source.demux(stream):
        if packet.dts is None or packet.pts is None:
            continue
        if packet.is_keyframe and offset is None:
            offset = packet.dts
        if offset is None:
            continue
        if float((packet.pts - first) * unit) > end:
            break
        packet.dts -= offset
        packet.pts -= offset
        packet.stream = copied
        clip.mux(packet)
    if offset is None:
        raise av.error.InvalidDataError(0, "no key frame")


def encode(frames: Iterable[tuple[float, NDArrayImage]], path: Path) -> None:
    """Make an MP4 of small frames.

    Args:
        frames: Seconds, and (h, w, 3) uint8 RGB, all of one size, in order of time.
        path: The clip.
    """
    with replacing(path) as unfinished, av.open(str(unfinished), "w", format="mp4") as clip:
        stream, first = None, 0.0
        for seconds, pixels in frames:
            height, width = (side // 2 * 2 for side in pixels.shape[:2])
            if stream is None:
                first = seconds
                stream = clip.add_stream("libx264", options={"preset": "veryfast", "crf": "26"})
                stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
                stream.codec_context.time_base = Fraction(1, RATE)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels[:height, :width]), "rgb24")
            frame.pts, frame.time_base = round((seconds - first) * RATE), Fraction(1, RATE)
            clip.mux(stream.encode(frame))
        if stream is not None:
            clip.mux(stream.encode())

"""Write a video as phones and dash cameras do: H.264 in MP4, with the time on its clock."""

import datetime as dt
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

from vision.errors import MissingExtraError
from vision.files import replacing
from vision.images import NDArrayImage

__all__ = ["write_video"]

BITS = 0.16  # for a pixel: 10 Mbit/s at 1920x1080 and 30 frames a second
THREADS = 2  # their number changes the bytes


def write_video(
    path: Path, frames: Iterable[NDArrayImage], size: tuple[int, int], fps: int, started: dt.datetime
) -> None:
    """Encode frames, (h, w, 3) RGB of even `size`; an existing file is replaced only by a complete one.

    Raises:
        MissingExtraError: The extra `footage` isn't installed.
    """
    try:
        import av
    except ImportError as error:
        raise MissingExtraError("av", "footage") from error
    with replacing(path) as unfinished, av.open(unfinished, "w", format="mp4") as container:
        container.metadata["creation_time"] = started.isoformat()
        stream = container.add_stream("libx264", rate=fps, options={"preset": "veryfast", "bf": "0"})
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = round(BITS * size[0] * size[1] * fps)
        stream.gop_size = fps
        stream.thread_count = THREADS
        for number, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(pixels, "rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())

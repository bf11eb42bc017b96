"""Video files, read by groups of pictures: what lies between two key frames can be decoded by itself, or left alone."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from vision.errors import UserError
from vision.footage.frames import Frame, frame_of
from vision.inference.machine import cores

__all__ = ["Group", "Video"]

if TYPE_CHECKING:
    VideoPacket = Packet[VideoStream]

LONGEST = 10.0  # seconds of a group that are held in memory; longer ones are read in parts

logging.getLogger("libav").setLevel(logging.CRITICAL)  # damage is counted, not printed


@dataclass(frozen=True, eq=False)
class Group:
    """A group of pictures, or a part of a very long one.

    Attributes:
        start, end: Seconds since the video's first picture; the end is the next group's start.
        packets: What is decoded, in that order; the first one is a key frame, unless the group `continues` the one
            before.
        continues: Whether the decoder has to have seen the group before.
        goes_on: Whether the next group continues this one.
    """

    start: float
    end: float
    packets: list[Any]
    continues: bool = False
    goes_on: bool = False


class Video:
    """A video file, open for reading.

    Attributes:
        started: When it was taken, as its container states it; None if it doesn't.
        duration: Seconds, as its container states it; 0 if it doesn't.
        damaged: Packets that couldn't be decoded so far.
        note: Why reading ended early, if it did.

    Raises:
        UserError: It can't be opened, or holds no video.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._container: InputContainer = av.open(str(path), metadata_errors="replace")
        except (av.error.FFmpegError, OSError) as error:
            raise UserError(f"{path}: expected a video, but it can't be read ({error.strerror})") from error
        if not self._container.streams.video:
            self._container.close()
            raise UserError(f"{path}: expected a video, but there are no pictures in it")
        self._stream = self._container.streams.video[0]
        self._decoder = self._stream.codec_context
        # Key frames alone can only be shared out among the cores slice by slice.
        self._decoder.thread_type, self._decoder.thread_count = "SLICE", cores()
        self._unit = self._stream.time_base or Fraction(1, av.time_base)  # the decoder's last pictures come without
        self._first: float | None = None
        self._half = 0.5 / float(self._stream.average_rate or 25)  # a picture's time, half of it
        self._aspect: Fraction | None = self._stream.sample_aspect_ratio or None
        self.duration = (self._container.duration or 0) / av.time_base
        self.started = _time_of(self._container.metadata.get("creation_time", ""))
        self.damaged, self.note = 0, ""

    def twin(self) -> Video:
        """Return another decoder of the same file, on one core, for groups that this one has read already."""
        twin = Video(self._path)
        twin._decoder.thread_count = 1
        twin._first, twin.started = self._first, self.started
        return twin

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._container.close()

    def groups(self, start: float = 0.0) -> Iterator[Group]:
        """Yield the groups in order, from the one that shows `start` to the end or to where the file breaks off."""
        if start:
            self._seek(start)
        packets: list[VideoPacket] = []
        continues = False
        for packet in self._packets():
            now = self._seconds_of(packet)
            if packets and (packet.is_keyframe or now - start > LONGEST):
                goes_on = not packet.is_keyframe
                yield Group(start, now, packets, continues, goes_on)
                packets, start, continues = [], now, goes_on
            elif not packets:
                if not packet.is_keyframe:  # begins in the middle of a group
                    self.damaged += 1
                    continue
                start = now
            packets.append(packet)
        if packets:
            end = max(map(self._seconds_of, packets)) + 2 * self._half
            yield Group(start, end, packets, continues)

    def frames(self, group: Group, interval: float) -> list[Frame]:
        """Decode the pictures of a group that are `interval` seconds apart, its first one among them."""
        if not group.continues:
            self._decoder.flush_buffers()
        due, last = group.start, self._last_of_interest(group, interval)
        packets: list[VideoPacket | None] = [p for p in group.packets if group.goes_on or self._seconds_of(p) <= last]
        if not group.goes_on:
            packets.append(None)  # makes the decoder give what it still holds
        taken = []
        for picture in self._pictures(packets):
            seconds = self._since_first(picture)
            if due - self._half <= seconds <= last:
                taken.append(frame_of(picture, seconds, self.time_at(seconds), self._aspect))
                due += interval * max(1, round((seconds - due) / interval))
        return taken

    def time_at(self, seconds: float) -> dt.datetime | None:
        """Return the clock's time so many seconds after the first picture."""
        return None if self.started is None else self.started + dt.timedelta(seconds=seconds)

    def _seek(self, seconds: float) -> None:
        if self._first is None:
            self._first = float((self._stream.start_time or 0) * self._unit)
        self._container.seek(int((seconds + self._first) / self._unit), stream=self._stream)

    def _last_of_interest(self, group: Group, interval: float) -> float:
        """Return the time of the last picture that is wanted, at least half an interval before the next group."""
        length = group.end - group.start
        last = group.start + max(0, int((length - 0.5 * interval) / interval + 1e-6)) * interval
        times = sorted(map(self._seconds_of, group.packets))
        return next((time for time in times if time >= last - self._half), times[-1])

    def _packets(self) -> Iterator[VideoPacket]:
        try:
            for packet in self._container.demux(self._stream):
                if packet.size and packet.dts is not None:
                    yield packet
        except (av.error.FFmpegError, OSError) as error:
            self.note = f"breaks off: {error.strerror}"

    def _pictures(self, packets: list[VideoPacket | None]) -> Iterator[VideoFrame]:
        for packet in packets:
            try:
                yield from self._decoder.decode(packet)
            except av.error.InvalidDataError:
                self.damaged += 1
            except av.error.EOFError:
                return

    def _seconds_of(self, packet: VideoPacket) -> float:
        stamp = packet.dts if packet.pts is None else packet.pts
        seconds = float((stamp or 0) * self._unit)
        if self._first is None:
            self._first = seconds
        return seconds - self._first

    def _since_first(self, picture: VideoFrame) -> float:
        stamp = picture.dts if picture.pts is None else picture.pts
        return max(0.0, float((stamp or 0) * self._unit) - (self._first or 0.0))


def _time_of(text: str) -> dt.datetime | None:
    try:
        time = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.year > 1980 else None  # cameras without a clock begin in 1904 or 1970

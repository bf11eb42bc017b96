"""A folder of photos with times, such as a time-lapse camera or a phone on a handlebar leaves behind."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Self

from vision.errors import PhotoError, UserError
from vision.footage.frames import LOOK_SIDE, Frame
from vision.footage.videos import Group
from vision.images import read_photo_file
from vision.inference.sources import is_photo

__all__ = ["Folder"]

IN_NAME = re.compile(
    r"(?<!\d)(20\d\d)[-_.]?(\d\d)[-_.]?(\d\d)[-_T. ]?(\d\d)[-_.h:]?(\d\d)[-_.m:]?(\d\d)(?:[-_.,](\d{1,6}))?(?!\d)"
)


class Folder:
    """Photos in order of time, each a group of its own.

    A photo's time is the one in its name, such as `cam1_20260601_140500.jpg`, else what the camera wrote into it.

    Attributes:
        started: Time of the first photo.
        duration: Seconds from the first to the last one.
        damaged: Photos that couldn't be read so far.
        note: Empty.

    Raises:
        UserError: There are no photos, or one has no time.
    """

    note = ""

    def __init__(self, path: Path) -> None:
        photos = [photo for photo in sorted(path.iterdir()) if is_photo(photo.name)]
        if not photos:
            raise UserError(f"{path}: expected photos with times in their names, but there are none in this folder")
        timed = sorted((_time_of(photo), photo) for photo in photos)
        self.started = timed[0][0]
        self._photos = [((time - self.started).total_seconds(), photo) for time, photo in timed]
        self.duration = self._photos[-1][0]
        self.damaged = 0

    def twin(self) -> Folder:
        """Return itself: photos are read one by one."""
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is open."""

    def time_at(self, seconds: float) -> dt.datetime:
        """Return the time so many seconds after the first photo."""
        return self.started + dt.timedelta(seconds=seconds)

    def groups(self, start: float = 0.0) -> Iterator[Group]:
        """Yield the photos, from `start` on."""
        for (seconds, path), (following, _) in pairwise([*self._photos, (self.duration + 1, None)]):
            if following > start:
                yield Group(seconds, following, [path])

    def frames(self, group: Group, interval: float) -> list[Frame]:  # noqa: ARG002
        """Read the photo; an empty list if that is impossible."""
        path = group.packets[0]
        try:
            photo = read_photo_file(path, LOOK_SIDE)
        except PhotoError:
            self.damaged += 1
            return []
        time = self.time_at(group.start)
        return [Frame(group.start, time, photo.pixels, photo.width, photo.height, lambda: read_photo_file(path).pixels)]


def _time_of(path: Path) -> dt.datetime:
    if found := IN_NAME.search(path.stem):
        *whole, fraction = found.groups()
        try:
            time = dt.datetime(*map(int, whole))  # type: ignore[arg-type]
        except ValueError:
            pass
        else:
            return time + dt.timedelta(seconds=float(f"0.{fraction}") if fraction else 0)
    try:
        captured = read_photo_file(path, 1).captured
    except PhotoError as error:
        raise UserError(f"{error}; its name says no time either, so remove it from the folder") from error
    if captured is None:
        raise UserError(
            f"{path}: expected a time, as in cam1_20260601_140500.jpg or in the photo's EXIF data, but there is none; "
            "rename the photo"
        )
    return captured.replace(tzinfo=None)

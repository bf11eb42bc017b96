"""Where a moving camera was: the file beside a recording, laid against its clock.

Times without a zone count as UTC, in the file as in the recording. Places keep their datum: nothing is converted.
"""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from gpxpy.geo import haversine_distance

from vision.errors import UserError
from vision.footage.place_files import READERS, WGS_84, Reading, in_utc
from vision.footage.result import Fix
from vision.inference.results import GpsPoint

__all__ = ["Way", "distance", "find_way", "load_way"]

NDArrayNumbers = npt.NDArray[np.float64]  # (n,)

BEYOND = 10.0  # seconds before the first point and after the last one for which they still hold
LONGEST_GAP = 30.0  # seconds between two points that are bridged
MOST_FIXES = 500
DIGITS = 7  # of degrees: a centimetre


@dataclass(frozen=True, eq=False)
class Way:
    """A camera's places in order of time.

    Attributes:
        seconds: (n,) since the recording's first picture, increasing; before it they are negative. n is at least 1.
        latitude, longitude: (n,) degrees of the datum.
        datum: As the file states it.
        assumed_start: Whether the first point counts as the recording's start, as it isn't known.
    """

    seconds: NDArrayNumbers
    latitude: NDArrayNumbers
    longitude: NDArrayNumbers
    datum: str = WGS_84
    assumed_start: bool = False

    def at(self, seconds: float) -> GpsPoint | None:
        """Return the place at a time, on the line between two points; None where it isn't known."""
        held = min(max(seconds, self.seconds[0]), self.seconds[-1])
        if abs(held - seconds) > BEYOND:
            return None
        i = int(np.searchsorted(self.seconds, held))
        if self.seconds[i] == held:
            return self._point(self.latitude[i], self.longitude[i])
        before, after = self.seconds[i - 1], self.seconds[i]
        if after - before > LONGEST_GAP:
            return None
        share = (held - before) / (after - before)
        east = (self.longitude[i] - self.longitude[i - 1] + 180) % 360 - 180  # the shorter way round
        return self._point(
            self.latitude[i - 1] + share * (self.latitude[i] - self.latitude[i - 1]),
            (self.longitude[i - 1] + share * east + 180) % 360 - 180,
        )

    def fixes(self, start: float = 0.0, end: float = math.inf) -> tuple[Fix, ...]:
        """Return the points between two times, not before the first picture, evenly thinned if there are very many."""
        within = np.flatnonzero((self.seconds >= max(start, 0.0)) & (self.seconds <= end))
        if len(within) > MOST_FIXES:
            within = within[np.linspace(0, len(within) - 1, MOST_FIXES).round().astype(int)]
        return tuple(
            Fix(seconds=round(float(self.seconds[i]), 3), **dict(self._point(self.latitude[i], self.longitude[i])))
            for i in within
        )

    def _point(self, latitude: float, longitude: float) -> GpsPoint:
        return GpsPoint(
            latitude=round(float(latitude), DIGITS), longitude=round(float(longitude), DIGITS), datum=self.datum
        )


def distance(one: GpsPoint, other: GpsPoint) -> float:
    """Return the metres between two places of one datum."""
    return haversine_distance(one.latitude, one.longitude, other.latitude, other.longitude)


def find_way(recording: Path) -> Path | None:
    """Return the file of the recording's name that ends in .gpx, .csv or .srt, in lower or upper case."""
    beside = [recording.parent / (recording.stem + end) for suffix in READERS for end in (suffix, suffix.upper())]
    return next((path for path in beside if path.is_file()), None)


def load_way(path: Path, started: dt.datetime | None) -> Way:
    """Read a way.

    Args:
        path: GPX (tracks and routes), CSV (columns latitude, longitude, time or seconds, and datum if it isn't WGS-84),
            or SRT subtitles.
        started: Time of the recording's first picture; if it isn't known, the first point's time counts as that.

    Raises:
        UserError: It can't be read, has no points, or one without a time or with an impossible place.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise UserError(f"{path}: expected a file ending in {', '.join(READERS)} that says where the camera was")
    # Receivers write 0/0 as long as they don't know.
    readings = [reading for reading in reader(path) if (reading.latitude, reading.longitude) != (0, 0)]
    if not readings:
        raise UserError(f"{path}: expected places and times, but there are none in it")
    _check(readings)
    times = [reading.time for reading in readings if isinstance(reading.time, dt.datetime)]
    start = min(times, default=dt.datetime.min) if started is None else in_utc(started)
    since = [r.time if isinstance(r.time, float) else (r.time - start).total_seconds() for r in readings]
    seconds, order = np.unique(since, return_index=True)  # in order of time, the first one of each
    places = np.array([(reading.latitude, reading.longitude) for reading in readings], np.float64)[order]
    return Way(seconds, places[:, 0], places[:, 1], readings[0].datum, started is None and bool(times))


def _check(readings: Sequence[Reading]) -> None:
    for reading in readings:
        if not (abs(reading.latitude) <= 90 and abs(reading.longitude) <= 180):
            raise UserError(
                f"{reading.where}: expected a latitude within 90 degrees and a longitude within 180, "
                f"got {reading.latitude:g} and {reading.longitude:g}"
            )
        if isinstance(reading.time, float) and not math.isfinite(reading.time):
            raise UserError(f"{reading.where}: expected seconds, got {reading.time}")
        if reading.datum != readings[0].datum:
            raise UserError(
                f"{reading.where}: expected one datum in the whole file, got {reading.datum} after {readings[0].datum}"
            )

"""Read when a receiver was where: GPX tracks, CSV tables, and the subtitles that drones and dash cams write."""

import csv
import datetime as dt
import io
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import av
import gpxpy
from gpxpy.gpx import GPXException

from vision.errors import UserError

__all__ = ["READERS", "WGS_84", "Reading", "in_utc"]

WGS_84 = "WGS-84"
COLUMNS = {
    "seconds": ("seconds", "second", "秒", "秒数"),
    "time": ("time", "timestamp", "datetime", "时间"),
    "latitude": ("latitude", "lat", "纬度"),
    "longitude": ("longitude", "lon", "lng", "long", "经度"),
    "datum": ("datum", "坐标系"),
}
NUMBER = r"([-+]?\d+(?:\.\d+)?)"
LATITUDE = re.compile(rf"\blatitude\s*:\s*{NUMBER}", re.IGNORECASE)
LONGITUDE = re.compile(rf"\blongt?itude\s*:\s*{NUMBER}", re.IGNORECASE)  # older drones write "longtitude"
LONGITUDE_LATITUDE = re.compile(rf"\bGPS\s*\(\s*{NUMBER}\s*,\s*{NUMBER}", re.IGNORECASE)


class Reading(NamedTuple):
    """What a receiver noted down.

    Attributes:
        time: In UTC, or seconds since the recording's first picture.
        latitude, longitude: Degrees, unchecked.
        where: File and line or the like, for messages.
        datum: As the file states it.
    """

    time: dt.datetime | float
    latitude: float
    longitude: float
    where: str
    datum: str = WGS_84


def in_utc(time: dt.datetime) -> dt.datetime:
    """Return a time in UTC; one without a zone counts as UTC."""
    return time.replace(tzinfo=dt.UTC) if time.tzinfo is None else time.astimezone(dt.UTC)


def _read_gpx(path: Path) -> list[Reading]:
    """Read the points of all tracks and routes."""
    try:
        gpx = gpxpy.parse(_text(path))
    except GPXException as error:
        raise UserError(f"{path}: expected a GPX track, but it can't be read ({error})") from error
    points = [*gpx.walk(only_points=True), *(point for route in gpx.routes for point in route.points)]
    readings = []
    for number, point in enumerate(points, 1):
        if point.time is None:
            raise UserError(
                f"{path}: point {number} of {len(points)} has no time, or none that can be read; "
                "record the track with times"
            )
        readings.append(Reading(in_utc(point.time), point.latitude, point.longitude, f"{path}, point {number}"))
    return readings


def _read_csv(path: Path) -> list[Reading]:
    """Read a table with a header; a column of seconds goes before one of times."""
    rows = csv.DictReader(io.StringIO(_text(path), newline=""), restval="")
    try:
        columns = _columns(rows.fieldnames or [], path)
        return [_row(row, columns, f"{path}, line {rows.line_num}") for row in rows]
    except csv.Error as error:
        where = f"{path}, line {rows.line_num + 1}"
        raise UserError(f"{where}: expected a CSV table, but it can't be read ({error})") from error


def _columns(header: Sequence[str], path: Path) -> dict[str, str]:
    """Return the header's own name of each column that is known."""
    known = {name.strip().casefold(): name for name in header}
    columns = {}
    for column, aliases in COLUMNS.items():
        if alias := next((alias for alias in aliases if alias in known), None):
            columns[column] = known[alias]
    if not {"latitude", "longitude"} <= columns.keys() or not {"seconds", "time"} & columns.keys():
        raise UserError(
            f"{path}, line 1: expected columns latitude, longitude and time (or seconds since the recording's start), "
            f"got {', '.join(header) or 'nothing'}"
        )
    return columns


def _row(row: Mapping[str, str], columns: Mapping[str, str], where: str) -> Reading:
    given = {column: row[name].strip() for column, name in columns.items()}
    time = _number(given, "seconds", where) if "seconds" in given else _time(given["time"], where)
    latitude, longitude = _number(given, "latitude", where), _number(given, "longitude", where)
    return Reading(time, latitude, longitude, where, given.get("datum") or WGS_84)


def _number(given: Mapping[str, str], column: str, where: str) -> float:
    try:
        return float(given[column])
    except ValueError as error:
        raise UserError(f"{where}: expected a number as {column}, got {given[column]!r}") from error


def _time(text: str, where: str) -> dt.datetime:
    try:
        return in_utc(dt.datetime.fromisoformat(text))
    except (ValueError, OverflowError) as error:
        raise UserError(
            f"{where}: expected a time such as 2026-06-01T08:00:00+08:00 (without a zone it counts as UTC), "
            f"got {text!r}; seconds since the recording's start belong in a column called seconds"
        ) from error


def _read_srt(path: Path) -> list[Reading]:
    """Read subtitles; those that say nothing of a place are left out."""
    readings = []
    try:
        with av.open(str(path), format="srt") as file:
            for packet in file.demux(file.streams.subtitles[0]):
                place = _place_in(bytes(packet).decode("utf-8", "replace"))
                if place is not None and packet.pts is not None and packet.time_base is not None:
                    seconds = float(packet.pts * packet.time_base)
                    readings.append(Reading(seconds, *place, f"{path}, subtitle at {seconds:.1f} s"))
    except (av.error.FFmpegError, OSError) as error:
        raise UserError(f"{path}: expected subtitles, but they can't be read ({error.strerror})") from error
    return readings


def _place_in(text: str) -> tuple[float, float] | None:
    """Return latitude and longitude that a subtitle states."""
    if pair := LONGITUDE_LATITUDE.search(text):
        return float(pair[2]), float(pair[1])
    latitude, longitude = LATITUDE.search(text), LONGITUDE.search(text)
    return (float(latitude[1]), float(longitude[1])) if latitude and longitude else None


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(
            f"{path}: expected a file that says where the camera was, but it can't be read ({error.strerror})"
        ) from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UserError(f"{path}, line {line}: expected text in UTF-8, which this isn't; save it as UTF-8") from error


READERS: dict[str, Callable[[Path], list[Reading]]] = {".gpx": _read_gpx, ".csv": _read_csv, ".srt": _read_srt}

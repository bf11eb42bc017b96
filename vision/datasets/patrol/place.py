"""Where a patrol was: a made-up street, and the way along it as GPX."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np

from vision.datasets.patrol.camera import NDArrayFloats, Way
from vision.errors import MissingExtraError
from vision.files import replacing

__all__ = ["write_gpx"]

TOWN = (30.8703, 120.4358)  # latitude and longitude, WGS-84
METRES = 5.0  # of the street for a strip height
BLOCK = (40.0, 90.0)  # metres from one bend to the next
DEGREE = 111_320.0  # metres of latitude


def write_gpx(path: Path, rng: np.random.Generator, way: Way, fps: float, height: float, start: dt.datetime) -> None:
    """Write a track with a point for each second; a place of the strip is one place of the street.

    Args:
        path: The file.
        rng: Chooses the street.
        way: The camera's.
        fps: Frames a second.
        height: Of the strip in pixels.
        start: Time of the first frame.

    Raises:
        MissingExtraError: The extra `footage` isn't installed.
    """
    try:
        from gpxpy.gpx import GPX, GPXTrack, GPXTrackPoint, GPXTrackSegment
    except ImportError as error:
        raise MissingExtraError("gpxpy", "footage") from error
    along = way.centres[:: round(fps), 0] / height * METRES
    segment = GPXTrackSegment()
    for second, (north, east) in enumerate(_street(rng, along)):
        latitude = TOWN[0] + north / DEGREE
        longitude = TOWN[1] + east / DEGREE / np.cos(np.radians(TOWN[0]))
        time = start + dt.timedelta(seconds=second * round(fps) / fps)
        segment.points.append(GPXTrackPoint(round(latitude, 7), round(longitude, 7), time=time))
    gpx, track = GPX(), GPXTrack(name=path.stem)
    gpx.creator = "cleanlane"
    gpx.tracks.append(track)
    track.segments.append(segment)
    with replacing(path) as unfinished:
        unfinished.write_text(gpx.to_xml() + "\n", encoding="utf-8")


def _street(rng: np.random.Generator, along: NDArrayFloats) -> NDArrayFloats:
    """Turn metres along a street (n,) into metres to the north and east (n, 2)."""
    bends, points = [0.0], [np.zeros(2)]
    heading = rng.uniform(0, 2 * np.pi)
    while bends[-1] < along.max():
        block = rng.uniform(*BLOCK)
        bends.append(bends[-1] + block)
        points.append(points[-1] + block * np.array([np.cos(heading), np.sin(heading)]))
        heading += rng.choice([-1, 1]) * rng.uniform(0.2, 1.6)
    corners = np.array(points)
    return np.stack([np.interp(along, bends, corners[:, 0]), np.interp(along, bends, corners[:, 1])], 1)

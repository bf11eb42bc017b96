"""What coordinates refer to: WGS-84, China's CGCS2000, and GCJ-02, the shifted one of web maps in China.

CGCS2000 is ITRF97 at epoch 2000.0 on an ellipsoid that differs from WGS-84's by 0.1 mm (GB 22021-2008; Yang Yuanxi,
"Chinese geodetic coordinate system 2000", Chinese Science Bulletin 54, 2009). What is left is the drift of the plates
since then, some decimetres by now: far below a phone's error, so both count as one.

GCJ-02 isn't published. The approximation used everywhere came up in 2010 and 2013 (a class of the project on4wp7, then
EvilTransform): an offset in metres, polynomials and sines of the place, on the ellipsoid of Krasovsky 1940. No kept
package has it: those on PyPI (eviltransform, pygcj, changecoordinate) are years without a release.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

__all__ = ["Datum", "NDArrayDegrees", "Point", "datum_of", "distance", "from_wgs84", "point_of", "to_wgs84"]

NDArrayDegrees = npt.NDArray[np.float64]  # (n,)

# The rectangle in which web maps shift; outside of it GCJ-02 is WGS-84.
SOUTH, NORTH, WEST, EAST = 0.8293, 55.8271, 72.004, 137.8347
AXIS, ECCENTRICITY_SQUARED = 6378245.0, 0.00669342162296594323  # Krasovsky 1940
ROUNDS = 3  # the offset changes by a few metres per kilometre, so each round gains more than two digits
# Sine waves of the offset, along both axes, northward by latitude and eastward by longitude: amplitudes in one and a
# half metres, and half a length in degrees.
RIPPLE = np.array([(20, 1 / 6), (20, 1 / 2)])
NORTHWARD = np.array([(20, 1), (40, 3), (160, 12), (320, 30)])
EASTWARD = np.array([(20, 1), (40, 3), (150, 12), (300, 30)])
EARTH_RADIUS = 6371008.8  # metres, mean


class Datum(StrEnum):
    """What coordinates refer to."""

    WGS_84 = "WGS-84"
    CGCS2000 = "CGCS2000"
    GCJ_02 = "GCJ-02"


@dataclass(frozen=True)
class Point:
    """A place in degrees of WGS-84."""

    latitude: float
    longitude: float

    @property
    def arrays(self) -> tuple[NDArrayDegrees, NDArrayDegrees]:
        """Latitude and longitude, (1,) each, as the conversions take them."""
        return np.array([self.latitude]), np.array([self.longitude])


def datum_of(text: str) -> Datum | None:
    """Return the datum that a camera or a file names, however it spells it; WGS-84 if it names none.

    None for one that isn't known here (Tokyo's, Beijing 1954): its coordinates may be hundreds of metres off.
    """
    plain = "".join(letter for letter in text.upper() if letter.isalnum())
    return {"": Datum.WGS_84, **{d.replace("-", ""): d for d in Datum}, "WGS1984": Datum.WGS_84}.get(plain)


def point_of(latitude: float | None, longitude: float | None, datum: str) -> Point | None:
    """Return the place in WGS-84; None if there are no coordinates, or their datum isn't known."""
    known = datum_of(datum)
    if latitude is None or longitude is None or known is None:
        return None
    north, east = to_wgs84(np.array([latitude]), np.array([longitude]), known)
    return Point(float(north[0]), float(east[0]))


def to_wgs84(
    latitude: NDArrayDegrees, longitude: NDArrayDegrees, datum: Datum
) -> tuple[NDArrayDegrees, NDArrayDegrees]:
    """Convert (n,) latitudes and longitudes of a datum."""
    if datum is not Datum.GCJ_02:
        return latitude, longitude
    north, east = latitude, longitude
    for _ in range(ROUNDS):
        up, right = _offset(north, east)
        north, east = latitude - up, longitude - right
    shifted = _is_shifted(latitude, longitude) & _is_shifted(north, east)
    return np.where(shifted, north, latitude), np.where(shifted, east, longitude)


def from_wgs84(
    latitude: NDArrayDegrees, longitude: NDArrayDegrees, datum: Datum
) -> tuple[NDArrayDegrees, NDArrayDegrees]:
    """Convert (n,) latitudes and longitudes into a datum."""
    if datum is not Datum.GCJ_02:
        return latitude, longitude
    up, right = _offset(latitude, longitude)
    shifted = _is_shifted(latitude, longitude)
    return np.where(shifted, latitude + up, latitude), np.where(shifted, longitude + right, longitude)


def distance(first: Point, second: Point) -> float:
    """Return the metres between two places, by the haversine formula."""
    one, other = math.radians(first.latitude), math.radians(second.latitude)
    east = math.radians(second.longitude - first.longitude)
    half = math.sin((other - one) / 2) ** 2 + math.cos(one) * math.cos(other) * math.sin(east / 2) ** 2
    return 2 * EARTH_RADIUS * math.asin(min(1.0, math.sqrt(half)))


def _is_shifted(latitude: NDArrayDegrees, longitude: NDArrayDegrees) -> npt.NDArray[np.bool_]:
    return (latitude > SOUTH) & (latitude < NORTH) & (longitude > WEST) & (longitude < EAST)


def _offset(latitude: NDArrayDegrees, longitude: NDArrayDegrees) -> tuple[NDArrayDegrees, NDArrayDegrees]:
    """Return the degrees by which GCJ-02 lies north and east of WGS-84."""
    x, y = longitude - 105.0, latitude - 35.0
    ripple = _waves(x, RIPPLE)
    north = -100 + 2 * x + 3 * y + 0.2 * y**2 + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
    north += ripple + _waves(y, NORTHWARD)
    east = 300 + x + 2 * y + 0.1 * x**2 + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
    east += ripple + _waves(x, EASTWARD)
    radians = np.radians(latitude)
    flat = 1 - ECCENTRICITY_SQUARED * np.sin(radians) ** 2
    meridian = AXIS * (1 - ECCENTRICITY_SQUARED) / flat**1.5  # radius of curvature, metres
    parallel = AXIS / np.sqrt(flat) * np.cos(radians)
    return np.degrees(north / meridian), np.degrees(east / parallel)


def _waves(degrees: NDArrayDegrees, waves: npt.NDArray[np.float64]) -> NDArrayDegrees:
    """Add up sine waves (k, 2)."""
    total: NDArrayDegrees = np.sin(np.pi * degrees[:, None] / waves[:, 1]) @ (2 / 3 * waves[:, 0])
    return total

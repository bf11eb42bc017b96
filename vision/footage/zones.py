"""Which zone a thing lies in, and whether it counts there."""

import datetime as dt
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vision.categories import category_of
from vision.detections import Detections, NDArrayBoxes
from vision.errors import UserError
from vision.footage.configuration import DAYS, Camera, Hours, Polygon, Zone
from vision.footage.frames import Frame
from vision.footage.grouping import kind_of

__all__ = ["HINT", "Rules", "Watched"]

SCALE = 1000  # masks are drawn so many pixels wide and high
HINT = 0.7  # share of a threshold from which on something is followed, though by itself it isn't enough
MOSTLY = 0.5  # share of a box that must lie within a mask


@dataclass(frozen=True, eq=False)
class Watched:
    """What counts in one picture.

    Attributes:
        detections: Those that count, or might once more is known: scores from `HINT` times the threshold on.
        thresholds: (n,) float32, the lowest score of an event of each one's category in its zone.
        zones: Of each one, or None where it lies in none.
    """

    detections: Detections
    thresholds: npt.NDArray[np.float32]
    zones: list[Zone | None]


class Rules:
    """The rules of one camera.

    Args:
        camera: With its masks, zones and thresholds.
        thresholds: The model's own, by category.

    Raises:
        UserError: A category isn't the model's.
    """

    def __init__(self, camera: Camera, thresholds: dict[str, float]) -> None:
        self.camera = camera
        self.thresholds = {**thresholds, **camera.thresholds}
        named = {*camera.thresholds, *(name for zone in camera.zones for name in (*zone.categories, *zone.thresholds))}
        if unknown := sorted(named - set(thresholds)):
            raise UserError(
                f"camera {camera.name}: {unknown[0]!r} is not a category of the model; it knows {', '.join(thresholds)}"
            )
        self._include = _mask(camera.include) if camera.include else None
        self._exclude = _mask(camera.exclude) if camera.exclude else None
        self._zones = [(zone, _mask((zone.polygon,))) for zone in camera.zones]

    @property
    def least(self) -> dict[str, float]:
        """The lowest score of each category that is of any use anywhere in the picture."""
        least = dict(self.thresholds)
        for zone, _ in self._zones:
            for name, value in zone.thresholds.items():
                least[name] = min(least[name], value)
        return {name: value * HINT for name, value in least.items()}

    def problems(self, found: Detections) -> Detections:
        """Return those whose category is a problem."""
        return found[np.array([category_of(name).is_problem for _, _, name in found], bool)]

    def kinds(self, frame: Frame, found: Detections) -> frozenset[str]:
        """Return the kinds of problems that a frame shows for sure."""
        watched = self.apply(found, frame)
        sure = watched.detections[watched.detections.scores >= watched.thresholds]
        return frozenset(kind_of(name) or name for _, _, name in sure)

    def apply(self, found: Detections, frame: Frame) -> Watched:
        """Leave out what doesn't count on a frame."""
        kept, thresholds, zones = [], [], []
        for i, (box, score, name) in enumerate(found):
            corners = (box / np.array([frame.width, frame.height] * 2) * SCALE).astype(np.float32)
            if not self._in_sight(corners):
                continue
            zone = self._zone_of(corners)
            if zone is not None and not _is_watched(zone, frame.time):
                continue
            threshold = self.thresholds[name] if zone is None else zone.thresholds.get(name, self.thresholds[name])
            wanted = zone is None or not zone.categories or name in zone.categories
            if wanted and score >= threshold * HINT:
                kept.append(i)
                thresholds.append(threshold)
                zones.append(zone)
        return Watched(found[np.array(kept, np.int64)], np.array(thresholds, np.float32), zones)

    def _in_sight(self, corners: NDArrayBoxes) -> bool:
        if self._include is not None and _share(self._include, corners) < MOSTLY:
            return False
        return self._exclude is None or _share(self._exclude, corners) < MOSTLY

    def _zone_of(self, corners: NDArrayBoxes) -> Zone | None:
        return next((zone for zone, mask in self._zones if _share(mask, corners) >= MOSTLY), None)


def _mask(polygons: tuple[Polygon, ...]) -> npt.NDArray[np.uint8]:
    mask = np.zeros((SCALE, SCALE), np.uint8)
    for polygon in polygons:  # one by one: together, what two of them share would count as outside
        cv2.fillPoly(mask, [np.round(np.array(polygon) * (SCALE - 1)).astype(np.int32)], 1)
    return mask


def _share(mask: npt.NDArray[np.uint8], corners: NDArrayBoxes) -> float:
    x1, y1, x2, y2 = np.clip(np.round(corners), 0, SCALE).astype(int)
    part = mask[y1 : max(y2, y1 + 1), x1 : max(x2, x1 + 1)]
    return float(part.mean()) if part.size else 0.0


def _is_watched(zone: Zone, time: dt.datetime | None) -> bool:
    """Without a clock a schedule can't be kept to: the zone is watched all the time."""
    if not zone.schedule or time is None:
        return True
    local = time if time.tzinfo is None else time.astimezone()
    return any(_within(hours, local) for hours in zone.schedule)


def _within(hours: Hours, time: dt.datetime) -> bool:
    now, today, yesterday = time.time(), DAYS[time.weekday()], DAYS[time.weekday() - 1]
    if hours.start <= hours.end:
        return today in hours.days and hours.start <= now <= hours.end
    return (today in hours.days and now >= hours.start) or (yesterday in hours.days and now <= hours.end)

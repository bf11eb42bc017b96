"""A thing in the making of an event: all its sights, and the best picture of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from statistics import median

import cv2
import numpy as np

from vision.detections import NDArrayBoxes
from vision.footage.appearance import Appearance, appearance_of
from vision.footage.frames import Frame
from vision.footage.result import Observation, State
from vision.inference.results import GpsPoint

__all__ = ["Best", "Sight", "Thing", "quality_of"]

HISTORY = 200  # sights that are kept of a thing; more are thinned evenly
CUT_OFF = 0.6  # worth of a picture in which the thing touches the edge
SHARP = 60.0  # variance of the Laplacian at which a picture is half as good as a perfectly sharp one
LARGE = 0.15  # share of the picture from which on a thing is shown large enough


@dataclass(frozen=True, eq=False)
class Sight:
    """A thing in one look.

    Attributes:
        seconds: Since the camera's first picture.
        box: (4,) in pixels of the full picture.
        threshold: The category's, in the thing's zone.
    """

    seconds: float
    category: str
    score: float
    box: NDArrayBoxes
    threshold: float

    @property
    def ratio(self) -> float:
        """The score as a multiple of the threshold."""
        return self.score / max(self.threshold, 1e-6)

    def observation(self) -> Observation:
        """Return it as it stands in the event file."""
        x1, y1, x2, y2 = (round(float(value), 1) for value in self.box)
        seconds = round(self.seconds, 3)
        return Observation(seconds=seconds, category=self.category, score=round(self.score, 4), box=(x1, y1, x2, y2))


@dataclass(eq=False)
class Best:
    """The best picture so far.

    Attributes:
        size: Width and height of the full picture.
        quality: As `quality_of` has it.
        sights: The thing's parts in it.
        place: Where the camera was.
        frame: The picture, until it is stored.
    """

    seconds: float
    size: tuple[int, int]
    quality: float
    sights: list[Sight]
    place: GpsPoint | None
    frame: Frame | None

    @cached_property
    def appearance(self) -> Appearance:
        """What the thing and its surroundings look like."""
        assert self.frame is not None  # noqa: S101 - `release` asks before it goes
        boxes = np.stack([sight.box for sight in self.sights])
        around = np.concatenate([boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)])
        scale = self.frame.pixels.shape[1] / self.frame.width
        return appearance_of(self.frame.pixels, (around * scale).astype(np.float32))

    def release(self) -> None:
        """Let go of the picture, and keep what it is compared by."""
        if self.frame is not None:
            _ = self.appearance
            self.frame = None


@dataclass(eq=False)
class Thing:
    """What is known of one problem.

    Attributes:
        camera, zone: Names.
        loiter: Seconds that it has to be there before it is an event.
        sights: In order of time, evenly thinned.
        count: How many there were.
        latest: Its parts when it was last seen.
        visits: Start and end of each stretch in view, seconds.
        view: Number of the camera's view that it was last seen in.
        is_event: Whether it has been seen often and clearly enough.
        present: Whether it is there now, as far as can be told.
        absent_since: Since when it isn't.
        clip: Name of its clip, once there is one.
    """

    camera: str
    zone: str | None = None
    loiter: float = 0.0
    sights: list[Sight] = field(default_factory=list)
    count: int = 0
    latest: list[Sight] = field(default_factory=list)
    visits: list[tuple[float, float]] = field(default_factory=list)
    view: int = 0
    is_event: bool = False
    present: bool = True
    absent_since: float = 0.0
    state: State = "in_view"
    best: Best | None = None
    clip: str | None = None

    @property
    def id(self) -> str:
        """The same for the same footage and settings."""
        first = self.sights[0]
        text = f"{self.camera}\0{first.observation().seconds}\0{[round(value) for value in first.observation().box]}"
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @property
    def start(self) -> float:
        """Seconds at which it was first seen."""
        return self.visits[0][0]

    @property
    def end(self) -> float:
        """Seconds at which it was last there."""
        return self.visits[-1][1]

    @property
    def votes(self) -> dict[str, float]:
        """By category, what its sights' scores add up to, each measured by its threshold."""
        votes: dict[str, float] = {}
        for sight in self.sights:
            votes[sight.category] = votes.get(sight.category, 0.0) + sight.ratio
        return votes

    @property
    def median_score(self) -> float:
        """The median of the sights' scores."""
        return median(sight.score for sight in self.sights)

    @property
    def median_ratio(self) -> float:
        """The median of the sights' scores, each measured by its threshold."""
        return median(sight.ratio for sight in self.sights)

    def see(self, frame: Frame, sights: list[Sight], view: int, place: GpsPoint | None, apart: float) -> None:
        """Take in its parts in one look; after more than `apart` seconds without it this begins another visit."""
        self._add(sights, len(sights))
        self.latest, self.view, self.present, self.state = sights, view, True, "in_view"
        self.was_there(frame.seconds, frame.seconds, apart)
        quality = max(quality_of(frame, sight) for sight in sights)
        if self.best is None or quality > self.best.quality:
            self.best = Best(frame.seconds, (frame.width, frame.height), quality, sights, place, frame)

    def was_there(self, start: float, end: float, apart: float) -> None:
        """Lengthen the visits by a stretch of time."""
        near = [visit for visit in self.visits if visit[0] - end <= apart and start - visit[1] <= apart]
        joined = (min([start, *(visit[0] for visit in near)]), max([end, *(visit[1] for visit in near)]))
        self.visits = sorted([*(visit for visit in self.visits if visit not in near), joined])

    def merge(self, other: Thing, apart: float) -> None:
        """Take in another thing that turned out to be this one."""
        self._add(other.sights, other.count)
        for start, end in other.visits:
            self.was_there(start, end, apart)
        if other.latest[0].seconds == self.latest[0].seconds:
            self.latest = [*self.latest, *other.latest]
        elif other.latest[0].seconds > self.latest[0].seconds:
            self.latest, self.view, self.state = other.latest, other.view, other.state
            self.present, self.absent_since = other.present, other.absent_since
        if other.best and (self.best is None or other.best.quality > self.best.quality):
            self.best = other.best
        self.zone, self.clip = self.zone or other.zone, self.clip or other.clip

    def _add(self, sights: list[Sight], count: int) -> None:
        self.count += count
        self.sights = sorted([*self.sights, *sights], key=lambda sight: sight.seconds)
        while len(self.sights) > HISTORY:
            first, *middle, last = self.sights
            self.sights = [first, *middle[1::2], last]


def quality_of(frame: Frame, sight: Sight) -> float:
    """Return how well a frame shows a thing, 0..1: certain, whole, large and sharp."""
    x1, y1, x2, y2 = sight.box
    edge = 0.01 * frame.width
    whole = x1 > edge and y1 > edge and x2 < frame.width - edge and y2 < frame.height - edge
    share = float((x2 - x1) * (y2 - y1)) / (frame.width * frame.height)
    scale = frame.pixels.shape[1] / frame.width
    left, top, right, bottom = (round(float(value) * scale) for value in sight.box)
    grey = cv2.cvtColor(frame.pixels[top : max(bottom, top + 2), left : max(right, left + 2)], cv2.COLOR_RGB2GRAY)
    detail = float(cv2.Laplacian(grey, cv2.CV_32F).var())
    sharp = detail / (detail + SHARP)
    return float(sight.score * (1.0 if whole else CUT_OFF) * min(share / LARGE, 1.0) ** 0.25 * (0.5 + 0.5 * sharp))

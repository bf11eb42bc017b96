"""The event file of footage, version 1: its models are its JSON Schema, its writer and its validator.

A service takes the objects under `events` as they are: one for each problem in the real world.
"""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from vision.inference.results import Captured, Document, Fraction, GpsPoint, ModelInfo, Pixels, Strict, load_strict

__all__ = [
    "STATES",
    "CameraInfo",
    "Event",
    "EventFile",
    "Fix",
    "Observation",
    "Picture",
    "State",
    "Visit",
    "load_events",
]

State = Literal["in_view", "left_view", "gone"]
# What an event's state is called, in Chinese and English.
STATES: dict[State, tuple[str, str]] = {
    "in_view": ("仍在", "Still there"),
    "left_view": ("已驶离画面", "Out of view"),
    "gone": ("已消失", "Gone"),
}
Seconds = Annotated[float, Field(ge=0)]
RelativePath = Annotated[str, Field(description="Relative to the file.")]


class Observation(Strict):
    """One look at an event's thing."""

    seconds: Seconds = Field(description="Since the camera's first picture.")
    category: str
    score: Fraction
    box: tuple[Pixels, Pixels, Pixels, Pixels] = Field(description="x1, y1, x2, y2 in pixels of the upright frame.")


class Visit(Strict):
    """A stretch of time in which the thing was in view."""

    start_seconds: Seconds
    end_seconds: Seconds


class Picture(Strict):
    """The best frame that shows the thing, with nothing drawn on it."""

    file: RelativePath
    seconds: Seconds
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    boxes: tuple[Observation, ...] = Field(min_length=1, description="Of this event, in pixels of the picture.")


class Event(Strict):
    """One problem in the real world."""

    id: str = Field(pattern=r"^[0-9a-f]{12}$", description="The same for the same footage and settings.")
    camera: str = Field(description="Name of one of the file's cameras.")
    category: str = Field(description="What most of the observations' scores say that it is.")
    category_share: Fraction = Field(description="Share of the scores that say so.")
    zone: str | None = Field(default=None, description="Name of the zone that it lies in.")
    score: Fraction = Field(description="Median of the observations' scores.")
    observation_count: int = Field(ge=1)
    start_seconds: Seconds = Field(description="Since the camera's first picture.")
    end_seconds: Seconds
    start: Captured | None = Field(default=None, description="When it was first seen, if the clock is known.")
    end: Captured | None = Field(default=None, description="When it was last seen, if the clock is known.")
    state: State = Field(
        description="in_view: there in the last picture; gone: its place was looked at, and it wasn't there any more; "
        "left_view: the camera moved on."
    )
    visits: tuple[Visit, ...] = Field(min_length=1, description="In order of time.")
    place: GpsPoint | None = Field(default=None, description="Where the camera was when it took the picture.")
    picture: Picture
    clip: RelativePath | None = None
    history: tuple[Observation, ...] = Field(
        min_length=1, description="In order of time; evenly thinned where there were very many."
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.start_seconds > self.end_seconds:
            raise ValueError("start_seconds lies after end_seconds")
        if any(visit.start_seconds > visit.end_seconds for visit in self.visits):
            raise ValueError("a visit ends before it starts")
        for seen in self.picture.boxes:
            x1, y1, x2, y2 = seen.box
            if not (x1 < x2 <= self.picture.width and y1 < y2 <= self.picture.height):
                raise ValueError(f"box {seen.box} doesn't lie within the picture")
        return self


class Fix(GpsPoint):
    """A point of a camera's way."""

    seconds: Seconds


class CameraInfo(Strict):
    """A camera, or a recording, and how it was looked at."""

    name: str
    source: str = Field(description="Path or address, without passwords.")
    motion: Literal["fixed", "moving"]
    mode: Literal["archive", "live"]
    width: int = Field(gt=0, description="Pixels, upright.")
    height: int = Field(gt=0)
    started: Captured | None = Field(default=None, description="Time of its first picture, if known.")
    duration_seconds: Seconds
    looked_at: int = Field(ge=0, description="Pictures that the detector saw.")
    unchanged: int = Field(ge=0, description="Pictures that it needn't see, as nothing had changed.")
    skipped: int = Field(ge=0, description="Pictures that were to be seen, but weren't for lack of time; live only.")
    damaged: int = Field(default=0, ge=0, description="Stretches that couldn't be decoded.")
    note: str = Field(default="", description="What there is to say about it, such as a broken end.")
    way: tuple[Fix, ...] = Field(default=(), description="Where a moving camera was, if that is known.")


class EventFile(Document):
    """The whole file."""

    indent = 1

    format: Literal["cleanlane-events"] = "cleanlane-events"
    version: Literal[1] = 1
    created: AwareDatetime
    software: str = Field(description="Program and version that wrote the file.")
    provider: str = Field(description="What ran: device of the command line, and what it computed in.")
    blurred: tuple[str, ...] = Field(default=(), description="What is made unrecognizable in pictures and clips.")
    model: ModelInfo
    cameras: tuple[CameraInfo, ...]
    events: tuple[Event, ...] = Field(description="In order of camera and time.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        cameras = {camera.name for camera in self.cameras}
        categories = {category.name for category in self.model.categories}
        for event in self.events:
            if event.camera not in cameras:
                raise ValueError(f"event {event.id}: there is no camera {event.camera!r}")
            if event.category not in categories:
                raise ValueError(f"event {event.id}: category {event.category!r} is not one of the model's")
        if len({event.id for event in self.events}) < len(self.events):
            raise ValueError("two events have one id")
        return self


def load_events(path: Path) -> EventFile:
    """Read and check an event file.

    Raises:
        ResultError: It can't be read, isn't this format, or contradicts itself; the message says where.
    """
    return load_strict(path, EventFile, "an event file")

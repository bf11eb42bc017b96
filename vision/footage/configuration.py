"""What a user may say about cameras and how they are watched: a YAML file, checked field by field."""

import datetime as dt
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from vision.errors import UserError, sentence
from vision.footage.stream_settings import StreamSettings
from vision.inference.results import Captured, Fraction, Strict

__all__ = ["Camera", "EventSettings", "FootageConfig", "Hours", "Mode", "Motion", "Sampling", "Zone", "load_config"]

Mode = Literal["auto", "archive", "live"]
Motion = Literal["auto", "fixed", "moving"]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Point = tuple[Fraction, Fraction]
Polygon = Annotated[
    tuple[Point, ...],
    Field(min_length=3, description="Corners x, y as shares of the picture's width and height, origin top left."),
]
Thresholds = Annotated[
    dict[str, Fraction],
    Field(description="Category → lowest score that counts, in place of the model's own."),
]


class Hours(Strict):
    """A part of the week, by this machine's local time, or by the clock of a camera that doesn't say its zone."""

    days: tuple[Day, ...] = Field(default=DAYS, min_length=1, title="Days")
    start: dt.time = Field(default=dt.time(0), title="From")
    end: dt.time = Field(
        default=dt.time(23, 59, 59), title="To", description="Before the start: up to that time of the next day."
    )


class Zone(Strict):
    """A part of the picture with a name and rules of its own."""

    name: str = Field(min_length=1, max_length=80, title="Name", description="As it stands in the events.")
    polygon: Polygon = Field(title="Outline")
    categories: tuple[str, ...] = Field(
        default=(), title="Categories", description="What is looked for here; everything if none are named."
    )
    thresholds: Thresholds = Field(default={}, title="Thresholds")
    loiter_seconds: float = Field(
        default=0,
        ge=0,
        le=7 * 86400,
        title="Loitering time",
        description="How long a thing has to lie here before it is an event.",
    )
    schedule: tuple[Hours, ...] = Field(
        default=(), title="Schedule", description="When the zone is watched; always if nothing is given."
    )


class Camera(Strict):
    """A camera, or a recording."""

    name: str = Field(min_length=1, max_length=80, title="Name")
    source: str = Field(
        min_length=1,
        title="Source",
        description="A video file, a folder of time-stamped photos, or an address such as rtsp://host/stream.",
    )
    mode: Mode = Field(
        default="auto",
        title="Mode",
        description="archive: everything that is to be looked at is, however long it takes; live: keeps up by "
        "skipping, and counts what it skipped; auto: live for addresses.",
    )
    motion: Motion = Field(
        default="auto",
        title="Motion",
        description="fixed: the same region is the same thing; moving: things are told apart by their look and place; "
        "auto: by whether the picture as a whole stays where it is.",
    )
    started: Captured | None = Field(
        default=None,
        title="Start of the recording",
        description="Time of the first picture, if the recording doesn't state it or states it wrongly.",
    )
    way: Path | None = Field(
        default=None,
        title="Way",
        description="GPX, CSV or SRT file that says where the camera was; by default the one beside the video.",
    )
    include: tuple[Polygon, ...] = Field(
        default=(), title="Include", description="Only what lies in one of these counts; everything if none are given."
    )
    exclude: tuple[Polygon, ...] = Field(
        default=(),
        title="Exclude",
        description="What lies in one of these doesn't count: a screen, a neighbour's yard.",
    )
    thresholds: Thresholds = Field(default={}, title="Thresholds")
    zones: tuple[Zone, ...] = Field(
        default=(), title="Zones", description="The first one that a thing lies in has its rules."
    )

    @model_validator(mode="after")
    def _zones_have_names_of_their_own(self) -> Self:
        names = [zone.name for zone in self.zones]
        if repeated := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"two zones are called {min(repeated)!r}")
        return self

    @property
    def is_live(self) -> bool:
        """Whether it is watched as it happens."""
        return self.mode == "live" or (self.mode == "auto" and "://" in self.source)


class Sampling(Strict):
    """How often pictures are looked at."""

    interval: float = Field(
        default=1.0,
        ge=0.04,
        le=3600,
        title="Interval",
        description="Seconds between looks while nothing is in view; key frames are taken where they come as often.",
    )
    dense_interval: float = Field(
        default=0.45,
        ge=0.02,
        le=3600,
        title="Dense interval",
        description="Seconds between looks where something comes into view or leaves it; live: while it is in view.",
    )
    still_interval: float = Field(
        default=60.0,
        ge=0.04,
        le=86400,
        title="Still interval",
        description="Seconds after which a picture is looked at again although nothing has changed in it.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.dense_interval <= self.interval <= self.still_interval:
            raise ValueError("expected dense_interval <= interval <= still_interval")
        return self


class EventSettings(Strict):
    """What makes an event."""

    min_observations: int = Field(
        default=2, ge=1, le=1000, title="Observations", description="How often a thing must have been seen."
    )
    least_score: Fraction = Field(
        default=0.4,
        title="Least score",
        description="Thresholds below this are raised to it, unless an operating point was asked for: footage shows "
        "everything many times, and each time is a chance to be wrong. Chosen on simulated patrols of val.",
    )
    median_share: float = Field(
        default=1.0,
        ge=1,
        le=3,
        title="Median score",
        description="The median of a thing's scores must reach so many times its category's threshold.",
    )
    least_evidence: float = Field(
        default=4.0,
        ge=0,
        le=1000,
        title="Evidence",
        description="What the scores must add up to, each as a multiple of its category's threshold: four sights that "
        "just reach it, or two of twice as much. Chosen on simulated patrols of val.",
    )
    lost_after: float = Field(
        default=2.0,
        gt=0,
        le=3600,
        title="Lost after",
        description="Seconds without a sight after which a thing has left the view.",
    )
    gone_after: float = Field(
        default=30.0,
        gt=0,
        le=86400,
        title="Gone after",
        description="Seconds for which its place must be in view without it, before it is said to be gone.",
    )
    same_within: float = Field(
        default=3600.0,
        ge=0,
        le=30 * 86400,
        title="The same within",
        description="Seconds within which what looks the same, or lies in the same place, is the same event.",
    )
    same_place: float = Field(
        default=40.0,
        gt=0,
        le=10_000,
        title="Same place",
        description="Metres between two places beyond which two sights are never the same thing.",
    )
    clip_seconds: float = Field(
        default=6.0, ge=0, le=60, title="Clip", description="Length of the clip of each event; 0: none."
    )


class FootageConfig(Strict):
    """The whole file."""

    cameras: tuple[Camera, ...] = Field(default=(), title="Cameras")
    sampling: Sampling = Sampling()
    events: EventSettings = EventSettings()
    stream: StreamSettings = StreamSettings()

    @model_validator(mode="after")
    def _cameras_have_names_of_their_own(self) -> Self:
        names = [camera.name for camera in self.cameras]
        if repeated := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"two cameras are called {min(repeated)!r}")
        return self


def load_config(path: Path) -> FootageConfig:
    """Read a configuration; relative sources and ways are taken from its folder.

    Raises:
        UserError: The file is missing, no YAML, or has unknown or wrong fields; names each of them.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UserError(f"{path}: expected a YAML file of cameras, but it can't be read ({error})") from error
    try:
        config = FootageConfig.model_validate(content)
    except ValidationError as error:
        raise UserError(f"{path}: {sentence(error)}") from error
    return config.model_copy(update={"cameras": tuple(_beside(camera, path.parent) for camera in config.cameras)})


def _beside(camera: Camera, folder: Path) -> Camera:
    source = camera.source if "://" in camera.source else str(folder / camera.source)
    return camera.model_copy(update={"source": source, "way": camera.way and folder / camera.way})

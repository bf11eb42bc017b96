"""The page of an event file: one HTML file with time lines, a map and cards, offline, on a phone or a desktop."""

import datetime as dt
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from vision.footage.page_lanes import lane
from vision.footage.page_map import plans
from vision.footage.page_times import clock_span, elapsed, lasting
from vision.footage.result import STATES, CameraInfo, Event, EventFile, Observation
from vision.inference.gallery import geo_link, legends
from vision.pages import write_template

__all__ = ["write_page"]

MOST_CARDS = 2000  # phones don't scroll through more
EMBEDDED = 50_000_000  # characters of thumbnails; phones give up on pages much larger than this

BLURRED = {"people": ("人员", "people")}


class Shown(NamedTuple):
    """A card with everything that the template would otherwise have to work out.

    Attributes:
        number: On the page.
        event: What it shows.
        camera, zone: Positions in the page's lists.
        category: Position among the model's categories.
        thumbnail, picture, clip: URLs.
        history: Points of the scores' curve in a square of 100, x by time; a list for each visit.
        geo: Link for map programs.
    """

    number: int
    event: Event
    camera: int
    zone: int | None
    category: int
    thumbnail: str
    picture: str
    clip: str | None
    history: list[list[tuple[float, float]]]
    geo: str | None


def write_page(path: Path, events: EventFile, thumbnails: Callable[[Event], str | None]) -> None:
    """Write the page; an existing one is replaced only by a complete one.

    Args:
        path: The HTML file to write; the pictures and clips of `events` lie relative to its folder.
        events: What it shows: the first 2,000 by time, and it says how many are left out.
        thumbnails: Returns a small JPEG of an event's best frame, nothing drawn on it, as a data URI. Where it
            returns None, and beyond 50 MB in total, the frame itself is shown. Called once per event, in order.

    Raises:
        OSError: The file can't be written.
    """
    first = _earliest(events.events, MOST_CARDS)
    numbered = list(enumerate(first, 1))
    zones = list(dict.fromkeys(event.zone for event in first if event.zone is not None))
    write_template(
        Path(__file__).with_name("timeline.html.jinja"),
        path,
        file=events,
        created=events.created.astimezone(),
        span=_clocks(events.cameras),
        legends=legends(events.model, Counter(event.category for event in first)),
        positions={category.name: i for i, category in enumerate(events.model.categories)},
        states=STATES,
        blurred=[BLURRED.get(name, (name, name)) for name in events.blurred],
        state_counts=Counter(event.state for event in first),
        zones=zones,
        lanes=[lane(camera, numbered) for camera in events.cameras],
        plans=plans(events.cameras, numbered),
        cards=_shown(events, numbered, zones, thumbnails),
        drawn=len(first),
        left_out=len(events.events) - len(first),
        elapsed=elapsed,
        lasting=lasting,
        clock_span=clock_span,
        clocks=lambda camera: _clocks([camera]),
    )


def _earliest(events: Sequence[Event], most: int) -> list[Event]:
    """Return the first ones by time, in the order of the file: by the clock, or by time since a camera's start."""
    starts = [_wall(event.start) for event in events if event.start]
    if len(starts) == len(events):
        by_time = sorted(range(len(events)), key=starts.__getitem__)
    else:
        by_time = sorted(range(len(events)), key=lambda i: events[i].start_seconds)
    return [events[i] for i in sorted(by_time[:most])]


def _clocks(cameras: Sequence[CameraInfo]) -> tuple[str, str] | None:
    """Return from when to when the cameras looked, if all of them know the clock."""
    starts = [(_wall(camera.started), camera.duration_seconds) for camera in cameras if camera.started]
    if not starts or len(starts) < len(cameras):
        return None
    return clock_span(
        min(start for start, _ in starts),
        max(start + dt.timedelta(seconds=seconds) for start, seconds in starts),
        seconds=False,
    )


def _wall(time: dt.datetime) -> dt.datetime:
    """Return what the clock on the wall showed, which compares with the times of cameras that know no zone."""
    return time.replace(tzinfo=None)


def _shown(
    file: EventFile,
    numbered: Iterable[tuple[int, Event]],
    zones: Sequence[str],
    thumbnails: Callable[[Event], str | None],
) -> Iterator[Shown]:
    cameras = {camera.name: i for i, camera in enumerate(file.cameras)}
    categories = {category.name: i for i, category in enumerate(file.model.categories)}
    left = EMBEDDED
    for number, event in numbered:
        picture = _url(event.picture.file)
        thumbnail = thumbnails(event) if left > 0 else None
        left -= len(thumbnail or "")
        yield Shown(
            number=number,
            event=event,
            camera=cameras[event.camera],
            zone=None if event.zone is None else zones.index(event.zone),
            category=categories[event.category],
            thumbnail=thumbnail or picture,
            picture=picture,
            clip=None if event.clip is None else _url(event.clip),
            history=_history(event),
            geo=geo_link(event.place),
        )


def _url(file: str) -> str:
    """Quote a path; that and the dot take the meaning from names such as `javascript:…` and `//host/…`."""
    return "./" + quote(file, errors="surrogateescape")


def _history(event: Event) -> list[list[tuple[float, float]]]:
    """Return the curve of the scores, broken where the thing was out of view."""
    starts = [visit.start_seconds for visit in event.visits]
    lines: dict[int, list[Observation]] = {}
    for seen in event.history:
        lines.setdefault(bisect_right(starts, seen.seconds), []).append(seen)
    length = event.end_seconds - event.start_seconds or 1.0
    return [
        [(100 * (seen.seconds - event.start_seconds) / length, 100 * (1 - seen.score)) for seen in line]
        for line in lines.values()
    ]

"""Go on with the events of an earlier run: what is written of them is enough to know them again."""

from collections.abc import Container, Iterable, Mapping
from pathlib import Path

import numpy as np

from vision.errors import ResultError
from vision.footage.frames import LOOK_SIDE, Frame
from vision.footage.result import CameraInfo, Event, Observation, load_events
from vision.footage.things import Best, Sight, Thing, quality_of
from vision.images import read_photo_file

__all__ = ["Earlier", "earlier_results", "thing_of"]

Earlier = tuple[CameraInfo, list[Event]]


def earlier_results(out: Path, categories: Container[str]) -> dict[str, Earlier]:
    """Return the cameras and their events that a folder holds, by the camera's name; empty if there are none.

    Args:
        out: The folder.
        categories: Those of the model that goes on with them.

    Raises:
        ResultError: Its event file is damaged, or isn't one of live cameras, or of such a model.
    """
    path = out / "events.json"
    if not path.exists():
        return {}
    file = load_events(path)
    if any(camera.mode != "live" or camera.started is None for camera in file.cameras):
        raise ResultError(f"{path}: expected live cameras to go on with, but these are recordings; give another --out")
    seen = [sight.category for event in file.events for sight in (*event.history, *event.picture.boxes)]
    if unknown := [name for name in seen if name not in categories]:
        raise ResultError(f"{path}: has events of {unknown[0]!r}, which the model doesn't know; give another --out")
    return {c.name: (c, [event for event in file.events if event.camera == c.name]) for c in file.cameras}


def thing_of(event: Event, out: Path, thresholds: Mapping[str, float], is_moving: bool) -> Thing:
    """Make a thing, out of view for now, of what stands in the event file and its picture.

    Args:
        event: The event.
        out: The folder of results.
        thresholds: The camera's, by category.
        is_moving: Whether the camera moves: then it has another view by now.

    Raises:
        PhotoError: Its picture can't be read.
    """
    picture = event.picture
    path = out / picture.file
    small = read_photo_file(path, LOOK_SIDE).pixels
    frame = Frame(picture.seconds, None, small, picture.width, picture.height, lambda: read_photo_file(path).pixels)
    shown = _sights(picture.boxes, thresholds)
    quality = max(quality_of(frame, sight) for sight in shown)
    sights = _sights(event.history, thresholds)
    return Thing(
        camera=event.camera,
        zone=event.zone,
        sights=sights,
        count=event.observation_count,
        latest=[sight for sight in sights if sight.seconds == sights[-1].seconds],
        visits=[(visit.start_seconds, visit.end_seconds) for visit in event.visits],
        view=-1 if is_moving else 0,  # 0 is a camera's first
        is_event=True,
        present=False,
        absent_since=event.end_seconds,
        state="left_view" if is_moving and event.state == "in_view" else event.state,
        best=Best(picture.seconds, (picture.width, picture.height), quality, shown, event.place, frame),
        clip=event.clip,
    )


def _sights(observations: Iterable[Observation], thresholds: Mapping[str, float]) -> list[Sight]:
    return [
        Sight(
            seen.seconds, seen.category, seen.score, np.array(seen.box, np.float32), thresholds.get(seen.category, 0.5)
        )
        for seen in observations
    ]

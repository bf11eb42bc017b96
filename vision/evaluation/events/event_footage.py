"""Two event files side by side: whether they are about the same footage."""

import datetime as dt

from vision.errors import ResultError
from vision.footage.result import CameraInfo, EventFile

__all__ = ["check_footage"]

SAME_TIME = 1.0  # seconds that two programs may differ in about how long something is and when it begins


def check_footage(truth: EventFile, events: EventFile) -> None:
    """Find out whether two event files are about the same footage, as far as both have a camera.

    Raises:
        ResultError: The truth has no camera, a camera's frames, length or start differ, or a box lies outside of them.
    """
    if not truth.cameras:
        raise ResultError("the truth file has no camera; take the event file of the footage with its events corrected")
    cameras = {camera.name: camera for camera in events.cameras}
    for camera in truth.cameras:
        if other := cameras.get(camera.name):
            _compare(camera, other)
    _check_boxes("truth", truth)
    _check_boxes("event", events)


def _compare(truth: CameraInfo, other: CameraInfo) -> None:
    if (truth.width, truth.height) != (other.width, other.height):
        raise ResultError(
            f"camera {truth.name}: its frames are {other.width}x{other.height} in the event file, but "
            f"{truth.width}x{truth.height} in the truth file; run the recording that the truth file is about"
        )
    if abs(truth.duration_seconds - other.duration_seconds) > SAME_TIME:
        raise ResultError(
            f"camera {truth.name}: it lasts {other.duration_seconds:.1f} s in the event file, but "
            f"{truth.duration_seconds:.1f} s in the truth file; run the recording that the truth file is about"
        )
    began = [camera.started for camera in (truth, other) if camera.mode == "live" and camera.started]
    clocks = [time.astimezone(dt.UTC) for time in began]  # a recording's clock may be set anew, its length may not
    if len(clocks) == 2 and abs((clocks[0] - clocks[1]).total_seconds()) > SAME_TIME:
        raise ResultError(
            f"camera {truth.name}: it was watched from {began[1]} on in the event file, but from {began[0]} on in the "
            "truth file; record the stream, and run the recording in both cases"
        )


def _check_boxes(what: str, file: EventFile) -> None:
    cameras = {camera.name: camera for camera in file.cameras}
    for event in file.events:
        width, height = cameras[event.camera].width, cameras[event.camera].height
        for seen in event.history:
            x1, y1, x2, y2 = seen.box
            if not (x1 <= x2 <= width and y1 <= y2 <= height):
                raise ResultError(
                    f"the {what} file's event {event.id}: expected boxes x1, y1, x2, y2 within the frame of "
                    f"{width}x{height} pixels, but at {seen.seconds} s it has {seen.box}; correct the file"
                )

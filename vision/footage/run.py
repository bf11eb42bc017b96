"""A whole run: from recordings or cameras to a folder with events.json, events.csv, pictures, clips and index.html."""

import functools
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from vision.errors import UserError
from vision.footage.archive import Run, check_camera, review
from vision.footage.configuration import Camera, FootageConfig
from vision.footage.live import LiveCamera
from vision.footage.memory import Memory
from vision.footage.pictures import Blur
from vision.footage.report import write_report
from vision.footage.restoring import Earlier, earlier_results
from vision.footage.result import CameraInfo, Event, EventFile
from vision.inference.detector import Detector
from vision.inference.output_folder import JOURNAL
from vision.inference.report import model_info

__all__ = ["review_all", "watch_all"]

WRITTEN_EVERY = 10.0  # seconds between two versions of the files while cameras are watched and nothing begins
PAUSE = 10  # times as long as writing them took is waited at least: with many events that is seconds
TICK = 0.25

Progress = Callable[[Camera, float, float], None]


def review_all(
    config: FootageConfig, detector: Detector, out: Path, blur: Blur | None, on_progress: Progress
) -> EventFile:
    """Go through all recordings of a configuration, into the prepared folder `out`.

    Args:
        config: What to look at, and how.
        detector: With the thresholds that the user wants.
        out: The folder.
        blur: Makes people unrecognizable, if asked for.
        on_progress: Called after each look with the camera, the seconds done and those there are.

    Raises:
        UserError: A recording can't be used, or the folder holds an interrupted run with other settings.
    """
    for camera in config.cameras:
        check_camera(camera, detector)
    settings = {
        "model": model_info(detector).model_dump(mode="json"),
        "device": str(detector.choice.device),
        "precision": detector.choice.precision,
        "iou": detector.iou,
    }
    cameras: list[CameraInfo] = []
    events: list[Event] = []
    with Memory(out / JOURNAL, settings, detector.model.names) as memory:
        run = Run(detector, config, out, memory, blur)
        for number, camera in enumerate(config.cameras, 1):
            info, found = review(camera, number, run, functools.partial(on_progress, camera))
            cameras.append(info)
            events.extend(found)
        file = write_report(out, detector, cameras, events, _blurred(blur))
    (out / JOURNAL).unlink()
    return file


def watch_all(
    config: FootageConfig,
    detector: Detector,
    out: Path,
    blur: Blur | None,
    stopping: threading.Event,
    on_start: Callable[[Sequence[LiveCamera]], None] = lambda _cameras: None,
    on_tick: Callable[[Sequence[LiveCamera]], None] = lambda _cameras: None,
) -> EventFile:
    """Watch all cameras of a configuration at once, into the prepared folder `out`, until told to stop.

    The files are written when an event begins, and every few seconds, so that a crash costs no more than that.

    Args:
        config: What to watch, and how.
        detector: With the thresholds that the user wants.
        out: The folder; events of an earlier run in it are gone on with.
        blur: Makes people unrecognizable, if asked for.
        stopping: Set by the caller to end it.
        on_start: Called once with the cameras.
        on_tick: Called several times a second.

    Raises:
        UserError: A zone or the earlier run can't be used, or no camera ever gave a picture.
    """
    earlier = earlier_results(out, detector.model.names)
    cameras: list[LiveCamera] = []
    left = [result for name, result in earlier.items() if name not in {camera.name for camera in config.cameras}]
    write = functools.partial(_write, cameras, left, detector, out, blur)
    try:
        for number, camera in enumerate(config.cameras, 1):
            cameras.append(LiveCamera(camera, number, detector, config, out, blur, earlier.get(camera.name)))
        on_start(cameras)
        known, written, took = _event_count(cameras), time.monotonic(), 0.0
        while not stopping.wait(TICK) and not all(camera.has_ended for camera in cameras):
            count, began = _event_count(cameras), time.monotonic()
            if began - written >= max(PAUSE * took, WRITTEN_EVERY if count == known else 0):
                write()
                known, written = count, time.monotonic()
                took = written - began
            on_tick(cameras)
    finally:
        with ThreadPoolExecutor(len(config.cameras)) as pool:  # each may take a second or two
            list(pool.map(LiveCamera.stop, cameras))
    file = write()
    for watched in cameras:
        if watched.error is not None:
            raise watched.error
    if file is None:
        reasons = "; ".join(f"{watched.camera.name}: {watched.note or 'nothing came'}" for watched in cameras)
        raise UserError(f"expected pictures from a camera, but there were none ({reasons}); check address and network")
    return file


def _event_count(cameras: Iterable[LiveCamera]) -> int:
    return sum(camera.event_count for camera in cameras)


def _write(
    cameras: Sequence[LiveCamera], left: Sequence[Earlier], detector: Detector, out: Path, blur: Blur | None
) -> EventFile | None:
    """Write what is known of the cameras, and of those of an earlier run that were left out; nothing if that is all."""
    results = [*left, *(result for camera in cameras if (result := camera.result()))]
    if not results:
        return None
    events = [event for _, found in results for event in found]
    file = write_report(out, detector, [info for info, _ in results], events, _blurred(blur))
    for camera in cameras:
        camera.remove_unused()
    return file


def _blurred(blur: Blur | None) -> tuple[str, ...]:
    return ("people",) if blur else ()

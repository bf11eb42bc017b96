"""Go through a recording at leisure: everything that is to be looked at is, however long it takes."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2

from vision.detections import Detections
from vision.errors import UserError
from vision.footage.clips import CLIPS, cut, encode
from vision.footage.configuration import Camera, FootageConfig
from vision.footage.events import EventBuilder
from vision.footage.folders import Folder
from vision.footage.frames import Frame
from vision.footage.looks import Look, looks
from vision.footage.memory import Memory, identity_of
from vision.footage.naming import file_prefix
from vision.footage.pictures import Blur, Pictures
from vision.footage.places import Way, find_way, load_way
from vision.footage.report import event_of
from vision.footage.result import CameraInfo, Event
from vision.footage.things import Thing
from vision.footage.videos import Video
from vision.footage.zones import Rules
from vision.images import NDArrayImage
from vision.inference.detector import Detector
from vision.inference.machine import cores

__all__ = ["Run", "check_camera", "open_recording", "review"]

CLIP_RATE = 8  # frames a second of a clip that can't be cut out as it is


@dataclass(frozen=True)
class Run:
    """What all cameras of a run share.

    Attributes:
        detector: With the thresholds that the user wants.
        out: The folder of results.
        memory: What was found on which picture.
        blur: Makes people unrecognizable, if asked for.
    """

    detector: Detector
    config: FootageConfig
    out: Path
    memory: Memory
    blur: Blur | None = None


def open_recording(camera: Camera) -> Video | Folder:
    """Open a video or a folder of photos.

    Raises:
        UserError: It isn't there, or is neither.
    """
    path = Path(camera.source)
    if not path.exists():
        raise UserError(f"{path}: expected a video or a folder of photos, but there is nothing of that name")
    recording = Folder(path) if path.is_dir() else Video(path)
    if camera.started is not None:
        recording.started = camera.started
    return recording


def check_camera(camera: Camera, detector: Detector) -> None:
    """Find mistakes before hours of work are done on other recordings.

    Raises:
        UserError: The recording, its way or a zone can't be used.
    """
    Rules(camera, detector.thresholds)
    with open_recording(camera) as recording:
        _way(camera, recording)


def review(
    camera: Camera, number: int, run: Run, on_progress: Callable[[float, float], None] = lambda _at, _of: None
) -> tuple[CameraInfo, list[Event]]:
    """Find the events of a recording.

    Args:
        camera: Its source is a file or a folder.
        number: Of the camera in this run, for the names of files.
        run: The rest.
        on_progress: Called after each look with the seconds done and those there are.

    Raises:
        UserError: The recording, its way or a zone can't be used.
    """
    rules = Rules(camera, run.detector.thresholds)
    recording = open_recording(camera)
    way = _way(camera, recording)
    pictures = Pictures(run.out, file_prefix(camera.name, number), run.blur)
    pictures.remove_others(())  # those of a run that is replaced may show people whom this one shall blur
    builder = EventBuilder(
        rules,
        run.config.events,
        run.config.sampling.dense_interval,
        place_at=way.at if way else lambda _seconds: None,
        on_closed=lambda thing: pictures.store(thing.best) if thing.best else None,
    )
    counts = _Counts()
    detect = _detect(run, rules, identity_of(Path(camera.source)))
    cv2.setNumThreads(1)  # the cores have pictures of their own to work on
    with recording, ThreadPoolExecutor(cores(), "cleanlane-footage") as pool:
        for look in looks(recording, detect, rules.kinds, run.config.sampling, pool):
            counts.add(look)
            builder.add(look.frame, look.found)
            on_progress(look.frame.seconds, recording.duration)
        things = builder.finish()
        pictures.remove_others(thing.best for thing in things if thing.best)
        for thing in things:
            _add_clip(thing, recording, camera, run, pictures)
    if counts.last is None:
        raise UserError(f"{camera.source}: expected a video, but not one of its pictures can be decoded")
    events = [event_of(thing, recording.time_at, pictures) for thing in things]
    info = CameraInfo(
        name=camera.name,
        source=camera.source,
        motion="moving" if builder.changes.is_moving else "fixed",
        mode="archive",
        width=counts.last.width,
        height=counts.last.height,
        started=recording.started,
        duration_seconds=round(max(recording.duration, counts.last.seconds), 3),
        looked_at=counts.looked_at,
        unchanged=counts.unchanged,
        skipped=0,
        damaged=recording.damaged,
        note="; ".join(filter(None, [recording.note, _note_on(way, recording)])),
        way=way.fixes(0, counts.last.seconds) if way else (),
    )
    return info, events


class _Counts:
    def __init__(self) -> None:
        self.looked_at, self.unchanged = 0, 0
        self.last: Frame | None = None

    def add(self, look: Look) -> None:
        self.looked_at += look.found is not None
        self.unchanged += look.found is None
        self.last = look.frame


def _detect(run: Run, rules: Rules, source: str) -> Callable[[Frame], Detections]:
    detector = run.detector.with_thresholds(rules.least)

    def detect(frame: Frame) -> Detections:
        found = run.memory.get(source, frame.seconds)
        if found is None:
            found = rules.problems(detector.detect(frame.photo))
            run.memory.keep(source, frame.seconds, found)
        return found

    return detect


def _way(camera: Camera, recording: Video | Folder) -> Way | None:
    path = camera.way or find_way(Path(camera.source))
    return None if path is None else load_way(path, recording.started)


def _note_on(way: Way | None, recording: Video | Folder) -> str:
    if way is None:
        return ""
    if way.assumed_start:
        return "it isn't known when the recording began, so its way is taken to begin with it"
    if not way.fixes(0, max(recording.duration, 1)):
        return "its way is of another time, so there are no places; --config can say when the recording began"
    return ""


def _add_clip(thing: Thing, recording: Video | Folder, camera: Camera, run: Run, pictures: Pictures) -> None:
    """Make a clip of what lies around the best picture."""
    seconds = run.config.events.clip_seconds
    if not seconds or thing.best is None:
        return
    thing.clip = f"{CLIPS}/{Path(pictures.name_of(thing.best)).stem}.mp4"
    path = run.out / thing.clip
    path.parent.mkdir(exist_ok=True)
    start, end = max(0.0, thing.best.seconds - seconds / 2), thing.best.seconds + seconds / 2
    source = Path(camera.source)
    if run.blur is None and source.is_file() and cut(source, start, end, path):
        return
    encode(_frames(recording.twin(), start, end, run.blur), path)


def _frames(
    recording: Video | Folder, start: float, end: float, blur: Blur | None
) -> Iterator[tuple[float, NDArrayImage]]:
    """Yield the small frames of a stretch of a recording."""
    with recording:
        for group in recording.groups(start):
            if group.start > end:
                return
            for frame in recording.frames(group, 1 / CLIP_RATE):
                if start <= frame.seconds <= end:
                    yield frame.seconds, frame.pixels if blur is None else blur(frame.pixels)

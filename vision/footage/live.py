"""Watch a live camera: keep up by skipping, look more often while something is in view, less while nothing changes."""

import datetime as dt
import threading
from dataclasses import replace
from pathlib import Path

from vision.footage.changes import view_of
from vision.footage.configuration import Camera, FootageConfig
from vision.footage.events import EventBuilder
from vision.footage.frames import Frame
from vision.footage.naming import file_prefix
from vision.footage.pictures import Blur, Pictures
from vision.footage.recorder import Recorder
from vision.footage.report import event_of
from vision.footage.restoring import Earlier, thing_of
from vision.footage.result import CameraInfo
from vision.footage.stream import Stream
from vision.footage.things import Best, Thing
from vision.footage.zones import Rules
from vision.inference.detector import Detector

__all__ = ["LiveCamera"]


class LiveCamera:
    """One camera, watched by a thread of its own from now until `stop`.

    Args:
        camera: Its source is an address.
        number: Of the camera in this run, for the names of files.
        detector: With the thresholds that the user wants; shared by all cameras.
        config: How to watch.
        out: The folder of results.
        blur: Makes people unrecognizable, if asked for.
        earlier: What an earlier run knew of the camera: its events are gone on with.

    Attributes:
        stream: The connection: its state and counters.
        error: What ended the watching, if anything unforeseen did.

    Raises:
        UserError: A zone can't be used, or a picture of the earlier run can't be read.
    """

    def __init__(
        self,
        camera: Camera,
        number: int,
        detector: Detector,
        config: FootageConfig,
        out: Path,
        blur: Blur | None = None,
        earlier: Earlier | None = None,
    ) -> None:
        self.camera, self._sampling, self._earlier = camera, config.sampling, earlier
        self._rules = Rules(camera, detector.thresholds)
        self._detector = detector.with_thresholds(self._rules.least)
        prefix = file_prefix(camera.name, number)
        self._pictures = Pictures(out, prefix, blur)
        self._recorder = Recorder(out, prefix, config.events.clip_seconds, blur)
        self._builder = EventBuilder(
            self._rules,
            config.events,
            config.sampling.dense_interval,
            on_new=self._recorder.begin,
            on_closed=self._store,
        )
        if earlier:
            is_moving = earlier[0].motion == "moving"
            self._builder.things = [thing_of(each, out, self._rules.thresholds, is_moving) for each in earlier[1]]
        self._lock = threading.Lock()  # of the builder and what follows
        self._shown: list[tuple[Best, str | None]] = []  # picture and clip of each event in the last result
        self._started: dt.datetime | None = None
        self._last: Frame | None = None
        self._looked, self._unchanged, self._looked_at, self._offset = 0, 0, 0.0, 0.0
        self.remove_unused()  # pictures of a run that is replaced would be taken for this one's
        for thing in self._builder.things:
            self._store(thing)
        self.error: BaseException | None = None
        self.stream = Stream(camera.name, camera.source, config.stream, self._interval)
        self._thread = threading.Thread(target=self._watch, name=f"watch {camera.name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the connection, and close what is open."""
        self._recorder.hurry()
        self.stream.stop()
        self._thread.join()
        with self._lock:
            self._builder.finish()
        self._recorder.finish()

    @property
    def has_ended(self) -> bool:
        """Whether it isn't watched any more: the camera was given up, or something unforeseen happened."""
        return not self._thread.is_alive()

    @property
    def is_silent(self) -> bool:
        """Whether not one picture has come."""
        return self._last is None

    @property
    def event_count(self) -> int:
        """How many events there are so far."""
        return len(self._builder.things)

    @property
    def note(self) -> str:
        """What there is to say about it, or nothing."""
        again = self.stream.counters.reconnects
        parts = [f"connected to anew {again} times" if again else "", self.stream.note]
        parts.append("" if self.error is None else f"watching it failed ({self.error!r})")
        return "; ".join(part for part in parts if part)

    def result(self) -> Earlier | None:
        """Return what is known so far; None if that is nothing."""
        with self._lock:
            if self._last is None:
                return self._earlier and (self._earlier[0].model_copy(update={"note": self.note}), self._earlier[1])
            things = self._builder.things
            for thing in things:
                self._store(thing)
            self._shown = [(thing.best, thing.clip) for thing in things if thing.best]
            return self._info(self._last), [event_of(thing, self._time_at, self._pictures) for thing in things]

    def remove_unused(self) -> None:
        """Remove pictures and clips that no event shows any more; to be called when the last result is written."""
        with self._lock:
            recorded = self._recorder.names  # before the events' own: a clip that is done goes from here to there
            shown = [*self._shown, *((thing.best, thing.clip) for thing in self._builder.things if thing.best)]
            self._pictures.remove_others(best for best, _ in shown)
            self._recorder.remove_others({*recorded, *(clip for _, clip in shown if clip)})

    def _interval(self) -> float:
        return self._sampling.dense_interval if self._builder.is_something_in_view else self._sampling.interval

    def _watch(self) -> None:
        try:
            for frame in self.stream.frames():
                if self._started is None:
                    self._start(frame)
                self._look(replace(frame, seconds=frame.seconds + self._offset))
                self.stream.done(frame)
        except BaseException as error:  # noqa: BLE001 - told by the run, which goes on with the other cameras
            self.error = error
            self.stream.stop()

    def _start(self, frame: Frame) -> None:
        """Take the time of the first picture, and go on with an earlier run's."""
        assert frame.time is not None  # noqa: S101 - a stream knows it
        self._started = frame.time - dt.timedelta(seconds=frame.seconds)
        if self._earlier is not None:
            info, _ = self._earlier
            started = info.started or self._started
            # A clock that was put back mustn't make new sights older than the earlier ones.
            self._offset = max(info.duration_seconds, (self._started - started).total_seconds())
            self._started = started
        for thing in self._builder.things:
            thing.absent_since = frame.seconds + self._offset

    def _look(self, frame: Frame) -> None:
        unchanged = not self._builder.changes.since_last(view_of(frame.pixels)).any
        if unchanged and frame.seconds - self._looked_at < self._sampling.still_interval:
            found = None
            self._unchanged += 1
        else:
            found = self._rules.problems(self._detector.detect(frame.photo))
            self._looked_at = frame.seconds
            self._looked += 1
        self._recorder.add(frame)
        with self._lock:
            self._builder.add(frame, found)
            self._last = frame

    def _store(self, thing: Thing) -> None:
        if thing.best:
            self._pictures.store(thing.best)

    def _time_at(self, seconds: float) -> dt.datetime | None:
        # Rounded as in the event file, so that another run that goes on from there comes to the same.
        return None if self._started is None else self._started + dt.timedelta(seconds=round(seconds, 3))

    def _info(self, last: Frame) -> CameraInfo:
        counters, earlier = self.stream.counters, self._earlier and self._earlier[0]
        return CameraInfo(
            name=self.camera.name,
            source=self.stream.source,
            motion="moving" if self._builder.changes.is_moving else "fixed",
            mode="live",
            width=last.width,
            height=last.height,
            started=self._started,
            duration_seconds=round(last.seconds, 3),
            looked_at=self._looked + (earlier.looked_at if earlier else 0),
            unchanged=self._unchanged + (earlier.unchanged if earlier else 0),
            skipped=counters.skipped + (earlier.skipped if earlier else 0),
            damaged=counters.damaged + (earlier.damaged if earlier else 0),
            note=self.note,
        )

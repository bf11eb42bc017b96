"""A worker: claims photos, looks at them, and writes what follows, each photo's in one transaction."""

import functools
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError
from tenacity import (
    RetryCallState,
    Retrying,
    retry,
    retry_if_exception_type,
    sleep_using_event,
    stop_after_attempt,
    stop_when_event_set,
    wait_random_exponential,
)

from service.intake import queue, suspecting
from service.intake.boxes import given_boxes
from service.intake.engine import Running, engine_of
from service.operations.logs import logger
from service.state import Service
from service.store.photos import Photo
from vision.errors import PhotoError
from vision.images import NDArrayImage
from vision.images import Photo as Decoded
from vision.inference.boxes import boxes_of
from vision.inference.results import Box

__all__ = ["Recorder", "work"]

IDLE = 0.5  # seconds between looks into an empty queue
OUTAGES = (OperationalError, InterfaceError)  # the database was stopped, killed, or can't be reached
OVERTAKEN = (suspecting.WeighAgain, StaleDataError)  # others wrote of the same place or issue meanwhile
WEIGHINGS = 8  # in a row; then the photo waits
TRIES = 5  # to write a photo's result while the database answers
T = TypeVar("T")


class DatabaseRefused(Exception):  # noqa: N818 - named for what the person reads
    """The database answers, but not to what is asked of it for one photo."""


@dataclass(frozen=True)
class Recorder:
    """What is made of the boxes of a photo.

    Attributes:
        weigh: Reads and compares; may take its time and writes nothing.
        record: Writes, in the transaction in which the photo becomes done.
    """

    weigh: Callable[[Service, int, Sequence[Box], NDArrayImage], Any]
    record: Callable[[Session, Photo, Any], None]


SUSPECTS = Recorder(suspecting.weigh, suspecting.record)


def work(
    service: Service,
    stopping: threading.Event,
    recorder: Recorder = SUSPECTS,
    lease: timedelta = queue.LEASE,
) -> None:
    """Work off the queue until told to stop; then what is begun is finished or given back within seconds.

    Args:
        service: Several workers of a process may share it, and then share the model.
        stopping: Tells to stop.
        recorder: What is made of the boxes; by default suspected issues.
        lease: How long a batch may take before another worker takes it over.

    Raises:
        ModelError: No model can be loaded.
    """
    worker = _Worker(service, stopping, recorder, lease)
    try:
        engine = worker.patiently(lambda: engine_of(service))
        while not stopping.is_set():
            worker.patiently(engine.refresh)
            batch = worker.patiently(worker.claimed)
            if batch is None:
                queue.wait(IDLE)
            else:
                worker.process(batch, engine.current)
    except OUTAGES:
        if not stopping.is_set():  # else it was told to stop while it waited for the database
            raise


class _Worker:
    def __init__(self, service: Service, stopping: threading.Event, recorder: Recorder, lease: timedelta) -> None:
        self.service, self.stopping, self.recorder, self.lease = service, stopping, recorder, lease

    def patiently(self, attempt: Callable[[], T]) -> T:
        """Do what needs the database, again and again while it can't be reached; what is done must bear repetition."""

        def tell(state: RetryCallState) -> None:
            if state.attempt_number == 1 and state.outcome is not None:
                logger().warning("the database can't be reached; waiting", error=str(state.outcome.exception()))

        retrying = Retrying(
            retry=retry_if_exception_type(OUTAGES),
            wait=wait_random_exponential(multiplier=0.5, max=5),
            stop=stop_when_event_set(self.stopping),
            sleep=sleep_using_event(self.stopping),
            before_sleep=tell,
            reraise=True,
        )
        answer: T = retrying(attempt)
        if retrying.statistics.get("attempt_number", 1) > 1:
            logger().info("the database answers again", seconds=round(retrying.statistics["idle_for"], 1))
        return answer

    def claimed(self) -> queue.Batch | None:
        with self.service.database.read() as session:
            if not queue.has_due(session):
                return None
        with self.service.database.write() as session:
            return queue.claim(session, lease=self.lease)

    def process(self, batch: queue.Batch, running: Running) -> None:
        jobs: list[_Job] = []
        for photo in batch.photos:
            if self.stopping.is_set():
                break
            with self._blamed(batch, photo):
                jobs.append(_Job(photo, running.read(self.service.photos.read(photo.sha256), photo.name)))
        with self._blamed(batch, *(job.photo for job in jobs)):
            _look_at(jobs, running)
        for job in jobs:
            if job.boxes is not None and not self.stopping.is_set():
                with self._blamed(batch, job.photo):
                    self._persistently(functools.partial(self._judge, batch, job, job.boxes))
        if self.stopping.is_set():
            with self.service.database.write() as session:
                queue.give_back(session, batch.token)

    def _persistently(self, attempt: Callable[[], None]) -> None:
        """Do what concerns one photo; what fails again and again though the database answers is the photo's fault."""
        for _ in range(TRIES):
            try:
                attempt()
            except OUTAGES as error:
                refused = error
                self.patiently(self._answers)
            else:
                return
        raise DatabaseRefused(str(refused)) from refused

    def _answers(self) -> None:
        with self.service.database.read() as session:
            session.execute(text("SELECT 1"))

    @retry(retry=retry_if_exception_type(OVERTAKEN), stop=stop_after_attempt(WEIGHINGS), reraise=True)
    def _judge(self, batch: queue.Batch, job: "_Job", boxes: list[Box]) -> None:
        weighed = self.recorder.weigh(self.service, job.photo.id, boxes, job.decoded.pixels)
        with self.service.database.write() as session:
            photo = queue.finish(session, job.photo.id, batch.token, boxes, job.model)
            self.recorder.record(session, photo, weighed)

    @contextmanager
    def _blamed(self, batch: queue.Batch, *photos: Photo) -> Iterator[None]:
        """Note of photos that what is done with them went wrong; the others go on."""
        try:
            yield
        except OUTAGES:
            raise  # not the photos' fault
        except queue.ClaimLost as lost:
            logger().warning("another worker took over", lost=str(lost))
        except Exception as error:  # noqa: BLE001 - whatever goes wrong with a photo concerns that photo
            if not isinstance(error, PhotoError):
                logger().exception("a photo failed", photos=[photo.id for photo in photos])
            for photo in photos:
                self.patiently(functools.partial(self._fail, batch, photo, error))

    def _fail(self, batch: queue.Batch, photo: Photo, error: Exception) -> None:
        try:
            with self.service.database.write() as session:
                queue.fail(session, photo.id, batch.token, error)
        except queue.ClaimLost as lost:
            logger().warning("another worker took over", lost=str(lost))


@dataclass(eq=False)
class _Job:
    photo: Photo
    decoded: Decoded
    boxes: list[Box] | None = None
    model: str = ""


def _look_at(jobs: Sequence[_Job], running: Running) -> None:
    """Fill in the boxes; those of patrol footage are known already."""
    for job in jobs:
        if job.photo.given is not None:
            job.boxes = given_boxes(job.photo.given, job.decoded.width, job.decoded.height)
    unknown = [job for job in jobs if job.boxes is None]
    for job, detections in zip(unknown, running.detect([job.decoded for job in unknown]), strict=True):
        job.boxes, job.model = boxes_of(detections, job.decoded.width, job.decoded.height), running.label

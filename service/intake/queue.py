"""The queue of photos: claimed by one worker at a time, tried again later, parked where trying is of no use.

The table of photos is the queue. A claim is a random token that a result has to carry: a worker that was slower than
its lease can't write a second one.
"""

import random
import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.errors import ServiceError
from service.store.base import now
from service.store.messages import OutboxEvent
from service.store.photos import Photo, PhotoState
from vision.errors import PhotoError
from vision.inference.gallery import REASONS
from vision.inference.results import Box

__all__ = [
    "ATTEMPTS",
    "BATCH",
    "LEASE",
    "Batch",
    "ClaimLost",
    "back_off",
    "claim",
    "fail",
    "finish",
    "give_back",
    "has_due",
    "requeue",
    "wait",
    "wake",
]

BATCH = 8  # photos of one claim
LEASE = timedelta(minutes=2)  # after which a worker is taken for dead
ATTEMPTS = 5  # before a photo is parked
FIRST_WAIT, LONGEST_WAIT = 5.0, 600.0  # seconds between attempts

_waiting = threading.Condition()


class ClaimLost(Exception):  # noqa: N818 - says what happened; nobody's fault
    """The photo is no longer this worker's: its lease ran out, or its result was written already."""


@dataclass(frozen=True)
class Batch:
    """Photos that a worker has.

    Attributes:
        token: The claim; results need it.
        photos: As they were claimed; no longer of a session.
    """

    token: str
    photos: list[Photo]


def wake() -> None:
    """Tell the workers of this process that there is something to do; the others see it within half a second."""
    with _waiting:
        _waiting.notify_all()


def wait(seconds: float) -> None:
    """Wait until somebody calls `wake`, or the time is over."""
    with _waiting:
        _waiting.wait(seconds)


def has_due(session: Session) -> bool:
    """Whether there is a photo to claim; SQLite's one writer isn't held up for asking."""
    states = (PhotoState.QUEUED, PhotoState.WORKING)
    due = select(Photo.id).where(Photo.state.in_(states), Photo.due <= now()).limit(1)
    return session.scalar(due) is not None


def claim(session: Session, limit: int = BATCH, lease: timedelta = LEASE) -> Batch | None:
    """Claim what is due longest, in a transaction that writes; returns None if there is nothing.

    Photos whose worker was killed come first. Whatever was tried before comes alone: it may have killed its worker, and
    others that happened to be in the same batch shan't suffer again. The fifth such death parks it.
    """
    photos = _abandoned(session) or _queued(session, limit)
    if not photos:
        return None
    token = secrets.token_hex(16)
    for photo in photos:
        # What was claimed together and died together shan't come back together.
        seconds = lease.total_seconds() * (random.uniform(1, 1.5) if photo.attempts else 1)  # noqa: S311
        photo.state, photo.claim, photo.due = PhotoState.WORKING, token, now() + timedelta(seconds=seconds)
        photo.attempts += 1
    return Batch(token, photos)


def _abandoned(session: Session) -> list[Photo]:
    while photos := _due(session, PhotoState.WORKING, 1):
        if photos[0].attempts < ATTEMPTS:
            return photos
        _park(session, photos[0], "crashed", f"处理该照片时程序{ATTEMPTS}次意外中断，请检查照片后重试")
        session.flush()
    return []


def _queued(session: Session, limit: int) -> list[Photo]:
    photos = _due(session, PhotoState.QUEUED, limit)
    return photos[:1] if photos and photos[0].attempts else [photo for photo in photos if not photo.attempts]


def _due(session: Session, state: PhotoState, limit: int) -> list[Photo]:
    query = select(Photo).where(Photo.state == state, Photo.due <= now()).order_by(Photo.due, Photo.id).limit(limit)
    # PostgreSQL passes over what other workers are just claiming; SQLite has one writer, and knows no such clause.
    return list(session.scalars(query.with_for_update(skip_locked=True)))


def finish(session: Session, photo_id: int, token: str, boxes: Sequence[Box], model: str) -> Photo:
    """Make a photo done, once; returns its row.

    Raises:
        ClaimLost: It isn't this claim's any more; nothing else may be written of it either.
    """
    photo = _claimed(session, photo_id, token)
    photo.state, photo.claim, photo.finished = PhotoState.DONE, "", now()
    photo.error_code = photo.error = ""
    photo.boxes, photo.model = [box.model_dump(mode="json") for box in boxes], model
    return photo


def fail(session: Session, photo_id: int, token: str, error: Exception) -> Photo:
    """Note that a photo failed: it is tried again later, or parked if that is of no use; returns its row.

    Raises:
        ClaimLost: It isn't this claim's any more.
    """
    photo = _claimed(session, photo_id, token)
    code, sentence = _explained(error)
    if isinstance(error, PhotoError) or photo.attempts >= ATTEMPTS:
        _park(session, photo, code, sentence)
    else:
        photo.state, photo.claim = PhotoState.QUEUED, ""
        photo.due = now() + timedelta(seconds=back_off(photo.attempts))
        photo.error_code, photo.error = code[:30], sentence[:500]
    return photo


def give_back(session: Session, token: str) -> None:
    """Return to the queue what a worker that is about to stop hasn't finished."""
    session.execute(
        update(Photo)
        .where(Photo.state == PhotoState.WORKING, Photo.claim == token)
        .values(state=PhotoState.QUEUED, claim="", due=now(), attempts=Photo.attempts - 1)
    )


def requeue(photo: Photo) -> None:
    """Give a parked photo all its attempts again."""
    photo.state, photo.due, photo.attempts, photo.finished = PhotoState.QUEUED, now(), 0, None
    photo.error_code = photo.error = ""


def back_off(attempts: int) -> float:
    """Return the seconds to wait after so many attempts: twice as many each time, and a bit at random."""
    return min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (attempts - 1) * random.uniform(0.75, 1.25))  # noqa: S311


def _claimed(session: Session, photo_id: int, token: str) -> Photo:
    query = select(Photo).where(Photo.id == photo_id, Photo.claim == token, Photo.state == PhotoState.WORKING)
    photo = session.scalar(query.with_for_update())
    if photo is None:
        raise ClaimLost(f"photo {photo_id}")
    return photo


def _park(session: Session, photo: Photo, code: str, sentence: str) -> None:
    photo.state, photo.claim, photo.finished = PhotoState.PARKED, "", now()
    photo.error_code, photo.error = code[:30], sentence[:500]
    detail = {"photo": photo.id, "code": photo.error_code, "error": photo.error}
    session.add(OutboxEvent(event="photo.parked", issue_id=photo.issue_id, detail=detail))


def _explained(error: Exception) -> tuple[str, str]:
    """Return a failure's code and what people are told."""
    if isinstance(error, PhotoError):
        zh, _ = REASONS.get(error.reason, (error.reason, ""))
        return error.reason, f"照片无法读取：{zh}，请更换照片后重新上传"
    if isinstance(error, FileNotFoundError):
        return "file_missing", "照片存储中找不到该文件，请联系管理员检查存储后重试"
    if isinstance(error, ServiceError):
        return error.code, error.zh
    return "internal", f"处理该照片时程序出错（{type(error).__name__}），请联系管理员"

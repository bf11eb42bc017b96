"""What became of each file of a request, and answers that are kept so that a repeated request gets the same one."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Literal

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service.errors import ServiceError, conflict
from service.store.base import now
from service.store.photos import AnsweredRequest

__all__ = ["Outcome", "RequestKey", "find_answer", "forget_old_answers", "keep_answer", "refused"]

DAYS_KEPT = 7


@dataclass(frozen=True)
class Outcome:
    """What became of one file.

    Attributes:
        name: Of the file.
        outcome: `duplicate`: the same bytes are there already, as the photo `photo_id`.
        photo_id: None where it was refused.
        state: Of the photo; empty where it was refused, or the sender may not see the earlier photo.
        status: HTTP status that fits.
        code, zh, en: Why it was refused.
    """

    name: str
    outcome: Literal["accepted", "duplicate", "refused"]
    photo_id: int | None = None
    state: str = ""
    status: int = 202
    code: str = ""
    zh: str = ""
    en: str = ""


@dataclass(frozen=True)
class RequestKey:
    """An `Idempotency-Key`, whose it is, and a hash of all that was sent with it."""

    user_id: int
    key: str
    fingerprint: str


def refused(name: str, why: ServiceError) -> Outcome:
    """Return the outcome of a file that isn't taken."""
    return Outcome(name, "refused", None, "", why.status, why.code, why.zh, why.en)


def find_answer(session: Session, request: RequestKey) -> list[Outcome] | None:
    """Return what was answered to the same request before.

    Raises:
        ServiceError: The key came with something else then.
    """
    found = session.scalar(
        select(AnsweredRequest).where(AnsweredRequest.user_id == request.user_id, AnsweredRequest.key == request.key)
    )
    if found is None:
        return None
    if found.fingerprint != request.fingerprint:
        raise conflict(
            "idempotency_key_used",
            "该 Idempotency-Key 已用于其他内容，请换一个",
            "this Idempotency-Key came with something else before; use a new one",
        )
    return [Outcome(**entry) for entry in found.answer["files"]]


def keep_answer(session: Session, request: RequestKey, outcomes: Sequence[Outcome]) -> None:
    """Keep an answer; not one that a later attempt would change."""
    if all(outcome.status != 429 for outcome in outcomes):
        answer = {"files": [asdict(outcome) for outcome in outcomes]}
        session.add(
            AnsweredRequest(user_id=request.user_id, key=request.key, fingerprint=request.fingerprint, answer=answer)
        )


def forget_old_answers(session: Session) -> None:
    """Remove answers of which nobody will ask again."""
    session.execute(delete(AnsweredRequest).where(AnsweredRequest.at < now() - timedelta(days=DAYS_KEPT)))

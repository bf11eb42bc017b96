"""The queue of deliveries: who sends which, when it is tried again, and when it is given up."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from service.messages.posting import Outcome
from service.messages.robots import PER_MINUTE
from service.store.messages import Delivery, OutboxEvent, Webhook

__all__ = ["MAX_ATTEMPTS", "Claimed", "claim", "delay", "has_work", "record"]

PER_HOOK = 4  # at a time, so that a slow receiver doesn't hold up the others
HOOKS = 16
CLAIM = timedelta(seconds=90)  # longer than any attempt takes; then another sender may have it
FIRST_DELAY, LONGEST_DELAY = 15.0, 3600.0
MAX_ATTEMPTS = 20  # with these delays, about 12 hours
MINUTE = timedelta(seconds=60)


@dataclass(frozen=True)
class Claimed:
    """A delivery that this sender has until `until`; a result counts only while that holds."""

    id: int
    attempts: int
    until: datetime


def has_work(session: Session, at: datetime) -> bool:
    """Whether there is an event to spread or a delivery to send; reads only."""
    if session.scalar(select(OutboxEvent.id).where(OutboxEvent.is_spread.is_(False)).limit(1)) is not None:
        return True
    due = select(Delivery.id).join(Webhook).where(Webhook.is_active, _is_due(at)).limit(1)
    return session.scalar(due) is not None


def claim(session: Session, at: datetime) -> list[Claimed]:
    """Take deliveries that are due, some of each webhook, the longest due first."""
    hooks = session.scalars(
        select(Delivery.webhook_id)
        .join(Webhook)
        .where(Webhook.is_active, _is_due(at))
        .group_by(Delivery.webhook_id)
        .order_by(func.min(Delivery.due))
        .limit(HOOKS)
    ).all()
    claimed: list[Claimed] = []
    for hook_id in hooks:
        # Locked, so that two senders together keep to a robot's limit; `key_share`: new deliveries still come in.
        locked = select(Webhook).where(Webhook.id == hook_id).with_for_update(skip_locked=True, key_share=True)
        hook = session.scalar(locked)
        if hook is not None:
            claimed += _claim_of(session, hook, at)
    session.flush()
    return claimed


def record(session: Session, results: Iterable[tuple[Claimed, Outcome]], at: datetime) -> None:
    """Write down how attempts went; nothing where another sender has the delivery by now."""
    for claimed, outcome in results:
        ours = update(Delivery).where(
            Delivery.id == claimed.id,
            Delivery.state == "working",
            Delivery.attempts == claimed.attempts,
            Delivery.due == claimed.until,
        )
        if outcome.is_sent:
            values = {"state": "sent", "due": at, "sent": at, "error": ""}
        elif claimed.attempts >= MAX_ATTEMPTS:
            values = {"state": "given_up", "due": at, "error": outcome.error[:300]}
        else:
            wait = timedelta(seconds=outcome.wait if outcome.wait is not None else delay(claimed.attempts))
            values = {"state": "queued", "due": at + wait, "error": outcome.error[:300]}
        session.execute(ours.values(status=outcome.status, **values))


def delay(attempts: int) -> float:
    """Return the seconds until the next attempt after that many: doubled each time up to an hour, a little mixed."""
    return min(FIRST_DELAY * 2.0 ** (attempts - 1), LONGEST_DELAY) * random.uniform(0.9, 1.1)  # noqa: S311 - no secret


def _claim_of(session: Session, hook: Webhook, at: datetime) -> list[Claimed]:
    rows = session.scalars(
        select(Delivery)
        .where(Delivery.webhook_id == hook.id, _is_due(at))
        .order_by(Delivery.due, Delivery.id)
        .limit(_room(session, hook, at))
        .with_for_update(skip_locked=True)
    )
    claimed = []
    for delivery in rows:
        if delivery.attempts >= MAX_ATTEMPTS:  # the last sender died with it
            delivery.state, delivery.error = "given_up", "发送中断 (the sender was stopped)"
            continue
        delivery.state, delivery.attempts, delivery.due = "working", delivery.attempts + 1, at + CLAIM
        claimed.append(Claimed(delivery.id, delivery.attempts, delivery.due))
    return claimed


def _room(session: Session, hook: Webhook, at: datetime) -> int:
    """Return how many messages a webhook may be sent now."""
    mine = select(func.count()).where(Delivery.webhook_id == hook.id)
    if session.scalar(mine.where(Delivery.state == "queued", Delivery.status == 429, Delivery.due > at)):
        return 0  # it asked to be left alone
    if hook.kind == "generic":
        return PER_HOOK
    recent = or_(
        and_(Delivery.state == "sent", Delivery.due > at - MINUTE),
        and_(Delivery.state == "working", Delivery.due > at),
    )
    return max(0, min(PER_HOOK, PER_MINUTE - (session.scalar(mine.where(recent)) or 0)))


def _is_due(at: datetime) -> ColumnElement[bool]:
    return and_(Delivery.state.in_(["queued", "working"]), Delivery.due <= at)

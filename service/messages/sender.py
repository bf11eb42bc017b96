"""Sends messages: at least once each, with the same id whenever one is sent again."""

import asyncio
import threading

import structlog
from sqlalchemy.orm import Session

from service.messages.claiming import Claimed, claim, has_work, record
from service.messages.content import Content, content_of
from service.messages.posting import Outcome, Target, post
from service.messages.spreading import spread
from service.state import Service
from service.store.base import now
from service.store.messages import Delivery

__all__ = ["send", "send_due"]

PERIOD = 1.0  # seconds between looks where nothing is due
AFTER_TROUBLE = 10.0
log = structlog.get_logger()


def send(service: Service, stopping: threading.Event) -> None:
    """Send what is due, until told to stop; any number of senders may run."""
    while not stopping.is_set():
        try:
            pause = 0.0 if send_due(service) else PERIOD
        except Exception as error:  # noqa: BLE001 - the database may be away for a while; sending goes on afterwards
            log.error("messages can't be sent now", error=type(error).__name__)
            pause = AFTER_TROUBLE
        stopping.wait(pause)


def send_due(service: Service) -> int:
    """Send once what is due now; returns how many attempts were made."""
    with service.database.read() as session:
        if not has_work(session, now()):
            return 0
    with service.database.write() as session:
        spread(session)
        claimed = claim(session, now())
    if not claimed:
        return 0
    with service.database.read() as session:
        messages = [_message(service, session, item) for item in claimed]
    outcomes = asyncio.run(_post_all(messages, allow_private=service.settings.private_webhooks))
    with service.database.write() as session:
        record(session, zip(claimed, outcomes, strict=True), now())
    for item, outcome in zip(claimed, outcomes, strict=True):
        if not outcome.is_sent:
            log.warning("message not sent", delivery=item.id, attempt=item.attempts, status=outcome.status)
    return len(claimed)


def _message(service: Service, session: Session, claimed: Claimed) -> tuple[Target, Content] | Outcome:
    delivery = session.get(Delivery, claimed.id)
    if delivery is None:
        return Outcome(False, error="推送地址已删除 (the webhook was deleted)")
    hook = delivery.webhook
    try:
        content = content_of(service, session, str(claimed.id), delivery.outbox)
    except Exception as error:  # one message that can't be made mustn't hold up the others
        log.exception("message can't be made", delivery=claimed.id)
        return Outcome(False, error=f"消息无法生成 (the message can't be made: {type(error).__name__})")
    return Target(hook.kind, hook.url, hook.secret), content


async def _post_all(messages: list[tuple[Target, Content] | Outcome], *, allow_private: bool) -> list[Outcome]:
    async def sent(message: tuple[Target, Content] | Outcome) -> Outcome:
        return message if isinstance(message, Outcome) else await post(*message, allow_private=allow_private)

    return await asyncio.gather(*map(sent, messages))

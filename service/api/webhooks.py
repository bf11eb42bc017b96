"""Webhooks: addresses and group robots that are told of events."""

import asyncio
import secrets
import uuid
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from service.api.dependencies import Reading, TheService, Writing, allow
from service.domain.roles import Actor, Permission
from service.errors import conflict, invalid, not_found
from service.fields import Id, LongText, PathId, ShortText
from service.messages.addresses import check_url, masked
from service.messages.content import sample
from service.messages.posting import Target, post
from service.settings import Settings
from service.store.base import now
from service.store.messages import Delivery, Webhook
from service.store.people import Unit

__all__ = ["DeliveryOut", "DeliveryState", "Kind", "WebhookOut", "deliveries_out", "router", "webhook_out"]

router = APIRouter(prefix="/api/v1/webhooks", tags=["webhooks"])
Manager = Annotated[Actor, allow(Permission.MANAGE)]
Name = Annotated[ShortText, StringConstraints(min_length=1)]
Url = Annotated[LongText, StringConstraints(min_length=1)]
Secret = Annotated[ShortText, StringConstraints(max_length=100)]
Pattern = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,14}\.([a-z_]{1,15}|\*)$")]
LAST = 100
NO_WEBHOOK = ("推送地址", "webhook")


class Kind(StrEnum):
    """What is at the other end."""

    GENERIC = "generic"
    WECOM = "wecom"
    DINGTALK = "dingtalk"


class DeliveryState(StrEnum):
    """Where a message stands."""

    QUEUED = "queued"
    WORKING = "working"
    SENT = "sent"
    GIVEN_UP = "given_up"


class WebhookIn(BaseModel):
    """A new webhook."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "name": "东门社区工作群",
                "kind": "wecom",
                "url": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…",
                "events": ["issue.dispatch", "slip.*"],
            }
        },
    )

    name: Name
    kind: Kind = Kind.GENERIC
    url: Url
    secret: Secret | None = Field(default=None, description="Generic: made if left out. DingTalk: of 加签 (SEC…).")
    events: list[Pattern] = Field(default=[], max_length=50, description="Such as slip.issued or slip.*; none: all.")
    unit_id: Id | None = Field(default=None, description="Only issues of this unit and those below it.")
    is_active: bool = True


class WebhookChange(BaseModel):
    """What is changed; what is left out or null stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"is_active": False}})

    name: Name | None = None
    url: Url | None = None
    secret: Secret | None = None
    events: list[Pattern] | None = Field(default=None, max_length=50)
    is_active: bool | None = None


class WebhookOut(BaseModel):
    """A webhook; keys within its URL are masked, and its secret isn't shown."""

    id: int
    name: str
    kind: Kind
    url: str
    has_secret: bool
    events: list[str]
    unit_id: int | None
    is_active: bool


class WebhookMade(WebhookOut):
    """A new webhook; the secret is shown this once."""

    secret: str


class WebhookPage(BaseModel):
    """A page of webhooks."""

    total: int
    webhooks: list[WebhookOut]


class DeliveryOut(BaseModel):
    """A message to a webhook."""

    id: int
    event: str
    issue: int | None
    at: datetime
    state: DeliveryState
    attempts: int
    due: datetime
    status: int | None
    error: str
    sent: datetime | None


class TestAnswer(BaseModel):
    """How a test message went."""

    is_sent: bool
    status: int | None
    error: str


@router.get("")
def list_webhooks(
    _actor: Manager,
    session: Reading,
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    size: Annotated[int, Query(ge=1, le=200)] = 50,
) -> WebhookPage:
    """List the webhooks."""
    rows = session.scalars(select(Webhook).order_by(Webhook.id).limit(size).offset((page - 1) * size))
    total = session.scalar(select(func.count()).select_from(Webhook)) or 0
    return WebhookPage(total=total, webhooks=[webhook_out(row) for row in rows])


@router.post("", status_code=201, responses={409: {"description": "The name is taken."}})
def add_webhook(body: WebhookIn, _actor: Manager, session: Writing, service: TheService) -> WebhookMade:
    """Add a webhook; the answer shows its secret, once."""
    _checked_url(body.url, service.settings)
    if body.unit_id is not None and session.get(Unit, body.unit_id) is None:
        raise invalid("unit_unknown", "没有这个单位", "there is no such unit")
    made = Webhook(**body.model_dump(exclude={"secret"}), secret=body.secret or "")
    if body.kind is Kind.GENERIC and not made.secret:
        made.secret = secrets.token_urlsafe(32)
    session.add(made)
    _flush(session)
    return WebhookMade(**webhook_out(made).model_dump(), secret=made.secret)


@router.patch("/{webhook_id}", responses={409: {"description": "The name is taken."}})
def change_webhook(
    webhook_id: PathId, body: WebhookChange, _actor: Manager, session: Writing, service: TheService
) -> WebhookOut:
    """Change a webhook."""
    found = _webhook(session, webhook_id)
    if body.url is not None:
        _checked_url(body.url, service.settings)
    if body.secret == "" and found.kind == Kind.GENERIC:
        raise invalid("secret_missing", "通用推送须有密钥", "a generic webhook needs a secret")
    for name, value in body.model_dump(exclude_none=True).items():
        setattr(found, name, value)
    _flush(session)
    return webhook_out(found)


@router.delete("/{webhook_id}")
def delete_webhook(webhook_id: PathId, _actor: Manager, session: Writing) -> dict[str, int]:
    """Delete a webhook and what was to be sent to it."""
    session.delete(_webhook(session, webhook_id))
    return {"deleted": webhook_id}


@router.post("/{webhook_id}/test")
def send_test(webhook_id: PathId, _actor: Manager, service: TheService) -> TestAnswer:
    """Send a test message now, and tell how it went."""
    with service.database.read() as session:  # not held while the message is sent
        found = _webhook(session, webhook_id)
        target = Target(found.kind, found.url, found.secret)
    content = sample(f"test-{uuid.uuid4().hex}", service.settings.public_url.rstrip("/"))
    outcome = asyncio.run(post(target, content, allow_private=service.settings.private_webhooks))
    return TestAnswer(is_sent=outcome.is_sent, status=outcome.status, error=outcome.error)


@router.get("/{webhook_id}/deliveries")
def list_deliveries(webhook_id: PathId, _actor: Manager, session: Reading) -> list[DeliveryOut]:
    """List the last hundred messages to a webhook, the newest first."""
    _webhook(session, webhook_id)
    return deliveries_out(session, webhook_id, LAST)


@router.post("/{webhook_id}/deliveries/{delivery_id}/retry", responses={409: {"description": "It is being sent."}})
def retry(webhook_id: PathId, delivery_id: PathId, _actor: Manager, session: Writing) -> DeliveryOut:
    """Send a message again, now, with as many attempts as a new one has."""
    found = session.scalar(
        select(Delivery).where(Delivery.id == delivery_id, Delivery.webhook_id == webhook_id).with_for_update()
    )
    if found is None:
        raise not_found("推送记录", "delivery")
    if found.state == "working":
        raise conflict("delivery_working", "正在发送，请稍候", "it is being sent just now; wait a moment")
    found.state, found.attempts, found.due, found.status, found.sent = "queued", 0, now(), None, None
    session.flush()
    return _delivery_out(found)


def webhook_out(webhook: Webhook) -> WebhookOut:
    """Return a webhook as it may be shown."""
    return WebhookOut(
        id=webhook.id,
        name=webhook.name,
        kind=Kind(webhook.kind),
        url=masked(webhook.url),
        has_secret=bool(webhook.secret),
        events=webhook.events,
        unit_id=webhook.unit_id,
        is_active=webhook.is_active,
    )


def deliveries_out(session: Session, webhook_id: int, count: int) -> list[DeliveryOut]:
    """Return the last messages to a webhook, the newest first."""
    rows = session.scalars(
        select(Delivery)
        .where(Delivery.webhook_id == webhook_id)
        .options(joinedload(Delivery.outbox))
        .order_by(Delivery.id.desc())
        .limit(count)
    )
    return [_delivery_out(row) for row in rows]


def _delivery_out(delivery: Delivery) -> DeliveryOut:
    return DeliveryOut(
        id=delivery.id,
        event=delivery.outbox.event,
        issue=delivery.outbox.issue_id,
        at=delivery.outbox.at,
        state=DeliveryState(delivery.state),
        attempts=delivery.attempts,
        due=delivery.due,
        status=delivery.status,
        error=delivery.error,
        sent=delivery.sent,
    )


def _webhook(session: Session, webhook_id: int) -> Webhook:
    found = session.get(Webhook, webhook_id)
    if found is None:
        raise not_found(*NO_WEBHOOK)
    return found


def _checked_url(url: str, settings: Settings) -> None:
    check_url(url, allow_private=settings.private_webhooks)


def _flush(session: Session) -> None:
    try:
        session.flush()
    except IntegrityError as error:
        raise conflict("name_taken", "该名称已被使用", "the name is taken; choose another") from error

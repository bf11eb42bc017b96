"""The page of webhooks."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import select

from service.api.dependencies import Reading, allow
from service.api.webhooks import deliveries_out, webhook_out
from service.domain.roles import Actor, Permission
from service.fields import LARGEST_ID
from service.messages.content import EVENTS
from service.store.messages import Webhook
from service.store.people import Unit
from service.web.pages import show

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
SHOWN = 200
KINDS = {
    "wecom": ("企业微信群机器人", "WeCom group robot"),
    "dingtalk": ("钉钉群机器人", "DingTalk group robot"),
    "generic": ("通用（签名 JSON）", "Generic (signed JSON)"),
}
STATES = {
    "queued": ("待发送", "Queued"),
    "working": ("发送中", "Being sent"),
    "sent": ("已送达", "Sent"),
    "given_up": ("已放弃", "Given up"),
}


@router.get("/admin/webhooks")
def webhooks(
    request: Request,
    actor: Annotated[Actor, allow(Permission.MANAGE)],
    session: Reading,
    chosen: Annotated[int | None, Query(alias="of", ge=1, le=LARGEST_ID)] = None,
) -> HTMLResponse:
    """Show the webhooks, a form for a new one, and the last messages of one of them."""
    rows = [webhook_out(row) for row in session.scalars(select(Webhook).order_by(Webhook.id).limit(SHOWN))]
    units = {unit.id: unit.name for unit in session.scalars(select(Unit).order_by(Unit.id).limit(1000))}
    return show(
        request,
        "webhooks.jinja",
        actor,
        webhooks=rows,
        units=units,
        kinds=KINDS,
        states=STATES,
        events=EVENTS,
        chosen=next((row for row in rows if row.id == chosen), None),
        deliveries=deliveries_out(session, chosen, 100) if chosen else [],
    )

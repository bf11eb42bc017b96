"""Services that may send to this machine, with events to tell of."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.settings import Settings
from service.state import Service
from service.store.issues import Issue
from service.store.messages import Delivery, OutboxEvent, Webhook
from service.store.photos import Photo
from tests.service import records
from tests.service.messages.receiver import SECRET
from tests.service.records import PILE, add_evidence
from tests.service.town import Town

PRIVATE = {"private_webhooks": True, "public_url": "https://jx.example"}


@pytest.fixture
def sqlite_settings(sqlite_settings: Settings) -> Settings:
    """Settings under which messages may go to this machine; the usual fixtures build on them."""
    return sqlite_settings.model_copy(update=PRIVATE)


@pytest.fixture(autouse=True)
def _no_running_loop() -> Iterator[None]:
    """Playwright's event loop, which stands still between the tests of pages, forbids any other in this thread."""
    standing = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(standing)


def add_hook(session: Session, url: str, **values: Any) -> Webhook:
    """Add a webhook."""
    defaults = {"name": f"钩{len(session.scalars(select(Webhook)).all())}", "kind": "generic", "secret": SECRET}
    hook = Webhook(url=url, **(defaults | values))
    session.add(hook)
    session.flush()
    return hook


def add_issue(session: Session, town: Town, **values: Any) -> Issue:
    """Add an issue in the east, with a photo."""
    issue = records.add_issue(session, town, **(PILE | {"state": "in_progress", "address": "市场北门"} | values))
    photo = Photo(
        sha256=f"{issue.id:064}",
        name="a.jpg",
        content_type="image/jpeg",
        byte_count=1,
        width=1,
        height=1,
        reporter_id=town.users["east_reporter"],
    )
    session.add(photo)
    session.flush()
    add_evidence(session, issue, photo.id)
    return issue


def add_events(service: Service, town: Town, count: int = 1, event: str = "issue.dispatch") -> None:
    """Add an issue and events of it."""
    with service.database.write() as session:
        issue = add_issue(session, town)
        session.add_all(OutboxEvent(event=event, issue_id=issue.id) for _ in range(count))


def states(service: Service) -> list[str]:
    """Return the states of all deliveries, oldest first."""
    with service.database.read() as session:
        return list(session.scalars(select(Delivery.state).order_by(Delivery.id)))

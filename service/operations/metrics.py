"""`/metrics` for Prometheus: requests, the queue, issues by state. A key of an administrator is needed."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.api.dependencies import Reading, allow
from service.domain.lifecycle import State
from service.domain.roles import Actor, Permission
from service.store.base import now
from service.store.issues import Issue
from service.store.messages import Delivery
from service.store.photos import Photo, PhotoState

__all__ = ["router"]

router = APIRouter(tags=["operations"])


@router.get("/metrics", response_class=Response)
def metrics(request: Request, session: Reading, _actor: Annotated[Actor, allow(Permission.MANAGE)]) -> Response:
    """Give the counters of this process, and the present state of queue, issues and messages."""
    text = generate_latest(request.app.state.metrics.registry) + generate_latest(_of_the_database(session))
    return Response(text, media_type=CONTENT_TYPE_LATEST)


def _of_the_database(session: Session) -> CollectorRegistry:
    registry = CollectorRegistry()
    photos = Gauge("cleanlane_photos", "Photos by state of the queue.", ["state"], registry=registry)
    for photo_state in PhotoState:
        photos.labels(photo_state).set(_count(session, Photo.state, photo_state))
    oldest = session.scalar(select(func.min(Photo.received)).where(Photo.state == PhotoState.QUEUED))
    waiting = Gauge("cleanlane_oldest_photo_seconds", "Age of the oldest photo that waits.", registry=registry)
    waiting.set((now() - oldest).total_seconds() if oldest else 0)
    issues = Gauge("cleanlane_issues", "Issues by state.", ["state"], registry=registry)
    for state in State:
        issues.labels(state).set(_count(session, Issue.state, state))
    deliveries = Gauge("cleanlane_deliveries", "Messages to webhooks by state.", ["state"], registry=registry)
    for name in ("queued", "working", "given_up"):
        deliveries.labels(name).set(_count(session, Delivery.state, name))
    return registry


def _count(session: Session, column: object, value: str) -> int:
    return session.scalar(select(func.count()).where(column == value)) or 0  # type: ignore[arg-type]

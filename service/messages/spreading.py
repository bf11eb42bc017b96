"""Events become deliveries: one for each webhook that wants to know, exactly once."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.store.issues import Issue
from service.store.messages import Delivery, OutboxEvent, Webhook
from service.store.trees import units_below

__all__ = ["spread", "wants"]

BATCH = 200


def spread(session: Session) -> int:
    """Make the deliveries of events that have none yet, in the transaction that marks them; returns how many events.

    Another server at the same time takes other events: these are locked on PostgreSQL, and SQLite has one writer.
    """
    query = select(OutboxEvent).where(OutboxEvent.is_spread.is_(False)).order_by(OutboxEvent.id).limit(BATCH)
    events = list(session.scalars(query.with_for_update(skip_locked=True)))
    if not events:
        return 0
    hooks = list(session.scalars(select(Webhook).where(Webhook.is_active).order_by(Webhook.id)))
    units = {hook.id: units_below(session, hook.unit_id) for hook in hooks if hook.unit_id is not None}
    for event in events:
        event.is_spread = True
        issue = session.get(Issue, event.issue_id) if event.issue_id is not None and units else None
        answering = {issue.unit_id, issue.department_id} if issue is not None else set()
        for hook in hooks:
            is_of_unit = hook.unit_id is None or bool(units[hook.id] & answering)
            if is_of_unit and wants(hook.events, event.event):
                session.add(Delivery(webhook_id=hook.id, outbox_id=event.id))
    session.flush()
    return len(events)


def wants(patterns: list[str], event: str) -> bool:
    """Whether an event is among those that a webhook names: itself, or `slip.*` for all of its kind; none: all."""
    return not patterns or event in patterns or f"{event.partition('.')[0]}.*" in patterns

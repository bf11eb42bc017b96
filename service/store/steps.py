"""The one place where an issue's state changes: the rules are asked, the issue, its history and the outbox written."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.domain.lifecycle import Action, Facts, State, next_state
from service.domain.roles import Actor
from service.store.base import now
from service.store.issues import Evidence, HistoryEntry, Issue
from service.store.messages import OutboxEvent

__all__ = ["facts_of", "note", "take_step"]


def facts_of(session: Session, issue: Issue) -> Facts:
    """Return what the life cycle's rules need to know of an issue."""
    handlers = session.scalars(
        select(HistoryEntry.user_id).where(HistoryEntry.issue_id == issue.id, HistoryEntry.action == Action.SUBMIT)
    )
    since = session.scalar(
        select(func.max(HistoryEntry.at)).where(
            HistoryEntry.issue_id == issue.id,
            HistoryEntry.action.in_([Action.DISPATCH, Action.RETURN, Action.ESCALATE]),
        )
    )
    photos = select(func.count()).where(Evidence.issue_id == issue.id, Evidence.kind == "after")
    if since is not None:
        photos = photos.where(Evidence.added >= since)
    return Facts(
        State(issue.state),
        (issue.unit_id, issue.department_id),
        frozenset(user for user in handlers if user is not None),
        session.scalar(photos) or 0,
    )


def take_step(
    session: Session,
    issue: Issue,
    action: Action,
    actor: Actor,
    why: str = "",
    detail: Mapping[str, Any] | None = None,
) -> HistoryEntry:
    """Take a step of the life cycle; other columns of the issue are the caller's, in the same transaction.

    Raises:
        ServiceError: The rules don't allow it.
    """
    before = issue.state
    issue.state = next_state(action, actor, facts_of(session, issue), why)
    if issue.state in (State.CLOSED, State.CANCELLED):
        issue.ended = now()
    entry = _written(session, issue, action, actor, why, detail, (before, issue.state))
    session.add(OutboxEvent(event=f"issue.{action}", issue_id=issue.id, detail={"history": entry.id}))
    return entry


def note(
    session: Session,
    issue: Issue,
    action: str,
    actor: Actor | None,
    why: str = "",
    detail: Mapping[str, Any] | None = None,
) -> HistoryEntry:
    """Write into an issue's history what was done to it; without an actor it was the program."""
    return _written(session, issue, action, actor, why, detail, ("", ""))


def _written(
    session: Session,
    issue: Issue,
    action: str,
    actor: Actor | None,
    why: str,
    detail: Mapping[str, Any] | None,
    states: tuple[str, str],
) -> HistoryEntry:
    """Add a row, whole at once: the database refuses to change it later."""
    entry = HistoryEntry(
        issue_id=issue.id,
        user_id=actor.id if actor else None,
        user_name=actor.name if actor else "",
        action=action,
        from_state=states[0],
        to_state=states[1],
        why=why.strip(),
        detail=dict(detail) if detail else None,
    )
    session.add(entry)
    session.flush()
    return entry

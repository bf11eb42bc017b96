"""What a person may see."""

from typing import Any, TypeVar

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from service.domain.roles import Actor
from service.errors import not_found
from service.store.issues import Issue
from service.store.photos import Photo

__all__ = ["issue_for", "photo_for", "visible_issues", "visible_photos"]

Query = TypeVar("Query", bound=Select[*tuple[Any, ...]])


def visible_issues(query: Query, actor: Actor) -> Query:
    """Narrow a query on issues to those of the person's units, and those that they reported."""
    if actor.unit_ids is None:
        return query
    mine = sorted(actor.unit_ids)
    return query.where(or_(Issue.unit_id.in_(mine), Issue.department_id.in_(mine), Issue.reporter_id == actor.id))


def issue_for(session: Session, actor: Actor, issue_id: int) -> Issue:
    """Return an issue.

    Raises:
        ServiceError: There is none of that number that the person may see.
    """
    found: Issue | None = session.scalar(visible_issues(select(Issue).where(Issue.id == issue_id), actor))
    if found is None:
        raise not_found("案件", "issue")
    return found


def visible_photos(query: Query, actor: Actor) -> Query:
    """Narrow a query on photos to one's own and those that are evidence of what one may see."""
    from service.store.issues import Evidence

    if actor.unit_ids is None:
        return query
    issues = visible_issues(select(Issue.id), actor)
    return query.where(
        or_(
            Photo.reporter_id == actor.id,
            Photo.id.in_(select(Evidence.photo_id).where(Evidence.issue_id.in_(issues))),
        )
    )


def photo_for(session: Session, actor: Actor, photo_id: int) -> Photo:
    """Return a photo.

    Raises:
        ServiceError: There is none of that number that the person may see.
    """
    found: Photo | None = session.scalar(visible_photos(select(Photo).where(Photo.id == photo_id), actor))
    if found is None:
        raise not_found("照片", "photo")
    return found

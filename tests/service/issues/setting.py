"""What the tests of issues start from: an issue in a state, and photos of the place afterwards."""

from typing import Any

from sqlalchemy.orm import Session

from service.domain.lifecycle import State
from service.domain.roles import Actor, Role
from service.state import Service
from service.store.issues import Evidence, Issue
from service.store.photos import Purpose
from service.store.steps import note
from tests.service.records import add_issue, store_photo
from tests.service.town import Town
from vision.datasets.scenes import SceneKind, draw_scene

__all__ = ["actor", "after_photo", "pile", "queued_after_photo"]


def actor(town: Town, username: str, role: Role, *units: int) -> Actor:
    """Return a person of the town; without units: of the whole town."""
    return Actor(town.users[username], username, role, frozenset(units) or None)


def pile(session: Session, town: Town, state: State = State.PENDING_DISPATCH, **columns: Any) -> Issue:
    """Add an issue of the eastern community."""
    return add_issue(session, town, state=state, severity=2, **columns)


def after_photo(service: Service, issue_id: int, reporter: int, seed: int = 7) -> int:
    """Add a photo of the place afterwards, as the worker leaves it; returns the evidence's id."""
    image = draw_scene(seed=seed, kind=SceneKind.CLEAN_STREET, size=(320, 240))[0]
    photo = store_photo(service, image, reporter, purpose=Purpose.AFTER, issue_id=issue_id)
    with service.database.write() as session:
        evidence = Evidence(
            issue_id=issue_id,
            photo_id=photo,
            kind="after",
            boxes=[],
            comparison={"verdict": "gone", "reason": "未见垃圾", "reason_en": "nothing left", "photo_id": None},
        )
        session.add(evidence)
        session.flush()
        note(session, session.get_one(Issue, issue_id), "after", None, "未见垃圾")
        return evidence.id


def queued_after_photo(service: Service, issue_id: int, reporter: int) -> int:
    """Add a photo of the place afterwards that nobody has looked at yet; returns its id."""
    image = draw_scene(seed=99, kind=SceneKind.CLEAN_STREET, size=(320, 240))[0]
    columns: dict[str, Any] = {"purpose": Purpose.AFTER, "issue_id": issue_id, "state": "queued"}
    return store_photo(service, image, reporter, **columns)

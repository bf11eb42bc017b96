"""Writes suspected issues, evidence and what the program notes in their history."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.domain.codes import code_for
from service.domain.duplicates import Sighting
from service.domain.lifecycle import OPEN, State
from service.domain.severity import severity_of
from service.intake.candidates import time_of
from service.intake.grouping import Problem
from service.intake.matching import Find, Gone
from service.store.issues import Evidence, Issue
from service.store.messages import OutboxEvent
from service.store.photos import Photo, Purpose
from service.store.places import Grid, Site
from service.store.reporting import unit_of
from service.store.steps import note
from vision.inference.results import Box

__all__ = ["is_recorded", "write_after", "write_find", "write_gone"]

EVENT_KEYS = ("id", "camera", "state", "observation_count", "start", "end")  # that evidence keeps of an event


def is_recorded(session: Session, photo: Photo) -> bool:
    """Whether a photo is evidence of something already."""
    return session.scalar(select(Evidence.id).where(Evidence.photo_id == photo.id).limit(1)) is not None


def write_find(session: Session, photo: Photo, sighting: Sighting, finds: Sequence[Find]) -> None:
    """Write one new issue, or further evidence of a known one; several finds are parts of that."""
    first = finds[0]
    comparison = dict(first.comparison or {}) | _event_of(photo)
    boxes = tuple(box for find in finds for box in find.problem.boxes)
    if first.issue_id is None:
        issue = _new_issue(session, photo, sighting, first)
        kind, action = "first", "found"
    else:
        issue = _locked(session, first.issue_id)
        kind, action = "again", _seen_again(session, issue, sighting.at, [find.problem for find in finds])
    evidence = _evidence(session, issue, photo, kind, boxes, comparison or None)
    note(session, issue, action, None, detail={"photo": photo.id, "evidence": evidence.id})
    if first.issue_id is not None:
        return
    session.add(OutboxEvent(event="issue.found", issue_id=issue.id, detail={"photo": photo.id}))
    if first.recurrence_of is not None:
        note(session, issue, "recurred", None, detail={"issue": first.recurrence_of})
    if issue.presence == "gone":
        note(session, issue, "gone", None, detail={"photo": photo.id, "evidence": evidence.id})


def write_gone(session: Session, photo: Photo, sighting: Sighting, gone: Gone) -> None:
    """Note that nothing is left of an issue; its state is for people to change.

    Nothing is written where the issue was seen later, or seen to be gone, in the meantime.
    """
    issue = _locked(session, gone.issue_id)
    is_open = issue.state in OPEN or issue.state == State.SUSPECTED
    if not is_open or issue.presence == "gone" or issue.last_seen >= sighting.at:
        return
    issue.presence = "gone"
    evidence = _evidence(session, issue, photo, "gone", (), gone.comparison)
    note(session, issue, "gone", None, detail={"photo": photo.id, "evidence": evidence.id})


def write_after(session: Session, photo: Photo, comparison: dict[str, Any], boxes: Sequence[Box]) -> None:
    """Add the photo of a rectification to its issue, with the comparison; the verifier judges."""
    issue = session.get_one(Issue, photo.issue_id)
    evidence = _evidence(session, issue, photo, "after", boxes, comparison)
    told = {"photo": photo.id, "evidence": evidence.id, "verdict": comparison["verdict"]}
    note(session, issue, "after", None, comparison["reason"], told)


def _locked(session: Session, issue_id: int) -> Issue:
    """Return an issue as it is now; nobody else changes it until the transaction ends."""
    return session.get_one(Issue, issue_id, with_for_update=True, populate_existing=True)


def _seen_again(session: Session, issue: Issue, at: datetime, seen: Sequence[Problem]) -> str:
    """Bring an issue up to date, and return what the history calls it: `again`, or `back` after it was gone."""
    gone = select(func.max(Evidence.at)).where(Evidence.issue_id == issue.id, Evidence.kind == "gone")
    gone_at = session.scalar(gone) if issue.presence == "gone" else None
    is_back = issue.presence == "gone" and (gone_at is None or at > gone_at)
    if is_back:
        issue.presence = "there"
    issue.found, issue.last_seen = min(issue.found, at), max(issue.last_seen, at)
    problem = max(seen, key=lambda problem: problem.score)
    issue.confidence = max(issue.confidence, problem.score)
    if issue.state == State.SUSPECTED:  # later it is what a person said
        days = (issue.last_seen - issue.found).total_seconds() / 86_400
        issue.severity = max(issue.severity, _severity(problem, repeated=days >= 0.5))
    return "back" if is_back else "again"


def _new_issue(session: Session, photo: Photo, sighting: Sighting, find: Find) -> Issue:
    problem, site = find.problem, photo.site
    grid = session.get(Grid, sighting.grid_id) if sighting.grid_id is not None else None
    code = code_for(problem.category)
    has_point = photo.latitude is not None and photo.longitude is not None
    where = photo if has_point or site is None or site.latitude is None else site
    issue = Issue(
        category=problem.category,
        standard=code.standard,
        code=code.code,
        code_name=code.name,
        severity=_severity(problem, repeated=find.recurrence_of is not None),
        confidence=problem.score,
        grid_id=sighting.grid_id,
        site_id=photo.site_id,
        latitude=where.latitude,
        longitude=where.longitude,
        datum=where.datum if where.latitude is not None else "",
        address=_address(site, grid),
        description=photo.note,
        reporter_id=photo.reporter_id,
        found=sighting.at,
        last_seen=sighting.at,
        presence="gone" if photo.purpose == Purpose.EVENT and _event_state(photo) == "gone" else "there",
        recurrence_of_id=find.recurrence_of,
        unit_id=unit_of(grid),
    )
    session.add(issue)
    session.flush()
    return issue


def _severity(problem: Problem, *, repeated: bool) -> int:
    return severity_of(problem.category, len(problem.boxes), problem.share, repeated=repeated)


def _address(site: Site | None, grid: Grid | None) -> str:
    names = [site.name] if site is not None else []
    names += [grid.name] if grid is not None else []
    return "，".join(names)[:256]


def _evidence(
    session: Session, issue: Issue, photo: Photo, kind: str, boxes: Sequence[Box], comparison: dict[str, Any] | None
) -> Evidence:
    evidence = Evidence(
        issue_id=issue.id,
        photo_id=photo.id,
        kind=kind,
        boxes=[box.model_dump(mode="json") for box in boxes],
        comparison=comparison,
        at=time_of(photo),
    )
    session.add(evidence)
    session.flush()
    return evidence


def _event_state(photo: Photo) -> str:
    return str((photo.given or {}).get("state", ""))


def _event_of(photo: Photo) -> dict[str, Any]:
    """Return what evidence keeps of an event of patrol footage; its scores stay with the photo."""
    if photo.purpose != Purpose.EVENT or photo.given is None:
        return {}
    return {"event": {key: photo.given[key] for key in EVENT_KEYS if photo.given.get(key) is not None}}

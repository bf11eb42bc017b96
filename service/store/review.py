"""What reviewers do with suspected issues: confirm, reject, merge, name another category, correct boxes."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.lifecycle import OPEN, STATES, Action, State
from service.domain.review import REASONS, Reason
from service.domain.roles import Actor
from service.errors import conflict, forbidden, invalid, not_found
from service.store.issues import Evidence, Issue
from service.store.steps import note, take_step
from service.store.visible import issue_for
from vision.inference.results import Box

__all__ = ["change_category", "confirm", "correct_boxes", "merge", "reject"]

CHANGEABLE = frozenset({State.SUSPECTED, State.PENDING_DISPATCH})  # afterwards a unit works by what was decided


def confirm(
    session: Session,
    issue: Issue,
    actor: Actor,
    category: str | None = None,
    severity: int | None = None,
    why: str = "",
) -> None:
    """Make a case of a suspected issue.

    Raises:
        ServiceError: The rules don't allow it.
    """
    if category and category != issue.category:
        change_category(session, issue, actor, category)
    detail = {"severity": severity} if severity and severity != issue.severity else None
    issue.severity = severity or issue.severity
    take_step(session, issue, Action.CONFIRM, actor, why, detail)


def reject(session: Session, issue: Issue, actor: Actor, reason: Reason, why: str = "") -> None:
    """Make no case of a suspected issue; a false alarm is kept as a hard negative.

    Raises:
        ServiceError: The rules don't allow it.
    """
    said = "；".join(part for part in (REASONS[reason][0], why.strip()) if part)
    issue.is_hard_negative = reason == Reason.NO_SUCH_THING
    take_step(session, issue, Action.REJECT, actor, said, {"reason": reason})


def merge(session: Session, issue_id: int, into_id: int, actor: Actor, why: str = "") -> Issue:
    """Move an issue's evidence to another one, which tells of the same problem, and cancel it; returns it.

    Raises:
        ServiceError: One of them isn't visible, they are the same, or the target is closed or cancelled.
    """
    if issue_id == into_id:
        raise invalid("merge_itself", "案件不能并入自身，请选择另一案件", "an issue can't be merged into itself")
    # Two people who merge A into B and B into A at once: the second one waits, and then finds the first one's result.
    session.execute(select(Issue.id).where(Issue.id.in_([issue_id, into_id])).order_by(Issue.id).with_for_update())
    issue, target = issue_for(session, actor, issue_id), issue_for(session, actor, into_id)
    state = State(target.state)
    if state not in OPEN | {State.SUSPECTED}:
        zh, en = STATES[state]
        raise conflict(
            "merge_target",
            f"目标案件处于“{zh}”，只能并入疑似或未结案件",
            f"the target is {en.lower()}; only suspected and open issues take others in",
        )
    _refuse_foreign(target, actor)
    take_step(session, issue, Action.MERGE, actor, why, {"into": into_id})
    issue.merged_into_id = into_id
    moved = list(issue.evidence)
    for evidence in moved:
        evidence.issue = target
        evidence.kind = "again" if evidence.kind == "first" else evidence.kind
    if issue.last_seen >= target.last_seen:
        target.presence = issue.presence
    target.found, target.last_seen = min(target.found, issue.found), max(target.last_seen, issue.last_seen)
    target.confidence, target.severity = max(target.confidence, issue.confidence), max(target.severity, issue.severity)
    detail = {"from": issue_id, "evidence": [evidence.id for evidence in moved]}
    note(session, target, "merged", actor, why, detail)
    return issue


def change_category(session: Session, issue: Issue, actor: Actor, category: str) -> None:
    """Give an issue another category, with its code; its boxes of the old category are corrected with it.

    Raises:
        ServiceError: The issue isn't the person's, or is past dispatch.
    """
    from service.domain.codes import code_for

    _refuse_foreign(issue, actor)
    _refuse_unchangeable(issue)
    before = issue.category
    if category == before:
        return
    code = code_for(category)
    issue.category = category
    issue.standard, issue.code, issue.code_name = code.standard, code.code, code.name
    for evidence in issue.evidence:
        boxes = evidence.boxes if evidence.corrected is None else evidence.corrected
        if any(box["category"] == before for box in boxes):
            renamed = [
                {**box, "category": category, "score": 1.0} if box["category"] == before else box for box in boxes
            ]
            evidence.corrected, evidence.corrected_by_id = renamed, actor.id
    note(session, issue, "category", actor, detail={"from": before, "to": category})


def correct_boxes(session: Session, issue: Issue, actor: Actor, evidence_id: int, boxes: Sequence[Box]) -> Evidence:
    """Replace the boxes of a piece of evidence by those that a person drew.

    Raises:
        ServiceError: The issue has no such evidence, isn't the person's, or a box sticks out of the photo.
    """
    _refuse_foreign(issue, actor)
    evidence = next((evidence for evidence in issue.evidence if evidence.id == evidence_id), None)
    if evidence is None:
        raise not_found("佐证", "evidence")
    photo = evidence.photo
    for place, box in enumerate(boxes, start=1):
        x1, y1, x2, y2 = box.box
        if not (x1 < x2 <= photo.width and y1 < y2 <= photo.height):
            raise invalid(
                "box_outside",
                f"第 {place} 个框须在 {photo.width}×{photo.height} 的照片内，且左上角在右下角之前",
                f"box {place}: expected x1 < x2 <= {photo.width} and y1 < y2 <= {photo.height}, got {list(box.box)}",
            )
    before = len(evidence.boxes if evidence.corrected is None else evidence.corrected)
    evidence.corrected = [box.model_dump(mode="json") for box in boxes]
    evidence.corrected_by_id = actor.id
    note(session, issue, "boxes", actor, detail={"evidence": evidence_id, "before": before, "after": len(boxes)})
    return evidence


def _refuse_foreign(issue: Issue, actor: Actor) -> None:
    if not actor.covers(issue.unit_id, issue.department_id):
        raise forbidden("unit", "该案件不属于您的单位", "the issue isn't one of your unit")


def _refuse_unchangeable(issue: Issue) -> None:
    state = State(issue.state)
    if state not in CHANGEABLE:
        zh, en = STATES[state]
        raise conflict(
            "state", f"案件处于“{zh}”，不能再改类别", f"the issue is {en.lower()}; its category can't change any more"
        )

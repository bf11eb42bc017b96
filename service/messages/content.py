"""What a message says: an event, and the issue that it is about."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.lifecycle import STATES, STEPS, State
from service.domain.slips import COLOURS, Colour
from service.state import Service
from service.store.base import now
from service.store.issues import Evidence, Issue
from service.store.messages import OutboxEvent
from vision.categories import category_of

__all__ = ["EVENTS", "Content", "content_of", "sample"]

# Events that webhooks are told of, as people read them; others are sent under their own name.
EVENTS: dict[str, tuple[str, str]] = {
    **{f"issue.{action}": (step.zh, step.en) for action, step in STEPS.items()},
    "issue.found": ("发现疑似问题", "Suspected"),
    "issue.report": ("人工上报", "Reported by hand"),
    "issue.change": ("案件更改", "Issue changed"),
    "slip.proposed": ("督办单待审批", "Slip to be approved"),
    "slip.issued": ("督办单签发", "Slip issued"),
    "slip.answered": ("督办单已回复", "Slip answered"),
    "slip.dropped": ("督办单未签发", "Slip dropped"),
    "photo.parked": ("照片无法处理", "Photo can't be used"),
}
AFTERWARDS = ("issue.submit", "issue.close", "issue.return")


@dataclass(frozen=True)
class Content:
    """A message before it takes a receiver's form.

    Attributes:
        id: Of the delivery; the same whenever it is sent again.
        event: Such as `issue.dispatch`.
        at: When it happened.
        title: One line, Chinese.
        lines: Label and text, Chinese, for people.
        issue: For programs: number, state, category, code, place, unit, deadline, url, photo_url.
        detail: What the event itself carries.
    """

    id: str
    event: str
    at: datetime
    title: str
    lines: list[tuple[str, str]] = field(default_factory=list)
    issue: dict[str, Any] | None = None
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The issue's page; empty where the service doesn't know its own address."""
        return (self.issue or {}).get("url") or ""

    @property
    def photo_url(self) -> str:
        """A link to the photo that works without signing in for a while; empty where there is none."""
        return (self.issue or {}).get("photo_url") or ""


def content_of(service: Service, session: Session, delivery_id: str, outbox: OutboxEvent) -> Content:
    """Return what is said of an event, as the issue stands now."""
    word = EVENTS.get(outbox.event, (outbox.event, outbox.event))[0]
    issue = session.get(Issue, outbox.issue_id) if outbox.issue_id is not None else None
    if issue is None:
        return Content(delivery_id, outbox.event, outbox.at, f"净巷 · {word}", detail=outbox.detail)
    facts = _facts(service, session, issue, outbox.event)
    zone = service.settings.zone
    deadline = _deadline(issue)
    lines = [
        ("状态", STATES[State(issue.state)][0]),
        ("地点", facts["place"]),
        ("责任单位", facts["unit"]),
        ("期限", deadline.astimezone(zone).strftime("%Y-%m-%d %H:%M") if deadline else ""),
        *_slip_lines(outbox.detail),
    ]
    title = f"净巷 · {word}：№ {issue.id} {issue.code_name or category_of(issue.category).zh}"
    return Content(
        delivery_id,
        outbox.event,
        outbox.at,
        title,
        [(label, text) for label, text in lines if text],
        facts,
        outbox.detail,
    )


def sample(delivery_id: str, base_url: str) -> Content:
    """Return the message that a test sends."""
    lines = [("说明", "收到本消息，说明净巷可以向这里发送案件与督办通知")]
    issue = {"number": 0, "url": base_url or None, "photo_url": None}
    return Content(delivery_id, "test", now(), "净巷 · 测试消息", lines, issue)


def _facts(service: Service, session: Session, issue: Issue, event: str) -> dict[str, Any]:
    base_url = service.settings.public_url.rstrip("/")
    photo_id = _photo_id(session, issue.id, event) if base_url else None
    unit, deadline = issue.department or issue.unit, _deadline(issue)
    parts = [issue.grid.name if issue.grid else "", issue.site.name if issue.site else "", issue.address]
    return {
        "number": issue.id,
        "state": issue.state,
        "category": issue.category,
        "standard": issue.standard,
        "code": issue.code,
        "place": " ".join(part for part in parts if part),
        "unit": unit.name if unit else "",
        "deadline": deadline.isoformat() if deadline else None,
        "url": f"{base_url}/issues/{issue.id}" if base_url else None,
        "photo_url": _photo_url(service, photo_id, base_url) if photo_id is not None else None,
    }


def _deadline(issue: Issue) -> datetime | None:
    return issue.department_deadline if issue.department_id else issue.deadline


def _photo_id(session: Session, issue_id: int, event: str) -> int | None:
    """Return the newest photo: of the place afterwards for events that are about the rectification."""
    query = select(Evidence.photo_id).where(Evidence.issue_id == issue_id).order_by(Evidence.id.desc()).limit(1)
    kind = Evidence.kind == "after" if event in AFTERWARDS else Evidence.kind.in_(["first", "again"])
    return session.scalar(query.where(kind))


def _photo_url(service: Service, photo_id: int, base_url: str) -> str:
    from service.intake.pictures import photo_link

    return photo_link(service, photo_id, base_url)


def _slip_lines(detail: dict[str, Any]) -> list[tuple[str, str]]:
    if "slip" not in detail:
        return []
    name, meaning = COLOURS[Colour(detail["colour"])]
    return [("督办单", f"{name[0]}（{meaning[0]}）"), ("事由", detail.get("reason", ""))]

"""What the routes of issues take and answer."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from service.domain.lifecycle import Action, State
from service.fields import Id, LongText, ShortText
from service.store.issues import Evidence, HistoryEntry, Issue

__all__ = [
    "AnswerBody",
    "ChangeBody",
    "DispatchBody",
    "EscalateBody",
    "EvidenceView",
    "HistoryView",
    "IssueView",
    "Named",
    "NoteBody",
    "PointView",
    "ReasonBody",
    "ReportBody",
    "evidence_view",
    "history_view",
    "issue_view",
]

NeededText = Annotated[LongText, StringConstraints(min_length=1)]


class Named(BaseModel):
    """A unit, person, grid cell or site."""

    id: int
    name: str


class PointView(BaseModel):
    """A place on the map."""

    latitude: float
    longitude: float
    datum: str


class EvidenceView(BaseModel):
    """A photo that tells of the issue; its picture is at `/api/v1/evidence/{id}/picture`."""

    id: int
    photo_id: int
    kind: str = Field(description="first, again, gone (nothing left there), after (rectification)")
    at: datetime
    boxes: list[dict[str, Any]] = Field(description="As a person corrected them, else as detected.")
    comparison: dict[str, Any] | None


class HistoryView(BaseModel):
    """Who did what, when and why."""

    id: int
    at: datetime
    user_name: str = Field(description="Empty: the program.")
    action: str
    from_state: str
    to_state: str
    why: str
    detail: dict[str, Any] | None


class IssueView(BaseModel):
    """An issue with all that the person may see of it."""

    id: int
    state: State
    category: str
    standard: str
    code: str
    code_name: str
    severity: int
    confidence: float
    address: str
    description: str
    grid: Named | None
    site: Named | None
    point: PointView | None
    reporter: Named | None
    found: datetime
    last_seen: datetime
    presence: str
    recurrence_of_id: int | None
    merged_into_id: int | None
    unit: Named | None
    department: Named | None
    handler: Named | None
    measure: str
    dispatched: datetime | None
    deadline: datetime | None
    submitted: datetime | None
    escalated: datetime | None
    department_deadline: datetime | None
    ended: datetime | None
    returns: int
    version: int
    evidence: list[EvidenceView]
    history: list[HistoryView]
    possible: list[Action] = Field(description="Steps that the person can take now.")
    waiting_photos: int = Field(description="Photos of the place afterwards that are not looked at yet.")


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ReportBody(_Body):
    """A problem that a person saw: what, and where."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "category": "garbage_pile",
                "description": "路口堆放装修垃圾约两方",
                "address": "东门路 12 号对面",
                "latitude": 30.005,
                "longitude": 120.005,
                "photo_ids": [],
            }
        }
    )

    category: ShortText
    description: LongText = ""
    address: Annotated[LongText, StringConstraints(max_length=256)] = ""
    severity: int = Field(default=2, ge=1, le=3, description="1 minor, 2 ordinary, 3 grave.")
    site_id: Id | None = None
    grid_id: Id | None = None
    latitude: float | None = Field(default=None, ge=-90, le=90, allow_inf_nan=False)
    longitude: float | None = Field(default=None, ge=-180, le=180, allow_inf_nan=False)
    datum: Literal["WGS-84", "CGCS2000", "GCJ-02"] = "WGS-84"
    photo_ids: list[Id] = Field(default=[], max_length=20, description="Of photos that you uploaded.")


class DispatchBody(_Body):
    """To whom an issue is given."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"unit_id": 3, "handler_id": 7, "measure": "当日清运并复拍"}}
    )

    unit_id: Id
    handler_id: Id | None = None
    measure: LongText = ""
    deadline: AwareDatetime | None = Field(default=None, description="None: by the town's rules.")


class NoteBody(_Body):
    """A remark, if there is one."""

    model_config = ConfigDict(json_schema_extra={"example": {"note": "已清运，地面已冲洗"}})

    note: LongText = ""


class ReasonBody(_Body):
    """Why."""

    model_config = ConfigDict(json_schema_extra={"example": {"why": "墙角仍有残留垃圾"}})

    why: LongText


class EscalateBody(ReasonBody):
    """Which department is called, and why."""

    model_config = ConfigDict(json_schema_extra={"example": {"department_id": 2, "why": "占道经营，社区无执法权"}})

    department_id: Id
    measure: LongText = ""


class AnswerBody(_Body):
    """What the department answers."""

    model_config = ConfigDict(json_schema_extra={"example": {"text": "已约谈当事人，周四前拆除"}})

    text: NeededText


class ChangeBody(_Body):
    """What shall be changed; what is left out stays."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"deadline": "2026-12-04T17:30:00+08:00", "why": "连日降雨，顺延一天"}}
    )

    address: Annotated[LongText, StringConstraints(max_length=256)] = ""
    description: LongText = ""
    measure: LongText = ""
    handler_id: Id | None = None
    unit_id: Id = 1
    deadline: AwareDatetime | None = None
    why: LongText = Field(default="", description="Needed for a new deadline or unit.")

    def wanted(self) -> dict[str, Any]:
        """Return what was sent, without the reason."""
        return {name: getattr(self, name) for name in self.model_fields_set - {"why"}}


def issue_view(issue: Issue, possible: list[Action], waiting_photos: int) -> IssueView:
    """Return an issue as the API shows it."""
    plain: dict[str, Any] = {
        name: getattr(issue, name) for name in IssueView.model_fields if name in Issue.__table__.columns
    }
    related: dict[str, Any] = {
        name: _named(getattr(issue, name)) for name in ("grid", "site", "reporter", "unit", "department", "handler")
    }
    point = None
    if issue.latitude is not None and issue.longitude is not None:
        point = PointView(latitude=issue.latitude, longitude=issue.longitude, datum=issue.datum)
    return IssueView(
        **plain,
        **related,
        point=point,
        evidence=[evidence_view(item) for item in issue.evidence],
        history=[history_view(entry) for entry in issue.history],
        possible=possible,
        waiting_photos=waiting_photos,
    )


def evidence_view(evidence: Evidence) -> EvidenceView:
    """Return a piece of evidence as the API shows it."""
    return EvidenceView(
        id=evidence.id,
        photo_id=evidence.photo_id,
        kind=evidence.kind,
        at=evidence.at,
        boxes=evidence.boxes if evidence.corrected is None else evidence.corrected,
        comparison=evidence.comparison,
    )


def history_view(entry: HistoryEntry) -> HistoryView:
    """Return an entry of the history as the API shows it."""
    return HistoryView(**{name: getattr(entry, name) for name in HistoryView.model_fields})


def _named(row: Any) -> Named | None:
    return Named(id=row.id, name=row.name) if row is not None else None

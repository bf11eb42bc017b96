"""What the review's routes take and answer."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from service.domain.review import Reason
from service.fields import Id, LongText
from service.store.issues import Evidence, Issue
from service.store.suspects import Near
from vision.categories import CATEGORIES, PROBLEMS
from vision.inference.results import Box

__all__ = [
    "Bulk",
    "BulkAnswer",
    "BulkResult",
    "Confirmation",
    "DrawnBoxes",
    "EvidenceAnswer",
    "Merging",
    "NewCategory",
    "ProblemName",
    "Rejection",
    "Reviewed",
    "SuspectAnswer",
    "SuspectPage",
]


def _problem(name: str) -> str:
    if name not in PROBLEMS:
        raise ValueError(f"expected one of {', '.join(NAMES_OF_PROBLEMS)}")
    return name


NAMES_OF_PROBLEMS = [category.name for category in CATEGORIES if category.is_problem]
ProblemName = Annotated[str, AfterValidator(_problem), Field(json_schema_extra={"enum": NAMES_OF_PROBLEMS})]
OWN_COLUMNS = (  # that are sent as they are
    *("id", "category", "standard", "code", "code_name", "severity", "confidence", "presence", "found", "last_seen"),
    *("address", "description", "recurrence_of_id"),
)
Severity = Annotated[int, Field(ge=1, le=3)]
Pixel = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Confirmation(_Request):
    """What is said when an issue is confirmed."""

    model_config = ConfigDict(json_schema_extra={"example": {"severity": 2, "note": "已到现场核实"}})

    category: ProblemName | None = Field(default=None, description="Where the detector's is wrong.")
    severity: Severity | None = Field(default=None, description="1 minor, 2 ordinary, 3 grave.")
    note: LongText = ""


class Rejection(_Request):
    """Why an issue is rejected."""

    model_config = ConfigDict(json_schema_extra={"example": {"reason": "no_such_thing", "why": "落叶，不是垃圾"}})

    reason: Reason = Field(description="no_such_thing keeps the photo as a hard negative for the next training.")
    why: LongText = ""


class Merging(_Request):
    """Which issue takes the evidence in."""

    model_config = ConfigDict(json_schema_extra={"example": {"into": 41}})

    into: Id
    why: LongText = ""


class NewCategory(_Request):
    """What it really is."""

    model_config = ConfigDict(json_schema_extra={"example": {"category": "stacked_debris"}})

    category: ProblemName


class DrawnBox(_Request):
    """A box as a person drew it."""

    category: ProblemName
    box: tuple[Pixel, Pixel, Pixel, Pixel] = Field(description="x1, y1, x2, y2 in pixels of the upright photo.")


class DrawnBoxes(_Request):
    """All boxes of a piece of evidence."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"boxes": [{"category": "garbage_pile", "box": [100, 200, 400, 380]}]}}
    )

    boxes: list[DrawnBox] = Field(max_length=200)

    def as_boxes(self) -> list[Box]:
        """Return them as the detector's kind of box; a person is sure."""
        return [Box(category=drawn.category, score=1.0, box=drawn.box) for drawn in self.boxes]


class Bulk(_Request):
    """One verdict on several issues."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"ids": [17, 18], "action": "reject", "reason": "no_such_thing"}}
    )

    ids: list[Id] = Field(min_length=1, max_length=200)
    action: Literal["confirm", "reject"]
    reason: Reason | None = Field(default=None, description="Of a rejection; needed there.")
    severity: Severity | None = Field(default=None, description="Of a confirmation.")
    why: LongText = ""


class BulkResult(BaseModel):
    """What became of one of them."""

    id: int
    ok: bool
    code: str = ""
    message: str = ""


class BulkAnswer(BaseModel):
    """What became of each, in the order of the request."""

    results: list[BulkResult]
    done: int
    failed: int


class EvidenceAnswer(BaseModel):
    """A photo that tells of an issue."""

    id: int
    photo_id: int
    kind: str
    width: int
    height: int
    boxes: list[Box] = Field(description="Corrected where a person corrected them, else the detector's.")
    is_corrected: bool
    at: datetime

    @classmethod
    def of(cls, evidence: Evidence) -> Self:
        """Return it as it is sent."""
        boxes = evidence.boxes if evidence.corrected is None else evidence.corrected
        return cls(
            id=evidence.id,
            photo_id=evidence.photo_id,
            kind=evidence.kind,
            width=evidence.photo.width,
            height=evidence.photo.height,
            boxes=[Box.model_validate(box) for box in boxes],
            is_corrected=evidence.corrected is not None,
            at=evidence.at,
        )


class Duplicate(BaseModel):
    """An issue at the same place, which may be the same problem."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    state: str
    category: str
    code_name: str
    found: datetime
    last_seen: datetime
    is_same_site: bool
    is_hinted: bool = Field(description="Whether the comparison of photos named it, without being sure.")
    photo_id: int | None


class Reviewed(BaseModel):
    """An issue after a step."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    state: str
    category: str
    standard: str
    code: str
    code_name: str
    severity: int
    merged_into_id: int | None
    is_hard_negative: bool


class SuspectAnswer(BaseModel):
    """A suspected issue with all that its review needs."""

    id: int
    category: str
    standard: str
    code: str
    code_name: str
    severity: int
    confidence: float
    presence: str
    found: datetime
    last_seen: datetime
    unit: str
    grid: str
    site: str
    address: str
    description: str
    reporter: str
    recurrence_of_id: int | None
    evidence: list[EvidenceAnswer]
    duplicates: list[Duplicate]

    @classmethod
    def of(cls, issue: Issue, duplicates: list[Near]) -> Self:
        """Return it as it is sent."""
        return cls(
            **{name: getattr(issue, name) for name in OWN_COLUMNS},
            unit=issue.unit.name if issue.unit else "",
            grid=issue.grid.name if issue.grid else "",
            site=issue.site.name if issue.site else "",
            reporter=issue.reporter.name if issue.reporter else "",
            evidence=[EvidenceAnswer.of(evidence) for evidence in issue.evidence],
            duplicates=[Duplicate.model_validate(other) for other in duplicates],
        )


class SuspectPage(BaseModel):
    """A page of suspected issues, oldest first."""

    issues: list[SuspectAnswer]
    next: int | None = Field(description="`after` of the next page; null on the last one.")
    left: int = Field(description="How many wait in all, on this page and on others.")

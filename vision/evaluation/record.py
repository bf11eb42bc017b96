"""The record of an evaluation, version 1: its models are its JSON Schema, its writer and its validator."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from vision.datasets.labels import Split
from vision.inference.results import Document, Fraction, Sha256, Strict, load_strict

__all__ = [
    "ERRORS",
    "SIZES",
    "Calibration",
    "CalibrationBin",
    "CategoryEvidence",
    "CategoryFigures",
    "Condition",
    "Confusion",
    "Cost",
    "Curve",
    "ErrorLoss",
    "EvaluatedData",
    "EvaluatedModel",
    "EvaluationRecord",
    "Evidence",
    "Failures",
    "Figures",
    "Interval",
    "Mistake",
    "Note",
    "Rate",
    "Screening",
    "ScreeningGroup",
    "SizeFigures",
    "Slice",
    "StageTime",
    "Visited",
    "load_record",
]

ErrorKind = Literal["classification", "localisation", "both", "duplicate", "background", "missed"]
ERRORS: tuple[ErrorKind, ...] = ("classification", "localisation", "both", "duplicate", "background", "missed")
Size = Literal["small", "medium", "large"]
SIZES: tuple[Size, ...] = ("small", "medium", "large")
SliceBy = Literal["brightness", "sharpness", "box_size", "source"]

Interval = tuple[float, float]  # low and high end, 95 %
Count = Annotated[int, Field(ge=0)]


class Note(Strict):
    """Something that a reader of the figures has to know."""

    zh: str
    en: str


class EvaluatedData(Strict):
    """The photos that were judged."""

    name: str = Field(description="Of the recipe or of the folder.")
    split: Split
    photos: int = Field(gt=0)
    boxes: Count
    scenes: int = Field(gt=0, description="Scene groups; a photo without one is its own.")
    sources: dict[str, Count] = Field(description="Photos by source.")
    photos_sha256: Sha256 = Field(description="Hash over names and bytes of the photos: the split.")
    labels_sha256: Sha256 = Field(description="Hash over names, labelled boxes and what is labelled at all.")


class EvaluatedModel(Strict):
    """What was judged."""

    name: str
    kind: Literal["onnx", "ultralytics", "predictions"]
    sha256: Sha256 = Field(description="Of the model file, or of the predictions.")
    bytes: int = Field(gt=0, description="Size of that file.")
    input_size: tuple[int, int] | None = Field(default=None, description="Height and width; null if unknown.")
    device: str | None = Field(default=None, description="What ran it, as in `cpu fp32`; null for predictions.")
    categories: tuple[str, ...] = Field(description="Of ours, those that it can report.")
    mapped: dict[str, str] = Field(default={}, description="Its own category name: ours, where they differ.")
    ignored: tuple[str, ...] = Field(default=(), description="Its categories that become none of ours.")


class SizeFigures(Strict):
    """Boxes of a size, by the area in pixels of the original photo: up to 32², up to 96², above; limits count twice."""

    boxes: Count
    ap50_95: Fraction | None = None
    ar_100: Fraction | None = None


class Figures(Strict):
    """COCO's figures; null where there are no boxes or the model doesn't report the category."""

    ap50_95: Fraction | None = None
    ap50: Fraction | None = None
    ap75: Fraction | None = None
    ar_1: Fraction | None = None
    ar_10: Fraction | None = None
    ar_100: Fraction | None = None
    by_size: dict[Size, SizeFigures] = Field(default={}, description="By the boxes' area.")
    intervals: dict[Literal["ap50_95", "ap50"], Interval] = Field(
        default={}, description="95 %, from the percentile bootstrap over scene groups."
    )


class CategoryFigures(Strict):
    """How well one category is found, on the photos whose source labels it."""

    category: str
    reported: bool = Field(description="Whether the model can report it.")
    photos: Count
    boxes: Count
    scenes: Count = Field(description="Scene groups with a box of it.")
    too_few: bool = Field(description="Too few boxes or scenes to say anything.")
    figures: Figures
    precision_at_recall: tuple[Fraction, ...] = Field(
        default=(), description="Precision at IoU 0.5 and the recalls 0, 0.01 … 1, or none."
    )


class Rate(Strict):
    """How often something happened."""

    count: Count
    total: Count
    interval: Interval | None = Field(default=None, description="95 %; null where nothing was counted.")

    @property
    def rate(self) -> float | None:
        """The share; None where nothing was counted."""
        return self.count / self.total if self.total else None


class Curve(Strict):
    """A curve, x not falling (ROC) or recall rising (precision-recall), and the area under it."""

    x: tuple[Fraction, ...]
    y: tuple[Fraction, ...]
    area: Fraction


class Visited(Strict):
    """What a crew that is sent to the flagged photos would meet."""

    recall: Rate = Field(description="Photos that need a visit and are flagged.")
    alarms: Rate = Field(description="Photos that need none and are flagged.")
    cost_per_100: float | None = Field(description="Mean cost of 100 photos in wasted visits; null without photos.")


class ScreeningGroup(Strict):
    """Part of the photos, or one category's verdict alone."""

    photos: Count
    visited: Visited
    roc: Curve | None = Field(default=None, description="False-alarm rate and recall; null without both kinds.")
    pr: Curve | None = Field(default=None, description="Recall and precision; null without both kinds.")


class Screening(Strict):
    """Per photo: does it need a visit."""

    missed_cost: float = Field(gt=0, description="Of a missed problem, in wasted visits.")
    chosen_on: Split | None = Field(
        description="Split on which the thresholds were chosen; null: the model's own, 0.5 where it has none."
    )
    chosen_photos: Count
    chosen_visited: Visited | None = Field(description="What the thresholds do on the split they were chosen on.")
    thresholds: dict[str, float] = Field(description="By category; above 1 where reporting it doesn't pay.")
    everything: ScreeningGroup
    light: dict[Literal["day", "dark"], ScreeningGroup]
    categories: dict[str, ScreeningGroup] = Field(description="Photos of sources that label it, its finds alone.")
    sets: dict[str, ScreeningGroup] = Field(
        default={}, description="Photos of which only the verdict is known, by folder name."
    )


class ErrorLoss(Strict):
    """One kind of error among all finds, however low their score, as TIDE counts them."""

    count: Count
    ap50_lost: float = Field(description="What mean AP50 would gain without these errors.")
    by_category: dict[str, float] = Field(description="The same by category.")


class Confusion(Strict):
    """What was labelled (rows) and what it was taken for (columns) at the thresholds, IoU 0.5.

    The last row is background: false finds; the last column too: missed ones.
    """

    names: tuple[str, ...] = Field(description="Categories, without background.")
    counts: tuple[tuple[Count, ...], ...] = Field(description="One row and one column more than names.")
    thresholds: dict[str, float]


class CalibrationBin(Strict):
    """Finds with scores in [low, high)."""

    low: Fraction
    high: Fraction
    count: Count
    mean_score: Fraction
    precision: Fraction = Field(description="Share that is right at IoU 0.5.")


class Calibration(Strict):
    """Whether a score of 0.7 is right 7 times of 10."""

    finds: Count
    ece: Fraction | None = Field(description="Expected calibration error, null without finds.")
    bins: tuple[CalibrationBin, ...] = Field(description="Those that hold any.")


class Slice(Strict):
    """Part of the labelled boxes."""

    by: SliceBy
    name: str = Field(description="Source, or size of the box; empty where low and high say it.")
    low: float | None = Field(default=None, description="Lower end; null if there is none.")
    high: float | None = None
    found: Rate = Field(description="Boxes found at the thresholds, IoU 0.5, right category.")


class Mistake(Strict):
    """One error, for the gallery."""

    kind: ErrorKind
    photo: str = Field(description="source/file name.")
    category: str = Field(description="That was reported; of a missed one, that was labelled.")
    score: Fraction | None = Field(description="Null for a missed one.")
    box: tuple[float, float, float, float] = Field(description="Reported; of a missed one, labelled.")
    truth_category: str | None = Field(default=None, description="Of the label that it was about.")
    truth_box: tuple[float, float, float, float] | None = None
    iou: Fraction | None = None


class Failures(Strict):
    """Why it fails."""

    errors: dict[ErrorKind, ErrorLoss]
    confusion: Confusion
    calibration: Calibration
    calibration_by_category: dict[str, Calibration]
    slices: tuple[Slice, ...]
    mistakes: tuple[Mistake, ...] = Field(description="The worst ones of each kind, worst first.")


class Condition(Strict):
    """The same photos, made worse."""

    kind: Literal["clean", "jpeg", "blur", "low_light", "rain", "fog", "rotation", "downscale"]
    level: float = Field(description="Quality, pixels, share or degrees; see `unit`.")
    unit: str
    photos: int = Field(gt=0)
    ap50: Fraction | None = Field(description="Mean of the categories below.")
    ap50_95: Fraction | None
    by_category: dict[str, Fraction] = Field(description="AP50 of those with enough boxes on these photos.")


class StageTime(Strict):
    """Of one photo, in milliseconds."""

    p50: float = Field(ge=0)
    p95: float = Field(ge=0)


class Cost(Strict):
    """What an answer costs, one photo at a time."""

    photos: int = Field(gt=0, description="Timed.")
    total: StageTime
    stages: dict[str, StageTime]
    peak_memory_mb: float = Field(gt=0, description="Of the whole process.")


class CategoryEvidence(Strict):
    """Every find of a category that average precision depends on, best score first: those up to the last right one.

    Three lists of one length.
    """

    boxes: tuple[int, ...] = Field(description="By photo, labelled boxes; -1 where its source doesn't label it.")
    photo: tuple[Count, ...] = Field(description="Index of the photo.")
    score: tuple[Fraction, ...]
    right: tuple[Count, ...] = Field(description="Bit i is set if it is right at IoU 0.5 + 0.05 i.")


class Evidence(Strict):
    """What a paired test needs, photo by photo."""

    photos: tuple[str, ...] = Field(description="source/file name.")
    scenes: tuple[Count, ...] = Field(description="Number of each photo's scene group.")
    dirty: tuple[bool, ...] = Field(description="Whether a problem is labelled on it.")
    flagged: tuple[bool, ...] = Field(description="Whether it is flagged at the thresholds.")
    categories: dict[str, CategoryEvidence] = Field(description="Of those that the model reports.")


class EvaluationRecord(Document):
    """The whole file."""

    format: Literal["cleanlane-evaluation"] = "cleanlane-evaluation"
    version: Literal[1] = 1
    created: AwareDatetime
    software: str = Field(description="Program and version that wrote the file.")
    command: str
    machine: str
    python: str
    versions: dict[str, str] = Field(description="Of the packages that figures depend on.")
    data: EvaluatedData
    model: EvaluatedModel
    notes: tuple[Note, ...] = ()
    mean: Figures = Field(description="Means over the reported categories that have boxes.")
    categories: tuple[CategoryFigures, ...] = Field(description="All of ours, in their order.")
    screening: Screening
    failures: Failures
    robustness: tuple[Condition, ...] = ()
    cost: Cost | None = Field(default=None, description="Null for predictions of others.")
    evidence: Evidence

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        photos = len(self.evidence.photos)
        if photos != self.data.photos:
            raise ValueError(f"expected evidence of {self.data.photos} photos, got {photos}")
        by_photo = [self.evidence.scenes, self.evidence.dirty, self.evidence.flagged]
        if any(len(values) != photos for values in by_photo):
            raise ValueError("the evidence's lists by photo differ in length")
        for name, finds in self.evidence.categories.items():
            if len(finds.boxes) != photos or not len(finds.photo) == len(finds.score) == len(finds.right):
                raise ValueError(f"the evidence of {name} has lists of wrong length")
            if any(index >= photos for index in finds.photo):
                raise ValueError(f"the evidence of {name} names a photo that isn't there")
        return self


def load_record(path: Path) -> EvaluationRecord:
    """Read and check a record.

    Raises:
        ResultError: It can't be read, isn't this format, or contradicts itself; the message says where.
    """
    return load_strict(path, EvaluationRecord, "an evaluation's record")

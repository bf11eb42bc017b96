"""The result file of a screening, version 1: its models are its JSON Schema, its writer and its validator."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self, TypeVar

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    NaiveDatetime,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from vision.errors import ResultError, sentence
from vision.files import replacing

__all__ = [
    "Box",
    "Captured",
    "Document",
    "Failure",
    "Fraction",
    "GpsPoint",
    "ModelInfo",
    "PhotoResult",
    "Pixels",
    "ResultFile",
    "ScreenedCategory",
    "Sha256",
    "Strict",
    "Verdict",
    "load_results",
    "load_strict",
]

Verdict = Literal["needs_visit", "clean", "unreadable"]
Fraction = Annotated[float, Field(ge=0, le=1)]
Pixels = Annotated[float, Field(ge=0)]
# JSON Schema's own "date-time" demands a zone, which cameras seldom know.
CAPTURED = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$"}
Captured = Annotated[AwareDatetime | NaiveDatetime, WithJsonSchema(CAPTURED)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Strict(BaseModel):
    """Base of the models: unknown fields are errors, values don't change after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Document(Strict):
    """Base of what is a whole file."""

    indent: ClassVar[int | None] = None  # of its JSON

    def write(self, path: Path) -> None:
        """Write the file as JSON; an existing one is replaced only by a complete one."""
        with replacing(path) as unfinished:
            unfinished.write_text(self.model_dump_json(indent=self.indent) + "\n", encoding="utf-8")


StrictModel = TypeVar("StrictModel", bound=Strict)


class Box(Strict):
    """One thing that was found."""

    category: str = Field(description="Name of one of model.categories.")
    score: Fraction
    box: tuple[Pixels, Pixels, Pixels, Pixels] = Field(description="x1, y1, x2, y2 in pixels of the upright photo.")


class GpsPoint(Strict):
    """Where a photo was taken, as the camera wrote it."""

    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    datum: str = Field(default="WGS-84", description="As stated in the photo; WGS-84 where nothing is stated.")


class Failure(Strict):
    """Why a photo couldn't be screened."""

    reason: str = Field(
        description="Stable code: empty, truncated, not_an_image, too_large, unsupported, encrypted, missing, stalled."
    )
    message: str = Field(description="One sentence for people.")


class PhotoResult(Strict):
    """What is known of one photo after the screening."""

    path: str = Field(description="As given on the command line; a zip member is written archive.zip!/member.")
    sha256: Sha256 | None = Field(description="Hash of the file's bytes; null if they couldn't be read.")
    verdict: Verdict
    width: int | None = Field(default=None, gt=0, description="Pixels, upright.")
    height: int | None = Field(default=None, gt=0, description="Pixels, upright.")
    captured: Captured | None = Field(
        default=None, description="When it was taken; without a zone where the camera recorded none."
    )
    gps: GpsPoint | None = None
    boxes: tuple[Box, ...] = Field(default=(), description="Best score first.")
    failure: Failure | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.verdict == "unreadable") != (self.failure is not None):
            raise ValueError("a failure is given exactly when the verdict is 'unreadable'")
        if self.verdict == "unreadable":
            if self.boxes:
                raise ValueError("an unreadable photo has no boxes")
            return self
        if self.width is None or self.height is None:
            raise ValueError("a readable photo has a width and a height")
        for found in self.boxes:
            x1, y1, x2, y2 = found.box
            if not (x1 < x2 <= self.width and y1 < y2 <= self.height):
                raise ValueError(f"box {found.box} doesn't lie within the photo of {self.width}x{self.height}")
        return self


class ScreenedCategory(Strict):
    """A category of the model and how it was used."""

    name: str
    zh: str
    is_problem: bool = Field(description="Whether a box of it makes a photo need a visit.")
    threshold: Fraction = Field(description="Lowest score that counted in this run.")


class ModelInfo(Strict):
    """The model that looked at the photos."""

    name: str
    sha256: Sha256
    input_size: tuple[int, int] = Field(description="Height and width in pixels that photos are scaled to.")
    categories: tuple[ScreenedCategory, ...]


class ResultFile(Strict):
    """The whole file."""

    format: Literal["cleanlane-results"] = "cleanlane-results"
    version: Literal[1] = 1
    created: AwareDatetime
    software: str = Field(description="Program and version that wrote the file.")
    provider: str = Field(description="What ran: device of the command line, and what it computed in.")
    tiles: Literal["off", "auto"] | int = Field(default="off", description="How photos were cut into tiles.")
    iou: Fraction = Field(description="Overlap above which the weaker of two boxes of one category was dropped.")
    model: ModelInfo
    photos: tuple[PhotoResult, ...]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        known = {category.name: category for category in self.model.categories}
        for photo in self.photos:
            unknown = [b.category for b in photo.boxes if b.category not in known]
            if unknown:
                raise ValueError(f"{photo.path}: category {unknown[0]!r} is not one of the model's")
            problem = any(known[b.category].is_problem for b in photo.boxes)
            if photo.verdict != "unreadable" and problem != (photo.verdict == "needs_visit"):
                raise ValueError(f"{photo.path}: verdict {photo.verdict!r} doesn't follow from its boxes")
        return self

    def write(self, path: Path, photos: Iterable[PhotoResult] | None = None) -> None:
        """Write the file as JSON; an existing one is replaced only by a complete one.

        Args:
            path: The file.
            photos: What takes the place of its own photos, so that they needn't be in memory all at once.
        """
        head, end = self.model_copy(update={"photos": ()}).model_dump_json(indent=1).rsplit("[]", 1)
        with replacing(path) as unfinished, unfinished.open("w", encoding="utf-8") as file:
            file.write(f"{head}[")
            for i, photo in enumerate(self.photos if photos is None else photos):
                file.write(f"{',' if i else ''}\n  {photo.model_dump_json()}")
            file.write(f"\n ]{end}\n")


def load_results(path: Path) -> ResultFile:
    """Read and check a result file.

    Raises:
        ResultError: It can't be read, isn't this format, or contradicts itself; the message says where.
    """
    return load_strict(path, ResultFile, "a result file")


def load_strict(path: Path, model: type[StrictModel], what: str) -> StrictModel:
    """Read a JSON file and check it against its model; `what` it is expected to be is for the message.

    Raises:
        ResultError: It can't be read, isn't this format, or contradicts itself; the message says where.
    """
    try:
        return model.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ResultError(f"{path}: expected {what}, but it can't be read ({error.strerror})") from error
    except ValidationError as error:
        raise ResultError(f"{path}: {sentence(error)}") from error

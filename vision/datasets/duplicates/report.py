"""The report on duplicates as a file that a recipe and a person can use."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vision.errors import RecipeError, sentence
from vision.files import replacing

__all__ = ["DuplicateReport", "Kind", "Pair", "SceneGroup", "Side", "Unreadable", "load_report", "write_report"]

Side = Literal["train", "val", "test", "against", "none"]
Kind = Literal["identical", "near", "scene"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Pair(_Strict):
    """Two photos that show the same."""

    first: str = Field(description="source/file name.")
    second: str = Field(description="source/file name.")
    sides: tuple[Side, Side] = Field(description="Split of each; against: of the folder given beside the recipe.")
    kind: Kind = Field(description="identical: the same pixels; near: a copy; scene: another photo of the same place.")
    leak: bool = Field(description="Whether the pair stands on two sides of a split that must not share anything.")
    hash_distance: int = Field(ge=0, le=63, description="Bits of the perceptual hashes that differ.")
    similarity: float = Field(description="Cosine of the embeddings.")
    inliers: int = Field(ge=0, description="Keypoints that agree on one affine map.")
    correlation: float = Field(description="Of the grey values where one photo covers the other.")
    overlap: float = Field(description="Share of the second photo that the first covers.")
    mirrored: bool = Field(description="Whether the first has to be mirrored left to right.")
    rotation: float = Field(description="Degrees that it then has to be turned left.")


class SceneGroup(_Strict):
    """A scene group, as the label file states it, whose photos stand on more than one side."""

    source: str
    name: str
    photos: dict[Side, tuple[str, ...]]


class Unreadable(_Strict):
    """A photo that could not be compared."""

    photo: str
    reason: str


class DuplicateReport(_Strict):
    """Everything that was found."""

    format: Literal["cleanlane-duplicates"] = "cleanlane-duplicates"
    version: Literal[1] = 1
    recipe: str
    model_sha256: str = Field(description="Of the model whose backbone embedded the photos.")
    photos: dict[Side, int]
    compared: int = Field(description="Pairs that were looked at closely.")
    pairs: tuple[Pair, ...] = Field(description="Leaks first.")
    scene_groups: tuple[SceneGroup, ...] = Field(description="Stated groups that a split cuts through.")
    exclude: tuple[str, ...] = Field(description="source/file name of photos to leave out, so that no leak is left.")
    unreadable: tuple[Unreadable, ...] = ()

    @property
    def leaks(self) -> tuple[Pair, ...]:
        """The pairs that stand on two sides."""
        return tuple(pair for pair in self.pairs if pair.leak)


def write_report(path: Path, report: DuplicateReport) -> None:
    """Write the report as JSON."""
    with replacing(path) as unfinished:
        unfinished.write_text(report.model_dump_json(indent=1) + "\n", encoding="utf-8", errors="backslashreplace")


def load_report(path: Path) -> DuplicateReport:
    """Read a report.

    Raises:
        RecipeError: The file is missing or doesn't follow the format.
    """
    try:
        return DuplicateReport.model_validate_json(path.read_bytes())
    except OSError as error:
        raise RecipeError(
            f"{path}: expected a report on duplicates, but it can't be read ({error.strerror})"
        ) from error
    except ValidationError as error:
        raise RecipeError(f"{path}: expected a report on duplicates, but {sentence(error)}") from error

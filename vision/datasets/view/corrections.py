"""The corrections that a person made on the page: their file format, version 1, and how it is read."""

import hashlib
import os
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from vision.categories import BY_NAME
from vision.datasets.labels import LabelledPhoto
from vision.errors import RecipeError, sentence

__all__ = ["CorrectedBox", "CorrectedPhoto", "Corrections", "labels_sha256", "load_corrections", "photo_file"]

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Strict(BaseModel):
    """Base of the models: unknown fields are errors, values don't change after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CorrectedBox(Strict):
    """One box as it shall be."""

    category: str
    box: tuple[float, float, float, float] = Field(description="x1, y1, x2, y2 in pixels of the upright photo.")
    was: int | None = Field(default=None, ge=0, description="Which of the photo's labels it was; null for a new box.")

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if self.category not in BY_NAME:
            raise ValueError(f"category {self.category!r} is unknown; known are {', '.join(BY_NAME)}")
        x1, y1, x2, y2 = self.box
        if not (x1 < x2 and y1 < y2):
            raise ValueError(f"expected x1 < x2 and y1 < y2, got {self.box}")
        return self


class CorrectedPhoto(Strict):
    """One photo that was looked at: all its boxes, not only the changed ones."""

    source: str = Field(pattern=r"^[^/\\]+$")
    file: str = Field(description="Path within the source's folder, such as images/1.jpg.")
    labels_sha256: Sha256 = Field(description="Of the labels that the person saw.")
    boxes: tuple[CorrectedBox, ...]
    dropped: bool = Field(default=False, description="The photo shall leave the data set.")
    checked: bool = Field(default=False, description="A person has looked at all of it.")

    @model_validator(mode="after")
    def _once(self) -> Self:
        taken = [box.was for box in self.boxes if box.was is not None]
        if len(taken) != len(set(taken)):
            raise ValueError(f"{self.source}/{self.file}: two boxes say that they were the same label")
        if self.source in (".", ".."):
            raise ValueError(f"expected the name of a source, got {self.source!r}")
        return self


class Corrections(Strict):
    """The whole file."""

    format: Literal["cleanlane-corrections"] = "cleanlane-corrections"
    version: Literal[1] = 1
    data_sha256: Sha256 = Field(description="Of the data set that was looked at.")
    categories: dict[str, dict[str, str | None]] = Field(
        default={}, description="By source, how the recipe renames its categories; null for those it leaves out."
    )
    photos: tuple[CorrectedPhoto, ...]

    @model_validator(mode="after")
    def _once(self) -> Self:
        named = [(photo.source, photo.file) for photo in self.photos]
        twice = sorted({name for name in named if named.count(name) > 1}) if len(set(named)) < len(named) else []
        if twice:
            raise ValueError(f"{'/'.join(twice[0])} is corrected twice")
        return self


def load_corrections(path: Path) -> Corrections:
    """Read corrections.

    Raises:
        RecipeError: The file can't be read or isn't this format; the message says where.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise RecipeError(
            f"{path}: expected corrections from the page, but it can't be read ({error.strerror})"
        ) from error
    try:
        return Corrections.model_validate_json(text)
    except ValidationError as error:
        raise RecipeError(f"{path}: expected corrections from the page; {sentence(error)}") from error


def labels_sha256(photo: LabelledPhoto) -> str:
    """Hash a photo's labels as they are shown: names and boxes to a tenth of a pixel, in order."""
    lines = [f"{name} " + " ".join(f"{side:.1f}" for side in box.tolist()) for box, _, name in photo.labels]
    return hashlib.sha256("\n".join([f"{photo.width} {photo.height}", *lines]).encode()).hexdigest()


def photo_file(photo: LabelledPhoto, folder: Path) -> str:
    """Return the photo's path within its source's folder, with forward slashes."""
    return Path(os.path.relpath(photo.path, folder.resolve())).as_posix()

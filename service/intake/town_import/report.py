"""What an import says: every problem with its place, and what would be or was changed."""

from typing import Literal

from pydantic import BaseModel, Field

from service.intake.town_import.columns import Kind

__all__ = ["Change", "Counts", "Link", "Problem", "Report"]


class Problem(BaseModel):
    """One thing that is wrong or doubtful, and what to do."""

    severity: Literal["error", "warning"]
    file: str
    sheet: str = ""
    row: int | None = Field(default=None, description="As Excel counts; of GeoJSON: which feature, from 1.")
    column: str = ""
    message: str = Field(description="In Chinese.")
    message_en: str


class Counts(BaseModel):
    """How many entries of a kind are concerned."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0


class Change(BaseModel):
    """An entry that is added or changed."""

    kind: Kind
    key: str
    is_new: bool
    fields: list[str] = Field(description="Headers of the columns that change.")


class Link(BaseModel):
    """A new person's one-time sign-in link; it is shown only now."""

    username: str
    name: str
    url: str


class Report(BaseModel):
    """Result of a dry run or an import."""

    applied: bool = False
    errors: int
    warnings: int
    problems: list[Problem]
    counts: dict[Kind, Counts]
    changes: list[Change]
    links: list[Link] = []

"""The recipe: which labelled sources make up a data set, and which of their splits are used."""

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vision.errors import RecipeError, sentence

__all__ = ["Recipe", "SourceChoice", "Split", "load_recipe"]

Split = Literal["train", "val", "test"]


class SourceChoice(BaseModel):
    """One source folder and what is taken from it."""

    model_config = ConfigDict(extra="forbid")

    folder: str = Field(description="Folder below the data directory that holds images/ and annotations.json.")
    splits: tuple[Split, ...] = Field(
        default=("train", "val", "test"), min_length=1, description="Splits that are used; the rest is left out."
    )


class Recipe(BaseModel):
    """A data set as a list of sources."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9-]*$", description="Short name, used in folder names and the model card."
    )
    sources: tuple[SourceChoice, ...] = Field(min_length=1, description="In the order of the tables that are printed.")


def load_recipe(path: Path) -> Recipe:
    """Read a recipe from YAML.

    Raises:
        RecipeError: The file is missing, no YAML, or has unknown or wrong fields; names each of them.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RecipeError(f"{path}: expected a YAML recipe, but it can't be read ({error})") from error
    try:
        return Recipe.model_validate(content)
    except ValidationError as error:
        raise RecipeError(f"{path}: {sentence(error)}") from error

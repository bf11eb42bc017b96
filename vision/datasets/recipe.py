"""The recipe: which labelled sources make up a data set, how they are read, and what is drawn in addition."""

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from vision.categories import NAMES
from vision.datasets.labels import SPLITS, Split
from vision.errors import RecipeError, sentence

__all__ = ["SYNTHETIC", "Recipe", "Role", "SourceChoice", "SyntheticPostings", "load_recipe"]

SYNTHETIC = "synthetic-postings"  # name of the source that is drawn
Role = Literal["labelled", "negatives", "backgrounds"]
CategoryName = Literal[NAMES]  # type: ignore[valid-type]  # the table in categories.py is the only list of names


class SourceChoice(BaseModel):
    """One source folder and what is taken from it."""

    model_config = ConfigDict(extra="forbid")

    folder: str = Field(
        pattern=r"^[^./\\][^/\\]*$",
        description="Folder directly below the data directory; its name holds no two underscores in a row.",
    )
    role: Role = Field(
        default="labelled",
        description="labelled: photos with boxes; negatives: photos without any, a box is an error, and where "
        "nothing states what is annotated, everything counts as looked for; "
        "backgrounds: not used as they are, only for drawing synthetic postings on them.",
    )
    splits: tuple[Split, ...] = Field(
        default=SPLITS, min_length=1, description="Splits that are used; the rest is left out."
    )
    split: Split | None = Field(default=None, description="Split of photos for which the label file states none.")
    count_as: Split | None = Field(
        default=None,
        description="Split that all used photos count as, whatever the label file states: val, to try a model on "
        "places that it wasn't trained on. Photos of test can't be used so.",
    )
    categories: dict[str, CategoryName | None] = Field(
        default={}, description="The source's own category name → ours; null drops its boxes."
    )
    annotated: tuple[CategoryName, ...] | None = Field(
        default=None, description="Categories that the source labels at all; by default what its label file states."
    )
    weight: float = Field(
        default=1.0,
        gt=0,
        le=20,
        description="How often a training photo is shown in an epoch: 0.4 shows each in two epochs of five, "
        "2.5 twice and three times in turn.",
    )

    @model_validator(mode="after")
    def _test_stays_test(self) -> "SourceChoice":
        if self.count_as and "test" in self.splits:
            raise ValueError("count_as would use photos of test for something else; list splits without test")
        return self


class SyntheticPostings(BaseModel):
    """Small ads drawn on real walls, for training only."""

    model_config = ConfigDict(extra="forbid")

    photos: int = Field(ge=1, le=100_000, description="How many photos are drawn.")
    backgrounds: tuple[str, ...] = Field(
        min_length=1, description="Sources of the recipe whose training photos are drawn on."
    )
    seed: int = Field(default=0, ge=0, description="Same seed, same walls and same fonts give the same photos.")


class Recipe(BaseModel):
    """A data set as a list of sources."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9-]*$", description="Short name, used in folder names and the model card."
    )
    sources: tuple[SourceChoice, ...] = Field(min_length=1, description="In the order of the tables that are printed.")
    exclude: tuple[str, ...] = Field(
        default=(), description="Photos that are left out, as source/file: leaks and duplicates, for example."
    )
    synthetic_postings: SyntheticPostings | None = None


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
        recipe = Recipe.model_validate(content)
    except ValidationError as error:
        raise RecipeError(f"{path}: {sentence(error)}") from error
    folders = [choice.folder for choice in recipe.sources]
    walls = recipe.synthetic_postings.backgrounds if recipe.synthetic_postings else ()
    for problem, names in (
        ("is the name of what is drawn, and can be no source", {SYNTHETIC} & set(folders)),
        ("has two underscores in a row in its name", {name for name in folders if "__" in name}),
        ("is listed twice", {name for name in folders if folders.count(name) > 1}),
        ("is a background, but no source of the recipe", set(walls) - set(folders)),
    ):
        if names:
            raise RecipeError(f"{path}: {', '.join(sorted(names))} {problem}")
    return recipe

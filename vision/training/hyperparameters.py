"""The YAML of a training: Ultralytics' arguments, and a few of our own."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vision.errors import RecipeError
from vision.training.runtime import import_ultralytics

__all__ = ["Options", "read_hyperparameters", "split_options"]

SET_HERE = {"cache", "data", "exist_ok", "mode", "model", "name", "plots", "project", "resume", "save", "task", "val"}
SET_HERE |= {"workers"} | {"rect", "single_cls"}  # the last two go with neither our order of photos nor our categories


class Options(BaseModel):
    """Hyper-parameters that Ultralytics doesn't have."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    partial_labels: Literal["masked", "background"] = Field(
        default="masked",
        description="masked: what a photo's source doesn't label is left out of the classification loss; "
        "background: it is taken as absent, as Ultralytics does",
    )
    balance: float = Field(
        default=0.0, ge=0, le=1, description="categories on less than this share of the photos are shown more often"
    )
    drawn_share: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="share of drawn photos in the first epoch; falls to none where mosaic closes",
    )
    stretch: float = Field(
        default=0.0, ge=0, le=1, description="a photo's proportions change by up to 1 + this, either way"
    )
    paste: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="probability that a cut-out of a rare category is pasted on a photo; none where mosaic closes",
    )
    camera_effects: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="probability of changed light, of blurred optics and of a noisy sensor, each",
    )


def split_options(hyperparameters: dict[str, Any]) -> tuple[Options, dict[str, Any]]:
    """Return our own hyper-parameters and Ultralytics' arguments."""
    own = {key: value for key, value in hyperparameters.items() if key in Options.model_fields}
    return Options.model_validate(own), {key: v for key, v in hyperparameters.items() if key not in own}


def read_hyperparameters(path: Path, changes: Sequence[str] = ()) -> dict[str, Any]:
    """Read a YAML of Ultralytics training arguments and of `Options`.

    Args:
        path: The file.
        changes: KEY=VALUE, each in place of the file's value; VALUE is YAML.

    Raises:
        RecipeError: The file can't be read, isn't a mapping, names an argument that neither has, or has a wrong value.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())  # YAML's has several lines
        raise RecipeError(f"{path}: expected a YAML of hyper-parameters, but it can't be read ({reason})") from error
    if not isinstance(content, dict):
        raise RecipeError(f"{path}: expected a mapping of training arguments to values, got {type(content).__name__}")
    content |= dict(_change(text) for text in changes)
    known = {*import_ultralytics().utils.DEFAULT_CFG_DICT, *Options.model_fields} - SET_HERE
    unknown = ", ".join(sorted(map(str, set(content) - known)))
    if unknown:
        raise RecipeError(f"{path}: Ultralytics has no training argument {unknown}, or cleanlane sets it itself")
    _refuse_wrong_values(path, content)
    return dict(content)


def _refuse_wrong_values(path: Path, content: dict[str, Any]) -> None:
    from ultralytics.cfg import check_cfg

    try:
        _, arguments = split_options(content)
        check_cfg(arguments)
    except ValidationError as error:
        faults = "; ".join(f"{fault['loc'][0]}: {fault['msg']}, got {fault['input']!r}" for fault in error.errors())
        raise RecipeError(f"{path}: {faults}") from error
    except (TypeError, ValueError) as error:
        raise RecipeError(f"{path}: {error}") from error


def _change(text: str) -> tuple[str, Any]:
    key, _, value = text.partition("=")
    try:
        if key.strip() and value.strip():
            return key.strip(), yaml.safe_load(value)
    except yaml.YAMLError:
        pass
    raise RecipeError(f"--set {text}: expected KEY=VALUE with a YAML value, such as epochs=20")

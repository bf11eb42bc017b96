"""What several commands share."""

import json
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from pydantic import BaseModel

    from vision.inference.views import Tiles

__all__ = ["SETTINGS", "print_schema", "read_tiles"]

SETTINGS: dict[str, Any] = {"pretty_exceptions_enable": False, "rich_markup_mode": "rich", "add_completion": False}

MOST_TILES = 20  # along the longer side


def print_schema(model: "type[BaseModel]") -> None:
    """Print a format's JSON Schema."""
    document = {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema()}
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))


def read_tiles(text: str) -> "Tiles":
    """Read the value of --tiles."""
    if text == "off":
        return "off"
    if text == "auto":
        return "auto"
    if not text.isdecimal() or not 2 <= int(text) <= MOST_TILES:
        raise typer.BadParameter(f"expected --tiles off, auto, or a number from 2 to {MOST_TILES}, got {text!r}")
    return int(text)

"""What several commands share."""

import json
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import BaseModel
    from rich.console import Console

    from vision.inference.detector import Detector
    from vision.inference.views import Tiles

__all__ = ["EXIT_INTERRUPTED", "SETTINGS", "as_before", "print_schema", "read_tiles", "tell"]

SETTINGS: dict[str, Any] = {"pretty_exceptions_enable": False, "rich_markup_mode": "rich", "add_completion": False}

EXIT_INTERRUPTED = 130  # as a shell says of what Ctrl-C ended
MOST_TILES = 20  # along the longer side


def as_before(out: "Path", resume: bool, device: str, precision: str) -> tuple[str, str]:
    """Return device and precision: an interrupted run's in place of auto, as results shall fit together."""
    from vision.inference.choice import AUTO
    from vision.inference.output_folder import interrupted_settings

    earlier = interrupted_settings(out) if resume else {}
    return (
        earlier.get("device", device) if device == AUTO else device,
        earlier.get("precision", precision) if precision == AUTO else precision,
    )


def tell(console: "Console", detector: "Detector") -> None:
    """Say what runs and why, and which categories are not ours."""
    from vision.categories import BY_NAME

    choice = detector.choice
    console.print(f"运行于 {choice.device} {choice.precision}: {choice.why}", highlight=False)
    foreign = [name for name in detector.model.names if name not in BY_NAME]
    if foreign:
        shown = ", ".join(foreign[:5]) + (" …" if len(foreign) > 5 else "")
        console.print(
            f"Note: {len(foreign)} categories of this model are not CleanLane's ({shown}) and never need a visit."
        )


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

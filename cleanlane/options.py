"""What several commands share."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vision.errors import MissingExtraError

if TYPE_CHECKING:
    from pydantic import BaseModel
    from rich.console import Console

    from service.state import Service
    from vision.inference.detector import Detector
    from vision.inference.views import Tiles

__all__ = [
    "EXIT_INTERRUPTED",
    "SETTINGS",
    "DataFolder",
    "DatabaseUrl",
    "PhotosUrl",
    "as_before",
    "open_service",
    "print_schema",
    "read_tiles",
    "tell",
]

SETTINGS: dict[str, Any] = {"pretty_exceptions_enable": False, "rich_markup_mode": "rich", "add_completion": False}

DataFolder = Annotated[
    Path,
    typer.Option("--data", envvar="CLEANLANE_DATA", help="Folder of the service's database, photos and secret."),
]
DatabaseUrl = Annotated[
    str,
    typer.Option(
        "--database", envvar="CLEANLANE_DATABASE", help="PostgreSQL instead: postgresql://user:password@host/name."
    ),
]
PhotosUrl = Annotated[
    str, typer.Option("--photos", envvar="CLEANLANE_PHOTOS", help="Storage of photos instead: s3://bucket/photos.")
]

EXIT_INTERRUPTED = 130  # as a shell says of what Ctrl-C ended
MOST_TILES = 20  # along the longer side


def open_service(data: Path, database: str, photos: str, **settings: Any) -> "Service":
    """Open the service's database and photos for a command; the database is migrated first.

    Raises:
        UserError: They can't be used, or the extra isn't installed.
    """
    try:
        from service.settings import read_settings
        from service.state import Service
        from service.store.preparing import prepare
    except ModuleNotFoundError as error:
        raise MissingExtraError(str(error.name), "service") from error
    service = Service.open(read_settings({"data": data, "database": database, "photos": photos, **settings}))
    prepare(service.database)
    return service


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

"""Options that several commands read."""

import typer

from vision.inference.views import Tiles

__all__ = ["read_tiles"]

MOST_TILES = 20  # along the longer side


def read_tiles(text: str) -> Tiles:
    """Read the value of --tiles."""
    if text == "off":
        return "off"
    if text == "auto":
        return "auto"
    if not text.isdecimal() or not 2 <= int(text) <= MOST_TILES:
        raise typer.BadParameter(f"expected --tiles off, auto, or a number from 2 to {MOST_TILES}, got {text!r}")
    return int(text)

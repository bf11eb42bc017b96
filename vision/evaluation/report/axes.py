"""Axes that several plots share."""

from typing import TYPE_CHECKING, Any

from vision.evaluation.report.svg import INK, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["RECALLS", "titled_axes", "unit_square"]

RECALLS = [i / 100 for i in range(101)]  # where a record's precisions are


def titled_axes(x: str, y: str, width: float, height: float) -> tuple["Figure", Any]:
    """Return a new figure, in CSS pixels, with axes that say what they show."""
    figure = new_figure(width, height)
    axes = figure.subplots()
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(color=INK, alpha=0.12)
    return figure, axes


def unit_square(axes: Any) -> None:
    """Show 0 to 1 both ways, with room for a line along the end."""
    axes.set_xlim(0, 1.01)
    axes.set_ylim(0, 1.01)

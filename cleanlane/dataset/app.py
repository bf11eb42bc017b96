"""The commands `cleanlane dataset …`."""

import typer

from cleanlane.dataset import building, duplicates, feedback, formats, looking, patrol, synthesis
from cleanlane.options import SETTINGS

__all__ = ["app"]

app = typer.Typer(
    help="数据集 data sets: check, convert, merge, build, look at, correct, draw, film.",
    no_args_is_help=True,
    **SETTINGS,
)
app.command("check")(formats.check)
app.command("convert")(formats.convert)
app.command("duplicates")(duplicates.duplicates)
app.command("synthesize")(synthesis.synthesize)
app.command("patrol")(patrol.patrol)
app.command("build")(building.build)
app.command("view")(looking.view)
app.command("correct")(looking.correct)
app.command("feedback")(feedback.feedback)

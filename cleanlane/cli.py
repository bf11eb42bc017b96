"""The command `cleanlane`: its subcommands, and one place where a user's mistake becomes a sentence and exit code 2."""

import importlib.metadata
import sys
from typing import Annotated

import typer

from cleanlane import modelling, publishing, screening
from cleanlane.dataset import app as dataset
from vision.errors import UserError

__all__ = ["app", "main"]

app = typer.Typer(
    name="cleanlane",
    help="净巷 CleanLane: finds garbage, overflowing bins, stacked debris and illegal postings in street photos.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.command("screen")(screening.screen)
app.command("validate")(screening.validate)
app.command("examples")(screening.examples)
app.add_typer(dataset.app, name="dataset")
app.command("train")(modelling.train)
app.command("export")(publishing.export)
app.command("publish")(publishing.publish)
app.command("evaluate")(modelling.evaluate)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"cleanlane {importlib.metadata.version('cleanlane')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Take the options before the subcommand."""


def main() -> None:
    """Run the command line."""
    try:
        app()
    except UserError as error:
        print(f"cleanlane: {error}", file=sys.stderr)  # noqa: T201
        raise SystemExit(2) from None
    except OSError as error:  # a full disk, a folder that is a file, no permission
        if error.filename is None:
            raise
        print(f"cleanlane: {error.filename}: can't be read or written ({error.strerror})", file=sys.stderr)  # noqa: T201
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()

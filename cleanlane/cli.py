"""The command `cleanlane`: its subcommands, and one place where a user's mistake becomes a sentence and exit code 2."""

import importlib.metadata
import sys
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from cleanlane.options import SETTINGS
from vision.errors import UserError

__all__ = ["app", "main"]

COMMANDS = {
    "screen": "cleanlane.screening:screen",
    "footage": "cleanlane.footage:footage",
    "validate": "cleanlane.screening:validate",
    "examples": "cleanlane.screening:examples",
    "bench": "cleanlane.benchmarking:bench",
    "dataset": "cleanlane.dataset.app:app",
    "train": "cleanlane.modelling:train",
    "export": "cleanlane.publishing:export",
    "publish": "cleanlane.publishing:publish",
    "evaluate": "cleanlane.evaluating:evaluate",
    "evaluate-footage": "cleanlane.patrols:evaluate_footage",
    "compare": "cleanlane.comparing:compare",
    "serve": "cleanlane.serving:serve",
    "worker": "cleanlane.working:worker",
    "admin-link": "cleanlane.serving:admin_link",
    "backup": "cleanlane.backing_up:backup",
    "restore": "cleanlane.backing_up:restore",
    "import-town": "cleanlane.importing:import_town",
    "example-town": "cleanlane.importing:example_town",
}


class Commands(TyperGroup):
    """Subcommands, imported when they are asked for: all of them would take a third of a second at every start."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """Return the names, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """Import the command of a name; None if there is none."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name].split(":")
        found = getattr(import_module(module), attribute)
        if not isinstance(found, typer.Typer):
            only, function = typer.Typer(**SETTINGS), found
            only.command(cmd_name)(function)
            found = only
        command = typer.main.get_command(found)
        command.name = cmd_name
        return command


app = typer.Typer(
    name="cleanlane",
    cls=Commands,
    help="净巷 CleanLane: finds garbage, overflowing bins, stacked debris and illegal postings in street photos.",
    no_args_is_help=True,
    **SETTINGS,
)


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
    except ImportError as error:
        if not str(error).startswith("lib"):  # such as libGL.so.1: cannot open shared object file
            raise
        library = str(error).partition(":")[0]
        print(  # noqa: T201
            f"cleanlane: the library {library} is missing, which OpenCV needs; on Debian: "
            "apt install libgl1 libglib2.0-0",
            file=sys.stderr,
        )
        raise SystemExit(2) from None
    except OSError as error:  # a full disk, a folder that is a file, no permission
        if error.filename is None:
            raise
        print(f"cleanlane: {error.filename}: can't be read or written ({error.strerror})", file=sys.stderr)  # noqa: T201
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()

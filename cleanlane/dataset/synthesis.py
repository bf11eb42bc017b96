"""`cleanlane dataset synthesize`: real walls with drawn small ads on them, and their labels."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from vision.datasets.postings.folder import find_walls, write_synthetic

__all__ = ["synthesize"]

EXIT_INTERRUPTED = 130

console = Console()


def synthesize(
    walls: Annotated[Path, typer.Argument(metavar="WALLS", help="Folder of photos of walls without postings.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="New folder for images/ and annotations.json.")],
    count: Annotated[int, typer.Option(min=1, help="How many images.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Another seed pastes other ads.")] = 0,
    licence: Annotated[str, typer.Option(help="Licence of the photos, for info.licence.")] = "",
) -> None:
    """Paste drawn small ads onto real walls 合成小广告, labelled as illegal_posting and graffiti.

    If WALLS or its parent has an annotations.json, only photos of its split train are used, and its licence is taken
    over. The same photos, fonts and seed give the same files.

    [bold]Example[/bold]

      cleanlane dataset synthesize walls-and-signs/images synthetic --count 2000 --seed 1
    """
    found = find_walls(walls, licence)
    columns = (
        TextColumn("合成 synthesizing"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("剩余"),
        TimeRemainingColumn(),
    )
    try:
        with Progress(*columns, console=console) as progress:
            task = progress.add_task("synthesize", total=count)
            summary = write_synthetic(found, out, count, seed, lambda: progress.advance(task))
    except KeyboardInterrupt:
        console.print(f"Interrupted; nothing was written to {out}.", markup=False)
        raise typer.Exit(EXIT_INTERRUPTED) from None
    console.print(
        f"{count} images in {out} from {len(found.photos)} walls: {summary.postings} illegal_posting, "
        f"{summary.graffiti} graffiti, {summary.unlabelled} images without a label",
        highlight=False,
        markup=False,
    )
    console.print(f"fonts: {len(summary.fonts)} files, named in annotations.json", highlight=False)

"""`cleanlane bench`."""

import json
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from vision.benchmark.export import export
from vision.benchmark.race import Entry, Measured, Race, entries, has_ultralytics, race
from vision.errors import UserError
from vision.files import replacing
from vision.inference.choice import choose
from vision.inference.published import files_of

__all__ = ["bench"]

console = Console()


def bench(
    photos: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="A folder of your own JPEGs, raced on as well.")
    ] = None,
    model: Annotated[
        Path | None, typer.Option(metavar="FILE", help="ONNX model; by default the published one.")
    ] = None,
    weights: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Checkpoint (.pt) of the same model for Ultralytics; by default beside it."),
    ] = None,
    count: Annotated[int, typer.Option(min=8, help="Photos of 12 megapixels that are drawn to race on.")] = 64,
    rounds: Annotated[int, typer.Option(min=1, help="How often everyone runs; medians are shown.")] = 3,
    tiles: Annotated[str, typer.Option(metavar="off|auto", help="Whether CleanLane looks at tiles, too.")] = "off",
    json_file: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write all figures there.")] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw a PNG there (needs the extra: bench).")
    ] = None,
) -> None:
    """Race CleanLane 测速 against a plain loop and, where it is installed, Ultralytics, on this machine.

    Everyone screens the same photos in a process of its own, in turn, several times. The floor is what scaled decoding
    and the network alone would take if every core were busy all the time.

    [bold]Examples[/bold]

      cleanlane bench

      cleanlane bench photos/ --json bench.json --plot bench.png
    """
    from vision.benchmark import photos as drawn

    if tiles not in ("off", "auto"):
        raise typer.BadParameter(f"expected --tiles off or auto, got {tiles!r}")
    sets = {} if photos is None else {str(photos): _jpegs(photos)}
    choice = choose(model)
    console.print(f"auto: {choice.device} {choice.precision}: {choice.why}", highlight=False)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        checkpoint, exported = _for_ultralytics(model, weights, folder)
        who = entries(choice, model, checkpoint, exported, tiles)
        with console.status(f"drawing {count} photos of 12 megapixels"):
            sets = {"12 MP, drawn": drawn.write_photos(folder, count), **sets}
        races = {name: _raced(name, who, paths, rounds) for name, paths in sets.items()}
    for name, finished in races.items():
        _show(name, finished)
    if json_file:
        with replacing(json_file) as unfinished:
            content = {name: finished.as_dict() for name, finished in races.items()}
            unfinished.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if plot:
        from vision.benchmark.plot import draw_race

        draw_race(races, plot)


def _jpegs(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg"))
    if not found:
        raise UserError(f"{folder}: expected a folder with JPEG files to race on, there are none")
    return found


def _for_ultralytics(model: Path | None, weights: Path | None, folder: Path) -> tuple[Path | None, Path | None]:
    """Return checkpoint and Ultralytics' own ONNX export of it; None where it isn't installed or has no checkpoint."""
    file = files_of(model)[0].path
    checkpoint = weights or file.with_suffix(".pt")
    if weights and not weights.is_file():
        raise UserError(f"{weights}: expected a checkpoint (.pt), there is no such file")
    if not has_ultralytics():
        console.print("ultralytics is not installed: left out")
        return None, None
    if not checkpoint.is_file():
        console.print(f"there is no {checkpoint.name} beside the model: ultralytics is left out", markup=False)
        return None, None
    return checkpoint, export(checkpoint, folder)


def _raced(name: str, who: list[Entry], paths: list[Path], rounds: int) -> Race:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(name, total=len(who) * rounds)
        return race(
            who, paths, rounds, lambda runner: progress.update(task, description=f"{name}: {runner}", advance=1)
        )


def _show(name: str, finished: Race) -> None:
    ours = finished.measured[0]
    title = f"{name}: {finished.photos} photos, {finished.megabytes / finished.photos:.1f} MB each"
    table = Table("", "张/s", "ms/张", "ours ÷", "÷ floor", "MB", "first s", title=title)
    for column in table.columns[1:]:
        column.justify = "right"
    for one in finished.measured:
        table.add_row(*_row(one, ours, finished.floor))
    table.add_section()
    both = [f"{finished.floor:.1f}", f"{1000 / finished.floor:.1f}", f"{ours.speed / finished.floor:.2f}", "1.00"]
    table.add_row("floor: every core busy", *both)
    console.print(table)
    console.print(
        "screen 筛查: page and pictures included · detect: results only · plain loop: full decoding, fp32 · "
        "ours ÷: how many times as fast the first row is · first s 首张: from start to the first result",
        style="dim",
    )
    stages = Table("stage 环节", "p50 ms", "p95 ms", "own CPU ms", title=ours.entry.name)
    for stage, (middle, high, own) in ours.stages.items():
        stages.add_row(stage, f"{middle:.1f}", f"{high:.1f}", f"{own:.1f}")
    console.print(stages)


def _row(one: Measured, ours: Measured, floor: float) -> list[str]:
    return [
        one.entry.name,
        f"{one.speed:.1f}",
        f"{1000 / one.speed:.1f}",
        f"{ours.speed / one.speed:.2f}",
        f"{one.speed / floor:.2f}",
        f"{max(one.peak_mb):.0f}",
        f"{min(one.first_result_seconds):.2f}",
    ]

"""`cleanlane dataset patrol`: videos of walks past labelled photos, with the truth about them."""

import re
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from cleanlane.options import EXIT_INTERRUPTED
from vision.datasets.build import load_data_set
from vision.datasets.labels import Split
from vision.datasets.patrol.plan import PatrolSettings
from vision.datasets.recipe import load_recipe
from vision.errors import RecipeError
from vision.images import path_text

__all__ = ["patrol"]

SIZE = re.compile(r"([1-9]\d{2,3})x([1-9]\d{2,3})", re.ASCII)
ASPECTS = (1.0, 2.0)  # width to height of a frame; others don't fit the strip

console = Console()


def patrol(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="YAML that names the sources.")],
    data: Annotated[Path, typer.Option(metavar="DIR", help="Folder that holds the sources.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="New or empty folder for the videos.")],
    split: Annotated[Split, typer.Option(help="用哪一部分照片: whose photos are shown.")] = "test",
    count: Annotated[int, typer.Option(min=1, max=100, help="段数: how many patrols.")] = 6,
    seconds: Annotated[float, typer.Option(min=1, max=600, help="每段秒数: how long each is.")] = 60,
    size: Annotated[str, typer.Option(metavar="WIDTHxHEIGHT", help="Pixels of a frame, even numbers.")] = "1920x1080",
    seed: Annotated[int, typer.Option(min=0, help="Another seed, other patrols.")] = 0,
    clean: Annotated[float, typer.Option(min=0, max=1, help="无问题路段占比: street without a problem.")] = 0.7,
    gpx: Annotated[bool, typer.Option("--gpx", help="另写轨迹: write the camera's way, too.")] = False,
    overwrite: Annotated[bool, typer.Option(help="Replace patrols in a folder that isn't empty.")] = False,
) -> None:
    """Render patrol videos from labelled photos 模拟巡查视频: a camera is carried past them, and turns back.

    Beside each video lies its truth: where every problem is in every frame, and which ones have to be found.
    The same photos and seed give the same files.

    [bold]Examples[/bold]

      cleanlane dataset patrol recipes/streets.yaml --data photos --out patrols

      cleanlane dataset patrol recipes/streets.yaml --data photos --out val --split val --count 2 --seconds 30 --gpx
    """
    from vision.datasets.patrol.render import write_patrols

    settings = PatrolSettings(split, count, seconds, _read_size(size), seed, clean, gpx)
    if out.exists() and not out.is_dir():
        raise RecipeError(f"{path_text(out)}: expected a folder, this is a file; name another with --out")
    if out.is_dir() and any(out.iterdir()) and not overwrite:
        raise RecipeError(f"{path_text(out)}: expected a new or an empty folder; name another, or add --overwrite")
    data_set = load_data_set(load_recipe(recipe), data)
    columns = (TextColumn("渲染 rendering"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    try:
        with Progress(*columns, console=console) as bar:
            task = bar.add_task("", total=None)
            videos = write_patrols(
                data_set, out, settings, lambda done, total: bar.update(task, completed=done, total=total)
            )
    except KeyboardInterrupt:
        console.print(f"Interrupted; only whole patrols were written to {out}.", markup=False)
        raise typer.Exit(EXIT_INTERRUPTED) from None
    console.print(f"{len(videos)} videos in {out}, each with its .truth.json", highlight=False, markup=False)


def _read_size(text: str) -> tuple[int, int]:
    found = SIZE.fullmatch(text)
    width, height = (int(side) for side in found.groups()) if found else (0, 0)
    if not found or width % 2 or height % 2 or not ASPECTS[0] <= width / height <= ASPECTS[1]:
        raise typer.BadParameter(
            f"expected --size as even numbers WIDTHxHEIGHT from 100 on, once to twice as wide as high, got {text!r}"
        )
    return width, height

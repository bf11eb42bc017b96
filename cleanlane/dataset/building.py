"""`cleanlane dataset build`: from a recipe to the folder that a training reads."""

import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from vision.categories import CATEGORIES
from vision.datasets.build import DataSet, load_data_set
from vision.datasets.labels import SPLITS, LabelledPhoto
from vision.datasets.recipe import load_recipe
from vision.datasets.training_folder import write_training_folder

__all__ = ["build", "data_set_table"]

console = Console()


def build(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="YAML that names sources, roles and weights.")],
    data: Annotated[Path, typer.Option(metavar="DIR", help="Folder that holds the sources.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where built data sets go.")] = Path(
        "runs/data"
    ),
) -> None:
    """Build what a recipe names 构建数据集: train and val as Ultralytics reads them, with a table and a hash.

    The same recipe, photos and labels give the same hash and the same folder. What is there already is used again.

    [bold]Example[/bold]

      cleanlane dataset build recipes/streets.yaml --data photos --out runs/data
    """
    data_set = load_data_set(load_recipe(recipe), data)
    columns = (TextColumn("构建 building"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=None)
        folder = write_training_folder(data_set, out, lambda done, total: bar.update(task, completed=done, total=total))
    console.print(data_set_table(data_set, folder.synthetic.photos if folder.synthetic else ()))
    console.print(f"sha256: {data_set.sha256}", highlight=False)
    console.print(f"built: {folder.data_yaml}", highlight=False)


def data_set_table(data_set: DataSet, drawn: Iterable[LabelledPhoto] = ()) -> Table:
    """Return photos, how often they are shown, and boxes by category; – where the source doesn't label the category."""
    photos = (*data_set.photos, *drawn)
    table = Table(title=f"{data_set.name} {data_set.sha256[:12]}", box=SIMPLE, padding=(0, 1, 0, 0))
    table.add_column("来源", no_wrap=True)
    table.add_column("", no_wrap=True)
    counts = ["照片"] if set(data_set.weights.values()) <= {1} else ["照片", "每轮"]
    for heading in (*counts, *("\n".join(textwrap.wrap(category.zh, 2)) for category in CATEGORIES)):
        table.add_column(heading, justify="right", no_wrap=True)
    for source in [*dict.fromkeys(photo.source for photo in photos), None]:
        for split in SPLITS:
            here = [p for p in photos if p.split == split and source in (None, p.source)]
            times = round(sum(data_set.weights.get(p.source, 1) for p in here if split == "train"))
            if here:
                figures = [str(len(here)), str(times) if times else ""][: len(counts)] + _boxes(here)
                table.add_row(source or "合计 total", split, *figures)
        table.add_section()
    return table


def _boxes(photos: list[LabelledPhoto]) -> list[str]:
    labelled = frozenset().union(*(photo.annotated for photo in photos))
    found = [name for photo in photos for _, _, name in photo.labels]
    return [str(found.count(c.name)) if c.name in labelled else "–" for c in CATEGORIES]

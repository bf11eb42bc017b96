"""`cleanlane dataset duplicates`: photos that show the same, and leaks between splits."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from cleanlane.options import EXIT_INTERRUPTED
from vision.datasets.build import load_data_set
from vision.datasets.duplicates import (
    Cache,
    DuplicateReport,
    Embedder,
    Member,
    find_duplicates,
    members_below,
    members_of,
    write_page,
    write_report,
)
from vision.datasets.duplicates.page import KINDS, SIDES
from vision.datasets.recipe import load_recipe
from vision.errors import RecipeError
from vision.inference.published import default_model

__all__ = ["duplicates"]

EXIT_LEAK = 1
LEAKS_PRINTED = 40
STAGES = {"photos": "指纹 fingerprints", "pairs": "比对 comparing"}

console = Console()


def duplicates(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="Recipe that names the sources.")],
    data: Annotated[Path, typer.Option(metavar="DIR", help="Folder that holds the sources.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for report.json and index.html.")],
    against: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="A folder of photos (repeatable) that must not overlap train or val."),
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Remembers fingerprints; by default DIR/fingerprints.sqlite.")
    ] = None,
) -> None:
    """Find duplicate photos 查找重复照片 within and between splits, and leaks.

    Finds the same pixels, copies (compressed, resized, cropped, stretched, sheared, flipped, turned, brightened) and
    other photos of the same place. report.json lists in `exclude` what to leave out of the recipe: never a test photo
    for the sake of a training photo. What was read is remembered: a second run takes seconds.

    Exit code: 0 no leak; 1 a leak was found; 2 wrong usage; 130 interrupted (the same command goes on).

    [bold]Examples[/bold]

      cleanlane dataset duplicates recipes/streets.yaml --data DATA --out duplicates

      cleanlane dataset duplicates recipes/streets.yaml --data DATA --out duplicates --against held-back/images
    """
    data_set = load_data_set(load_recipe(recipe), data)
    members = members_of(data_set.photos)
    for folder in dict.fromkeys(against or ()):
        members += members_below(folder)
    embedder = Embedder(default_model())
    try:
        out.mkdir(parents=True, exist_ok=True)
        with Cache(cache or out / "fingerprints.sqlite", embedder.model_sha256) as remembered:
            report = _found(members, embedder, remembered, data_set.name)
        write_report(out / "report.json", report)
        write_page(out / "index.html", report, members)
    except KeyboardInterrupt:
        console.print("已中断 Interrupted; what was read is kept: the same command goes on.")
        raise typer.Exit(EXIT_INTERRUPTED) from None
    except OSError as error:
        raise RecipeError(f"{error.filename or out}: the report can't be written ({error.strerror})") from error
    _print(report, {member.name: member.source for member in members})
    console.print(f"{(out / 'index.html').resolve()}", highlight=False, markup=False, soft_wrap=True)
    if report.leaks or report.scene_groups:
        raise typer.Exit(EXIT_LEAK)


def _found(members: Sequence[Member], embedder: Embedder, cache: Cache, name: str) -> DuplicateReport:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("剩余"))
    with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
        tasks = {stage: progress.add_task(shown, total=None) for stage, shown in STAGES.items()}

        def on_progress(stage: str, done: int, total: int) -> None:
            progress.update(tasks[stage], completed=done, total=total)

        return find_duplicates(members, embedder, cache, name, on_progress)


def _print(report: DuplicateReport, sources: dict[str, str]) -> None:
    kinds = Table("", "同侧 within split", "跨越 across splits", "泄漏 leaks", title="重复照片 Duplicates")
    for kind, (zh, en) in KINDS.items():
        pairs = [pair for pair in report.pairs if pair.kind == kind]
        within = sum(pair.sides[0] == pair.sides[1] for pair in pairs)
        leaks = sum(pair.leak for pair in pairs)
        kinds.add_row(f"{zh} {en}", str(within), str(len(pairs) - within), str(leaks))
    kinds.add_row("拆开的场景组 scene groups", "", str(len(report.scene_groups)), str(len(report.scene_groups)))
    by_source = Table("来源 sources", *(zh for zh, _ in KINDS.values()), "泄漏 leaks")
    rows = {pair: " × ".join(sorted({sources[pair.first], sources[pair.second]})) for pair in report.pairs}
    counts = Counter((row, pair.kind) for pair, row in rows.items())
    leaks_of = Counter(row for pair, row in rows.items() if pair.leak)
    for row in sorted(set(rows.values())):
        by_source.add_row(escape(row), *(str(counts[row, kind]) for kind in KINDS), str(leaks_of[row]))
    by_source.columns[0].overflow = "fold"
    for table in (kinds, by_source):
        for column in table.columns[1:]:
            column.justify = "right"
        if table.row_count:
            console.print(table)
    _print_leaks(report)
    for item in report.unreadable:
        console.print(f"无法读取 unreadable: {item.reason}", highlight=False, markup=False)


def _print_leaks(report: DuplicateReport) -> None:
    table = Table("", "照片 photo", "照片 photo", title="泄漏 Leaks")
    for column in table.columns:
        column.overflow = "fold"  # a name that is cut off can't be looked up
    for pair in report.leaks[:LEAKS_PRINTED]:
        shown = [f"{SIDES[side][0]} {name}" for side, name in zip(pair.sides, (pair.first, pair.second), strict=True)]
        table.add_row(KINDS[pair.kind][0], *map(escape, shown))
    for group in report.scene_groups[:LEAKS_PRINTED]:
        sides = ", ".join(f"{SIDES[side][0]} {len(names)}" for side, names in group.photos.items())
        table.add_row("场景组", escape(f"{group.source} {group.name}"), sides)
    if not table.row_count:
        console.print("没有发现泄漏 no leak was found")
        return
    console.print(table)
    more = len(report.leaks) + len(report.scene_groups) - table.row_count
    console.print(
        (f"另有 {more} 项见页面 {more} more on the page; " if more else "")
        + f"建议排除 to leave out: {len(report.exclude)} (report.json, exclude)",
        highlight=False,
    )

"""`cleanlane compare`: evaluations side by side, and what the paired test says of their differences."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from vision.evaluation.comparison.compare import Comparison
    from vision.evaluation.record import EvaluationRecord
    from vision.evaluation.report.comparison_table import Cell

__all__ = ["compare"]

STYLES = {"better": "green", "worse": "red", "cannot_tell": "dim"}

console = Console()


def compare(
    records: Annotated[
        list[Path], typer.Argument(metavar="FIRST.json OTHER.json…", help="Records that `cleanlane evaluate` wrote.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write comparison.html, .json and .md there (needs the extra: eval)."),
    ] = None,
) -> None:
    """Compare evaluations 比较评测结果: the first is what the others are held against.

    Where photos and labels are the same, a paired test says of each difference: 更好 better, 更差 worse, or 说不准
    can't tell, as it is too small for the number of photos. Otherwise the figures stand side by side, without verdicts.

    [bold]Examples[/bold]

      cleanlane compare reports/old/report.json reports/new/report.json

      cleanlane compare ours/report.json vendor-a/report.json vendor-b/report.json --out comparison
    """
    if len(records) < 2:
        raise typer.BadParameter("expected at least two records to compare, got one", param_hint="OTHER.json")
    from vision.evaluation.comparison.compare import compare_records
    from vision.evaluation.record import load_record

    loaded = [load_record(path) for path in records]
    if out:
        from vision.evaluation.report.svg import new_figure

        new_figure(1, 1)  # says what is missing before the work begins
        out.mkdir(parents=True, exist_ok=True)
    comparison = compare_records(loaded, _tracked)
    _show(comparison, loaded)
    if out:
        _write(out, comparison, loaded)


def _tracked(others: "Sequence[EvaluationRecord]") -> "Iterable[EvaluationRecord]":
    columns = (SpinnerColumn(), TextColumn("{task.description}"), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield from progress.track(others, description="重抽样 resampling")


def _show(comparison: "Comparison", records: "Sequence[EvaluationRecord]") -> None:
    from vision.evaluation.report.comparison_table import rows_of

    names = [escape(run.name) for run in comparison.runs]
    data = records[0].data
    title = f"{data.name} · {data.split} · {data.photos} photos 张"
    table = Table("", *names, title=Text(title))
    for column in table.columns[1:]:
        column.justify = "right"
    for row in rows_of(comparison, records):
        table.add_row(Text(row.label), *map(_cell, row.cells))
    console.print(table)
    for note in comparison.notes:
        console.print(f"{note.zh} {note.en}", style="yellow", highlight=False, markup=False)


def _cell(cell: "Cell") -> Text:
    from vision.evaluation.report.comparison_table import VERDICTS

    text = Text(cell.value)
    if cell.interval:
        text.append(f" ({cell.interval})", style="dim")
    if cell.verdict:
        text.append("\n" + " ".join(VERDICTS[cell.verdict]), style=STYLES[cell.verdict])
    return text


def _write(out: Path, comparison: "Comparison", records: "Sequence[EvaluationRecord]") -> None:
    from vision.evaluation.report.comparison_page import write_comparison_page
    from vision.evaluation.report.markdown import write_comparison_markdown

    comparison.write(out / "comparison.json")
    write_comparison_markdown(out / "comparison.md", comparison, records)
    write_comparison_page(out / "comparison.html", comparison, records)
    console.print(f"{out / 'comparison.html'}", highlight=False, markup=False, soft_wrap=True)

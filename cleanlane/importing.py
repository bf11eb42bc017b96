"""`cleanlane import-town` and `cleanlane example-town`: a town from files, and an invented one."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cleanlane.options import DatabaseUrl, DataFolder, open_service
from vision.errors import MissingExtraError, UserError

if TYPE_CHECKING:
    from service.intake.town_import.report import Report

__all__ = ["example_town", "import_town"]

MOST_SHOWN = 500


def import_town(
    files: Annotated[list[Path], typer.Argument(metavar="FILES…", help=".xlsx, .csv, .geojson; taken together.")],
    apply: Annotated[bool, typer.Option("--apply", help="Import; without it everything is only checked.")] = False,
    datum: Annotated[
        str, typer.Option(help="Of coordinates whose file doesn't tell it: CGCS2000, WGS-84 or GCJ-02.")
    ] = "",
    data: DataFolder = Path("cleanlane-data"),
    database: DatabaseUrl = "",
) -> None:
    """Import a town 导入单位、人员、网格、点位: all of it or, if anything is wrong, nothing (exit code 2).

    New people's one-time sign-in links are printed once.

    Examples:

      cleanlane import-town town.xlsx cells.geojson

      cleanlane import-town town.xlsx cells.geojson --datum CGCS2000 --apply
    """
    service = open_service(data, database, "")
    from service.intake.town_import.applying import import_town as run
    from service.intake.town_import.values import DATUMS

    if datum and datum not in DATUMS.values():
        raise UserError(f"--datum: expected one of {', '.join(sorted(set(DATUMS.values())))}, got {datum!r}")
    contents = [(path.name, path.read_bytes()) for path in files]
    address = service.settings.public_url or "http://127.0.0.1:8000"
    report = run(service, contents, apply=apply, datum=datum, base_url=address)
    _show(Console(), report, asked=apply)
    service.close()
    if report.errors:
        raise typer.Exit(2)


def example_town(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A name that ends in .xlsx or .geojson.")],
    seed: Annotated[int, typer.Option(min=0, help="Another number, another town.")] = 0,
) -> None:
    """Write an invented town 生成示例街道: 6 areas, 26 villages and communities, 299 and 650 cells.

    Example:

      cleanlane example-town town.xlsx
    """
    try:
        from service.intake.town_import.example import write_example
    except ModuleNotFoundError as error:
        raise MissingExtraError(str(error.name), "service") from error
    write_example(out, seed)
    typer.echo(f"{out}: written")


def _show(console: Console, report: "Report", *, asked: bool) -> None:
    if report.problems:
        table = Table("", "文件 File", "表 Sheet", "行 Row", "列 Column", "问题 Problem")
        for one in report.problems[:MOST_SHOWN]:
            mark = "[red]错误[/]" if one.severity == "error" else "[yellow]提醒[/]"
            where = [escape(one.file), escape(one.sheet), str(one.row or ""), one.column]
            table.add_row(mark, *where, escape(one.message))
        console.print(table)
    if len(report.problems) > MOST_SHOWN:
        console.print(f"… {len(report.problems) - MOST_SHOWN} more")
    names = {"units": "单位", "people": "人员", "grids": "网格", "sites": "点位"}
    counts = Table("", "新增 Added", "变更 Changed", "不变 Unchanged")
    for kind, count in report.counts.items():
        counts.add_row(names[kind], str(count.added), str(count.changed), str(count.unchanged))
    console.print(counts)
    for link in report.links:
        console.print(f"{link.name} ({link.username}): {link.url}", highlight=False, soft_wrap=True, markup=False)
    if report.errors:
        console.print(f"{report.errors} 个错误，未导入任何内容。{report.errors} errors; nothing was imported.")
    elif report.applied:
        console.print("已导入。Imported.")
    elif not asked:
        console.print("试运行：未写入任何内容，加 --apply 正式导入。Dry run: nothing was written; --apply imports it.")

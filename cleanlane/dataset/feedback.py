"""`cleanlane dataset feedback`: what reviewers confirmed, corrected and rejected, as labelled photos."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from vision.categories import category_of
from vision.errors import MissingExtraError, UserError

if TYPE_CHECKING:
    from service.exports.feedback import Feedback

__all__ = ["feedback"]

LEFT_OUT = {
    "suspected": "有疑似案件待审核 an issue on it waits for review",
    "unseen": "审核后由程序添加 added by the program after the review",
    "unclear": "驳回原因未说明是否存在 rejected without saying whether it is there",
    "unmarked": "无框 nobody said where it is",
    "missing": "照片文件缺失 the file is missing",
    "unreadable": "照片无法读取 the file can't be read",
}

console = Console()


def feedback(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder to write; an earlier export is replaced.")],
    data: Annotated[Path, typer.Option(metavar="DIR", help="The service's data folder.")] = Path("cleanlane-data"),
    database: Annotated[str, typer.Option(metavar="URL", help="PostgreSQL instead of the folder's database.")] = "",
    photos: Annotated[str, typer.Option(metavar="URL", help="Storage of photos instead of the folder's.")] = "",
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only what was judged on that day or later.")
    ] = None,
) -> None:
    """Export what reviewers said 导出审核结果 as labelled photos (COCO): confirmed and corrected boxes, hard negatives.

    A photo is exported once every suspicion on it was judged. Photos of one place are all train or all val. The folder
    holds a recipe for `cleanlane dataset build`.

    [bold]Examples[/bold]

      cleanlane dataset feedback feedback --data cleanlane-data --since 2026-01-01

      cleanlane dataset build feedback/recipe.yaml --data feedback
    """
    try:
        from sqlalchemy.exc import SQLAlchemyError

        from service.exports.feedback import write_feedback
        from service.settings import Settings
        from service.store.database import Database
        from service.store.photo_store import PhotoStore
    except ModuleNotFoundError as error:
        raise MissingExtraError(str(error.name), "service") from error
    given = {"data": data, "database": database, "photos": photos}
    settings = Settings.model_validate({key: value for key, value in given.items() if value})
    if not settings.database and not (data / "cleanlane.db").is_file():
        raise UserError(f"{data}: expected the service's data folder, but there is no database in it; give --data")
    opened = Database(settings.database_url)
    columns = (TextColumn("导出 exporting"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    start = since.replace(tzinfo=settings.zone) if since else None
    try:
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task("", total=None)
            written = write_feedback(
                opened,
                PhotoStore(settings.photos_url),
                out,
                start,
                lambda done, total: bar.update(task, completed=done, total=total),
            )
    except SQLAlchemyError as error:
        raise UserError(f"the database can't be read ({type(error).__name__}): start `cleanlane serve` once") from error
    finally:
        opened.close()
    _tell(written, out)


def _tell(written: "Feedback", out: Path) -> None:
    lines = [f"已确认 confirmed: {written.confirmed} 张 photos"]
    lines += [f"  {category_of(name).zh} {name}: {count}" for name, count in written.boxes.most_common()]
    lines.append(f"误报 hard negatives: {written.negatives} 张 photos")
    lines.append("划分 splits: " + ", ".join(f"{name} {count}" for name, count in sorted(written.splits.items())))
    lines += [f"未导出 left out: {count} ({LEFT_OUT[reason]})" for reason, count in written.left_out.most_common()]
    lines.append(f"recipe: {out / 'recipe.yaml'}")
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)

"""`cleanlane backup` and `cleanlane restore`."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cleanlane.options import DatabaseUrl, DataFolder, PhotosUrl, open_service

if TYPE_CHECKING:
    from service.operations.backup import Manifest

__all__ = ["backup", "restore"]


def backup(
    out: Annotated[Path, typer.Argument(help="The archive: a .zip file.")],
    data: DataFolder = Path("cleanlane-data"),
    database: DatabaseUrl = "",
    photos: PhotosUrl = "",
) -> None:
    """Back up 备份 database and photos into one archive, while the service goes on.

    It holds names, phone numbers and photos: keep it safe. Open sign-ins and the secret are not in it.

    Examples:

      cleanlane backup backup-$(date +%F).zip

      cleanlane backup /mnt/safe/today.zip --database postgresql://cleanlane@localhost/cleanlane
    """
    service = open_service(data, database, photos)
    from service.operations.backup import backup as write

    manifest = _with_progress("备份照片", lambda progress: write(service, out, progress))
    typer.echo(f"{out}: {sum(manifest.rows.values())} rows, {manifest.photos} photos")


def restore(
    archive: Annotated[Path, typer.Argument(help="What `cleanlane backup` wrote.")],
    data: DataFolder = Path("cleanlane-data"),
    database: DatabaseUrl = "",
    photos: PhotosUrl = "",
) -> None:
    """Restore 恢复 into a new installation from an archive; also moves from SQLite to PostgreSQL and back.

    Examples:

      cleanlane restore backup-2026-12-01.zip --data new-folder

      cleanlane restore backup-2026-12-01.zip --database postgresql://cleanlane@localhost/cleanlane
    """
    service = open_service(data, database, photos)
    from service.operations.backup import restore as read

    manifest = _with_progress("恢复照片", lambda progress: read(service, archive, progress))
    typer.echo(f"{archive}: {sum(manifest.rows.values())} rows, {manifest.photos} photos restored")


def _with_progress(what: str, work: "Callable[[Callable[[int, int], None]], Manifest]") -> "Manifest":
    from rich.progress import Progress

    with Progress() as shown:
        task: Any = shown.add_task(what, total=None)
        return work(lambda done, total: shown.update(task, completed=done, total=total))

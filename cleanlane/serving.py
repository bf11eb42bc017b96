"""`cleanlane serve`: the service with its pages, and by default its workers."""

from pathlib import Path
from typing import Annotated

import typer

from cleanlane.options import DatabaseUrl, DataFolder, PhotosUrl, open_service
from vision.errors import MissingExtraError

__all__ = ["admin_link", "serve"]


def serve(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port.")] = 8000,
    host: Annotated[str, typer.Option(help="Address; 0.0.0.0 for all, which needs CLEANLANE_SECRET.")] = "127.0.0.1",
    data: DataFolder = Path("cleanlane-data"),
    database: DatabaseUrl = "",
    photos: PhotosUrl = "",
    workers: Annotated[int | None, typer.Option(min=0, max=64, help="Workers within this process; 1.")] = None,
    device: Annotated[str, typer.Option(help="As of `cleanlane screen`.")] = "",
    precision: Annotated[str, typer.Option(help="As of `cleanlane screen`.")] = "",
) -> None:
    """Run the service 启动案件系统: upload, review, ledger; http://127.0.0.1:8000.

    The first start makes the database and prints a link that signs the administrator in once. All settings can be given
    as CLEANLANE_… in the environment, too.

    Examples:

      cleanlane serve

      CLEANLANE_ENVIRONMENT=production CLEANLANE_SECRET=… cleanlane serve --host 0.0.0.0 --database postgresql://…
    """
    try:
        from service.running import run
    except ModuleNotFoundError as error:
        raise MissingExtraError(str(error.name), "service") from error
    given = {"data": data, "database": database, "photos": photos, "workers": workers}
    run(host, port, {**given, "device": device, "precision": precision})


def admin_link(
    username: Annotated[str, typer.Argument(help="User name; by default the first administrator.")] = "",
    data: DataFolder = Path("cleanlane-data"),
    database: DatabaseUrl = "",
) -> None:
    """Print a link 一次性登录链接 that signs a person in once, for whoever lost a password.

    Example:

      cleanlane admin-link
    """
    service = open_service(data, database, "")
    from service.operations.links import link_of

    address = service.settings.public_url or "http://127.0.0.1:8000"
    typer.echo(f"{address}/login/{link_of(service, username)}")

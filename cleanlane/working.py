"""`cleanlane worker`: workers in a process of their own, beside `cleanlane serve` or on another machine."""

import signal
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from cleanlane.options import EXIT_INTERRUPTED
from vision.errors import MissingExtraError

__all__ = ["worker"]


def worker(
    data: Annotated[Path, typer.Option(help="Folder of database, photos and models.")] = Path("cleanlane-data"),
    database: Annotated[str, typer.Option(help="PostgreSQL instead: postgresql://user:password@host/name.")] = "",
    photos: Annotated[str, typer.Option(help="Storage of photos instead: s3://bucket/photos.")] = "",
    device: Annotated[str, typer.Option(help="auto, cpu, openvino, cuda, cuda:1, …: as of `cleanlane screen`.")] = "",
    precision: Annotated[str, typer.Option(help="auto, fp32, bf16, fp16 or int8.")] = "",
    count: Annotated[int, typer.Option(min=1, max=64, help="Workers, which share the model.")] = 1,
    lease: Annotated[
        float, typer.Option(min=1, help="Seconds after which others take over what a worker that was killed had.")
    ] = 120,
) -> None:
    """Look at photos 识别照片 that `cleanlane serve` takes in, until Ctrl-C or SIGTERM.

    Any number may run, on any number of machines that reach the database and the photos.

    Examples:

      cleanlane worker --count 2

      cleanlane worker --database postgresql://… --photos s3://bucket/photos --device cuda
    """
    try:
        from service.intake.working import run_workers
    except ModuleNotFoundError as error:
        raise MissingExtraError(str(error.name), "service") from error
    told: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        told.append(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    given = {"data": data, "database": database, "photos": photos, "device": device, "precision": precision}
    run_workers({**given, "workers": count}, lease, is_told=lambda: bool(told))
    raise typer.Exit(EXIT_INTERRUPTED if told[0] == signal.SIGINT else 0)

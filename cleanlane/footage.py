"""`cleanlane footage`: from patrol videos and cameras to one event for each problem in the real world."""

import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from cleanlane.options import EXIT_INTERRUPTED, as_before, print_schema, tell
from cleanlane.watching import watch
from vision.errors import MissingExtraError
from vision.footage.page_times import elapsed
from vision.inference.choice import AUTO
from vision.inference.detector import Detector
from vision.inference.machine import cores
from vision.inference.output_folder import Existing, claim_folder, prepare_folder

if TYPE_CHECKING:
    from vision.footage.configuration import Camera
    from vision.footage.pictures import Blur
    from vision.footage.result import EventFile

__all__ = ["footage"]


console = Console()


def footage(
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH|URL…", help="Videos, folders of time-stamped photos, rtsp:// addresses."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where the results go.")] = Path("events"),
    config: Annotated[
        Path | None,
        typer.Option(metavar="YAML", help="Cameras, zones and settings; --schema says what it may hold."),
    ] = None,
    model: Annotated[
        Path | None, typer.Option(metavar="ONNX", help="Another model than the one that comes with CleanLane.")
    ] = None,
    device: Annotated[str, typer.Option(help="As with `cleanlane screen`.")] = AUTO,
    precision: Annotated[str, typer.Option(help="As with `cleanlane screen`.")] = AUTO,
    operating_point: Annotated[
        str | None, typer.Option(metavar="NAME", help="balanced 均衡, or cautious 谨慎, as with `cleanlane screen`.")
    ] = None,
    blur: Annotated[
        str | None, typer.Option(metavar="people", help="Blur faces and number plates in pictures and clips.")
    ] = None,
    duration: Annotated[
        float | None, typer.Option("--for", min=1, metavar="SECONDS", help="Stop watching live cameras after so long.")
    ] = None,
    metrics_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Serve Prometheus metrics of live cameras on 127.0.0.1.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run in DIR.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace results that are in DIR.")] = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of the YAML file.")] = False,
) -> None:
    """Find events 事件 in patrol footage 巡查录像: each heap or wall once, with picture, clip, time and place.

    Recordings are gone through completely; live cameras are watched until Ctrl-C, and what there was no time for is
    counted. Writes events.json, events.csv, frames/, clips/ and the page index.html into DIR. A way of the same name
    beside a video (.gpx, .csv, .srt) puts the events on a map.

    Exit code: 0 done; 2 wrong usage; 130 interrupted (finish a recording with --resume).

    [bold]Examples[/bold]

      cleanlane footage patrol.mp4 --out events

      cleanlane footage monday/*.mp4 timelapse/ --out events --overwrite --blur people

      cleanlane footage rtsp://192.168.1.20/stream --out gate --for 7200 --metrics-port 9108

      cleanlane footage --config cameras.yaml --out events
    """
    if schema:
        from vision.footage.configuration import FootageConfig

        print_schema(FootageConfig)
        return
    if resume and overwrite:
        raise typer.BadParameter("--resume and --overwrite exclude each other")
    existing: Existing = "resume" if resume else "overwrite" if overwrite else "refuse"
    try:
        from vision.footage.configuration import FootageConfig, load_config
        from vision.footage.report import RESULT_FILES
        from vision.footage.run import review_all
        from vision.footage.sources import cameras_of
    except ImportError as error:
        raise MissingExtraError(error.name or "a package", "footage") from error
    settings = load_config(config) if config else FootageConfig()
    settings = settings.model_copy(update={"cameras": cameras_of(sources or [], settings.cameras)})
    is_live, blurring = settings.cameras[0].is_live, _blur(blur)
    device, precision = as_before(out, resume, device, precision)
    detector = Detector(model, device=device, precision=precision, operating_point=operating_point, streams=cores())
    if operating_point is None:
        floor = settings.events.least_score
        detector = detector.with_thresholds({name: max(floor, value) for name, value in detector.thresholds.items()})
    tell(console, detector)
    started = time.monotonic()
    try:
        with claim_folder(out):
            if not (resume and is_live):  # whose results so far are gone on with
                prepare_folder(out, existing, RESULT_FILES)
            if is_live:
                events = watch(settings, detector, out, blurring, duration, metrics_port, console)
            else:
                with _progress() as progress:
                    events = review_all(settings, detector, out, blurring, _Bars(progress))
    except KeyboardInterrupt:
        console.print(
            f"Interrupted; what was found so far is kept in {out}. Go on with the same command and --resume.",
            markup=False,
        )
        raise typer.Exit(EXIT_INTERRUPTED) from None
    _print_summary(events, out, time.monotonic() - started)


def _blur(what: str | None) -> "Blur | None":
    if what is None:
        return None
    if what != "people":
        raise typer.BadParameter(f"expected --blur people, got {what!r}")
    from vision.footage.blur import PeopleBlur

    return PeopleBlur().apply


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[at]}"), TextColumn("剩余"))
    return Progress(*columns, TimeRemainingColumn(), console=console)


class _Bars:
    """A bar for each recording, made as it is begun."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, camera: "Camera", at: float, of: float) -> None:
        if camera.name not in self._tasks:
            self._tasks[camera.name] = self._progress.add_task(camera.name[:40], total=of or None, at="")
        text = f"{elapsed(at)} / {elapsed(of)}"
        self._progress.update(self._tasks[camera.name], completed=min(at, of), at=text)


def _print_summary(file: "EventFile", out: Path, seconds: float) -> None:
    table = Table("", "events 事件", title="CleanLane 净巷")
    table.columns[1].justify = "right"
    counts = Counter(event.category for event in file.events)
    for category in file.model.categories:
        if category.is_problem:
            table.add_row(f"{category.zh} {category.name}", str(counts[category.name]))
    console.print(table)
    for camera in file.cameras:
        looked = f"{camera.looked_at} pictures looked at, {camera.unchanged} unchanged"
        skipped = f", {camera.skipped} skipped" if camera.mode == "live" else ""
        damaged = f", {camera.damaged} damaged" if camera.damaged else ""
        note = f"; {camera.note}" if camera.note else ""
        line = f"{camera.name}: {elapsed(camera.duration_seconds)}, {looked}{skipped}{damaged}{note}"
        console.print(line, highlight=False, markup=False)
    filmed = sum(camera.duration_seconds for camera in file.cameras)
    pace = f"{len(file.events)} events in {seconds:.1f} s ({filmed / seconds:.1f} times as fast as filmed)"
    console.print(pace, highlight=False)
    console.print(f"results: {(out / 'index.html').resolve()}", highlight=False, markup=False, soft_wrap=True)

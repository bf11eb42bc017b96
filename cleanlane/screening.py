"""`cleanlane screen`, `validate` and `examples`."""

import functools
import json
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from cleanlane.options import EXIT_INTERRUPTED, as_before, print_schema, read_tiles, tell
from vision.errors import UserError
from vision.evaluation.record import EvaluationRecord, load_record
from vision.footage.result import EventFile, load_events
from vision.inference.choice import AUTO
from vision.inference.detector import DEFAULT_IOU, Detector
from vision.inference.machine import cores
from vision.inference.output_folder import COPIES, Existing, claim_folder, prepare_folder
from vision.inference.reading import PATIENCE
from vision.inference.report import Annotate, Report, write_report
from vision.inference.results import ResultFile, load_results
from vision.inference.sources import find_photos
from vision.inference.table import VERDICTS_ZH

__all__ = ["examples", "screen", "validate"]

EXIT_PROBLEMS, EXIT_UNREADABLE = 1, 3

console = Console()


def screen(
    paths: Annotated[list[str], typer.Argument(metavar="PATH", help="Photos, folders, zip archives or glob patterns.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for the results.")],
    model: Annotated[
        Path | None, typer.Option(metavar="FILE", help="ONNX model; by default the published one.")
    ] = None,
    device: Annotated[
        str,
        typer.Option(
            help="auto, cpu, openvino, cuda, cuda:1, tensorrt, directml or coreml; what is asked for is what runs. "
            "auto 自动 takes the fastest here."
        ),
    ] = AUTO,
    precision: Annotated[
        str,
        typer.Option(help="auto, fp32, bf16, fp16 or int8; auto takes the fastest that loses at most 0.5 points."),
    ] = AUTO,
    tiles: Annotated[
        str,
        typer.Option(
            metavar="off|auto|N",
            help="Look at big photos in overlapping tiles 分块, too: finds small things, takes many times as long. "
            "N: tiles along the longer side.",
        ),
    ] = "off",
    streams: Annotated[
        int | None, typer.Option(min=1, help="Inferences at a time; by default as many as there are cores.")
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads of one inference; by default the cores are shared out.")
    ] = None,
    read_timeout: Annotated[
        float, typer.Option(min=1, metavar="SECONDS", help="After which a file that can't be read is given up.")
    ] = PATIENCE,
    threshold: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[CATEGORY=]SCORE", help="Lowest score that counts, for all, or (repeatable) by category."
        ),
    ] = None,
    operating_point: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Whose thresholds 工作点 count: balanced 均衡, or cautious 谨慎: fewer misses, more false alarms; "
            "--threshold goes before it.",
        ),
    ] = None,
    iou: Annotated[
        float, typer.Option(min=0, max=1, help="Overlap above which the weaker of two boxes goes.")
    ] = DEFAULT_IOU,
    annotate: Annotated[Annotate, typer.Option(help="Which photos get a copy with boxes drawn on it.")] = "problems",
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run in DIR.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace results that are in DIR.")] = False,
    fail_on_problem: Annotated[
        bool, typer.Option("--fail-on-problem", help="Exit with code 1 if any photo needs a visit.")
    ] = False,
) -> None:
    """Screen photos 筛查照片: which places need a visit, and why.

    Writes results.json, results.csv, annotated copies and the page index.html into DIR.

    Exit code: 0 done; 1 problems found, with --fail-on-problem; 2 wrong usage; 3 some photos unreadable;
    130 interrupted (finish with --resume).

    [bold]Examples[/bold]

      cleanlane screen photos/ --out result

      cleanlane screen IMG_1.jpg "may/**/*.heic" june.zip --out result --overwrite

      cleanlane screen photos/ --out result --threshold litter=0.6 --threshold graffiti=0.5 --fail-on-problem

      cleanlane screen photos/ --out result --operating-point cautious

      cleanlane screen photos/ --out result --device openvino --precision bf16 --tiles auto
    """
    if resume and overwrite:
        raise typer.BadParameter("--resume and --overwrite exclude each other")
    existing: Existing = "resume" if resume else "overwrite" if overwrite else "refuse"
    thresholds = _thresholds(threshold)
    device, precision = as_before(out, resume, device, precision)
    detector = Detector(
        model,
        device=device,
        precision=precision,
        thresholds=thresholds,
        operating_point=operating_point,
        iou=iou,
        tiles=read_tiles(tiles),
        streams=streams or cores(),
        threads=threads or 0,
    )
    photos = find_photos(paths, exclude=out / COPIES)
    tell(console, detector)
    started = time.monotonic()
    try:
        with claim_folder(out):
            prepare_folder(out, existing)
            with _progress() as progress:
                task = progress.add_task("screen", total=len(photos))
                step = functools.partial(progress.advance, task)
                report = write_report(photos, detector, out, annotate, lambda _: step(), patience=read_timeout)
    except KeyboardInterrupt:
        console.print(
            f"Interrupted; what is finished is kept in {out}. Go on with the same command and --resume.", markup=False
        )
        raise typer.Exit(EXIT_INTERRUPTED) from None
    except OSError as error:  # reading is guarded photo by photo, so this is the disk that is written to
        raise UserError(
            f"{error.filename or out}: results can't be written ({error.strerror}); what is finished is kept: "
            "make room or mend the folder, then repeat the command with --resume"
        ) from error
    _print_summary(report, out, time.monotonic() - started)
    verdicts = report.tally.verdicts
    if fail_on_problem and verdicts["needs_visit"]:
        raise typer.Exit(EXIT_PROBLEMS)
    if verdicts["unreadable"]:
        raise typer.Exit(EXIT_UNREADABLE)


def validate(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="A results.json, events.json, or an evaluation's report.json.")
    ] = None,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of results.json instead.")] = False,
    event_schema: Annotated[
        bool, typer.Option("--event-schema", help="Print the JSON Schema of events.json instead.")
    ] = False,
    evaluation_schema: Annotated[
        bool, typer.Option("--evaluation-schema", help="Print the JSON Schema of an evaluation's report.json instead.")
    ] = False,
) -> None:
    """Check a result file 校验结果文件 against its format and against itself.

    [bold]Examples[/bold]

      cleanlane validate result/results.json

      cleanlane validate --schema > results.schema.json
    """
    if schema or event_schema or evaluation_schema:
        print_schema(ResultFile if schema else EventFile if event_schema else EvaluationRecord)
        return
    if file is None:
        raise typer.BadParameter("give a FILE, --schema, --event-schema or --evaluation-schema")
    console.print(f"{file}: valid, {_valid(file)}", highlight=False, markup=False)


def _valid(file: Path) -> str:
    """Check a file against the format that it states, results.json's if none, and return what it holds."""
    stated = _stated_format(file)
    if stated == "cleanlane-events":
        events = load_events(file)
        return f"version {events.version}, {len(events.events)} events"
    if stated == "cleanlane-evaluation":
        record = load_record(file)
        return f"version {record.version}, {record.model.name} on {record.data.photos} photos"
    results = load_results(file)
    return f"version {results.version}, {len(results.photos)} photos"


def _stated_format(file: Path) -> str | None:
    try:
        content = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return None
    return content.get("format") if isinstance(content, dict) else None


def examples(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the photos go.")],
    count: Annotated[int, typer.Option(min=16, help="How many; 16 show every kind of scene and file.")] = 24,
    seed: Annotated[int, typer.Option(help="Another seed draws other streets.")] = 0,
) -> None:
    """Draw example photos 生成示例照片 of streets, with two broken files among them.

    [bold]Example[/bold]

      cleanlane examples examples && cleanlane screen examples --out result
    """
    from vision.datasets.scenes import write_examples

    written = write_examples(folder, count, seed)
    console.print(f"{len(written)} example files in {folder}", highlight=False, markup=False)


def _thresholds(given: list[str] | None) -> float | dict[str, float] | None:
    """Read one `0.4`, or any number of `litter=0.6`."""
    if not given:
        return None
    if len(given) == 1 and "=" not in given[0]:
        return _score(given[0], given[0])
    return {text.partition("=")[0]: _score(text, text.partition("=")[2]) for text in given}


def _score(text: str, number: str) -> float:
    try:
        return float(number)
    except ValueError:
        message = f"expected one --threshold SCORE, or CATEGORY=SCORE for each category, got {text!r}"
        raise typer.BadParameter(message) from None


class _PhotosPerSecond(ProgressColumn):
    """A progress column with the speed of late."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.1f} 张/s")


def _progress() -> Progress:
    columns = (TextColumn("筛查"), BarColumn(), MofNCompleteColumn(), _PhotosPerSecond(), TextColumn("剩余"))
    return Progress(*columns, TimeRemainingColumn(), console=console)


def _print_summary(report: Report, out: Path, seconds: float) -> None:
    tally, model = report.tally, report.results.model
    table = Table("", "photos 照片", "boxes 处", "threshold 阈值", title="CleanLane 净巷")
    for column in table.columns[1:]:
        column.justify = "right"
    for verdict, zh in VERDICTS_ZH.items():
        table.add_row(f"[bold]{zh} {verdict}", str(tally.verdicts[verdict]), "", "")
    table.add_section()
    for category in model.categories:
        row = (str(tally.showing[category.name]), str(tally.boxes[category.name]), f"{category.threshold:.2f}")
        table.add_row(f"{category.zh} {category.name}", *row)
    console.print(table)
    if tally.reasons:
        reasons = ", ".join(f"{count} {reason}" for reason, count in tally.reasons.items())
        console.print(f"unreadable: {reasons}", highlight=False)
    speed = f"{tally.photos} photos in {seconds:.1f} s ({tally.photos / seconds:.1f}/s)"
    console.print(f"{speed}, model {model.name}, {report.results.provider}", highlight=False)
    console.print(f"results: {(out / 'index.html').resolve()}", highlight=False, markup=False, soft_wrap=True)

"""`cleanlane screen`, `validate` and `examples`."""

import json
import time
from collections import Counter
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

from vision.categories import BY_NAME
from vision.errors import UserError
from vision.inference.detector import DEFAULT_IOU, Detector
from vision.inference.report import COPIES, Annotate, Existing, prepare_folder, write_report
from vision.inference.results import ResultFile, load_results
from vision.inference.sources import find_photos
from vision.inference.table import VERDICTS_ZH

__all__ = ["examples", "screen", "validate"]

EXIT_PROBLEMS, EXIT_UNREADABLE, EXIT_INTERRUPTED = 1, 3, 130

console = Console()


def screen(
    paths: Annotated[list[str], typer.Argument(metavar="PATH", help="Photos, folders, zip archives or glob patterns.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for the results.")],
    model: Annotated[
        Path | None, typer.Option(metavar="FILE", help="ONNX model; by default the published one.")
    ] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda: what is asked for is what runs.")] = "cpu",
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
    """
    if resume and overwrite:
        raise typer.BadParameter("--resume and --overwrite exclude each other")
    existing: Existing = "resume" if resume else "overwrite" if overwrite else "refuse"
    thresholds = _thresholds(threshold)
    detector = Detector(model, device=device, thresholds=thresholds, operating_point=operating_point, iou=iou)
    _note_foreign_names(detector)
    photos = find_photos(paths, exclude=out / COPIES)
    prepare_folder(out, existing)
    started = time.monotonic()
    try:
        with _progress() as progress:
            task = progress.add_task("screen", total=len(photos))
            results = write_report(photos, detector, out, annotate, lambda _result: progress.advance(task))
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
    _print_summary(results, out, time.monotonic() - started)
    verdicts = Counter(photo.verdict for photo in results.photos)
    if fail_on_problem and verdicts["needs_visit"]:
        raise typer.Exit(EXIT_PROBLEMS)
    if verdicts["unreadable"]:
        raise typer.Exit(EXIT_UNREADABLE)


def validate(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="A results.json.")] = None,
    schema: Annotated[bool, typer.Option("--schema", help="Print the format's JSON Schema instead.")] = False,
) -> None:
    """Check a result file 校验结果文件 against its format and against itself.

    [bold]Examples[/bold]

      cleanlane validate result/results.json

      cleanlane validate --schema > results.schema.json
    """
    if schema:
        document = {"$schema": "https://json-schema.org/draft/2020-12/schema", **ResultFile.model_json_schema()}
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
        return
    if file is None:
        raise typer.BadParameter("give a FILE, or --schema")
    results = load_results(file)
    console.print(
        f"{file}: valid, version {results.version}, {len(results.photos)} photos", highlight=False, markup=False
    )


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


def _note_foreign_names(detector: Detector) -> None:
    foreign = [name for name in detector.model.names if name not in BY_NAME]
    if foreign:
        shown = ", ".join(foreign[:5]) + (" …" if len(foreign) > 5 else "")
        console.print(
            f"Note: {len(foreign)} categories of this model are not CleanLane's ({shown}) and never need a visit."
        )


class _PhotosPerSecond(ProgressColumn):
    """A progress column with the speed of late."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.1f} 张/s")


def _progress() -> Progress:
    columns = (TextColumn("筛查"), BarColumn(), MofNCompleteColumn(), _PhotosPerSecond(), TextColumn("剩余"))
    return Progress(*columns, TimeRemainingColumn(), console=console)


def _print_summary(results: ResultFile, out: Path, seconds: float) -> None:
    verdicts = Counter(photo.verdict for photo in results.photos)
    boxes = Counter(box.category for photo in results.photos for box in photo.boxes)
    photos = Counter(name for photo in results.photos for name in {box.category for box in photo.boxes})
    table = Table("", "photos 照片", "boxes 处", "threshold 阈值", title="CleanLane 净巷")
    for column in table.columns[1:]:
        column.justify = "right"
    for verdict, zh in VERDICTS_ZH.items():
        table.add_row(f"[bold]{zh} {verdict}", str(verdicts[verdict]), "", "")
    table.add_section()
    for category in results.model.categories:
        row = (str(photos[category.name]), str(boxes[category.name]), f"{category.threshold:.2f}")
        table.add_row(f"{category.zh} {category.name}", *row)
    console.print(table)
    reasons = Counter(photo.failure.reason for photo in results.photos if photo.failure)
    if reasons:
        console.print(
            "unreadable: " + ", ".join(f"{count} {reason}" for reason, count in reasons.items()), highlight=False
        )
    console.print(
        f"{len(results.photos)} photos in {seconds:.1f} s ({len(results.photos) / seconds:.1f}/s), "
        f"model {results.model.name}, {results.provider}",
        highlight=False,
    )
    console.print(f"results: {(out / 'index.html').resolve()}", highlight=False, markup=False, soft_wrap=True)

"""`cleanlane evaluate`: judge any detector on labelled photos."""

import hashlib
import shlex
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from cleanlane.evaluation_table import show
from cleanlane.options import EXIT_INTERRUPTED, read_tiles
from vision.datasets.labels import Split
from vision.errors import UserError
from vision.inference.choice import AUTO
from vision.inference.output_folder import Existing, claim_folder, prepare_folder, remove_journals

if TYPE_CHECKING:
    from vision.datasets.build import DataSet
    from vision.evaluation.contestants.looked import Looked
    from vision.evaluation.record import EvaluationRecord

__all__ = ["evaluate"]

PAGE, RECORD, TABLE, PREDICTIONS = RESULT_FILES = ("report.html", "report.json", "report.md", "predictions.json")
PARTS = {"traits": "照片 photos", "figures": "计算 figures", "robustness": "稳健性 robustness"}

console = Console()


def evaluate(
    recipe: Annotated[
        Path, typer.Argument(metavar="RECIPE|DIR", help="YAML that names sources and splits, or a labelled folder.")
    ],
    data: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder that holds the recipe's sources.")] = None,
    split: Annotated[Split, typer.Option(help="Which photos are judged.")] = "val",
    model: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help=".onnx, model folder, or .pt (which can run code); by default the published one.",
        ),
    ] = None,
    predictions: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Judge these COCO results (JSON) instead of running a model.")
    ] = None,
    category_map: Annotated[
        Path | None, typer.Option("--map", metavar="FILE", help="YAML: the detector's category: ours, or null.")
    ] = None,
    cost: Annotated[
        float,
        typer.Option(min=0.01, help="Of a missed problem, in wasted visits; thresholds are chosen by it."),
    ] = 5.0,
    screening: Annotated[
        list[Path] | None, typer.Option(metavar="DIR", help="Also judge verdicts: images/ and labels.csv; repeatable.")
    ] = None,
    robustness: Annotated[
        int, typer.Option(metavar="N", min=0, help="Look at N of the photos made worse in 28 ways, too.")
    ] = 0,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="DIR", help="Write the report there.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the report that is there.")] = False,
    device: Annotated[str, typer.Option(help="As for `cleanlane screen`.")] = "cpu",
    precision: Annotated[str, typer.Option(help="As for `cleanlane screen`; auto is fp32 here.")] = AUTO,
    tiles: Annotated[str, typer.Option(metavar="off|auto|N", help="As for `cleanlane screen`.")] = "off",
    sheets: Annotated[
        bool,
        typer.Option(
            "--sheets", help="Put the photos on sheets of 12 megapixels, 20 on each: small things in big photos."
        ),
    ] = False,
) -> None:
    """Judge a detector 评测 on labelled photos: what it finds, why it fails, what it costs (needs the extra: eval).

    With --out a page that needs no manual, report.json for `cleanlane compare`, a Markdown table and the predictions.

    [bold]Examples[/bold]

      cleanlane evaluate recipes/streets.yaml --data photos --split test --out report

      cleanlane evaluate recipes/streets.yaml --data photos --model yolo.pt --map map.yaml --robustness 200 --out yolo

      cleanlane evaluate labelled-photos/ --split test --predictions vendor.json --out vendor
    """
    if predictions and (model or robustness or screening):
        raise typer.BadParameter("--predictions were made already: leave out --model, --robustness and --screening")
    if resume and overwrite:
        raise typer.BadParameter("--resume and --overwrite exclude each other")
    if out is None and (resume or overwrite):
        raise typer.BadParameter("--resume and --overwrite are about a report's folder: give --out, too")
    from vision.evaluation.bench import record_of, require_extra
    from vision.evaluation.contestants.category_map import read_map
    from vision.evaluation.contestants.contestant import open_contestant
    from vision.evaluation.contestants.looked import look_at_all, read_looked, verdict_set
    from vision.evaluation.judged_data import judged_data

    require_extra()
    mapping = read_map(category_map) if category_map else {}
    command = shlex.join(["cleanlane", *sys.argv[1:]])
    existing: Existing = "resume" if resume else "overwrite" if overwrite else "refuse"
    with _folder(out, existing) as folder, tempfile.TemporaryDirectory() as scratch, _Bars() as bars:
        data_set = _data_set(recipe, data, split)
        if sheets:
            data_set = _on_sheets(data_set, split, Path(scratch))
        judged = judged_data(data_set, split)
        sets = [verdict_set(place) for place in screening or ()]
        if predictions:
            looked = read_looked(predictions, data_set, split, mapping)
        else:
            contestant = open_contestant(model, device, precision, read_tiles(tiles), mapping)
            looked = look_at_all(contestant, data_set, split, sets, robustness, folder, bars)
        record = record_of(looked, data_set, judged, cost, sets, command, bars)
        if out:
            _write(out, record, looked, data_set)
    show(record)
    if out:
        console.print(f"report: {(out / PAGE).resolve()}", highlight=False, markup=False, soft_wrap=True)


@contextmanager
def _folder(out: Path | None, existing: Existing) -> Iterator[Path]:
    """Yield the claimed folder of a report, or one for the time being; say how to go on after Ctrl-C."""
    if out is None:
        with tempfile.TemporaryDirectory() as scratch:
            yield Path(scratch)
        return
    try:
        with claim_folder(out):
            prepare_folder(out, existing, RESULT_FILES)
            yield out
            remove_journals(out)
    except KeyboardInterrupt:
        console.print(
            f"Interrupted; what is finished is kept in {out}. Go on with the same command and --resume.", markup=False
        )
        raise typer.Exit(EXIT_INTERRUPTED) from None


def _data_set(recipe: Path, data: Path | None, split: Split) -> "DataSet":
    from vision.datasets.build import load_data_set
    from vision.datasets.recipe import Recipe, SourceChoice, load_recipe

    if recipe.is_dir():
        folder = recipe.resolve()
        only = SourceChoice.model_construct(folder=folder.name, split=split)  # unchecked: any name will do here
        return load_data_set(Recipe.model_construct(name=folder.name, sources=(only,)), folder.parent)
    if data is None:
        raise UserError(f"{recipe}: expected --data DIR, the folder that holds the recipe's sources")
    return load_data_set(load_recipe(recipe), data)


def _on_sheets(data_set: "DataSet", split: Split, folder: Path) -> "DataSet":
    from vision.evaluation.sheets import write_sheets

    photos = tuple(write_sheets(data_set.of(split), folder))
    hashes = {photo.path: hashlib.sha256(photo.path.read_bytes()).hexdigest() for photo in photos}
    return replace(data_set, name=f"{data_set.name}-sheets", photos=photos, hashes=hashes)


def _write(out: Path, record: "EvaluationRecord", looked: "Looked", data_set: "DataSet") -> None:
    from vision.evaluation.contestants.predictions_file import write_predictions
    from vision.evaluation.report.markdown import write_markdown
    from vision.evaluation.report.report_page import write_report

    photos = data_set.of(record.data.split)
    write_predictions(out / PREDICTIONS, photos, looked.found, looked.about)
    write_markdown(out / TABLE, record)
    write_report(out / PAGE, record, {photo.name: photo for photo in photos})
    record.write(out / RECORD)  # last, as what is there then is complete


class _Bars(Progress):
    """A bar for each part of the work, made as it is begun."""

    def __init__(self) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("剩余"))
        super().__init__(*columns, TimeRemainingColumn(), console=console)
        self._parts: dict[str, TaskID] = {}

    def __call__(self, part: str, done: int, total: int) -> None:
        if part not in self._parts:
            self._parts[part] = self.add_task(PARTS.get(part, f"检测 {part}"), total=total)
        self.update(self._parts[part], completed=done)

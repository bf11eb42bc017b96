"""`cleanlane train` and `evaluate`."""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from cleanlane.options import read_tiles
from vision.categories import category_of
from vision.datasets.labels import LabelledPhoto, Split
from vision.inference.choice import AUTO

if TYPE_CHECKING:
    from vision.evaluation.evaluate import SplitScores

__all__ = ["Data", "Recipe", "evaluate", "train"]

console = Console()

Recipe = Annotated[Path, typer.Argument(metavar="RECIPE", help="YAML that names sources and splits.")]
Data = Annotated[Path, typer.Option(metavar="DIR", help="Folder that holds the sources.")]


def train(
    recipe: Recipe,
    data: Data,
    weights: Annotated[Path, typer.Option(metavar="FILE", help="Pretrained Ultralytics checkpoint to start from.")],
    hyperparameters: Annotated[Path, typer.Option(metavar="FILE", help="YAML of training arguments.")],
    run: Annotated[Path, typer.Option(metavar="DIR", help="Folder of this training; repeat the command to go on.")],
    change: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Another value than the file's; repeatable.")
    ] = None,
) -> None:
    """Fine-tune a checkpoint 训练 on the data of a recipe (needs the extra: train).

    [bold]Example[/bold]

      cleanlane train recipes/streets.yaml --data photos --weights yolo11n.pt
      --hyperparameters recipes/streets-start.yaml --run runs/streets
    """
    from cleanlane.dataset.building import data_set_table
    from vision.datasets.build import load_data_set
    from vision.datasets.recipe import load_recipe
    from vision.training.hyperparameters import read_hyperparameters
    from vision.training.runtime import restart_with_large_malloc
    from vision.training.train import train as run_training

    arguments = [str(recipe), "--data", str(data), "--weights", str(weights)]
    arguments += ["--hyperparameters", str(hyperparameters), "--run", str(run)]
    arguments += [part for text in change or () for part in ("--set", text)]
    restart_with_large_malloc(["-m", "cleanlane.cli", "train", *arguments])
    values = read_hyperparameters(hyperparameters, change or ())
    data_set = load_data_set(load_recipe(recipe), data)
    console.print(data_set_table(data_set))
    typed = f"cleanlane train {recipe} --data DATA --weights {_named(weights)} --hyperparameters {hyperparameters}"
    typed += "".join(f" --set {text}" for text in change or ()) + f" --run runs/{run.name}"
    checkpoint = run_training(
        data_set, weights, values, run, typed, lambda line: console.print(line, highlight=False, markup=False)
    )
    console.print(f"trained: {checkpoint}", highlight=False)


def _named(weights: Path) -> str:
    """Return a checkpoint's place in its run, without where that lies on this machine."""
    return "/".join(["runs", *weights.parts[-3:]]) if weights.parent.name == "weights" else weights.name


def evaluate(
    recipe: Recipe,
    data: Data,
    split: Annotated[Split, typer.Option(help="Which photos.")] = "val",
    model: Annotated[
        Path | None, typer.Option(metavar="FILE", help="ONNX model; by default the published one.")
    ] = None,
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
    """Measure a model 评测 on labelled photos: AP by category and false alarms (needs the extra: eval).

    [bold]Examples[/bold]

      cleanlane evaluate recipes/streets.yaml --data photos --split test

      cleanlane evaluate recipes/streets.yaml --data photos --sheets --tiles auto
    """
    from vision.datasets.build import load_data_set
    from vision.datasets.recipe import load_recipe
    from vision.evaluation.evaluate import evaluate as score
    from vision.evaluation.evaluate import predict
    from vision.evaluation.sheets import write_sheets
    from vision.inference.model import load_model
    from vision.inference.published import files_of

    files = files_of(model)
    wanted = [file for file in files if file.precision == precision] or files[:1]
    photos: Sequence[LabelledPhoto] = load_data_set(load_recipe(recipe), data).of(split)
    with tempfile.TemporaryDirectory() as scratch:
        if sheets:
            photos = write_sheets(photos, Path(scratch))
        started = time.monotonic()
        path = wanted[0].path
        predicted = predict(path, photos, device, precision, read_tiles(tiles))
        found = list(track(predicted, "评测", len(photos), console=console))
    seconds = time.monotonic() - started
    thresholds = load_model(path).thresholds
    _show(f"{path.name} · {split}", score(photos, found, thresholds), thresholds)
    console.print(f"{len(photos)} photos, {1000 * seconds / len(photos):.0f} ms each", highlight=False)


def _show(title: str, scores: "SplitScores", thresholds: dict[str, float]) -> None:
    table = Table("", "threshold 阈值", "photos 照片", "boxes 处", "AP50", "AP50-95", title=title)
    for row in scores.categories:
        figures = ["–" if value is None else f"{value:.3f}" for value in (row.ap50, row.ap50_95)]
        shown = f"{category_of(row.category).zh} {row.category}"
        table.add_row(shown, f"{thresholds[row.category]:.2f}", str(row.photos), str(row.boxes), *figures)
    table.add_row("平均 mean", "", "", "", *(f"{mean:.3f}" for mean in scores.means), style="bold")
    console.print(table)
    for alarm in scores.false_alarms:
        console.print(f"false alarms 误报, {alarm.source}: {alarm.alarms} of {alarm.photos} photos", highlight=False)

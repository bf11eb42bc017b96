"""`cleanlane train`, `publish` and `evaluate`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from cleanlane.dataset.building import data_set_table
from vision.categories import category_of
from vision.datasets.build import load_data_set
from vision.datasets.labels import Split
from vision.datasets.recipe import load_recipe

__all__ = ["evaluate", "publish", "train"]

console = Console()

Recipe = Annotated[Path, typer.Argument(metavar="RECIPE", help="YAML that names sources and splits.")]
Data = Annotated[Path, typer.Option(metavar="DIR", help="Folder that holds the sources.")]


def train(
    recipe: Recipe,
    data: Data,
    weights: Annotated[Path, typer.Option(metavar="FILE", help="Pretrained Ultralytics checkpoint to start from.")],
    hyperparameters: Annotated[Path, typer.Option(metavar="FILE", help="YAML of training arguments.")],
    run: Annotated[Path, typer.Option(metavar="DIR", help="Folder of this training; repeat the command to go on.")],
) -> None:
    """Fine-tune a checkpoint 训练 on the data of a recipe (needs the extra: train).

    [bold]Example[/bold]

      cleanlane train recipes/first.yaml --data photos --weights yolo11n.pt
      --hyperparameters recipes/first-training.yaml --run runs/first
    """
    from vision.training.runtime import restart_with_large_malloc
    from vision.training.train import read_hyperparameters
    from vision.training.train import train as run_training

    arguments = [str(recipe), "--data", str(data), "--weights", str(weights)]
    arguments += ["--hyperparameters", str(hyperparameters), "--run", str(run)]
    restart_with_large_malloc(["-m", "cleanlane.cli", "train", *arguments])
    values = read_hyperparameters(hyperparameters)
    data_set = load_data_set(load_recipe(recipe), data)
    console.print(data_set_table(data_set))
    checkpoint = run_training(data_set, weights, values, run)
    console.print(f"trained: {checkpoint}", highlight=False)


def publish(
    recipe: Recipe,
    data: Data,
    run: Annotated[Path, typer.Option(metavar="DIR", help="Folder of a finished training.")],
    name: Annotated[str, typer.Option(help="Name of the model.")] = "cleanlane-n",
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the model's folder goes.")] = Path("models"),
) -> None:
    """Export and measure a training 发布模型 and write the model's folder with its card (needs the extra: train).

    Thresholds are chosen on val; nothing is written if ONNX Runtime and torch disagree.

    [bold]Example[/bold]

      cleanlane publish recipes/first.yaml --data photos --run runs/first
    """
    from vision.training.publish import publish as run_publish

    data_set = load_data_set(load_recipe(recipe), data)
    command = _reproduction(recipe, run)
    folder = run_publish(run, data_set, name, out, command, lambda step: console.print(f"… {step}"))
    console.print(f"published: {folder}", highlight=False)


def _reproduction(recipe: Path, run: Path) -> str:
    """Return the commands that lead to the model; DATA and CHECKPOINT.pt stand for the machine's own paths."""
    training = recipe.with_name(f"{recipe.stem}-training.yaml")
    start = f"--data DATA --weights CHECKPOINT.pt --hyperparameters {training} --run runs/{run.name}"
    return f"cleanlane train {recipe} {start}\ncleanlane publish {recipe} --data DATA --run runs/{run.name}"


def evaluate(
    recipe: Recipe,
    data: Data,
    split: Annotated[Split, typer.Option(help="Which photos.")] = "val",
    model: Annotated[
        Path | None, typer.Option(metavar="FILE", help="ONNX model; by default the published one.")
    ] = None,
) -> None:
    """Measure a model 评测 on labelled photos: AP by category and false alarms (needs the extra: eval).

    [bold]Example[/bold]

      cleanlane evaluate recipes/first.yaml --data photos --split test
    """
    from vision.evaluation.evaluate import evaluate as score
    from vision.evaluation.evaluate import predict
    from vision.inference.model import default_model, load_model

    photos = load_data_set(load_recipe(recipe), data).of(split)
    path = model or default_model()
    thresholds = load_model(path).thresholds
    found = list(track(predict(path, photos), "评测", len(photos), console=console))
    scores = score(photos, found, thresholds)
    table = Table("", "threshold 阈值", "photos 照片", "boxes 处", "AP50", "AP50-95", title=f"{path.name} · {split}")
    for row in scores.categories:
        figures = ["–" if value is None else f"{value:.3f}" for value in (row.ap50, row.ap50_95)]
        shown = f"{category_of(row.category).zh} {row.category}"
        table.add_row(shown, f"{thresholds[row.category]:.2f}", str(row.photos), str(row.boxes), *figures)
    console.print(table)
    for alarm in scores.false_alarms:
        console.print(f"false alarms 误报, {alarm.source}: {alarm.alarms} of {alarm.photos} photos", highlight=False)

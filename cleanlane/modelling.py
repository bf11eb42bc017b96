"""`cleanlane train`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

__all__ = ["Data", "Recipe", "train"]

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

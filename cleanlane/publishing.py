"""`cleanlane export` and `publish`."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from cleanlane.modelling import Data, Recipe
from vision.errors import RecipeError

__all__ = ["export", "publish"]

console = Console()


def export(
    recipe: Recipe,
    data: Data,
    weights: Annotated[Path, typer.Option(metavar="FILE", help="Trained checkpoint (.pt).")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for the files.")],
    name: Annotated[str, typer.Option(help="Name of the model and its files.")] = "model",
    image_size: Annotated[int, typer.Option(min=32, help="Side of the input in pixels, a multiple of 32.")] = 640,
    precision: Annotated[list[str] | None, typer.Option(help="fp32, fp16 or int8; repeatable.")] = None,
    head: Annotated[
        list[str] | None, typer.Option(help="plain, or end-to-end with suppression in the graph; repeatable.")
    ] = None,
) -> None:
    """Export a checkpoint to ONNX 导出模型 (needs the extra: train).

    Nothing is written unless ONNX Runtime finds what torch finds on the recipe's val photos, and no file loses more
    than half a point of mean AP50. int8 is calibrated on the recipe's training photos.

    [bold]Examples[/bold]

      cleanlane export recipes/streets.yaml --data photos --weights runs/streets/weights/best.pt --out exported

      cleanlane export recipes/streets.yaml --data photos --weights best.pt --out exported
      --precision fp16 --precision int8 --head plain --head end-to-end --image-size 960
    """
    from vision.datasets.build import load_data_set
    from vision.datasets.recipe import load_recipe
    from vision.files import replacing_folder
    from vision.training.export import HEADS
    from vision.training.precision import PRECISIONS
    from vision.training.variants import export_variants

    precisions = _known("--precision", precision or ["fp32"], PRECISIONS)
    heads = _known("--head", head or ["plain"], HEADS)
    if image_size % 32:
        raise RecipeError(f"--image-size {image_size}: expected a multiple of 32, such as {image_size // 32 * 32 + 32}")
    if out.exists() and any(out.iterdir()):
        raise RecipeError(f"{out}: expected a new or empty folder, there are files in it")
    if not weights.is_file():
        raise RecipeError(f"{weights}: expected a trained checkpoint (.pt), there is no such file")
    data_set = load_data_set(load_recipe(recipe), data)
    variants = [(p, h) for h in heads for p in precisions]
    with replacing_folder(out) as folder:
        written = export_variants(weights, data_set, name, image_size, folder, variants, {}, _say)
    table = Table("文件 file", "MB", "", "AP50, val", "损失 loss", title=f"{name}, {image_size} px")
    for file in written.files:
        for run in file.runs:
            figures = [f"{run.mean_ap50:.4f}", f"{100 * run.loss:+.2f}"]
            table.add_row(file.file, f"{file.bytes / 1e6:.1f}", f"{run.backend} {run.precision}", *figures)
    console.print(table)
    console.print(f"exported: {out}", highlight=False)


def publish(
    recipe: Recipe,
    data: Data,
    run: Annotated[Path, typer.Option(metavar="DIR", help="Folder of a finished training.")],
    name: Annotated[str, typer.Option(help="Name of the model.")] = "cleanlane-n",
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the model's folder goes.")] = Path("models"),
    precision: Annotated[list[str] | None, typer.Option(help="fp32, fp16 or int8; repeatable; by default all.")] = None,
    screening: Annotated[
        Path | None, typer.Option(metavar="DIR", help="images/ and labels.csv (file, needs_visit) to be screened.")
    ] = None,
    judged: Annotated[
        list[str] | None,
        typer.Option(help="Category that the screened photos' labels are about; repeatable; by default all problems."),
    ] = None,
    notes: Annotated[Path | None, typer.Option(metavar="FILE", help="Markdown for the card: errors looked at.")] = None,
) -> None:
    """Export and measure a training 发布模型 and write the model's folder with its card (needs the extra: train).

    Thresholds are chosen on val; nothing is written if ONNX Runtime and torch disagree.

    [bold]Example[/bold]

      cleanlane publish recipes/streets.yaml --data photos --run runs/streets-long
    """
    from vision.datasets.build import load_data_set
    from vision.datasets.recipe import load_recipe
    from vision.evaluation.screening.visits import PROBLEM_NAMES
    from vision.training.precision import PRECISIONS
    from vision.training.publish import Publication
    from vision.training.publish import publish as run_publish

    precisions = _known("--precision", precision or list(PRECISIONS), PRECISIONS)
    categories = _known("--judged", judged or [], PROBLEM_NAMES)
    if categories and not screening:
        raise RecipeError("--judged says what the photos of --screening are labelled for; give --screening, too")
    text = notes.read_text(encoding="utf-8") if notes else ""
    data_set = load_data_set(load_recipe(recipe), data)
    again = f"cleanlane publish {recipe} --data DATA --run runs/{run.name} --name {name}"
    again += "".join(f" --precision {value}" for value in precision or ())
    again += " --screening SCREENING" * bool(screening) + "".join(f" --judged {value}" for value in categories)
    what = Publication(name, again, precisions, screening, categories, text)
    console.print(f"published: {run_publish(run, data_set, what, out, _say)}", highlight=False)


def _known(option: str, given: list[str], known: tuple[Any, ...]) -> list[Any]:
    unknown = [value for value in given if value not in known]
    if unknown:
        raise RecipeError(f"{option} {unknown[0]}: expected one of {', '.join(known)}")
    return given


def _say(step: str) -> None:
    console.print(f"… {step}", highlight=False)

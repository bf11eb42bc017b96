"""`cleanlane dataset view` and `correct`: look at a data set, judge its labels, put them right."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from cleanlane.options import EXIT_INTERRUPTED
from vision.categories import NAMES, category_of
from vision.datasets.build import DataSet, load_data_set
from vision.datasets.labels import SPLITS, LabelledPhoto
from vision.datasets.recipe import load_recipe
from vision.datasets.view.correct import LABEL_FILE, Changes, correct_source, write_label_file
from vision.datasets.view.corrections import load_corrections
from vision.datasets.view.look import LOWEST_SCORE, Look, look_at
from vision.datasets.view.page import ModelShown, View, write_page
from vision.datasets.view.statistics import statistics
from vision.datasets.view.suspicion import Suspicion, suspicions
from vision.errors import ModelError, RecipeError
from vision.files import replacing
from vision.inference.detector import Detector
from vision.inference.published import default_model

__all__ = ["correct", "view"]

LARGE_PAGE = 150_000_000  # bytes, from which a browser needs patience

console = Console()


def view(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="YAML that names sources and splits.")],
    data: Annotated[Path, typer.Option(metavar="DIR", help="Folder that holds the sources.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for the page.")],
    model: Annotated[
        Path | None, typer.Option(metavar="FILE", help="ONNX model for the suspicions; by default the published one.")
    ] = None,
    no_model: Annotated[bool, typer.Option("--no-model", help="Judge the boxes by themselves only.")] = False,
    split: Annotated[
        list[str] | None, typer.Option(metavar="[train|val|test]", help="Only this split (repeatable).")
    ] = None,
    source: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only this source (repeatable).")] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Only N photos, spread evenly over the rest of the choice.")
    ] = None,
    thumb: Annotated[
        int, typer.Option(min=64, max=1280, metavar="PIXELS", help="Longest side of the thumbnails.")
    ] = 240,
) -> None:
    """Write a page to look through a data set 查看数据集 with the suspicious labels first, and to correct them.

    Labels that a model contradicts come first; the photos that it was trained on look better than they are, so a model
    that didn't see them finds more. What was seen of a photo is kept in DIR: the same command again is fast, and goes
    on after an interruption. The page works offline; large views show the photos in the data folder, if it is there.

    [bold]Examples[/bold]

      cleanlane dataset view recipes/streets.yaml --data photos --out look --split val

      cleanlane dataset view recipes/streets.yaml --data photos --out look --source china-bins --no-model
    """
    if no_model and model is not None:
        raise typer.BadParameter("--model and --no-model exclude each other")
    chosen = load_recipe(recipe)
    data_set = load_data_set(chosen, data)
    photos = _choice(data_set, split, source, limit)
    detector = None if no_model else _detector(model)
    _make_folder(out)
    looks = _looked(photos, out, detector, thumb)
    found = _suspicions(photos, looks, detector)
    figures = statistics(photos, [look.brightness for look in looks])
    with replacing(out / "statistics.json") as unfinished:
        unfinished.write_text(json.dumps(figures.as_dict(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    page = View(
        data_set=data_set,
        data=data,
        photos=photos,
        looks=looks,
        suspicions=found,
        renamed={choice.folder: choice.categories for choice in chosen.sources},
        model=_model_shown(detector),
        created=datetime.now(UTC),
    )
    write_page(out / "index.html", page)
    _print_view(photos, looks, found, out)


def _choice(
    data_set: DataSet, split: list[str] | None, source: list[str] | None, limit: int | None
) -> tuple[LabelledPhoto, ...]:
    for option, given, known in (
        ("--split", split, list(SPLITS)),
        ("--source", source, [s.name for s in data_set.sources]),
    ):
        for name in given or ():
            if name not in known:
                raise RecipeError(f"{option} {name}: expected one of {', '.join(known)}")
    photos = tuple(p for p in data_set.photos if (not split or p.split in split) and (not source or p.source in source))
    if not photos:
        raise RecipeError(f"recipe {data_set.name}: no photo is left to look at; widen --split or --source")
    if limit is None or limit >= len(photos):
        return photos
    return tuple(photos[i * len(photos) // limit] for i in range(limit))


def _detector(model: Path | None) -> Detector:
    detector = Detector(model or default_model(), device="cpu", thresholds=LOWEST_SCORE)  # the same scores everywhere
    if not set(detector.model.names) & set(NAMES):
        known = ", ".join(detector.model.names[:5])
        raise ModelError(
            f"{model}: expected a model that knows one of {', '.join(NAMES)}, it knows {known}; "
            "look without a model with --no-model"
        )
    return detector


def _model_shown(detector: Detector | None) -> ModelShown | None:
    if detector is None:
        return None
    return ModelShown(detector.model.name, detector.model.sha256, detector.model.thresholds)


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RecipeError(f"{out}: the page can't be written there ({error.strerror}); give another --out") from error


def _looked(photos: tuple[LabelledPhoto, ...], out: Path, detector: Detector | None, thumb: int) -> list[Look]:
    columns = (TextColumn("查看"), BarColumn(), MofNCompleteColumn(), TextColumn("剩余"), TimeRemainingColumn())
    try:
        with Progress(*columns, console=console) as progress:
            task = progress.add_task("look", total=len(photos))
            return look_at(photos, out, detector, thumb, lambda: progress.advance(task))
    except KeyboardInterrupt:
        console.print(f"Interrupted; what was seen is kept in {out}: repeat the command to go on.", markup=False)
        raise typer.Exit(EXIT_INTERRUPTED) from None


def _suspicions(
    photos: tuple[LabelledPhoto, ...], looks: list[Look], detector: Detector | None
) -> list[list[Suspicion]]:
    unreadable = {i for i, look in enumerate(looks) if look.failure}
    return suspicions(photos, [look.predictions for look in looks] if detector else None, unreadable)


def _print_view(photos: tuple[LabelledPhoto, ...], looks: list[Look], found: list[list[Suspicion]], out: Path) -> None:
    unreadable = sum(look.thumbnail is None for look in looks)
    suspicious = sum(any(s.score >= 0.5 for s in of_photo) for of_photo in found)
    size = (out / "index.html").stat().st_size
    console.print(
        f"{len(photos)} photos, {sum(len(p.labels) for p in photos)} boxes; {suspicious} photos with a suspicion of "
        f"50 or more, {unreadable} unreadable",
        highlight=False,
    )
    if size > LARGE_PAGE:
        console.print(f"Note: the page has {size / 1e6:.0f} MB; --thumb, --source or --split make it smaller.")
    page = (out / "index.html").resolve()
    console.print(f"page ({size / 1e6:.1f} MB): {page}", highlight=False, markup=False, soft_wrap=True)


def correct(
    corrections: Annotated[Path, typer.Argument(metavar="FILE", help="corrections.json, as the page exports it.")],
    data: Annotated[Path, typer.Option(metavar="DIR", help="Folder that holds the sources.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="DIR", help="Where corrected label files go, a folder each.")
    ] = None,
    in_place: Annotated[
        bool,
        typer.Option("--in-place", help="Replace the label files; the first original stays as annotations.json.orig."),
    ] = False,
) -> None:
    """Apply the corrections made on the page 应用修改 to the label files of their sources.

    Every photo's labels must still be those that the page showed, or nothing is written. Only COCO label files
    (annotations.json) can be corrected; everything in them that wasn't corrected stays. Photos are not touched.

    [bold]Examples[/bold]

      cleanlane dataset correct corrections.json --data photos --out corrected

      cleanlane dataset correct corrections.json --data photos --in-place
    """
    if (out is None) != in_place:
        raise typer.BadParameter("give either --out DIR or --in-place")
    if out is not None and out.resolve() == data.resolve():
        raise typer.BadParameter("--out is the data folder itself; use --in-place")
    wanted = load_corrections(corrections)
    if not wanted.photos:
        raise RecipeError(f"{corrections}: holds no corrections")
    names = dict.fromkeys(photo.source for photo in wanted.photos)
    corrected = {name: correct_source(data / name, wanted) for name in names}  # all are right before one is written
    try:
        for name, (coco, _) in corrected.items():
            target = (out or data) / name / LABEL_FILE
            if in_place:
                _keep_original(target)
            write_label_file(coco, target)
    except OSError as error:
        raise RecipeError(f"{out or data}: label files can't be written there ({error.strerror})") from error
    _print_changes({name: changes for name, (_, changes) in corrected.items()})
    console.print(f"written: {', '.join(str((out or data) / n / LABEL_FILE) for n in names)}", markup=False)


def _keep_original(path: Path) -> None:
    kept = path.with_name(path.name + ".orig")
    if not kept.exists():
        with replacing(kept) as unfinished:
            unfinished.write_bytes(path.read_bytes())


def _print_changes(changes: dict[str, Changes]) -> None:
    table = Table("source", "category", "added 增", "removed 删", "moved 移", "renamed 改类")
    for name, change in changes.items():
        into: dict[str, list[str]] = {}
        for (old, new), count in change.renamed.items():
            into.setdefault(new, []).append(f"{count} ← {category_of(old).zh}")
        for category in NAMES:
            counts = [counter[category] for counter in (change.added, change.removed, change.moved)]
            if any(counts) or category in into:
                renamed = ", ".join(into.get(category, []))
                table.add_row(name, f"{category_of(category).zh} {category}", *map(str, counts), renamed)
    if table.row_count:
        console.print(table)
    for name, change in changes.items():
        console.print(
            f"{name}: {change.dropped} photos dropped, {change.checked} newly checked", highlight=False, markup=False
        )
        if change.unannotated:
            console.print(
                f"Note: {name} doesn't say that it annotates {', '.join(sorted(change.unannotated))}; boxes of these "
                "are kept, but don't count in evaluations until its info.annotated names them.",
                markup=False,
            )

"""Gather what a recipe names: the photos of its sources, how often each is shown, a table and a hash."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vision.categories import NAMES
from vision.datasets.formats import read_source
from vision.datasets.labels import SPLITS, LabelledPhoto, Source, Split
from vision.datasets.postings.folder import has_ads
from vision.datasets.recipe import Recipe, SourceChoice, SyntheticPostings
from vision.datasets.rename import rename_categories
from vision.datasets.synthetic import synthetic_key
from vision.errors import RecipeError

__all__ = ["DataSet", "load_data_set", "yolo_lines"]


@dataclass(frozen=True, eq=False)
class DataSet:
    """Everything a recipe names, in its order.

    Attributes:
        photos: Each used photo once.
        backgrounds: Training photos that synthetic postings are drawn on.
        hashes: SHA-256 of each photo's bytes, by path.
        weights: Of each source, how often each of its training photos is shown in an epoch.
        synthetic_postings: What is drawn when the training folder is written; these photos are in no other attribute.
        sha256: Hash of every used photo's bytes, split, labels and weight, and of what is drawn on which backgrounds;
            changes when any of them does.
    """

    name: str
    sources: tuple[Source, ...]
    photos: tuple[LabelledPhoto, ...]
    sha256: str
    hashes: dict[Path, str]
    weights: dict[str, float]
    backgrounds: tuple[LabelledPhoto, ...] = ()
    synthetic_postings: SyntheticPostings | None = None

    def of(self, *splits: Split) -> tuple[LabelledPhoto, ...]:
        """Return the photos of the given splits."""
        return tuple(photo for photo in self.photos if photo.split in splits)

    def table(self) -> list[tuple[str, Split, int, dict[str, int]]]:
        """Return (source, split, number of photos, boxes per category) for every combination that has photos."""
        rows = []
        for source in self.sources:
            for split in SPLITS:
                photos = [p for p in self.of(split) if p.source == source.name]
                boxes = Counter(name for photo in photos for _, _, name in photo.labels)
                if photos:
                    rows.append((source.name, split, len(photos), dict(boxes)))
        return rows


def load_data_set(recipe: Recipe, data: Path) -> DataSet:
    """Read the sources of `recipe` below the directory `data`.

    Raises:
        RecipeError: A source is missing, its labels are wrong, or the recipe excludes a photo that isn't there.
    """
    sources: list[Source] = []
    photos: list[LabelledPhoto] = []
    walls: list[LabelledPhoto] = []
    excluded = set(recipe.exclude)
    drawn_on = recipe.synthetic_postings.backgrounds if recipe.synthetic_postings else ()
    for choice in recipe.sources:
        source = _read(choice, data, recipe.name)
        sources.append(source)
        kept = [photo for photo in source.photos if f"{source.name}/{photo.path.name}" not in excluded]
        excluded -= {f"{source.name}/{photo.path.name}" for photo in source.photos}
        used = [replace(photo, split=choice.count_as or photo.split) for photo in kept if photo.split in choice.splits]
        if choice.folder in drawn_on:
            walls += [photo for photo in used if photo.split == "train" and not has_ads(photo)]
        if choice.role != "backgrounds":
            photos += used
    if drawn_on and not walls:
        raise RecipeError(f"recipe {recipe.name}: {', '.join(drawn_on)} has no training photo to draw postings on")
    if excluded:
        raise RecipeError(f"recipe {recipe.name}: excludes {', '.join(sorted(excluded)[:3])}, which no source has")
    weights = {choice.folder: choice.weight for choice in recipe.sources}
    hashes = {photo.path: hashlib.sha256(photo.path.read_bytes()).hexdigest() for photo in (*photos, *walls)}
    return DataSet(
        name=recipe.name,
        sources=tuple(sources),
        photos=tuple(photos),
        sha256=_sha256(photos, hashes, weights, walls, recipe.synthetic_postings),
        hashes=hashes,
        weights=weights,
        backgrounds=tuple(walls),
        synthetic_postings=recipe.synthetic_postings,
    )


def _read(choice: SourceChoice, data: Path, recipe: str) -> Source:
    """Read a source and apply to it what the recipe says about it."""
    folder = data / choice.folder
    if not folder.is_dir():
        raise RecipeError(f"recipe {recipe}: expected the source folder {folder}, there is none")
    source = rename_categories(read_source(folder), choice.categories, NAMES)
    annotated = source.annotated if choice.annotated is None else frozenset(choice.annotated)
    if choice.role == "negatives" and not annotated:
        annotated = frozenset(NAMES)
    photos = tuple(
        replace(photo, source=choice.folder, annotated=annotated, split=photo.split or choice.split)
        for photo in source.photos
    )
    _refuse_unusable(photos, choice, recipe)
    return replace(source, name=choice.folder, annotated=annotated, photos=photos)


def _refuse_unusable(photos: Sequence[LabelledPhoto], choice: SourceChoice, recipe: str) -> None:
    where = f"recipe {recipe}, source {choice.folder}"
    stems = Counter(photo.path.stem for photo in photos)
    for photo in photos:
        name = photo.path.name
        if photo.split is None:
            raise RecipeError(f"{where}: no split is stated for {name}; give the source one in the recipe")
        if choice.role == "negatives" and len(photo.labels):
            raise RecipeError(f"{where}: it is said to be negatives, but {name} has boxes")
        if stems[photo.path.stem] > 1:  # a label file is named by it, and exclude names photos by it
            raise RecipeError(
                f"{where}: more than one photo is called {photo.path.stem}; cleanlane dataset convert gives them names "
                "of their own, or rename all but one"
            )
        if photo.path.suffix.lower() == ".gif":
            raise RecipeError(f"{where}: {name} is a GIF, which training can't read; save it as PNG")


def yolo_lines(photo: LabelledPhoto) -> str:
    """Return the labels as YOLO text: per line the category's index and x, y (centre), w, h relative to the photo."""
    lines = []
    for (x1, y1, x2, y2), category in zip(photo.labels.boxes, photo.labels.categories, strict=True):
        box = (
            (x1 + x2) / 2 / photo.width,
            (y1 + y2) / 2 / photo.height,
            (x2 - x1) / photo.width,
            (y2 - y1) / photo.height,
        )
        lines.append(f"{category} " + " ".join(f"{value:.6f}" for value in box))
    return "\n".join(lines)


def _sha256(
    photos: Sequence[LabelledPhoto],
    hashes: dict[Path, str],
    weights: dict[str, float],
    walls: Sequence[LabelledPhoto],
    synthetic: SyntheticPostings | None,
) -> str:
    total = hashlib.sha256()
    for photo in photos:
        total.update(f"{photo.name} {photo.split} {sorted(photo.annotated)}\n".encode())
        total.update(yolo_lines(photo).encode())
        total.update(bytes.fromhex(hashes[photo.path]))
    for source, weight in weights.items():
        if weight != 1:
            total.update(f"weight {source} {weight}\n".encode())
    if synthetic:
        total.update(synthetic_key(synthetic, [hashes[wall.path] for wall in walls]).encode())
    return total.hexdigest()

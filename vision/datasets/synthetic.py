"""The part of a data set that is drawn: small ads on its real walls."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from vision.categories import NAMES
from vision.datasets.formats import read_source
from vision.datasets.labels import LabelledPhoto, Source
from vision.datasets.postings import GENERATOR_VERSION, fonts_used
from vision.datasets.postings.folder import Walls, write_synthetic
from vision.datasets.recipe import SYNTHETIC, SyntheticPostings
from vision.datasets.rename import rename_categories

__all__ = ["draw_postings", "synthetic_key"]


def synthetic_key(wanted: SyntheticPostings, walls: Iterable[str]) -> str:
    """Return the hash of everything that determines the drawn photos; `walls` are the hashes of the real ones."""
    parts = [f"{wanted.photos} {wanted.seed} {GENERATOR_VERSION}", *fonts_used(), *walls]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def draw_postings(
    wanted: SyntheticPostings, walls: tuple[LabelledPhoto, ...], folder: Path, done: Callable[[], object]
) -> Source:
    """Draw into `folder` what isn't there already, and read it; `done` is called after each photo."""
    if not folder.is_dir():
        licence = "drawn on photos of " + ", ".join(wanted.backgrounds)
        write_synthetic(Walls(tuple(wall.path for wall in walls), licence), folder, wanted.photos, wanted.seed, done)
    source = rename_categories(read_source(folder), {}, NAMES)
    return replace(source, name=SYNTHETIC, photos=tuple(replace(p, source=SYNTHETIC) for p in source.photos))

"""What survives from one format to another: `python -m tests.datasets.formats.round_trip` prints the table."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from tests.datasets.formats.drawn import drawn_source
from vision.datasets.formats import Format, read_labels, write_labels
from vision.datasets.labels import LabelledPhoto, Source


@dataclass(frozen=True)
class Kept:
    """What is the same after a round trip; `box` is the largest difference of a corner in pixels."""

    box: float
    photos: bool
    categories: bool
    outlines: bool
    splits: bool
    scene_groups: bool
    annotated: bool
    licence: bool


def round_trip(source: Source, first: Format, second: Format, folder: Path) -> Kept:
    """Write as `first`, read, write as `second`, read, and compare with what was written."""
    for name, format_ in (("first", first), ("second", second)):
        write_labels(source if name == "first" else read_labels(folder / "first").source, folder / name, format_)
    label_file = read_labels(folder / "second")
    assert label_file.format == second
    assert not label_file.findings
    return compare(source, label_file.source)


def compare(old: Source, new: Source) -> Kept:
    """Compare two sources, photo by photo, found by their pixels."""
    by_bytes = {photo.path.read_bytes(): photo for photo in new.photos}
    pairs = [(photo, by_bytes[photo.path.read_bytes()]) for photo in old.photos]
    differences = [np.abs(a.labels.boxes - b.labels.boxes).max(initial=0) for a, b in pairs]
    return Kept(
        box=float(max(differences)),
        photos=len(new.photos) == len(pairs) and all(a.path.stem in b.path.stem for a, b in pairs),
        categories=all(_names(a) == _names(b) for a, b in pairs),
        outlines=all(_same_outlines(a, b) for a, b in pairs),
        splits=all(a.split == b.split for a, b in pairs),
        scene_groups=all(a.scene_group == b.scene_group for a, b in pairs),
        annotated=old.annotated == new.annotated,
        licence=old.licence == new.licence,
    )


def _names(photo: LabelledPhoto) -> list[str]:
    return [name for _, _, name in photo.labels]


def _same_outlines(a: LabelledPhoto, b: LabelledPhoto) -> bool:
    return len(a.polygons) == len(b.polygons) and all(
        (p is None and q is None) or (p is not None and q is not None and np.allclose(p, q, atol=0.01))
        for p, q in zip(a.polygons, b.polygons, strict=True)
    )


def main() -> None:
    """Print the table."""
    table = Table("from", "to", "box px", "outlines", "splits", "lost")
    with tempfile.TemporaryDirectory() as folder:
        source = drawn_source(Path(folder, "drawn"))
        for first in Format:
            for second in Format:
                place = Path(folder, f"{first.value}-{second.value}")
                kept = round_trip(source, first, second, place)
                lost = [name for name in ("scene_groups", "annotated", "licence") if not getattr(kept, name)]
                shown = ["yes" if value else "no" for value in (kept.outlines, kept.splits)]
                table.add_row(first.value, second.value, f"{kept.box:.4f}", *shown, ", ".join(lost))
    Console(width=110).print(table)


if __name__ == "__main__":
    main()

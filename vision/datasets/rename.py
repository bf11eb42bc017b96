"""Give a source's categories other names: rename, merge or drop them."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from vision.datasets.labels import LabelledPhoto, Source
from vision.detections import Detections
from vision.errors import RecipeError

__all__ = ["rename_categories"]


def rename_categories(source: Source, mapping: Mapping[str, str | None], names: tuple[str, ...]) -> Source:
    """Return `source` with its categories renamed and numbered by `names`.

    Args:
        source: Its labels may carry any names.
        mapping: Old name to new name; several old names may share a new one, and None drops the old one's boxes.
            A category that isn't mentioned keeps its name.
        names: The names that every photo's labels have afterwards, in this order.

    Returns:
        The same photos. A category counts as annotated if any category that became it was annotated.

    Raises:
        RecipeError: A category that the source annotates or uses is neither in `mapping` nor in `names`, or
            `mapping` leads to a name that isn't in `names`.
    """
    used = {p.labels.names[i] for p in source.photos for i in np.unique(p.labels.categories)}
    unknown = sorted((source.annotated | used) - set(mapping) - set(names))
    if unknown:
        raise RecipeError(
            f"source {source.name}: unknown categories {', '.join(unknown)}; known are {', '.join(names)}: "
            "say for each of them which of these it becomes, or that it is dropped"
        )
    wrong = sorted({new for new in mapping.values() if new is not None} - set(names))
    if wrong:
        raise RecipeError(f"source {source.name}: expected new names among {', '.join(names)}, got {', '.join(wrong)}")

    def renamed(old: frozenset[str]) -> frozenset[str]:
        return frozenset(new for name in old if (new := mapping.get(name, name)) in names)

    photos = tuple(replace(_renamed(p, mapping, names), annotated=renamed(p.annotated)) for p in source.photos)
    return replace(source, annotated=renamed(source.annotated), photos=photos)


def _renamed(photo: LabelledPhoto, mapping: Mapping[str, str | None], names: tuple[str, ...]) -> LabelledPhoto:
    numbers = {name: i for i, name in enumerate(names)}
    table = [numbers.get(mapping.get(name, name) or "", -1) for name in photo.labels.names]
    categories = np.array([table[i] for i in photo.labels.categories], np.int64)
    kept = categories >= 0
    labels = Detections(photo.labels.boxes[kept], photo.labels.scores[kept], categories[kept], names)
    polygons = tuple(p for p, keep in zip(photo.polygons, kept, strict=False) if keep)
    return replace(photo, labels=labels, polygons=polygons)

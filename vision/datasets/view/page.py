"""The page: one self-contained HTML file to look through a data set, judge its labels and correct them."""

import json
import os
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from vision.categories import CATEGORIES, NAMES
from vision.datasets.build import DataSet
from vision.datasets.labels import LabelledPhoto
from vision.datasets.view.correct import checked_photos, is_checked
from vision.datasets.view.corrections import labels_sha256, photo_file
from vision.datasets.view.look import Look
from vision.datasets.view.statistics import BINS
from vision.datasets.view.suspicion import Suspicion
from vision.datasets.view.trust import SAME_PLACE, agreement
from vision.pages import write_template

__all__ = ["ModelShown", "View", "write_page"]

CHUNK = 50  # thumbnails that the browser decodes from text at a time
SCRIPTS = ("state.js", "plots.js", "grid.js", "editor.js", "main.js")


@dataclass(frozen=True)
class ModelShown:
    """The model behind the suspicions; predictions below its thresholds by category aren't shown."""

    name: str
    sha256: str
    thresholds: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class View:
    """What the page shows.

    Attributes:
        data: Folder that holds the sources.
        photos: In the order of the recipe.
        looks, suspicions: Of each photo.
        renamed: By source, how the recipe renames its categories.
        model: None if none looked at the photos.
        created: Time of making.
    """

    data_set: DataSet
    data: Path
    photos: Sequence[LabelledPhoto]
    looks: Sequence[Look]
    suspicions: Sequence[Sequence[Suspicion]]
    renamed: Mapping[str, Mapping[str, str | None]]
    model: ModelShown | None
    created: datetime


def write_page(path: Path, view: View) -> None:
    """Write the page; an existing one is replaced only by a complete one.

    Raises:
        OSError: The file can't be written.
    """
    folder = Path(__file__).parent
    write_template(
        folder / "view.html.jinja",
        path,
        view=view,
        created=view.created.astimezone(),
        style=Markup((folder / "view.css").read_text(encoding="utf-8")),  # noqa: S704 - our own file
        script=Markup("\n".join((folder / name).read_text(encoding="utf-8") for name in SCRIPTS)),  # noqa: S704
        content=_json(_content(view, path.parent)),
        chunks=_chunks(view.looks),
    )


def _json(content: object) -> Markup:
    """Return JSON that can stand in a script element: nothing in it can end the element."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return Markup(text)  # noqa: S704


def _chunks(looks: Sequence[Look]) -> Iterator[Markup]:
    for start in range(0, len(looks), CHUNK):
        thumbnails = (look.thumbnail for look in looks[start : start + CHUNK])
        yield _json([None if image is None else b64encode(image).decode() for image in thumbnails])


def _content(view: View, out: Path) -> dict[str, Any]:
    folders = list(dict.fromkeys(photo.path.parent for photo in view.photos))
    sources = [source for source in view.data_set.sources if any(p.source == source.name for p in view.photos)]
    places = {source.name: i for i, source in enumerate(sources)}
    checked = {source.name: checked_photos(view.data / source.name) for source in sources}
    rows = zip(view.photos, view.looks, view.suspicions, strict=True)
    return {
        "name": view.data_set.name,
        "sha256": view.data_set.sha256,
        "model": view.model.name if view.model else None,
        "categories": [
            {"name": c.name, "zh": c.zh, "en": c.name.replace("_", " ").capitalize(), "colour": c.colour}
            for c in CATEGORIES
        ],
        "bins": asdict(BINS),
        "folders": [_url(folder, out) for folder in folders],
        "sources": [
            {
                "name": source.name,
                "licence": source.licence,
                "annotated": [name in source.annotated for name in NAMES],
                "renamed": dict(view.renamed.get(source.name, {})),
            }
            for source in sources
        ],
        "photos": [
            {
                "source": places[photo.source],
                "folder": folders.index(photo.path.parent),
                "checked": is_checked(photo_file(photo, view.data / photo.source), checked[photo.source]),
                **_photo(photo, look, found, view),
            }
            for photo, look, found in rows
        ],
    }


def _photo(photo: LabelledPhoto, look: Look, found: Sequence[Suspicion], view: View) -> dict[str, Any]:
    numbers = {name: i for i, name in enumerate(NAMES)}
    thresholds = view.model.thresholds if view.model else {}
    spoken = {s.prediction for s in found}
    _, iou, same = agreement(look.predictions, photo.labels)
    confirms = (same & (iou >= SAME_PLACE)).sum(axis=1) > 0  # what says the same as a label is left out
    shown = [
        i
        for i, (_, score, name) in enumerate(look.predictions)
        if name in numbers and (i in spoken or (score >= thresholds[name] and not confirms[i]))
    ]
    places = {old: new for new, old in enumerate(shown)}
    return {
        "file": photo_file(photo, view.data / photo.source),
        "url": quote(photo.path.name, errors="surrogateescape"),
        "split": photo.split,
        "width": photo.width,
        "height": photo.height,
        "brightness": look.brightness,
        "failure": look.failure,
        "sha256": labels_sha256(photo),
        "labels": [[numbers[name], *_tenths(box.tolist())] for box, _, name in photo.labels],
        "predictions": [
            [numbers[name], *_tenths(box.tolist()), round(score, 3)]
            for i, (box, score, name) in enumerate(look.predictions)
            if i in places
        ],
        "suspicions": [
            [s.kind, round(s.score, 3), s.label, None if s.prediction is None else places[s.prediction]] for s in found
        ],
    }


def _tenths(values: Sequence[float]) -> list[float]:
    return [round(value, 1) for value in values]


def _url(folder: Path, out: Path) -> str | None:
    """Return where the full photos lie, seen from the page; None if no relative path leads there."""
    try:
        return quote(Path(os.path.relpath(folder, out)).as_posix(), errors="surrogateescape") + "/"
    except ValueError:  # another drive
        return None

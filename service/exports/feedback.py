"""What reviewers said as labelled photos: a COCO folder of confirmed problems, one of hard negatives, and a recipe."""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import yaml
from PIL import Image

from service.exports.judged import JudgedPhoto, judged_photos
from service.store.database import Database
from service.store.photo_store import PhotoStore
from vision.categories import NAMES
from vision.datasets.formats import Format, write_labels
from vision.datasets.labels import LabelledPhoto, Source
from vision.detections import Detections
from vision.errors import PhotoError, UserError
from vision.files import replacing_folder
from vision.images import read_photo

__all__ = ["Feedback", "write_feedback"]

CONFIRMED, NEGATIVES = "confirmed", "hard-negatives"
RECORD = "feedback.json"  # also tells that the folder is one of ours, and may be replaced
SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}


@dataclass(frozen=True)
class Feedback:
    """What was written.

    Attributes:
        confirmed, negatives: Numbers of photos.
        boxes: By category.
        splits: Photos by split.
        annotated: Categories that were judged.
        left_out: Photos that were not written, by reason.
    """

    confirmed: int
    negatives: int
    boxes: Counter[str]
    splits: Counter[str]
    annotated: frozenset[str]
    left_out: Counter[str]


def write_feedback(
    database: Database,
    store: PhotoStore,
    out: Path,
    since: datetime | None = None,
    progress: Callable[[int, int], object] = lambda _done, _total: None,
) -> Feedback:
    """Write the folder, which appears only when it is complete; an earlier export there is replaced.

    Args:
        database: With issues that were reviewed.
        store: Of their photos.
        out: Gets `confirmed/`, `hard-negatives/`, `recipe.yaml` and `feedback.json`.
        since: Only photos that were judged then or later.
        progress: Told how many steps of how many are done.

    Raises:
        UserError: Something else lies at `out`, or nothing was judged.
    """
    if out.exists() and not (out / RECORD).is_file() and not (out.is_dir() and not any(out.iterdir())):
        raise UserError(f"{out}: expected an empty folder, none, or an earlier export; choose another one")
    with database.read() as session:
        judged = judged_photos(session, since)
    left_out = judged.left_out.copy()
    total = 2 * len(judged.photos)
    with replacing_folder(out) as folder:
        staging = folder / ".photos"
        staging.mkdir()
        labelled: list[LabelledPhoto] = []
        for done, photo in enumerate(judged.photos, start=1):
            try:
                path = _fetch(store, photo, staging)
                labelled.append(_labelled(photo, path, judged.annotated))
            except FileNotFoundError:
                left_out["missing"] += 1
            except PhotoError:
                left_out["unreadable"] += 1
            progress(done, total)
        if not labelled:
            raise UserError("expected reviewed issues with photos, there are none to export; review some first")
        written = _write(folder, labelled, judged.annotated, lambda done: progress(len(judged.photos) + done, total))
        shutil.rmtree(staging)
        confirmed, negatives = (len(written.get(name, ())) for name in (CONFIRMED, NEGATIVES))
        feedback = Feedback(
            confirmed,
            negatives,
            Counter(name for photo in labelled for _, _, name in photo.labels),
            Counter(str(photo.split) for photo in labelled),
            judged.annotated,
            left_out,
        )
        (folder / "recipe.yaml").write_text(_recipe(written), encoding="utf-8")
        (folder / RECORD).write_text(_record(feedback, since), encoding="utf-8")
    progress(total, total)
    return feedback


def _fetch(store: PhotoStore, photo: JudgedPhoto, staging: Path) -> Path:
    """Put a photo into the folder; what training can't read becomes a JPEG."""
    data = store.read(photo.sha256)
    suffix = SUFFIXES.get(photo.content_type)
    path = staging / f"{photo.sha256[:20]}{suffix or '.jpg'}"
    if suffix:
        path.write_bytes(data)
    else:
        Image.fromarray(read_photo(data).pixels).save(path, "JPEG", quality=95, subsampling=0)
    return path


def _labelled(photo: JudgedPhoto, path: Path, annotated: frozenset[str]) -> LabelledPhoto:
    corners = [corners for _, corners in photo.boxes]
    categories = [NAMES.index(name) for name, _ in photo.boxes]
    labels = Detections.of(corners, [1.0] * len(corners), categories)
    source = CONFIRMED if corners else NEGATIVES
    return LabelledPhoto(path, source, photo.split, photo.width, photo.height, labels, annotated, photo.place)


def _write(
    folder: Path, labelled: Sequence[LabelledPhoto], annotated: frozenset[str], progress: Callable[[int], object]
) -> dict[str, list[LabelledPhoto]]:
    written: dict[str, list[LabelledPhoto]] = {}
    for name in (CONFIRMED, NEGATIVES):
        photos = [photo for photo in labelled if photo.source == name]
        if photos:
            before = sum(map(len, written.values()))
            source = Source(name, "", annotated, tuple(photos))

            def advance(done: int, _total: int, before: int = before) -> None:
                progress(before + done)

            write_labels(source, folder / name, Format.COCO, "copy", advance)
            written[name] = photos
    return written


def _recipe(written: dict[str, list[LabelledPhoto]]) -> str:
    sources = [{"folder": name} | ({"role": "negatives"} if name == NEGATIVES else {}) for name in written]
    text: str = yaml.safe_dump({"name": "feedback", "sources": sources}, sort_keys=False, allow_unicode=True)
    return text


def _record(feedback: Feedback, since: datetime | None) -> str:
    record = {
        "since": since.isoformat() if since else None,
        "confirmed": feedback.confirmed,
        "hard_negatives": feedback.negatives,
        "boxes": dict(feedback.boxes),
        "splits": dict(feedback.splits),
        "annotated": sorted(feedback.annotated),
        "left_out": dict(feedback.left_out),
    }
    return json.dumps(record, ensure_ascii=False, indent=2) + "\n"

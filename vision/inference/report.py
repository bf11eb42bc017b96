"""A whole screening: from paths to a folder with results.json, results.csv, annotated copies and index.html."""

import functools
import importlib.metadata
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Literal

from vision.categories import category_of
from vision.files import replacing
from vision.inference.annotate import draw_boxes, thumbnail
from vision.inference.detector import Detector
from vision.inference.gallery import Card, write_gallery
from vision.inference.journal import Entry, Journal, Key
from vision.inference.output_folder import COPIES, JOURNAL, remove_copies
from vision.inference.reading import PATIENCE
from vision.inference.results import ModelInfo, PhotoResult, ResultFile, ScreenedCategory, Verdict
from vision.inference.screen import Screened, screen
from vision.inference.sources import PhotoFile
from vision.inference.stages import Clock, untimed
from vision.inference.table import write_table
from vision.inference.tally import Tally

__all__ = ["Annotate", "Report", "model_info", "write_report"]

Annotate = Literal["problems", "all", "none"]

VERDICT_ORDER: tuple[Verdict, ...] = ("needs_visit", "unreadable", "clean")


@dataclass(frozen=True)
class Report:
    """A finished screening.

    Attributes:
        results: The head of results.json; its photos are in the file only.
        tally: Counts of them.
    """

    results: ResultFile
    tally: Tally


def write_report(
    photos: Sequence[PhotoFile],
    detector: Detector,
    out: Path,
    annotate: Annotate = "problems",
    progress: Callable[[PhotoResult], None] = lambda _result: None,
    *,
    patience: float = PATIENCE,
    clock: Clock = untimed,
) -> Report:
    """Screen `photos` into the prepared folder `out`, going on where an interrupted run with the same settings stopped.

    Args:
        progress: Called with each photo's result, in order.
        patience: Seconds after which a file that can't be read is given up.
        clock: Times the stages.

    Raises:
        UserError: The folder can't be written, or holds an interrupted run with other settings.
    """
    model = model_info(detector)
    settings = {
        "model": model.model_dump(mode="json"),
        "device": str(detector.choice.device),
        "precision": detector.choice.precision,
        "iou": detector.iou,
        "tiles": detector.tiles,
        "annotate": annotate,
    }
    results = ResultFile(
        created=datetime.now(UTC).replace(microsecond=0),
        software=f"cleanlane {importlib.metadata.version('cleanlane')}",
        provider=f"{detector.choice.device} {detector.choice.precision}",
        iou=detector.iou,
        tiles=detector.tiles,
        model=model,
        photos=(),
    )
    with Journal(out / JOURNAL, settings) as journal:

        def known(path: str, sha256: str | None) -> PhotoResult | None:
            if (path, sha256) not in journal:
                return None
            entry = journal.read((path, sha256))
            return entry.result if entry.copy is None or (out / entry.copy).exists() else None

        seen = _Seen()
        earlier = frozenset(journal)
        finish = functools.partial(_finish, out=out, annotate=annotate)
        for entry in screen(photos, detector, finish, known, patience=patience, clock=clock):
            key = seen.add(entry.result)
            if key not in earlier:
                journal.append(entry)
            progress(entry.result)
        write_gallery(out / "index.html", results, seen.tally, map(_card, map(journal.read, seen.by_urgency())))
        copies: set[str | None] = set()

        def finished() -> Iterator[PhotoResult]:
            for entry in map(journal.read, seen.keys):
                copies.add(entry.copy)
                yield entry.result

        write_table(out / "results.csv", model, finished())
        remove_copies(out, keep=copies)
        results.write(out / "results.json", finished())
    (out / JOURNAL).unlink()
    return Report(results, seen.tally)


class _Seen:
    """The photos of a run in their order: keys into the journal, how urgent each is, and counts; not the results."""

    def __init__(self) -> None:
        self.keys: list[Key] = []
        self.tally = Tally()
        self._urgencies: list[tuple[int, float]] = []

    def add(self, result: PhotoResult) -> Key:
        self.tally.add(result)
        self.keys.append((result.path, result.sha256))
        scores = [box.score for box in result.boxes if category_of(box.category).is_problem]
        self._urgencies.append((VERDICT_ORDER.index(result.verdict), -max(scores, default=0.0)))
        return self.keys[-1]

    def by_urgency(self) -> list[Key]:
        """Return the keys, most urgent first, within a verdict by the best problem's score."""
        return [self.keys[i] for i in sorted(range(len(self.keys)), key=self._urgencies.__getitem__)]


def _card(entry: Entry) -> Card:
    return Card(entry.result, entry.thumbnail, entry.copy)


def model_info(detector: Detector) -> ModelInfo:
    """Return what a result file says of a detector's model."""
    rows = ((category_of(name), detector.thresholds[name]) for name in detector.model.names)
    categories = tuple(ScreenedCategory(name=c.name, zh=c.zh, is_problem=c.is_problem, threshold=t) for c, t in rows)
    model = detector.model
    return ModelInfo(name=model.name, sha256=model.sha256, input_size=model.input_size, categories=categories)


def _finish(screened: Screened, out: Path, annotate: Annotate) -> Entry:
    """Encode a photo's thumbnail and write its annotated copy; nothing to do for one known from an earlier run."""
    result, image = screened.result, screened.image
    if image is None:
        return Entry(result)
    copy = None
    if annotate == "all" or (annotate == "problems" and result.verdict == "needs_visit"):
        copy = f"{COPIES}/{_copy_name(result)}"
        path = out / copy
        path.parent.mkdir(exist_ok=True)
        with replacing(path) as unfinished:
            drawn = draw_boxes(image, result.boxes, (result.width or 1, result.height or 1))
            drawn.save(unfinished, "JPEG", quality=85)
    return Entry(result, thumbnail(image if screened.shown is None else screened.shown), copy)


def _copy_name(result: PhotoResult) -> str:
    """Return the photo's own name, made safe and short, with its hash, so that two photos never share one."""
    stem = re.sub(r'[\x00-\x1f<>:"/\\|?*#%]', "_", PurePosixPath(result.path).stem)
    short = stem.encode()[:180].decode("utf-8", "ignore")  # file systems count bytes
    return f"{short}-{(result.sha256 or '')[:12]}.jpg"

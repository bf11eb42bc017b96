"""A whole screening: from paths to a folder with results.json, results.csv, annotated copies and index.html."""

import importlib.metadata
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Literal

from vision.categories import category_of
from vision.errors import UserError
from vision.files import replacing
from vision.inference.annotate import draw_boxes, thumbnail
from vision.inference.detector import Detector
from vision.inference.gallery import Card, write_gallery
from vision.inference.journal import Entry, Journal
from vision.inference.results import ModelInfo, PhotoResult, ResultFile, ScreenedCategory, Verdict
from vision.inference.screen import Screened, screen
from vision.inference.sources import PhotoFile
from vision.inference.table import write_table

__all__ = ["COPIES", "Annotate", "Existing", "prepare_folder", "write_report"]

Annotate = Literal["problems", "all", "none"]
Existing = Literal["refuse", "resume", "overwrite"]

JOURNAL = "unfinished.jsonl"
COPIES = "annotated"
COPY_NAME = re.compile(r"-[0-9a-f]{12}\.jpg$")
RESULT_FILES = ("results.json", "results.csv", "index.html")
VERDICT_ORDER: tuple[Verdict, ...] = ("needs_visit", "unreadable", "clean")


def prepare_folder(out: Path, existing: Existing) -> None:
    """Make sure that results can go into `out`.

    Raises:
        UserError: It can't be made, or it holds results or an interrupted run and `existing` doesn't say what to do.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        if existing == "overwrite":
            for name in (*RESULT_FILES, JOURNAL):
                (out / name).unlink(missing_ok=True)
            _remove_copies(out, keep=set())
    except OSError as error:
        raise UserError(
            f"{out}: results can't be written there ({error.strerror}); give another folder with --out"
        ) from error
    if (out / JOURNAL).exists():
        if existing != "resume":
            raise UserError(f"{out}: holds an interrupted run; go on with --resume, or start again with --overwrite")
    elif any((out / name).exists() for name in RESULT_FILES):
        raise UserError(f"{out}: holds results already; give another folder, or replace them with --overwrite")


def write_report(
    photos: Sequence[PhotoFile],
    detector: Detector,
    out: Path,
    annotate: Annotate = "problems",
    progress: Callable[[PhotoResult], None] = lambda _result: None,
) -> ResultFile:
    """Screen `photos` into the prepared folder `out`, going on where an interrupted run with the same settings stopped.

    Args:
        progress: Called with each photo's result, in order.

    Raises:
        UserError: The folder can't be written, or holds an interrupted run with other settings.
    """
    model = _model_info(detector)
    settings = {"model": model.model_dump(mode="json"), "iou": detector.iou, "annotate": annotate}
    with Journal(out / JOURNAL, settings) as journal:
        ordered: list[PhotoResult] = []
        earlier = frozenset(journal.results)

        def known(path: str, sha256: str) -> PhotoResult | None:
            copy = journal.copies.get((path, sha256))
            return journal.results.get((path, sha256)) if copy is None or (out / copy).exists() else None

        for entry in screen(photos, detector, lambda screened: _finish(screened, out, annotate), known):
            if (entry.result.path, entry.result.sha256) not in earlier:
                journal.append(entry)
            ordered.append(entry.result)
            progress(entry.result)
        results = ResultFile(
            created=datetime.now(UTC).replace(microsecond=0),
            software=f"cleanlane {importlib.metadata.version('cleanlane')}",
            provider=detector.model.provider,
            iou=detector.iou,
            model=model,
            photos=tuple(ordered),
        )
        write_gallery(out / "index.html", results, _cards(journal, ordered))
        _remove_copies(out, keep={journal.copies[result.path, result.sha256] for result in ordered})
    write_table(out / "results.csv", results)
    results.write(out / "results.json")
    (out / JOURNAL).unlink()
    return results


def _model_info(detector: Detector) -> ModelInfo:
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
    return Entry(result, thumbnail(image), copy)


def _copy_name(result: PhotoResult) -> str:
    """Return the photo's own name, made safe and short, with its hash, so that two photos never share one."""
    stem = re.sub(r'[\x00-\x1f<>:"/\\|?*#%]', "_", PurePosixPath(result.path).stem)
    short = stem.encode()[:180].decode("utf-8", "ignore")  # file systems count bytes
    return f"{short}-{(result.sha256 or '')[:12]}.jpg"


def _remove_copies(out: Path, keep: set[str | None]) -> None:
    """Remove annotated copies that no result refers to, and never a file that someone else put there."""
    for copy in (out / COPIES).glob("*.jpg"):
        if COPY_NAME.search(copy.name) and f"{COPIES}/{copy.name}" not in keep:
            copy.unlink()


def _cards(journal: Journal, results: Sequence[PhotoResult]) -> Iterator[Card]:
    """Yield the gallery's cards: most urgent first, within a verdict by the best problem's score."""

    def urgency(result: PhotoResult) -> tuple[int, float]:
        scores = [box.score for box in result.boxes if category_of(box.category).is_problem]
        return VERDICT_ORDER.index(result.verdict), -max(scores, default=0.0)

    for result in sorted(results, key=urgency):
        entry = journal.read(result)
        yield Card(photo=result, thumbnail=entry.thumbnail, copy=entry.copy)

"""Judge a model by the verdicts alone, on photos of which only is known whether they need a visit."""

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from vision.errors import RecipeError
from vision.evaluation.predict import LOWEST_SCORE
from vision.evaluation.screening.visits import Visits, best_scores, count_visits
from vision.inference.detector import Detector

__all__ = ["read_screening", "screen_figures"]

COLUMNS = ("file", "needs_visit")


def read_screening(folder: Path) -> list[tuple[Path, bool]]:
    """Read which photos need a visit.

    Args:
        folder: Holds `images/` and `labels.csv` with the columns file (a name in `images/`) and needs_visit (0 or 1).

    Returns:
        (photo, whether it needs a visit) in the order of the file.

    Raises:
        RecipeError: The file can't be read, a column or a photo is missing, a photo is listed twice, or a value isn't
            0 or 1; the message says where.
    """
    file = folder / "labels.csv"
    rows: dict[Path, bool] = {}
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            if not set(COLUMNS) <= set(reader.fieldnames or ()):
                got = ", ".join(reader.fieldnames or ()) or "none"
                raise RecipeError(f"{file}, line 1: expected the columns {' and '.join(COLUMNS)}, got {got}")
            for row in reader:
                photo = folder / "images" / (row["file"] or "")
                rows[photo] = _needs_visit(row, photo, photo in rows, f"{file}, line {reader.line_num}")
    except OSError as error:
        raise RecipeError(f"{file}: expected a table of photos, but it can't be read ({error.strerror})") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise RecipeError(f"{file}: expected CSV in UTF-8, but it can't be read ({error}); save it as that") from error
    if not rows:
        raise RecipeError(f"{file}: expected a line for each photo, there is none")
    return list(rows.items())


def _needs_visit(row: dict[str, str | None], photo: Path, known: bool, place: str) -> bool:
    if not photo.is_file():
        raise RecipeError(f"{place}: names the photo {row['file'] or ''!r}, but there is no {photo}")
    if known:
        raise RecipeError(f"{place}: lists the photo {row['file']!r} again; keep one of its lines")
    if row["needs_visit"] not in ("0", "1"):
        raise RecipeError(f"{place}: expected needs_visit to be 0 or 1, got {row['needs_visit'] or ''!r}")
    return row["needs_visit"] == "1"


def screen_figures(model: Path, folder: Path, thresholds: Mapping[str, Mapping[str, float]]) -> dict[str, Visits]:
    """Run a model once over a folder's photos and count what each operating point flags.

    A find of any problem category flags a photo: nothing else than the verdict is known.

    Args:
        model: The .onnx file.
        folder: As `read_screening` takes it.
        thresholds: By operating point and category, from 0.001 up.

    Raises:
        UserError: The folder, one of its photos or the model can't be read.
    """
    rows = read_screening(folder)
    best = best_scores(Detector(model, device="cpu", thresholds=LOWEST_SCORE).detect(photo for photo, _ in rows))
    dirty = np.array([needs_visit for _, needs_visit in rows], np.bool_)
    return {point: count_visits(best, dirty, values) for point, values in thresholds.items()}

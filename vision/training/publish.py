"""Publish a trained run: export, choose thresholds on val, measure, and write models/<name>/."""

import hashlib
import json
import os
import platform
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import onnxruntime

from vision.categories import NAMES
from vision.datasets.build import DataSet
from vision.errors import RecipeError
from vision.evaluation.average_precision import CategoryScore
from vision.evaluation.evaluate import evaluate, predict
from vision.training.card import write_card
from vision.training.export import check_parity, export_onnx, set_metadata

__all__ = ["LICENCE", "choose_thresholds", "publish"]

LICENCE = (
    "AGPL-3.0 (derived from Ultralytics' weights); trained on photos under CC BY 4.0 and other terms, see the card"
)
PARITY_PHOTOS = 64


def publish(run: Path, data_set: DataSet, name: str, out: Path, command: str, progress: Callable[[str], None]) -> Path:
    """Write `out/<name>/` with the ONNX file, manifest.json (all figures) and the model card; return the folder.

    Thresholds are chosen on `val` only; `test` is measured once, with them. An existing folder is replaced only when
    everything has succeeded.

    Args:
        run: Folder of a finished training.
        command: What was typed, for the card.
        progress: Called with a word on each step.

    Raises:
        RecipeError: `run` holds no finished training, or one on other data.
    """
    record = _finished_run(run, data_set)
    checkpoint = run / "weights" / "last.pt"
    out.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=out, prefix=".unfinished-"))
    try:
        model = folder / f"{name}.onnx"
        progress("export")
        export_onnx(checkpoint, int(record["hyperparameters"]["imgsz"]), model)
        progress("parity of torch and ONNX Runtime")
        val = data_set.of("val")
        parity = check_parity(checkpoint, model, [photo.path for photo in val[:: max(1, len(val) // PARITY_PHOTOS)]])
        progress("val")
        on_val = list(predict(model, val))
        thresholds = choose_thresholds(evaluate(val, on_val, dict.fromkeys(NAMES, 1.0)).categories)
        set_metadata(model, _metadata(name, record, thresholds))
        progress("test")
        test = data_set.of("test")
        scores = {
            "val": evaluate(val, on_val, thresholds).as_dict(),
            "test": evaluate(test, list(predict(model, test)), thresholds).as_dict(),
        }
        manifest = _manifest(model, record, thresholds, scores, asdict(parity), command, data_set)
        (folder / "manifest.json").write_text(
            json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        write_card(folder / "MODEL_CARD.md", name, manifest)
        folder.chmod(0o755)
        shutil.rmtree(out / name, ignore_errors=True)
        folder.replace(out / name)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return out / name


def choose_thresholds(scores: list[CategoryScore]) -> dict[str, float]:
    """Return the score of the best F1 by category, rounded down to 0.01; 0.5 where there were no boxes."""
    return {s.category: int((s.best_f1_score or 0.5) * 100) / 100 for s in scores}


def _finished_run(run: Path, data_set: DataSet) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads((run / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RecipeError(f"{run}: expected the folder of a training, but run.json can't be read ({error})") from error
    if not record["finished"]:
        raise RecipeError(f"{run}: the training isn't finished; go on with it by repeating its command")
    if record["data_sha256"] != data_set.sha256:
        raise RecipeError(f"{run}: was trained on other data than the recipe now gives")
    return record


def _metadata(name: str, record: dict[str, Any], thresholds: dict[str, float]) -> dict[str, Any]:
    return {
        "name": name,
        "categories": list(NAMES),
        "thresholds": thresholds,
        "thresholds_chosen": "best F1 at IoU 0.5 on val",
        "input_size": record["hyperparameters"]["imgsz"],
        "data_sha256": record["data_sha256"],
        "trained": record["finished"],
        "licence": LICENCE,
    }


def _manifest(
    model: Path,
    record: dict[str, Any],
    thresholds: dict[str, float],
    scores: dict[str, Any],
    parity: dict[str, Any],
    command: str,
    data_set: DataSet,
) -> dict[str, Any]:
    data = model.read_bytes()
    return {
        "file": model.name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "licence": LICENCE,
        "training": record,
        "measured": {
            "date": datetime.now(UTC).date().isoformat(),
            "machine": f"{platform.machine()}, {os.cpu_count()} cores",
            "onnxruntime": onnxruntime.__version__,
            "command": command,
        },
        "thresholds": thresholds,
        "parity": parity,
        "scores": scores,
        "data": [{"source": s.name, "licence": s.licence, "annotated": sorted(s.annotated)} for s in data_set.sources],
        "table": [list(row) for row in data_set.table()],
    }

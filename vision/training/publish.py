"""Publish a trained run: export behind the gate, measure, and write models/<name>/."""

import hashlib
import json
import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import onnxruntime

from vision.datasets.build import DataSet
from vision.errors import RecipeError
from vision.evaluation.predict import predict
from vision.evaluation.screening.verdict_sets import screen_figures
from vision.files import replacing_folder
from vision.inference.devices import Precision
from vision.inference.machine import cores, processor
from vision.training.card import stages, write_card
from vision.training.category_sheet import draw_category_sheet
from vision.training.figures import split_figures
from vision.training.precision import PRECISIONS
from vision.training.variants import LICENCE, Export, Variant, export_variants
from vision.training.weights import save_weights

__all__ = ["Publication", "publish"]


@dataclass(frozen=True)
class Publication:
    """What goes into a model's folder beside what is measured.

    Attributes:
        name: Of the model and its files.
        command: What publishes it, for the card; the training's own are in its records.
        precisions: Of the files; fp32 is always among them.
        screening: Folder of photos labelled with needs_visit, if there is one (`read_screening`).
        judged: Categories that its verdicts are about; the photos are also counted by these alone.
        notes: Markdown on what the model gets wrong, seen by eye; it becomes part of the card.
    """

    name: str
    command: str
    precisions: Sequence[Precision] = PRECISIONS
    screening: Path | None = None
    judged: Sequence[str] = ()
    notes: str = ""


def publish(run: Path, data_set: DataSet, what: Publication, out: Path, progress: Callable[[str], None]) -> Path:
    """Write `out/<name>/`: ONNX files, weights, parity.json, manifest.json (all figures) and the card; return it.

    Thresholds are chosen on `val` only; `test` is measured once, with them. An existing folder is replaced only when
    everything has succeeded.

    Args:
        run: Folder of a finished training.
        what: Name and texts.
        out: Where models lie.
        progress: Called with a word on each step.

    Raises:
        RecipeError: `run` holds no finished training, one on other data, or val is too small for the gate.
        ModelError: An exported file is not what was trained.
    """
    record = _finished_run(run, data_set)
    checkpoint = run / "weights" / "best.pt"
    with replacing_folder(out / what.name) as folder:
        size = int(record["hyperparameters"]["imgsz"])
        about = {"trained": record["finished"]}
        variants: list[Variant] = [(precision, "plain") for precision in what.precisions]
        export = export_variants(checkpoint, data_set, what.name, size, folder, variants, about, progress)
        save_weights(checkpoint, folder / f"{what.name}.pt", LICENCE)
        manifest = _manifest(folder, record, export, _scores(folder, export, data_set, what, progress), what, data_set)
        text = json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"
        (folder / "manifest.json").write_text(text, encoding="utf-8")
        draw_category_sheet(folder / "categories.webp")
        write_card(folder / "MODEL_CARD.md", what.name, manifest)
    return out / what.name


def _finished_run(run: Path, data_set: DataSet) -> dict[str, Any]:
    """Return what is recorded of a finished training on `data_set`.

    Raises:
        RecipeError: It is none.
    """
    try:
        record: dict[str, Any] = json.loads((run / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RecipeError(f"{run}: expected the folder of a training, but run.json can't be read ({error})") from error
    if not record["finished"]:
        raise RecipeError(f"{run}: the training isn't finished; go on with it by repeating its command")
    if record["data_sha256"] != data_set.sha256:
        raise RecipeError(f"{run}: trained on other data ({record['data_sha256'][:12]}) than {data_set.sha256[:12]}")
    return record


def _scores(
    folder: Path, export: Export, data_set: DataSet, what: Publication, progress: Callable[[str], None]
) -> dict[str, Any]:
    model, test = folder / export.files[0].file, data_set.of("test")
    progress("test")
    on_test = list(predict(model, test))
    scores: dict[str, Any] = {
        "val": split_figures(data_set.of("val"), export.on_val, export.operating_points),
        "test": split_figures(test, on_test, export.operating_points),
    }
    if what.screening:
        progress("screening")
        points = dict(export.operating_points)
        if what.judged:
            for point, values in export.operating_points.items():
                points[f"{point}, only {' '.join(what.judged)}"] = {name: values[name] for name in what.judged}
        visits = screen_figures(model, what.screening, points)
        scores["screening"] = {"set": what.screening.name, **{point: asdict(v) for point, v in visits.items()}}
    return scores


def _manifest(
    folder: Path, record: dict[str, Any], export: Export, scores: dict[str, Any], what: Publication, data_set: DataSet
) -> dict[str, Any]:
    weights = folder / f"{what.name}.pt"
    default = export.files[0]
    return {
        "file": default.file,
        "sha256": default.sha256,
        "bytes": default.bytes,
        "files": [asdict(file) for file in export.files],
        "weights": {
            "file": weights.name,
            "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
            "bytes": weights.stat().st_size,
        },
        "licence": LICENCE,
        "training": record,
        "measured": {
            "date": datetime.now(UTC).date().isoformat(),
            "machine": f"{processor()}, {cores()} cores, {platform.machine()}",
            "onnxruntime": onnxruntime.__version__,
            "command": "\n".join([*(stage["command"] for stage in stages(record)), what.command]),
        },
        "thresholds": export.operating_points["balanced"],
        "operating_points": export.operating_points,
        "parity": asdict(export.parity),
        "scores": scores,
        "notes": what.notes,
        "data": [{"source": s.name, "licence": s.licence, "annotated": sorted(s.annotated)} for s in data_set.sources],
        "table": [list(row) for row in data_set.table()],
    }

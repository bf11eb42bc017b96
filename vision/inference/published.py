"""The published models: which files there are of each, and what each loses against the network as trained."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from vision.errors import ModelError
from vision.inference.devices import Precision
from vision.inference.model import Model, load_model

__all__ = ["ModelFile", "default_model", "files_of"]


@dataclass(frozen=True)
class ModelFile:
    """One ONNX file of a model.

    Attributes:
        path: The file.
        precision: What its numbers are.
        losses: Mean AP50 lost on `val`, by (backend, precision of the computation), as far as measured.
        model: What the file says of itself, if it has been read already.
    """

    path: Path
    precision: Precision
    losses: dict[tuple[str, Precision], float] = field(default_factory=dict, hash=False)
    model: Model | None = field(default=None, hash=False)


def default_model() -> Path:
    """Return the published model that comes with CleanLane, in full precision.

    Raises:
        ModelError: The installation holds none.
    """
    return files_of(None)[0].path


def files_of(model: Path | None) -> list[ModelFile]:
    """Return the files that a model comes in, the one in full precision first.

    Args:
        model: An ONNX file, which is then the only one; the folder of a published model; or None for the model that
            comes with CleanLane.

    Raises:
        ModelError: There is no such model.
    """
    manifest = _shipped() if model is None else model / "manifest.json"
    if model is not None and not model.is_dir():
        loaded = load_model(model)
        return [ModelFile(model, loaded.precision, model=loaded)]
    try:
        entries = json.loads(manifest.read_text(encoding="utf-8"))["files"]
        return [
            ModelFile(
                manifest.parent / entry["file"],
                entry["precision"],
                {(run["backend"], run["precision"]): float(run["loss"]) for run in entry["runs"]},
            )
            for entry in entries
            if entry["head"] == "plain"
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{manifest}: expected the manifest of a published model, but it can't be read "
            f"({type(error).__name__}: {error}); give an .onnx file, or a folder that `cleanlane publish` wrote"
        ) from error


def _shipped() -> Path:
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "models", package.parent / "models"):  # installed, or in a checkout
        for manifest in sorted(folder.glob("*/manifest.json")):
            return manifest
    raise ModelError("this installation holds no published model; give one with --model FILE.onnx")

"""Ultralytics' own ONNX export of a checkpoint, in a process of its own: `python -m vision.benchmark.export`."""

import shutil
import sys
from pathlib import Path

from vision.benchmark.process import run_module
from vision.errors import UserError

__all__ = ["export"]


def export(weights: Path, folder: Path) -> Path:
    """Let Ultralytics export a checkpoint into a folder, with its defaults.

    Raises:
        UserError: It failed; the message has its last words.
    """
    copy = folder / weights.name
    shutil.copyfile(weights, copy)
    run_module(f"{weights}, exported by Ultralytics", "vision.benchmark.export", str(copy))
    exported = copy.with_suffix(".onnx")
    if not exported.is_file():
        raise UserError(f"{weights}: Ultralytics reported no error, but wrote no {exported.name}")
    return exported


if __name__ == "__main__":
    from vision.benchmark.contestants import import_yolo

    import_yolo(every_core=True)(sys.argv[1]).export(format="onnx", verbose=False)

"""Ultralytics' own ONNX export of a checkpoint, in a process of its own: `python -m vision.benchmark.export`."""

import shutil
import subprocess
import sys
from pathlib import Path

from vision.errors import UserError

__all__ = ["export"]


def export(weights: Path, folder: Path) -> Path:
    """Let Ultralytics export a checkpoint into a folder, with its defaults.

    Raises:
        UserError: It failed; the message has its last words.
    """
    copy = folder / weights.name
    shutil.copyfile(weights, copy)
    command = [sys.executable, "-m", "vision.benchmark.export", str(copy)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    exported = copy.with_suffix(".onnx")
    if done.returncode or not exported.is_file():
        words = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise UserError(f"{weights}: Ultralytics couldn't export it to ONNX: {words[-1]}")
    return exported


if __name__ == "__main__":
    from vision.benchmark.contestants import import_yolo

    import_yolo(every_core=True)(sys.argv[1]).export(format="onnx", verbose=False)

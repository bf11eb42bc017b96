"""The rival's run in a process of its own: `python -m vision.benchmark.plain_tracker ORDER ANSWER`, both JSON files."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from vision.benchmark.contestants import import_yolo
from vision.categories import PROBLEMS

__all__ = ["SETTINGS"]

# What people give `yolo track`; everything else is as it comes, but no video with boxes is written.
SETTINGS = {"tracker": "botsort.yaml", "imgsz": 640, "device": "cpu", "save": False, "verbose": False}


def _main(order: Path, answer: Path) -> None:
    wanted = json.loads(order.read_text(encoding="utf-8"))
    model = import_yolo(every_core=False)(wanted["weights"])
    if not PROBLEMS & set(model.names.values()):
        raise SystemExit(
            f"{wanted['weights']}: expected classes such as {min(PROBLEMS)}, got {', '.join(model.names.values())}"
        )
    frames, looks = 0, {}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("剩余"))
    with Progress(*columns, TimeRemainingColumn()) as progress:
        task = progress.add_task("plain tracker 逐帧跟踪", total=wanted["frames"])
        for name, video in wanted["videos"].items():
            count, looks[name] = _track(model, video, lambda: progress.advance(task))
            frames += count
    content = {"frames": frames, "conf": model.predictor.args.conf, "looks": looks}
    answer.write_text(json.dumps(content), encoding="utf-8")


def _track(model: Any, video: str, advance: Callable[[], object]) -> tuple[int, list[tuple[Any, ...]]]:
    """Return how many frames there are, and a row (frame, number, category, score, box) for each look at a track."""
    frames, rows = 0, []
    for result in model.track(source=video, stream=True, **SETTINGS):
        boxes = result.boxes
        if boxes.id is not None:  # something is followed
            columns = (boxes.id.int(), boxes.cls.int(), boxes.conf, boxes.xyxy)
            for number, category, score, box in zip(*(column.tolist() for column in columns), strict=True):
                rows.append((frames, number, model.names[category], score, box))
        frames += 1
        advance()
    return frames, rows


if __name__ == "__main__":
    _main(*map(Path, sys.argv[1:]))

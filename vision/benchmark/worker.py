"""One contestant's run in a process of its own: `python -m vision.benchmark.worker`, a JSON order on standard input."""

import json
import sys
import time
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from vision.benchmark.contestants import CONTESTANTS
from vision.inference.peak_memory import peak_memory_mb
from vision.inference.stages import StageClock

__all__: list[str] = []


def _main() -> None:
    order = json.load(sys.stdin)
    with redirect_stdout(sys.stderr):  # what libraries print is not the answer
        answer = _measured(order)
    json.dump(answer, sys.stdout)


def _measured(order: dict[str, Any]) -> dict[str, Any]:
    clock, photos = StageClock(), [Path(path) for path in order["photos"]]
    run = CONTESTANTS[order["contestant"]](order["options"], clock)
    next(iter(run(photos[:1])))
    first = time.time() - order["started"]
    for _ in run(photos[:2]):
        pass
    clock.clear()
    began, cpu = time.perf_counter(), time.process_time()
    done = sum(1 for _ in run(photos))
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    return {
        "photos": done,
        "seconds": seconds,
        "cpu_seconds": cpu,
        "first_result_seconds": first,
        "peak_mb": peak_memory_mb(),
        "stages": {stage: [wall, used] for stage, (wall, used) in clock.seconds.items()},
    }


if __name__ == "__main__":
    _main()

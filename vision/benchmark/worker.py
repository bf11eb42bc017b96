"""One contestant's run in a process of its own: `python -m vision.benchmark.worker`, a JSON order on standard input."""

import json
import sys
import time
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from vision.benchmark.contestants import CONTESTANTS
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
        "peak_bytes": _peak_bytes(),
        "stages": {stage: [wall, used] for stage, (wall, used) in clock.seconds.items()},
    }


def _peak_bytes() -> int | None:
    """Return the process's largest resident size; Linux counts it anew for each program, `getrusage` does not."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM")), None)


if __name__ == "__main__":
    _main()

"""Ten thousand photos, one in a hundred broken, and how much memory that takes: `python -m tests.inference.soak`.

Every file must be accounted for, and memory must not grow with the number of photos.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from vision.benchmark.photos import write_photos
from vision.inference.results import load_results


def main() -> None:
    """Write the photos, screen them with the command line, and watch its memory meanwhile."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--device", default="auto")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder, out = Path(scratch) / "photos", Path(scratch) / "out"
        folder.mkdir()
        whole = [path.read_bytes() for path in write_photos(folder, 8)]
        for i in range(arguments.count):
            data, path = whole[i % 8], folder / f"IMG_{i:05}.jpg"
            path.unlink(missing_ok=True)
            if i % 100 == 99:
                path.write_bytes((data[: len(data) // 2], b"", b"no photo")[i // 100 % 3])
            else:
                path.hardlink_to(_stored(Path(scratch), i % 8, data))
        started = time.monotonic()
        command = ["screen", folder, "--out", out, "--device", arguments.device]
        process = subprocess.Popen(
            [sys.executable, "-m", "cleanlane.cli", *map(str, command)], stdout=subprocess.DEVNULL
        )
        while process.poll() is None and _done(out / "unfinished.jsonl") < 1:
            time.sleep(0.01)
        print(f"first result after {time.monotonic() - started:.2f} s")  # noqa: T201
        while process.poll() is None:
            _tell(process.pid, out / "unfinished.jsonl", time.monotonic() - started)
            time.sleep(10)
        results = load_results(out / "results.json").photos
        broken = sum(1 for result in results if result.verdict == "unreadable")
        seconds = time.monotonic() - started
        print(f"{len(results)} results, {broken} unreadable, exit code {process.returncode}, {seconds:.0f} s")  # noqa: T201
        print(json.dumps({p.name: p.stat().st_size for p in out.iterdir() if p.is_file()}))  # noqa: T201


def _stored(scratch: Path, i: int, data: bytes) -> Path:
    path = scratch / f"{i}.jpg"
    if not path.exists():
        path.write_bytes(data)
    return path


def _done(journal: Path) -> int:
    """Return how many photos are in a journal, after its line of settings."""
    try:
        return journal.read_bytes().count(b"\n") - 1
    except OSError:
        return 0


def _tell(pid: int, journal: Path, seconds: float) -> None:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        done = _done(journal)
    except OSError:
        return
    sizes = {line.split(":")[0]: int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("Vm")}
    print(f"{seconds:6.0f} s  {done:6} photos  {sizes['VmRSS']:5} MB now  {sizes['VmHWM']:5} MB at most", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()

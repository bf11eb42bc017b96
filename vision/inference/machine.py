"""How much of the machine is ours."""

import functools
import math
import os
import platform
from pathlib import Path

__all__ = ["cores", "processor"]

CGROUP = Path("/sys/fs/cgroup")


@functools.cache
def cores() -> int:
    """Return how many cores this process may use: its affinity, and no more than its container's CPU quota."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, math.ceil(min(allowed, _quota(CGROUP))))


def processor() -> str:
    """Return what the processor calls itself."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _quota(folder: Path) -> float:
    """Return the cores that a container's quota comes to (control groups version 2, then 1); infinity without one."""
    try:
        quota, period = (folder / "cpu.max").read_text().split()
    except (OSError, ValueError):
        try:
            quota = (folder / "cpu" / "cpu.cfs_quota_us").read_text().strip()
            period = (folder / "cpu" / "cpu.cfs_period_us").read_text().strip()
        except OSError:
            return math.inf
    try:
        return math.inf if int(quota) <= 0 else int(quota) / int(period)
    except (ValueError, ZeroDivisionError):  # "max"
        return math.inf

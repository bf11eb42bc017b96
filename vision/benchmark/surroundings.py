"""What a measurement depends on besides what is measured: date, machine and versions."""

import importlib.metadata
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from vision.inference.machine import cores, processor

__all__ = ["surroundings"]


def surroundings(packages: Iterable[str]) -> dict[str, Any]:
    """Return date, machine, Python and the versions of those of the packages that are installed, for JSON."""
    versions = {}
    for package in packages:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{processor()}, {cores()} cores",
        "python": platform.python_version(),
        "versions": versions,
    }

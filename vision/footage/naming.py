"""Names of files for cameras, whose own names may be anything."""

import re

__all__ = ["file_prefix"]

UNSAFE = re.compile(r"[^\w.-]+")
BYTES = 120  # of a name: file systems allow 255, and a time and an ending follow


def file_prefix(name: str, number: int) -> str:
    """Return the number and as much of the name as any file system takes."""
    safe = UNSAFE.sub("_", name).strip("._-").encode()[:BYTES].decode("utf-8", "ignore")
    return f"{number:02d}-{safe}" if safe else f"{number:02d}"

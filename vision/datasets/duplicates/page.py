"""One HTML file with every pair side by side, to look at offline."""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from vision.datasets.duplicates.leaks import Member
from vision.datasets.duplicates.report import DuplicateReport, Kind, Pair, Side
from vision.errors import PhotoError
from vision.images import read_photo_file
from vision.inference.annotate import thumbnail
from vision.pages import data_uri, write_template

__all__ = ["KINDS", "SIDES", "write_page"]

EMBEDDED_BYTES = 40_000_000  # browsers get slow beyond; leaks come first
SIDE = 320  # pixels of a thumbnail's longest side

KINDS: dict[Kind, tuple[str, str]] = {
    "identical": ("完全相同", "Identical"),
    "near": ("近似副本", "Near copy"),
    "scene": ("同一地点", "Same place"),
}
SIDES: dict[Side, tuple[str, str]] = {
    "train": ("训练", "train"),
    "val": ("验证", "val"),
    "test": ("测试", "test"),
    "against": ("对照", "held back"),
    "none": ("未划分", "no split"),
}


class Shown(NamedTuple):
    """A pair with its two thumbnails as data URIs, or None where there is none."""

    pair: Pair
    thumbnails: tuple[str | None, str | None]


def write_page(path: Path, report: DuplicateReport, members: Sequence[Member]) -> None:
    """Write the page; an existing one is replaced only by a complete one.

    Args:
        path: The HTML file to write.
        report: What was found.
        members: The photos that it was found among; their thumbnails are embedded up to 40 MB, leaks first.
    """
    write_template(
        Path(__file__).with_name("page.html.jinja"),
        path,
        report=report,
        shown=_shown(report, {member.name: member.path for member in members}),
        counts=Counter(pair.kind for pair in report.pairs),
        kinds=KINDS,
        sides=SIDES,
        excluded=frozenset(report.exclude),
    )


def _shown(report: DuplicateReport, paths: dict[str, Path]) -> Iterator[Shown]:
    left = EMBEDDED_BYTES

    @lru_cache(256)  # pairs of one group follow each other
    def embedded(name: str) -> str | None:
        try:
            small = thumbnail(read_photo_file(paths[name], at_least=SIDE).pixels, SIDE)
        except PhotoError:
            return None
        return data_uri(small)

    for pair in report.pairs:
        thumbnails = (embedded(pair.first), embedded(pair.second)) if left > 0 else (None, None)
        left -= sum(len(uri) for uri in thumbnails if uri)
        yield Shown(pair, thumbnails)

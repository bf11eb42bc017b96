"""Find photos that show the same, above all those on two sides of a split."""

from vision.datasets.duplicates.cache import Cache
from vision.datasets.duplicates.embedding import Embedder
from vision.datasets.duplicates.find import find_duplicates
from vision.datasets.duplicates.leaks import Member, members_below, members_of
from vision.datasets.duplicates.page import write_page
from vision.datasets.duplicates.report import DuplicateReport, load_report, write_report

__all__ = [
    "Cache",
    "DuplicateReport",
    "Embedder",
    "Member",
    "find_duplicates",
    "load_report",
    "members_below",
    "members_of",
    "write_page",
    "write_report",
]

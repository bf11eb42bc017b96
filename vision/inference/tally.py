"""Counts over the results of a screening, kept while they come."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from vision.inference.results import PhotoResult, Verdict

__all__ = ["Tally"]


@dataclass
class Tally:
    """How many there are of what.

    Attributes:
        photos: All of them.
        verdicts: Photos by verdict.
        boxes: By category.
        showing: Photos that show a category at least once.
        reasons: Unreadable photos by reason.
    """

    photos: int = 0
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    boxes: Counter[str] = field(default_factory=Counter)
    showing: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, results: Iterable[PhotoResult]) -> Self:
        """Count results."""
        tally = cls()
        for result in results:
            tally.add(result)
        return tally

    def add(self, result: PhotoResult) -> None:
        """Count one more."""
        self.photos += 1
        self.verdicts[result.verdict] += 1
        self.boxes.update(box.category for box in result.boxes)
        self.showing.update({box.category for box in result.boxes})
        if result.failure:
            self.reasons[result.failure.reason] += 1

"""The one value type that every part of CleanLane exchanges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vision.categories import NAMES

__all__ = ["Detections", "NDArrayBoxes", "NDArrayCategories", "NDArrayScores"]

NDArrayBoxes = npt.NDArray[np.float32]  # (n, 4) xyxy
NDArrayScores = npt.NDArray[np.float32]  # (n,)
NDArrayCategories = npt.NDArray[np.int64]  # (n,)


@dataclass(frozen=True, eq=False)
class Detections:
    """Boxes of one image, as aligned arrays.

    Attributes:
        boxes: (n, 4) float32, corners x1, y1, x2, y2 in pixels of the upright image, origin top left.
        scores: (n,) float32 in 0..1; labels drawn by people carry 1.
        categories: (n,) int64, each an index into `names`.
        names: Category names of the model or data set the arrays come from.

    Raises:
        ValueError: The arrays' shapes don't fit each other, or a category index has no name.
    """

    boxes: NDArrayBoxes
    scores: NDArrayScores
    categories: NDArrayCategories
    names: tuple[str, ...] = NAMES

    def __post_init__(self) -> None:
        n = len(self.scores)
        if self.boxes.shape != (n, 4) or self.categories.shape != (n,):
            raise ValueError(
                f"expected boxes ({n}, 4) and categories ({n},) for {n} scores, "
                f"got {self.boxes.shape} and {self.categories.shape}"
            )
        if n and not 0 <= self.categories.min() <= self.categories.max() < len(self.names):
            raise ValueError(f"expected category indices below {len(self.names)}, got {self.categories.tolist()}")

    @classmethod
    def empty(cls, names: tuple[str, ...] = NAMES) -> Detections:
        """Return detections of an image on which nothing was found."""
        return cls.of([], [], [], names)

    @classmethod
    def of(
        cls,
        boxes: npt.ArrayLike,
        scores: npt.ArrayLike,
        categories: npt.ArrayLike,
        names: tuple[str, ...] = NAMES,
    ) -> Detections:
        """Build from anything array-like, converting to the types of the attributes."""
        return cls(
            np.asarray(boxes, np.float32).reshape(-1, 4),
            np.asarray(scores, np.float32).reshape(-1),
            np.asarray(categories, np.int64).reshape(-1),
            names,
        )

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, index: np.bool_ | npt.NDArray[np.bool_] | npt.NDArray[np.int64] | slice) -> Detections:
        """Return the detections that a mask, an index array or a slice selects, in its order."""
        return Detections(self.boxes[index], self.scores[index], self.categories[index], self.names)

    def __iter__(self) -> Iterator[tuple[NDArrayBoxes, float, str]]:
        """Yield (box (4,), score, category name) of each detection."""
        for box, score, category in zip(self.boxes, self.scores, self.categories, strict=True):
            yield box, float(score), self.names[category]

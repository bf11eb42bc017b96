"""What a label file states, before it is compared with the photos."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vision.datasets.formats.documents import Document
from vision.datasets.formats.findings import Code, Finding, Place

__all__ = ["NDArrayPoints", "RawLabels", "RawPhoto", "RawShape", "Repaired"]

NDArrayPoints = npt.NDArray[np.float64]  # (n, 2) xy


@dataclass(frozen=True, eq=False)
class Repaired:
    """A box as it should be: corners x1, y1, x2, y2 and outline in upright pixels, and the photo's size."""

    box: npt.NDArray[np.float64]
    outline: NDArrayPoints | None
    width: int
    height: int


@dataclass(frozen=True, eq=False)
class RawShape:
    """One box or outline.

    Attributes:
        category: Its name, or an id that the file doesn't declare.
        corners: (2, 2) left top and right bottom as stated.
        outline: (n, 2), or None for a box.
        place: Where it stands.
        put: Writes a repaired box into the document, or removes it if given None.
    """

    category: str | int
    corners: NDArrayPoints
    outline: NDArrayPoints | None
    place: Place
    put: Callable[[Repaired | None], None]


@dataclass(frozen=True, eq=False)
class RawPhoto:
    """One photo.

    Attributes:
        path: The image file; it may not exist.
        name: How the label file calls it.
        size: Width and height as stated; None where the format has none, (0, 0) where it is left out.
        place: Where it stands.
        put_size: Writes the right size into the document.
        relative: Points are parts of the photo's size (0..1), not pixels.
        split: As stated; checked later.
    """

    path: Path
    name: str
    size: tuple[int, int] | None
    place: Place
    put_size: Callable[[int, int], None]
    relative: bool = False
    split: str | None = None
    scene_group: str = ""
    shapes: list[RawShape] = field(default_factory=list)


@dataclass(eq=False)
class RawLabels:
    """Everything a folder's label files state.

    Attributes:
        names: Declared categories, in their order; None where the format declares none.
        annotated: What the source labels at all; None where the files don't say.
        repairs: Changes to the documents that need no look at the photos.
        photo_folders: Where an unlabelled photo would be a fault.
    """

    folder: Path
    names: tuple[str, ...] | None = None
    annotated: frozenset[str] | None = None
    licence: str = ""
    photos: list[RawPhoto] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    photo_folders: tuple[Path, ...] = ()
    repairs: list[Callable[[], None]] = field(default_factory=list)

    def find(self, place: Place, code: Code, detail: str) -> None:
        """Note a fault."""
        self.findings.append(Finding.at(place, code, detail))

"""The entries of a predictions file, checked one by one: which photo, which category, which box."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vision.datasets.labels import LabelledPhoto
from vision.detections import Detections
from vision.errors import ResultError
from vision.evaluation.contestants.coco_ids import CocoIds, Id
from vision.evaluation.contestants.prediction_json import Find, parse_predictions

__all__ = ["Entries", "read_entries"]

SLACK = 0.05  # of the photo's side, by which a box may stick out
SEVERAL = -1  # in place of a photo's index: the name is that of several

Stated = Iterable[tuple[str, Id, str]]  # where the file says so, an id and the name that it stands for


@dataclass(frozen=True, eq=False)
class Entries:
    """What a file states.

    Attributes:
        names: The detector's own category names: those that occur, or all if the file declares them.
        found: Every find, in the order of the file, categories being indices into `names`.
        photo: (n,) index of each find's photo.
        mentioned: Indices of the photos that the file lists or has finds on.
    """

    names: tuple[str, ...]
    found: Detections
    photo: npt.NDArray[np.int64]
    mentioned: frozenset[int]


def read_entries(path: Path, data: bytes, photos: Sequence[LabelledPhoto], ids: CocoIds | None) -> Entries:
    """Read and check the content of a file; `photos` are all that it may mention. The rest is `read_predictions`'s.

    Raises:
        ResultError: See there.
    """
    finds, declared = parse_predictions(path, data)
    if declared is None:
        known = ids or CocoIds({}, {})
        images = _used("image_id", [find.image_id for find in finds], known.photos)
        categories = _used("category_id", [find.category_id for find in finds], known.categories)
    else:
        images = ((f"images.{i}", image.id, image.file_name) for i, image in enumerate(declared.images))
        categories = ((f"categories.{i}", one.id, one.name) for i, one in enumerate(declared.categories))
    numbers = _numbers(photos)
    try:
        places = _table(images, lambda name: _number(name, numbers))
        names: dict[str, int] = {}
        indices = _table(categories, lambda name: names.setdefault(name, len(names)))
        photo = _looked_up("image_id", [find.image_id for find in finds], places)
        category = _looked_up("category_id", [find.category_id for find in finds], indices)
        boxes = _corners(finds, np.array([(p.width, p.height) for p in photos], float).reshape(-1, 2)[photo])
    except ValueError as error:
        raise ResultError(f"{path}, {error}") from error
    found = Detections.of(boxes, [find.score for find in finds], category, tuple(names))
    return Entries(tuple(names), found, photo, frozenset(places.values()))


def _used(field: str, values: Sequence[Id], known: Mapping[Id, str]) -> Stated:
    """Yield what the ids in a list stand for: what `known` says, and a text for itself.

    Raises:
        ValueError: A number isn't known.
    """
    for i, value in _first(values):
        name = known.get(value, value)
        if isinstance(name, int):
            told = "is no id of the photos' label file" if known else "stands for nothing without one COCO label file"
            raise ValueError(
                f"entry {i}: {field} {value} {told}; write names in its place, or give an object with images, "
                "categories and annotations"
            )
        yield f"entry {i}", value, name


def _first(values: Sequence[Id]) -> Iterable[tuple[int, Id]]:
    """Return each value once, with the index at which it comes first."""
    first: dict[Id, int] = {}
    for i, value in enumerate(values):
        first.setdefault(value, i)
    return [(i, value) for value, i in first.items()]


def _table(stated: Stated, number: Callable[[str], int]) -> dict[Id, int]:
    """Return what number each id stands for.

    Raises:
        ValueError: An id occurs twice, or a name has no number.
    """
    table: dict[Id, int] = {}
    for place, value, name in stated:
        if value in table:
            raise ValueError(f"{place}: the id {value!r} occurs twice; give each its own")
        try:
            table[value] = number(name)
        except ValueError as error:
            raise ValueError(f"{place}: {error}") from error
    return table


def _numbers(photos: Sequence[LabelledPhoto]) -> dict[str, int]:
    """Return each photo's index by `source/file name` and by file name; `SEVERAL` where that isn't one photo's."""
    numbers: dict[str, int] = {}
    for i, photo in enumerate(photos):
        for name in (photo.name, photo.path.name):
            numbers[name] = SEVERAL if name in numbers else i
    return numbers


def _number(name: str, numbers: Mapping[str, int]) -> int:
    number = numbers.get(name.replace("\\", "/"))
    if number is None:
        raise ValueError(
            f"the labelled photos have none that is called {name!r}; expected 'source/file name', or a file name that "
            "occurs once"
        )
    if number == SEVERAL:
        raise ValueError(f"several photos are called {name!r}; write 'source/file name'")
    return number


def _looked_up(field: str, values: Sequence[Id], table: Mapping[Id, int]) -> npt.NDArray[np.int64]:
    for i, value in _first(values):
        if value not in table:
            raise ValueError(f"entry {i}: {field} {value!r} is none of the ids that the file declares")
    return np.array([table[value] for value in values], np.int64)


def _corners(finds: Sequence[Find], sizes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return boxes (n, 4) xyxy.

    Args:
        finds: n of them.
        sizes: (n, 2) width and height of each one's photo.

    Raises:
        ValueError: A box can't be meant in pixels of the photo.
    """
    boxes = np.array([find.bbox for find in finds], float).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    if len(boxes) and boxes.max() <= 1 + SLACK:
        raise ValueError(
            "all entries: every box lies within 0..1; expected [x, y, width, height] in pixels of the upright original "
            "photo, these look like shares of its sides"
        )
    out = (boxes[:, :2] < -SLACK * sizes).any(axis=1) | (boxes[:, 2:] > (1 + SLACK) * sizes).any(axis=1)
    if out.any():
        i = int(out.argmax())
        width, height = sizes[i].astype(int)
        raise ValueError(
            f"entry {i}: the box {list(finds[i].bbox)} sticks out of its photo of {width}x{height} by more than "
            f"{SLACK:.0%}; is it [x, y, width, height] in pixels of the upright original photo?"
        )
    return boxes

"""The photos of the day: test splits of the labelled photos, and the places as they look after the work."""

import random
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vision.categories import PROBLEMS
from vision.datasets.formats.files import read_source
from vision.datasets.labels import LabelledPhoto

__all__ = ["Taken", "afterwards", "choose"]

# Source and, of its test photos, which and how many: 60 in all, as an inspection round brings them.
MIXTURE = (
    ("china-bins", "garbage_pile", 14),
    ("china-bins", "overflowing_bin", 14),
    ("china-bins", "stacked_debris", 4),
    ("street-postings", "illegal_posting", 6),
    ("athens-walls", "graffiti", 6),
    ("taco-litter", "litter", 6),
    ("street-negatives", "", 7),
    ("walls-and-signs", "", 3),
)


@dataclass(frozen=True)
class Taken:
    """A photo of the day.

    Attributes:
        path: The JPEG that is uploaded.
        categories: The problems that people labelled on it.
    """

    path: Path
    categories: frozenset[str]


def choose(data: Path, out: Path, seed: int = 1) -> list[Taken]:
    """Write the day's 60 photos as JPEG files, in the order in which they are taken."""
    draw = random.Random(seed)  # noqa: S311 - which photos
    out.mkdir(parents=True)
    chosen: list[tuple[Path, frozenset[str]]] = []
    for name, category, count in MIXTURE:
        photos = [photo for photo in read_source(data / name).photos if photo.split == "test"]
        labelled = [(photo.path, _problems(photo)) for photo in photos]
        fitting = [one for one in labelled if (category in one[1] if category else not one[1]) and one not in chosen]
        chosen += draw.sample(sorted(fitting, key=lambda one: one[0].name), count)
    draw.shuffle(chosen)
    taken = []
    for number, (path, categories) in enumerate(chosen, start=1):
        target = out / f"IMG_{number:04}.jpg"
        pixels = cv2.imread(str(path))
        assert pixels is not None, f"{path}: expected a photo, but it can't be read"
        cv2.imwrite(str(target), pixels, [cv2.IMWRITE_JPEG_QUALITY, 93])
        taken.append(Taken(target, categories))
    return taken


def _problems(photo: LabelledPhoto) -> frozenset[str]:
    return frozenset(photo.labels.names[index] for index in photo.labels.categories) & PROBLEMS


def afterwards(before: Path, boxes: list[list[float]], out: Path, step: int) -> Path:
    """Write the place as it looks after the work: what was in the boxes is painted over, the camera stands elsewhere.

    Args:
        before: The photo of the problem.
        boxes: `[x1, y1, x2, y2]` in its pixels.
        out: The JPEG to write.
        step: Another number, another stand and light.
    """
    pixels = cv2.imread(str(before))
    assert pixels is not None, f"{before}: expected a photo, but it can't be read"
    height, width = pixels.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    for x1, y1, x2, y2 in boxes:
        cv2.rectangle(mask, (int(x1) - 4, int(y1) - 4), (int(x2) + 4, int(y2) + 4), 255, -1)
    cleaned = cv2.inpaint(pixels, mask, 5, cv2.INPAINT_TELEA)
    moved = np.array([[1, 0, 4 + 3 * step], [0, 1, 3 + 2 * step]], np.float32)
    shifted = cv2.warpAffine(cleaned, moved, (width, height), borderMode=cv2.BORDER_REFLECT)
    cv2.imwrite(str(out), cv2.convertScaleAbs(shifted, alpha=1.06, beta=6 + step), [cv2.IMWRITE_JPEG_QUALITY, 92])
    return out

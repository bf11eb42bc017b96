"""Drawn photos with labels, as a source that any format can be written from."""

from pathlib import Path

import numpy as np
from PIL import Image

from vision.datasets.labels import LabelledPhoto, NDArrayPolygon, Source, Split
from vision.datasets.scenes import SceneKind, draw_scene
from vision.detections import Detections

NAMES = ("bin", "暴露垃圾", "垃圾 桶 full")
ANNOTATED = frozenset(NAMES[:2])
SIZE = (217, 163)  # odd, so that rounding shows
PHOTOS: tuple[tuple[str, Split | None, SceneKind, str], ...] = (
    ("东街/a b.jpg", "train", SceneKind.MIXED_CORNER, "东街-1"),
    ("西街/a b.jpg", "val", SceneKind.OVERFLOWING_BINS, ""),
    ("西街/a b.png", "test", SceneKind.CLEAN_STREET, "西街"),
    ("c.png", None, SceneKind.POSTINGS_ON_WALL, ""),
)


def drawn_source(folder: Path) -> Source:
    """Draw the photos below `folder`; boxes have fractions of a pixel, some an outline, one photo has none."""
    rng = np.random.default_rng(5)
    photos = []
    for number, (name, split, kind, group) in enumerate(PHOTOS):
        pixels, found = draw_scene(number, kind, SIZE)
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
        corners = found.boxes.reshape(-1, 2, 2) + rng.uniform(-0.9, 0, (len(found), 1, 2))
        boxes = corners.clip(0, SIZE).reshape(-1, 4)
        labels = Detections.of(boxes, np.ones(len(boxes)), np.arange(len(boxes)) % len(NAMES), NAMES)
        outlines = tuple(outline(box) if i % 2 else None for i, box in enumerate(labels.boxes))
        held = outlines if any(o is not None for o in outlines) else ()
        photos.append(LabelledPhoto(path, "drawn", split, *SIZE, labels, ANNOTATED, group, held))
    return Source("drawn", "CC0 测试", ANNOTATED, tuple(photos))


def outline(box: NDArrayPolygon) -> NDArrayPolygon:
    """Return a pentagon that touches all four sides of a box."""
    x1, y1, x2, y2 = box
    middle = ((x1 + x2) / 2, (y1 + y2) / 2)
    return np.array([(x1, middle[1]), (middle[0], y1), (x2, y1), (x2, y2), (middle[0], y2)], np.float32)

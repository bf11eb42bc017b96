"""Write a folder of synthetic photos in CleanLane's COCO form."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from vision.categories import NAMES
from vision.datasets.formats import read_source
from vision.datasets.labels import LabelledPhoto
from vision.datasets.postings.fonts import fonts_used
from vision.datasets.postings.generate import GENERATOR_VERSION, paste_postings
from vision.datasets.postings.pixels import NDArrayPixels
from vision.datasets.postings.surfaces import find_surfaces
from vision.detections import Detections
from vision.errors import RecipeError
from vision.images import path_text, read_photo_file

__all__ = ["Summary", "Walls", "find_walls", "has_ads", "write_synthetic"]

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".heic", ".avif", ".bmp", ".tif", ".tiff"}
ANNOTATED = ("illegal_posting", "graffiti")
LONGEST = 800  # pixels of a synthetic photo; larger walls are reduced
LEAST_WALL = 0.4  # of a part of a photo must be wall
STAND_BACK = 0.35  # share of photos that show the wall from as far as the real one did


@dataclass(frozen=True)
class Walls:
    """Photos to paste on.

    Attributes:
        photos: In the order of their names.
        licence: Of the photos; empty if unknown.
    """

    photos: tuple[Path, ...]
    licence: str


@dataclass(frozen=True)
class Summary:
    """What was written: boxes of each category, photos without a label, font files."""

    postings: int
    graffiti: int
    unlabelled: int
    fonts: tuple[str, ...]


def find_walls(folder: Path, licence: str = "") -> Walls:
    """Find the photos of a folder; with an annotations.json in or above it, only those of its split `train` on which no
    posting or graffiti is labelled: what is there already would get no box.

    Args:
        folder: Holds photos, or `images/` with them.
        licence: What to state; by default what annotations.json states.

    Raises:
        RecipeError: There are none, or the label file can't be read.
    """
    if not folder.is_dir():
        raise RecipeError(f"{path_text(folder)}: expected a folder of photos of walls, there is none")
    images = folder / "images" if (folder / "images").is_dir() else folder
    photos = sorted(p for p in images.iterdir() if p.suffix.lower() in SUFFIXES and p.is_file())
    stated = next((p for p in (images / "annotations.json", images.parent / "annotations.json") if p.is_file()), None)
    if stated is not None:
        source = read_source(stated)
        photos = [photo.path for photo in source.photos if photo.split in (None, "train") and not has_ads(photo)]
        licence = licence or source.licence
    if not photos:
        raise RecipeError(f"{path_text(images)}: expected photos of walls (of split train, if labelled), found none")
    return Walls(tuple(photos), licence)


def has_ads(photo: LabelledPhoto) -> bool:
    """Tell whether ads are labelled on a wall: on the drawn photo these would have no box."""
    return any(name in ANNOTATED for _, _, name in photo.labels)


def write_synthetic(
    walls: Walls, out: Path, count: int, seed: int, done: Callable[[], object] = lambda: None
) -> Summary:
    """Write `count` photos to `out/images/` and their labels to `out/annotations.json`; nothing if interrupted.

    Args:
        walls: Each is used about equally often.
        out: New or empty.
        count: How many.
        seed: Another seed, other ads.
        done: Called after each photo.

    Raises:
        RecipeError: `out` isn't empty or can't be written.
        PhotoError: A wall can't be read.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise RecipeError(f"{path_text(out)}: expected a new or an empty folder; name another, or remove it")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}-"))
    except OSError as error:
        raise RecipeError(f"{path_text(out)}: the folder can't be made ({error.strerror})") from error
    try:
        coco = _write(walls, unfinished, count, seed, done)
        unfinished.chmod(0o755)
        if out.exists():
            out.rmdir()
        unfinished.replace(out)
    except OSError as error:
        raise RecipeError(f"{path_text(out)}: the photos can't be written ({error.strerror})") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return _summary(coco)


def _write(walls: Walls, folder: Path, count: int, seed: int, done: Callable[[], object]) -> dict[str, Any]:
    (folder / "images").mkdir()
    order = np.random.default_rng([seed, count]).permutation(len(walls.photos))
    coco = _header(walls, count, seed)
    for index in range(count):
        wall = walls.photos[order[index % len(order)]]
        rng = np.random.default_rng([seed, index])
        pixels, labels = paste_postings(_nearer(_reduced(wall), rng), seed * 1_000_003 + index)
        name = f"{index:05d}_{wall.stem}.webp"
        Image.fromarray(pixels).save(folder / "images" / name, "WEBP", quality=88, method=3)
        height, width = pixels.shape[:2]
        coco["images"].append(
            {
                "id": index + 1,
                "file_name": name,
                "width": width,
                "height": height,
                "split": "train",
                "scene_group": wall.stem,
            }
        )
        coco["annotations"] += _annotations(labels, index + 1, len(coco["annotations"]) + 1)
        done()
    text = json.dumps(coco, ensure_ascii=False, indent=1)
    (folder / "annotations.json").write_text(text + "\n", encoding="utf-8")
    return coco


def _reduced(wall: Path) -> NDArrayPixels:
    photo = read_photo_file(wall, at_least=LONGEST)
    image = Image.fromarray(photo.pixels)
    image.thumbnail((LONGEST, LONGEST))
    return np.asarray(image)


def _nearer(wall: NDArrayPixels, rng: np.random.Generator) -> NDArrayPixels:
    """Step up to the wall: usually keep a part of the photo only, enlarged. Ads are photographed from close by.

    What is wall is judged on the whole photo: a part of a grey sky looks like plaster.
    """
    if rng.random() < STAND_BACK:
        return wall
    surfaces = find_surfaces(wall)
    found = (surfaces.regions > 0).astype(np.uint8)
    for _ in range(4):
        share = rng.uniform(0.35, 0.8)
        (y, h), (x, w) = (_part(side, share, rng) for side in found.shape)
        if found[y : y + h, x : x + w].mean() >= LEAST_WALL:
            y, h, x, w = (round(value / surfaces.scale) for value in (y, h, x, w))
            part = Image.fromarray(wall[y : y + h, x : x + w])
            return np.asarray(part.resize((wall.shape[1], wall.shape[0]), Image.Resampling.BICUBIC))
    return wall


def _part(side: int, share: float, rng: np.random.Generator) -> tuple[int, int]:
    """Return where a part of a side begins, and its length."""
    length = max(1, round(share * side))
    return int(rng.integers(side - length + 1)), length


def _header(walls: Walls, count: int, seed: int) -> dict[str, Any]:
    return {
        "info": {
            "description": "Drawn Chinese small ads, pasted onto photos of real walls",
            "source": "CleanLane, vision.datasets.postings",
            "licence": walls.licence,
            "annotated": list(ANNOTATED),
            "generator": {"version": GENERATOR_VERSION, "seed": seed, "count": count, "fonts": list(fonts_used())},
        },
        "licenses": [{"id": 1, "name": walls.licence}],
        "categories": [{"id": number, "name": name} for number, name in enumerate(NAMES, start=1)],
        "images": [],
        "annotations": [],
    }


def _annotations(labels: Detections, image: int, first: int) -> list[dict[str, Any]]:
    rows = []
    for number, ((x1, y1, x2, y2), category) in enumerate(zip(labels.boxes.tolist(), labels.categories, strict=True)):
        w, h = x2 - x1, y2 - y1
        rows.append(
            {"id": first + number, "image_id": image, "category_id": int(category) + 1, "bbox": [x1, y1, w, h],
             "area": w * h, "iscrowd": 0}
        )  # fmt: skip
    return rows


def _summary(coco: dict[str, Any]) -> Summary:
    boxes = Counter(NAMES[a["category_id"] - 1] for a in coco["annotations"])
    labelled = {a["image_id"] for a in coco["annotations"]}
    fonts = tuple(coco["info"]["generator"]["fonts"])
    return Summary(boxes["illegal_posting"], boxes["graffiti"], len(coco["images"]) - len(labelled), fonts)

"""Drawn photos, and what copying does to photos."""

import io
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance

from vision.datasets.duplicates import Member
from vision.datasets.duplicates.report import Side
from vision.datasets.scenes import SceneKind, draw_scene

KINDS = (SceneKind.MIXED_CORNER, SceneKind.GRAFFITI_WALL, SceneKind.OVERFLOWING_BINS, SceneKind.STACKED_DEBRIS)


@cache
def scene(seed: int) -> Image.Image:
    """Another seed is another place."""
    return Image.fromarray(draw_scene(seed, KINDS[seed % len(KINDS)], (400, 300))[0])


def compressed(image: Image.Image) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=30)
    return Image.open(buffer).convert("RGB")


def cropped(share: float) -> Callable[[Image.Image], Image.Image]:
    def crop(image: Image.Image) -> Image.Image:
        x, y = (round(side * share / 2) for side in image.size)
        return image.crop((x, y, image.width - x, image.height - y))

    return crop


def sheared(image: Image.Image) -> Image.Image:
    slope = np.tan(np.radians(10))
    shear = (1, slope, -slope * image.height / 2, 0, 1, 0)
    return image.transform(image.size, Image.Transform.AFFINE, shear, Image.Resampling.BILINEAR)


COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "jpeg quality 30": compressed,
    "half the size": lambda image: image.resize((image.width // 2, image.height // 2)),
    "stretched to a square": lambda image: image.resize((320, 320)),
    "crop 5 %": cropped(0.05),
    "crop 10 %": cropped(0.1),
    "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.3),
    "darker": lambda image: ImageEnhance.Brightness(image).enhance(0.6),
    "flipped": lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "turned by 90°": lambda image: image.transpose(Image.Transpose.ROTATE_90),
    "sheared by 10°": sheared,
    "flipped, cropped, sheared, compressed": lambda image: compressed(
        sheared(cropped(0.1)(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)))
    ),
}


def member(folder: Path, name: str, image: Image.Image, side: Side, scene_group: str = "") -> Member:
    """Write a photo, and return it as one of the source `drawn`."""
    path = folder / name
    image.save(path)
    return Member(f"drawn/{name}", path, "drawn", side, scene_group)

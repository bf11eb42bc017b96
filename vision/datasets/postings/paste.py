"""Lay sheets and marks into a photo: warped, shaded, blurred and grained like it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vision.datasets.postings.light import Light
from vision.datasets.postings.pixels import NDArrayFloat, NDArrayPixels, shrunk

__all__ = ["Item", "Layer", "NDArrayBox", "composite", "layer", "overlaps", "visible_boxes"]

NDArrayBox = npt.NDArray[np.float64]  # (4,) xyxy

BRIGHTEST = np.float32(248)  # of 255: paper hardly ever burns out


@dataclass(frozen=True, eq=False)
class Item:
    """Something to be put onto a surface.

    Attributes:
        sheet: (h, w, 4) RGBA as it would look flat in white light.
        quad: Corners (4, 2) in pixels of the photo, from top left clockwise.
        category: What it is labelled as; None for what is no problem.
        ink: Whether it is paint on the wall, which keeps the wall's texture, or a sheet of its own.
        lift: How far its edges stand off: strength of its shadow, 0..1.
        relief: How much of the texture underneath shows through a sheet.
    """

    sheet: NDArrayPixels
    quad: npt.NDArray[np.float64]
    category: str | None
    ink: bool
    lift: float = 0.3
    relief: float = 0.16


@dataclass(frozen=True, eq=False)
class Layer:
    """An item as the camera sees it.

    Attributes:
        item: What it is.
        left, top: Where its pixels start in the photo.
        colour: (h, w, 3) float32 as it would look flat in white light, 0..1.
        cover: (h, w) float32 in 0..1.
    """

    item: Item
    left: int
    top: int
    colour: NDArrayFloat
    cover: NDArrayFloat

    @property
    def where(self) -> tuple[slice, slice]:
        """Rows and columns of the photo."""
        return slice(self.top, self.top + self.cover.shape[0]), slice(self.left, self.left + self.cover.shape[1])

    @property
    def seen(self) -> npt.NDArray[np.bool_]:
        """Where it can be seen: (h, w)."""
        return np.asarray(self.cover > (0.25 if self.item.ink else 0.45))


def layer(item: Item, shape: tuple[int, int], blur: float) -> Layer | None:
    """Warp an item into a photo of `shape` (h, w), blurred like it; None if it lies outside."""
    margin = 2 + round(2 * blur)
    left, top = np.maximum(np.floor(item.quad.min(axis=0)).astype(int) - margin, 0)
    right, bottom = np.minimum(np.ceil(item.quad.max(axis=0)).astype(int) + margin, (shape[1], shape[0]))
    if left >= right or top >= bottom:
        return None
    sheet = shrunk(item.sheet, item.quad)
    h, w = sheet.shape[:2]
    corners = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32) - 0.5
    matrix = cv2.getPerspectiveTransform(corners, (item.quad - [left, top]).astype(np.float32))
    size = (int(right - left), int(bottom - top))
    colour = cv2.warpPerspective(sheet[..., :3], matrix, size, borderMode=cv2.BORDER_REPLICATE)
    cover = cv2.warpPerspective(sheet[..., 3], matrix, size).astype(np.float32) / 255
    blurred = cv2.GaussianBlur(colour.astype(np.float32) / 255, (0, 0), blur)
    return Layer(item, int(left), int(top), blurred, cv2.GaussianBlur(cover, (0, 0), blur))


def composite(photo: NDArrayPixels, layers: Sequence[Layer], light: Light, rng: np.random.Generator) -> NDArrayPixels:
    """Put layers over a photo (h, w, 3), the first one lowest."""
    result = photo.astype(np.float32)
    for one in layers:
        region, shading = result[one.where], light.shading[one.where][..., None]
        cover, item = one.cover[..., None], one.item
        if item.lift > 0 and not item.ink:
            region *= 1 - item.lift * _shadow(one.cover)[..., None]
        colour = one.colour
        if light.colour < 1:
            grey = colour @ np.array([0.3, 0.59, 0.11], np.float32)
            colour = grey[..., None] + np.float32(light.colour) * (colour - grey[..., None])
        lit = light.black + colour * (np.minimum(light.white * shading, BRIGHTEST) - light.black)
        texture = light.detail[one.where][..., None]
        lit += texture * np.float32(0.65 if item.ink else item.relief)
        lit += rng.standard_normal((*one.cover.shape, 1), dtype=np.float32) * np.float32(light.grain)
        region += cover * ~light.specks[one.where][..., None] * (lit - region)
    return np.asarray(np.clip(result + 0.5, 0, 255), np.uint8)


def visible_boxes(
    layers: Sequence[Layer], shape: tuple[int, int], least: float, smallest: float
) -> list[NDArrayBox | None]:
    """Return per layer the box (4,) xyxy of what later layers and the frame leave of it.

    Args:
        layers: The first one lowest.
        shape: Height and width of the photo.
        least: Share of its whole area that must be visible.
        smallest: Pixels that each side of the box must have.

    Returns:
        None where less is visible; also for what has no category.
    """
    owner = np.full(shape, -1, np.int32)
    for number, one in enumerate(layers):
        owner[one.where][one.seen] = number
    boxes: list[NDArrayBox | None] = []
    for number, one in enumerate(layers):
        mine = (owner[one.where] == number).astype(np.uint8)
        x, y, w, h = cv2.boundingRect(mine)
        whole = abs(float(cv2.contourArea(one.item.quad.astype(np.float32)))) * _filled(one)
        enough = np.count_nonzero(mine) >= least * whole and min(w, h) >= smallest
        box = np.array([x, y, x + w, y + h], np.float64) + [one.left, one.top] * 2
        boxes.append(box if enough and one.item.category is not None else None)
    return boxes


def overlaps(quad: npt.NDArray[np.float64], others: Sequence[npt.NDArray[np.float64]], most: float) -> bool:
    """Tell whether a quad hides more than the share `most` of another, or is hidden so."""
    low, high, area = quad.min(axis=0), quad.max(axis=0), _area(quad)
    for other in others:
        if (other.min(axis=0) < high).all() and (other.max(axis=0) > low).all():
            common, _ = cv2.intersectConvexConvex(quad.astype(np.float32), other.astype(np.float32))
            if common > most * min(area, _area(other)):
                return True
    return False


def _area(quad: npt.NDArray[np.float64]) -> float:
    return abs(float(cv2.contourArea(quad.astype(np.float32))))


def _filled(one: Layer) -> float:
    """Share of the sheet that isn't clear."""
    return float((one.item.sheet[..., 3] > (64 if one.item.ink else 115)).mean())


def _shadow(cover: NDArrayFloat) -> NDArrayFloat:
    """A soft shadow (h, w) in 0..1, thrown down to the right of a sheet, which covers most of it."""
    reach = float(np.clip(0.02 * min(cover.shape), 0.5, 4))
    moved = cv2.warpAffine(cover, np.array([[1, 0, 0.7 * reach], [0, 1, reach]]), cover.shape[::-1])
    soft: NDArrayFloat = cv2.GaussianBlur(moved, (0, 0), reach)
    return soft

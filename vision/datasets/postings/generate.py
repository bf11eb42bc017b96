"""Paste small ads onto a photo of a real wall, with their boxes."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from vision.categories import NAMES
from vision.datasets.postings.fonts import installed_fonts
from vision.datasets.postings.layout import advertisements, paint_over, remains, what_is_legal
from vision.datasets.postings.light import Light, measure
from vision.datasets.postings.paste import Item, Layer, NDArrayBox, composite, layer, visible_boxes
from vision.datasets.postings.pixels import NDArrayPixels
from vision.datasets.postings.poles import ads_on_pole, raise_pole
from vision.datasets.postings.site import Site, survey
from vision.detections import Detections

__all__ = ["GENERATOR_VERSION", "paste_items", "paste_postings"]

GENERATOR_VERSION = 2  # another number for another output

LEGAL_ONLY = 0.12  # share of photos that get no posting
LEAST_VISIBLE = 0.25  # of an ad, for it to stay
POLES = 0.06  # share of photos with a pole before the wall
SMALLEST = 8  # pixels of a box's side
MOST = 60  # ads on a photo


def paste_postings(wall: NDArrayPixels, seed: int) -> tuple[NDArrayPixels, Detections]:
    """Paste small ads and legal look-alikes onto a photo.

    Args:
        wall: (h, w, 3) uint8 RGB; it should hold no postings of its own.
        seed: The same seed, photo and fonts give the same pixels.

    Returns:
        The photo (h, w, 3) with what was pasted, and a box for each `illegal_posting` (stuck on) and `graffiti` (ink on
        the wall). There are none if the photo offers no surface, and on about one in eight others.
    """
    rng = np.random.default_rng([seed, GENERATOR_VERSION])
    count = int(np.clip(round(rng.lognormal(np.log(5), 0.85)), 1, MOST))
    site = survey(wall, rng, count)
    if site is None:
        return wall.copy(), Detections.empty()
    regions = cv2.resize(site.surfaces.regions, wall.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    light = measure(wall, regions)
    pasted, labels = paste_items(wall, _items(rng, wall, site, light, count), light, rng)
    return _compressed(pasted, rng), labels


def _items(rng: np.random.Generator, wall: NDArrayPixels, site: Site, light: Light, count: int) -> list[Item]:
    """Choose what is put on the wall, the lowest layer first."""
    fonts = installed_fonts()
    legal_only = rng.random() < LEGAL_ONLY
    items = what_is_legal(rng, site, fonts, int(rng.integers(1, 5)) if legal_only else int(rng.binomial(2, 0.25)))
    if rng.random() < 0.3:
        items += remains(rng, site)
    if not legal_only:
        items += advertisements(rng, site, fonts, count)
    if rng.random() < 0.2:
        place = int(rng.integers(len(items) + 1))
        items[place:place] = paint_over(rng, site, wall, light)
    if rng.random() < POLES and not legal_only:
        pole, skin = raise_pole(rng, site.shape)
        items += [skin, *ads_on_pole(rng, pole, fonts, int(rng.integers(1, 8)))]
    return items


def paste_items(
    wall: NDArrayPixels, items: Sequence[Item], light: Light, rng: np.random.Generator
) -> tuple[NDArrayPixels, Detections]:
    """Paste items in their order, leaving out ads of which too little would be seen; nothing is recompressed."""
    shape = (wall.shape[0], wall.shape[1])
    blur = light.blur * float(rng.uniform(0.9, 1.3))
    layers = [one for one in (layer(item, shape, blur) for item in items) if one is not None]
    while True:
        boxes = visible_boxes(layers, shape, LEAST_VISIBLE, SMALLEST)
        kept = [one for one, box in zip(layers, boxes, strict=True) if box is not None or one.item.category is None]
        if len(kept) == len(layers):
            break
        layers = kept  # what lay under them is seen again
    return composite(wall, layers, light, rng), _labels(layers, boxes)


def _labels(layers: Sequence[Layer], boxes: Sequence[NDArrayBox | None]) -> Detections:
    rows, categories = [], []
    for one, box in zip(layers, boxes, strict=True):
        if box is not None and one.item.category is not None:
            rows.append(box)
            categories.append(NAMES.index(one.item.category))
    return Detections.of(rows, np.ones(len(rows)), categories)


def _compressed(pixels: NDArrayPixels, rng: np.random.Generator) -> NDArrayPixels:
    """Save it as a phone or a messenger does."""
    quality = int(rng.integers(55, 95))
    _, coded = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded: NDArrayPixels = cv2.cvtColor(cv2.imdecode(coded, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    return decoded

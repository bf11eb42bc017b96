"""What is stuck where: advertisers with their habits, layers, paint-over, and what hangs there by right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vision.datasets.postings.fonts import Fonts
from vision.datasets.postings.legal import LEGAL
from vision.datasets.postings.light import Light
from vision.datasets.postings.marks import MARKS
from vision.datasets.postings.papers import PAPERS, Renderer
from vision.datasets.postings.paste import Item, overlaps
from vision.datasets.postings.pixels import NDArrayPixels, noise
from vision.datasets.postings.site import NDArrayQuad, Site
from vision.datasets.postings.wear import residue, worn

__all__ = ["advertisements", "paint_over", "remains", "what_is_legal"]

FINEST, COARSEST = 9.0, 90.0  # pixels of the largest letters
Kinds = Sequence[tuple[Renderer, float, float, float]]


def advertisements(rng: np.random.Generator, site: Site, fonts: Fonts, count: int) -> list[Item]:
    """Stick and write ads of some advertisers, `count` at most; fewer where there is no room."""
    items: list[Item] = []
    crowded = rng.random() < 0.2  # slips over slips
    messy = rng.uniform(0.0, 1.0)
    failures = 0
    while len(items) < count and failures < 7:
        wanted = rng.geometric(0.38) if rng.random() < 0.75 else rng.integers(3, 13)
        many, taken = int(min(count - len(items), wanted)), [] if crowded else items
        added = _advertiser(rng, site, fonts, many, taken, messy, 0.85**failures)
        failures = 0 if added else failures + 1
        items += added
    return items


def _advertiser(
    rng: np.random.Generator, site: Site, fonts: Fonts, many: int, taken: Sequence[Item], messy: float, shrunk: float
) -> list[Item]:
    """Put up to `many` copies of one ad, in a row, a column or scattered."""
    ink = rng.random() < 0.36
    render, metres, per_size = _kind(rng, MARKS if ink else PAPERS)
    width = shrunk * min(metres * float(np.exp(rng.normal(0, 0.18))), 0.9 * site.largest / site.metre)
    sheet = render(rng, _letters(site, width, per_size), fonts)
    width = max(width, 12 / site.metre, 9 / site.metre * sheet.shape[1] / sheet.shape[0])
    height = width * sheet.shape[0] / sheet.shape[1]
    skew = rng.normal(0, 0.05) if rng.random() < 0.75 else rng.normal(0, 0.25)
    quads = _quads(rng, site, (width, height), many, skew, [item.quad for item in taken], 0.1 if ink else 0.35)
    strengths = rng.beta(1.2, 2.2, min(len(quads), 3)) * messy
    copies = [sheet if ink else worn(rng, sheet, float(strength)) for strength in strengths]
    category = "graffiti" if ink else "illegal_posting"
    lifts = rng.uniform(0.05, 0.45, len(quads))
    return [Item(copies[k % 3], quad, category, ink, float(lifts[k])) for k, quad in enumerate(quads)]


def _quads(
    rng: np.random.Generator,
    site: Site,
    size: tuple[float, float],
    many: int,
    skew: float,
    taken: Sequence[NDArrayQuad],
    most: float,
) -> list[NDArrayQuad]:
    """Find up to `many` free places for a rectangle of some metres, turned by about `skew`."""
    quads: list[NDArrayQuad] = []
    for x, y in _places(rng, site, *size, many):
        quad = site.quad(x, y, *size, skew + float(rng.normal(0, 0.04)))
        if quad is not None and not overlaps(quad, [*taken, *quads], most):
            quads.append(quad)
        if len(quads) == many:
            break
    return quads


def _places(rng: np.random.Generator, site: Site, width: float, height: float, many: int) -> list[tuple[float, float]]:
    """Pick pixels for `many` copies of width x height metres, more than will fit."""
    w, h = width * site.metre, height * site.metre
    start = site.point(rng, 0.6 * max(w, h))
    if many > 2 and rng.random() < 0.45:
        gap = rng.uniform(1.02, 1.5)
        columns = many if rng.random() < 0.5 else int(np.ceil(np.sqrt(many)))
        columns = 1 if rng.random() < 0.3 else columns
        steps = [(k % columns - (columns - 1) / 2, k // columns) for k in range(many)]
        jitter = rng.normal(0, 0.06, (many, 2))
        return [
            (start[0] + (dx + jx) * gap * w, start[1] + (dy + jy) * gap * h)
            for (dx, dy), (jx, jy) in zip(steps, jitter, strict=True)
        ]
    spread = rng.uniform(1.5, 6) * max(w, h) if rng.random() < 0.6 else max(site.shape)
    points = [start, *(site.point(rng, 0.5 * max(w, h), (start[0], start[1], spread)) for _ in range(3 * many))]
    return [(float(x), float(y)) for x, y in points]


def what_is_legal(rng: np.random.Generator, site: Site, fonts: Fonts, count: int) -> list[Item]:
    """Hang up to `count` plates, signs and notices."""
    items: list[Item] = []
    for _ in range(count):
        render, metres, per_size = _kind(rng, LEGAL)
        width = min(metres * float(np.exp(rng.normal(0, 0.15))), 0.8 * site.largest / site.metre)
        sheet = render(rng, _letters(site, width, per_size), fonts)
        height = width * sheet.shape[0] / sheet.shape[1]
        for _ in range(4):
            x, y = site.point(rng, 0.6 * width * site.metre)
            quad = site.quad(float(x), float(y), width, height, float(rng.normal(0, 0.008)))
            if quad is not None and not overlaps(quad, [item.quad for item in items], 0.05):
                aged = worn(rng, sheet, 0.0)
                aged[..., 3] = sheet[..., 3]
                ink = float((sheet[..., 3] > 0).mean()) < 0.6
                items.append(Item(sheet if ink else aged, quad, None, ink, float(rng.uniform(0.2, 0.5))))
                break
    return items


def paint_over(rng: np.random.Generator, site: Site, photo: NDArrayPixels, light: Light) -> list[Item]:
    """Roll a patch of nearly the wall's colour over a part of the wall; what is under it counts as gone."""
    items = []
    for _ in range(int(rng.integers(1, 4))):
        width, height = rng.uniform(0.2, 0.7), rng.uniform(0.12, 0.4)
        x, y = site.point(rng, 0.4 * width * site.metre)
        quad = site.quad(float(x), float(y), width, height, float(rng.normal(0, 0.05)))
        if quad is None:
            continue
        h, w = 72, round(72 * width / height)
        around = photo[max(int(y) - 12, 0) : int(y) + 12, max(int(x) - 12, 0) : int(x) + 12].reshape(-1, 3)
        colour = around.mean(axis=0) / light.white * rng.uniform(210, 290)  # hardly ever the same as the wall's
        edge = np.minimum(*np.meshgrid(*(np.minimum(np.arange(n), n - 1 - np.arange(n)) for n in (w, h))))
        alpha = np.clip((edge - 5 - 3 * noise(rng, h, w, 5, 3)) / 2, 0, 1) * (0.88 + 0.06 * noise(rng, h, w, 6, 3))
        rgb = colour * (1 + 0.03 * noise(rng, h, w, 4, 3))[..., None]
        sheet = np.dstack([rgb, alpha[..., None] * 255])
        items.append(Item(np.clip(sheet, 0, 255).astype(np.uint8), quad, None, ink=True))
    return items


def remains(rng: np.random.Generator, site: Site) -> list[Item]:
    """Leave the traces of slips that were scraped off."""
    items = []
    for _ in range(int(rng.integers(1, 6))):
        sheet = residue(rng, int(rng.integers(24, 64)))
        width = float(rng.uniform(0.08, 0.2))
        x, y = site.point(rng, 0.5 * width * site.metre)
        quad = site.quad(float(x), float(y), width, width * sheet.shape[0] / sheet.shape[1], float(rng.normal(0, 0.1)))
        if quad is not None:
            items.append(Item(sheet, quad, None, ink=True))
    return items


def _kind(rng: np.random.Generator, kinds: Kinds) -> tuple[Renderer, float, float]:
    shares = np.array([share for _, share, _, _ in kinds])
    render, _, metres, per_size = kinds[int(rng.choice(len(kinds), p=shares / shares.sum()))]
    return render, metres, per_size


def _letters(site: Site, width: float, per_size: float) -> float:
    """Return the height of letters in pixels that prints a sheet at about 1.5 times the size it is shown at."""
    return float(np.clip(1.5 * width * site.metre / per_size, FINEST, COARSEST))

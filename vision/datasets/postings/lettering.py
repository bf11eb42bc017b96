"""Chinese text as pictures: set in lines, or written by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from vision.datasets.postings.fonts import SANS, SERIF, Face, covers, load
from vision.datasets.postings.pixels import NDArrayPixels

__all__ = ["SANS", "SERIF", "handwriting", "lettering"]


def lettering(
    lines: Sequence[str],
    face: Face,
    size: float,
    ink: str,
    ground: str | None,
    *,
    margin: float = 10,
    sizes: Sequence[float] = (),
    bold: int | None = None,
    leading: float = 1.18,
    left: bool = False,
) -> NDArrayPixels:
    """Set lines of text below each other.

    Args:
        lines: The text.
        face: Such as `SANS` or `SERIF`.
        size: Height of the letters in pixels.
        ink: Colour as `#rrggbb`.
        ground: Colour of the paper, or None for transparent.
        margin: Pixels around the text.
        sizes: Size of each line relative to `size`; 1 where missing.
        bold: Pixels by which the strokes are thickened; by default what makes a bold of the size.
        leading: Line height relative to the letters.
        left: Whether lines start at the left margin, instead of being centred.

    Returns:
        (h, w, 4) RGBA.
    """
    scale = [*sizes, *[1.0] * (len(lines) - len(sizes))]
    fonts = [load(face, max(4, round(size * s))) for s in scale]
    widths = [font.getlength(line) for font, line in zip(fonts, lines, strict=True)]
    heights = [font.size * leading for font in fonts]
    w, h = round(max(widths) + 2 * margin), round(sum(heights) + 2 * margin)
    image = Image.new("RGBA", (w, h), ground or "#00000000")
    draw = ImageDraw.Draw(image)
    y = float(margin)
    for line, font, width, height in zip(lines, fonts, widths, heights, strict=True):
        stroke = round(font.size * 0.03) if bold is None else bold
        x = margin if left else (w - width) / 2
        draw.text((x, y + height / 2), line, ink, font, anchor="lm", stroke_width=stroke)
        y += height
    return np.asarray(image).copy()


def handwriting(
    rng: np.random.Generator, lines: Sequence[str], faces: Sequence[Face], size: float, ink: str, stroke: float = 0.02
) -> NDArrayPixels:
    """Write lines by hand on a clear ground: sizes, gaps and the base line waver.

    Args:
        rng: Source of chance.
        lines: The text.
        faces: Those of style `hand`, one of which is taken; a letter that it lacks comes from the next one.
        size: Height of the letters in pixels.
        ink: Colour as `#rrggbb`.
        stroke: By how much the strokes are thickened, relative to the letters.

    Returns:
        (h, w, 4) RGBA.
    """
    margin, gap = size * 0.4, size * rng.uniform(1.1, 1.35)
    thick = max(0, round(size * stroke))
    first = int(rng.integers(len(faces)))
    order = [*faces[first:], *faces[:first]]
    w = round(max(load(order[0], max(4, round(size))).getlength(line) for line in lines) * 1.12 + 2 * margin)
    h = round(len(lines) * gap + 2 * margin)
    image = Image.new("RGBA", (w, h), "#00000000")
    draw = ImageDraw.Draw(image)
    for row, line in enumerate(lines):
        x, slope = margin + rng.uniform(0, 0.3) * size, rng.normal(0, 0.03)
        heights, drops = rng.normal(1, 0.08, len(line)), rng.normal(0, 0.04, len(line))
        for letter, height, drop in zip(line, heights, drops, strict=True):
            face = next((face for face in order if covers(face, letter)), SANS)
            font = load(face, max(4, round(size * float(np.clip(height, 0.8, 1.15)))))
            y = margin + (row + 0.5) * gap + (drop * size + slope * (x - margin))
            draw.text((x, y), letter, ink, font, anchor="lm", stroke_width=thick)
            x += font.getlength(letter) * 1.02
    return np.asarray(image).copy()

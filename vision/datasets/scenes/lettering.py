"""Chinese text as pictures, set in the fonts that CleanLane brings along."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from pylopdf_fonts_zh_cn import sans_path, serif_path

from vision.datasets.scenes.canvas import NDArrayPixels

__all__ = ["SANS", "SERIF", "lettering"]

SANS = "sans"
SERIF = "serif"


@functools.lru_cache(maxsize=64)
def _font(face: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(sans_path() if face == SANS else serif_path()), size)


def lettering(
    lines: Sequence[str],
    face: str,
    size: int,
    ink: str,
    ground: str | None,
    *,
    margin: int = 10,
    sizes: Sequence[float] = (),
    bold: int | None = None,
    leading: float = 1.18,
) -> NDArrayPixels:
    """Set lines of text centred below each other.

    Args:
        lines: The text.
        face: `SANS` or `SERIF`.
        size: Height of the letters in pixels.
        ink: Colour as `#rrggbb`.
        ground: Colour of the paper, or None for transparent.
        margin: Pixels around the text.
        sizes: Size of each line relative to `size`; 1 where missing.
        bold: Pixels by which the strokes are thickened; by default what makes a bold of the size.
        leading: Line height relative to the letters.

    Returns:
        (h, w, 4) RGBA.
    """
    scale = [*sizes, *[1.0] * (len(lines) - len(sizes))]
    fonts = [_font(face, max(4, round(size * s))) for s in scale]
    widths = [font.getlength(line) for font, line in zip(fonts, lines, strict=True)]
    heights = [font.size * leading for font in fonts]
    w, h = round(max(widths) + 2 * margin), round(sum(heights) + 2 * margin)
    image = Image.new("RGBA", (w, h), ground or "#00000000")
    draw = ImageDraw.Draw(image)
    y = float(margin)
    for line, font, width, height in zip(lines, fonts, widths, heights, strict=True):
        stroke = round(font.size * 0.03) if bold is None else bold
        draw.text(((w - width) / 2, y + height / 2), line, ink, font, anchor="lm", stroke_width=stroke)
        y += height
    return np.asarray(image).copy()

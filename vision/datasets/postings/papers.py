"""Small ads on paper and film: stickers, sheets, cards, strips, notes; clean, as they leave the printer."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from vision.datasets.postings.fonts import BUNDLED, Face, Fonts, Style
from vision.datasets.postings.lettering import handwriting, lettering
from vision.datasets.postings.pixels import NDArrayPixels, rgba
from vision.datasets.postings.words import DETAILS, SHORT, TRADES, choice, phone_number

__all__ = ["PAPERS", "card", "flyer", "note", "rental", "slip", "sticker", "strip"]

Renderer = Callable[[np.random.Generator, float, Fonts], NDArrayPixels]

STOCKS = (  # paper and ink
    ("#f6f3e8", "#1c1c1c"), ("#f4f4f0", "#1c1c1c"), ("#fffdf5", "#b3161b"), ("#f5d94a", "#1a1a1a"),
    ("#f2a7b5", "#1a1a1a"), ("#e0402c", "#fff6d0"), ("#d7ecd4", "#0c4020"), ("#f7f7f7", "#0b3f91"),
    ("#cfe3f5", "#a01218"), ("#f3e27a", "#b3161b"),
)  # fmt: skip
FILMS = (
    ("#c8141c", "#ffffff"), ("#d21f1f", "#fff04a"), ("#f8f8f8", "#141414"), ("#f8f8f8", "#c8141c"),
    ("#ffd91a", "#141414"), ("#1546a8", "#ffffff"), ("#0d8a4a", "#ffffff"), ("#161616", "#ffe24a"),
)  # fmt: skip


def slip(rng: np.random.Generator, size: float = 56, fonts: Fonts = BUNDLED) -> NDArrayPixels:
    """Print a slip of paper, wider than high, (h, w, 4); `size` is the height of its largest letters in pixels."""
    paper, ink = STOCKS[rng.integers(len(STOCKS))]
    title = choice(rng, TRADES) if rng.random() < 0.6 else f"{choice(rng, SHORT)} {choice(rng, SHORT)}"
    lines = [title, phone_number(rng)]
    if rng.random() < 0.4:
        lines.insert(1, choice(rng, DETAILS))
    sizes = [1.0, *[0.5] * (len(lines) - 2), rng.uniform(0.65, 0.9)]
    face = _face(rng, fonts, ("sans", "heavy", "serif", "brush"))
    sheet = lettering(lines, face, size, ink, paper, margin=size * 0.28, sizes=sizes)
    if rng.random() < 0.4:
        _frame(sheet, ink, size)
    return sheet


def flyer(rng: np.random.Generator, size: float = 50, fonts: Fonts = BUNDLED) -> NDArrayPixels:
    """Print a sheet, higher than wide, with some lines of text, (h, w, 4); mostly photocopied, black on white."""
    paper, ink = STOCKS[rng.integers(2) if rng.random() < 0.5 else rng.integers(len(STOCKS))]
    title = choice(rng, TRADES) if rng.random() < 0.6 else choice(rng, SHORT)
    body = [str(d) for d in rng.choice(DETAILS, rng.integers(3, 6), replace=False)]
    sizes = [1.9 if len(title) < 4 else 1.25, *[0.7] * len(body), 0.95]
    face = _face(rng, fonts, ("sans", "heavy", "serif"))
    sheet = lettering(
        [title, *body, phone_number(rng)], face, size, ink, paper, margin=size * 0.44, sizes=sizes, leading=1.45
    )
    if rng.random() < 0.35:  # a row of numbers to tear off, some of them gone
        strips, tall = 9, round(size)
        for k in range(1, strips):
            x = sheet.shape[1] * k // strips
            cv2.line(
                sheet, (x, sheet.shape[0] - tall), (x, sheet.shape[0]), (120, 120, 120, 255), max(1, round(size / 25))
            )
        for k in rng.integers(strips, size=rng.integers(0, 5)):
            sheet[-tall:, sheet.shape[1] * int(k) // strips : sheet.shape[1] * (int(k) + 1) // strips, 3] = 0
    return sheet


def sticker(rng: np.random.Generator, size: float = 56, fonts: Fonts = BUNDLED) -> NDArrayPixels:
    """Print a plastic sticker in signal colours, rectangular with round corners or round, (h, w, 4)."""
    film, ink = FILMS[rng.integers(len(FILMS))]
    heavy = _face(rng, fonts, ("heavy", "sans"))
    if rng.random() < 0.15:
        disc = lettering(
            [choice(rng, SHORT), phone_number(rng)], heavy, size, ink, film, margin=size * 0.9, sizes=[1, 0.5]
        )
        h, w = disc.shape[:2]
        disc = cv2.resize(disc, (max(h, w), max(h, w)), interpolation=cv2.INTER_AREA)
        return _cut_out(disc, max(h, w) // 2)
    title = choice(rng, SHORT) if rng.random() < 0.5 else choice(rng, TRADES)
    lines = [title, phone_number(rng)] if rng.random() < 0.7 else [title, choice(rng, DETAILS), phone_number(rng)]
    sizes = [1.25 if len(title) < 3 else 1.0, *[0.45] * (len(lines) - 2), rng.uniform(0.6, 0.8)]
    sheet = lettering(lines, heavy, size, ink, film, margin=size * 0.3, sizes=sizes, leading=1.1)
    if rng.random() < 0.35:  # the number on a band of the other colour
        band = round(sheet.shape[0] * 0.60)
        sheet[band:, :, :3] = np.where(sheet[band:, :, :3] > 0, 255 - sheet[band:, :, :3], 255)
    if rng.random() < 0.4:
        _frame(sheet, ink, size)
    return _cut_out(sheet, round(size * rng.uniform(0.0, 0.35)))


def strip(rng: np.random.Generator, size: float = 40, fonts: Fonts = BUNDLED) -> NDArrayPixels:
    """Print one line on a long narrow sticker, as on stair risers and door frames, (h, w, 4)."""
    film, ink = FILMS[rng.integers(len(FILMS))] if rng.random() < 0.6 else STOCKS[rng.integers(len(STOCKS))]
    line = f"{choice(rng, TRADES)} {phone_number(rng)}"
    return lettering([line], _face(rng, fonts, ("heavy", "sans")), size, ink, film, margin=size * 0.22, leading=1.0)


def card(rng: np.random.Generator, size: float = 44, fonts: Fonts = BUNDLED) -> NDArrayPixels:
    """Print a visiting card with a coloured ground and an unreadable square code, (h, w, 4)."""
    h, w = round(size * 4.2), round(size * 7.0)
    one, other = rng.uniform(0.35, 1.0, 3) * 255, rng.uniform(0.1, 0.9, 3) * 255
    down = np.linspace(0, 1, h)[:, None, None]
    sheet = np.full((h, w, 4), 255, np.uint8)
    sheet[..., :3] = one * (1 - down) + other * down * np.ones((1, w, 1))
    ink = str(rng.choice(["#ffffff", "#fff04a", "#141414", "#c8141c"]))
    title = f"{choice(rng, SHORT)} {choice(rng, SHORT)}"
    face = _face(rng, fonts, ("heavy", "brush"))
    text = lettering(
        [title, choice(rng, DETAILS), phone_number(rng)], face, size, ink, None, margin=0, sizes=[1, 0.5, 0.75]
    )
    _lay(sheet, text, (h - text.shape[0]) // 2, round(size * 0.35))
    side = round(size * 1.7)
    code = np.kron((rng.random((15, 15)) < 0.5).astype(np.uint8) * 235 + 10, np.ones((4, 4), np.uint8))
    if rng.random() < 0.5 and text.shape[1] + side + size < w * 1.1:
        sheet[h - side - side // 5 : h - side // 5, w - side - side // 6 : w - side // 6, :3] = cv2.resize(
            code, (side, side), interpolation=cv2.INTER_AREA
        )[..., None]
    return sheet


def note(rng: np.random.Generator, size: float = 40, fonts: Fonts = BUNDLED) -> NDArrayPixels:
    """Write a note by hand on plain, squared or coloured paper, (h, w, 4)."""
    words = (
        ["招租", choice(rng, DETAILS), "有意请电联"]
        if rng.random() < 0.5
        else [choice(rng, TRADES), choice(rng, DETAILS)]
    )
    ink = str(rng.choice(["#1c1c24", "#1b2f7a", "#9c1f22", "#202020"]))
    text = handwriting(rng, [*words, phone_number(rng)], fonts["hand"], size, ink, rng.uniform(0.0, 0.07))
    h, w = text.shape[0] + round(size), text.shape[1] + round(size * 0.5)
    paper = rgba(str(rng.choice(["#f2efe4", "#f6f6f2", "#e9dfc2", "#e05a4a", "#f3b8c0", "#c9a877"])))
    sheet = np.full((h, w, 4), paper, np.uint8)
    if rng.random() < 0.35:  # torn from an exercise book
        line = np.clip(np.array(paper) - [40, 30, 10, 0], 0, 255)
        sheet[:: max(3, round(size * 0.8))] = line
    _lay(sheet, text, round(size / 2), round(size / 4))
    return sheet


def rental(rng: np.random.Generator, size: float = 70, fonts: Fonts = BUNDLED) -> NDArrayPixels:
    """Write a big notice with a broad brush on red or white paper, (h, w, 4)."""
    paper, ink = (("#c9302a", "#151515"), ("#c9302a", "#f6e27a"), ("#f1ede0", "#b5161b"), ("#e86a8a", "#151515"))[
        rng.integers(4)
    ]
    words = ("招租", "出租", "转让", "收药", "招工", "租房", "急售")
    title = choice(rng, words)
    lines = [*title, phone_number(rng)] if rng.random() < 0.3 else [title, choice(rng, DETAILS), phone_number(rng)]
    sizes = [1.6] * (len(lines) - 1) + [0.5] if len(lines) == 3 and len(lines[0]) == 1 else [2.2, 0.6, 0.6]
    face = _face(rng, fonts, ("brush", "hand", "heavy"))
    return lettering(lines, face, size, ink, paper, margin=size * 0.4, sizes=sizes, leading=1.15)


PAPERS: tuple[tuple[Renderer, float, float, float], ...] = (  # renderer, share, metres wide, pixels wide per `size`
    (slip, 0.22, 0.15, 6.5),
    (sticker, 0.24, 0.13, 5.5),
    (flyer, 0.16, 0.21, 7.5),
    (strip, 0.10, 0.22, 11.0),
    (card, 0.10, 0.09, 7.0),
    (note, 0.10, 0.19, 8.0),
    (rental, 0.08, 0.30, 6.0),
)


def _face(rng: np.random.Generator, fonts: Fonts, styles: tuple[Style, ...]) -> Face:
    faces = [face for style in styles for face in fonts[style]]
    return faces[rng.integers(len(faces))]


def _frame(sheet: NDArrayPixels, ink: str, size: float) -> None:
    inset, line = round(size * 0.1), max(1, round(size * 0.07))
    cv2.rectangle(sheet, (inset, inset), (sheet.shape[1] - 1 - inset, sheet.shape[0] - 1 - inset), rgba(ink), line)


def _lay(sheet: NDArrayPixels, text: NDArrayPixels, top: int, left: int) -> None:
    """Print a clear text (h, w, 4) onto an opaque sheet; what doesn't fit is cut off."""
    top, left = max(top, 0), max(left, 0)
    region = sheet[top : top + text.shape[0], left : left + text.shape[1], :3]
    text = text[: region.shape[0], : region.shape[1]]
    share = text[..., 3:].astype(np.float32) / 255
    region[:] = (region + share * (text[..., :3].astype(np.float32) - region)).astype(np.uint8)


def _cut_out(sheet: NDArrayPixels, radius: int) -> NDArrayPixels:
    """Round the corners."""
    if radius < 2:
        return sheet
    h, w = sheet.shape[:2]
    radius = min(radius, h // 2, w // 2)
    y, x = np.mgrid[0:h, 0:w]
    dx, dy = (
        np.maximum(np.abs(x - (w - 1) / 2) - (w / 2 - radius), 0),
        np.maximum(np.abs(y - (h - 1) / 2) - (h / 2 - radius), 0),
    )
    sheet[..., 3] = np.where(np.hypot(dx, dy) <= radius, sheet[..., 3], 0)
    return sheet

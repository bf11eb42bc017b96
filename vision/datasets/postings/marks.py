"""Small ads put straight onto the wall: stencilled, stamped, sprayed or written; ink on a clear ground."""

from __future__ import annotations

import cv2
import numpy as np

from vision.datasets.postings.fonts import BUNDLED, Fonts
from vision.datasets.postings.lettering import handwriting, lettering
from vision.datasets.postings.papers import Renderer
from vision.datasets.postings.pixels import NDArrayPixels, noise
from vision.datasets.postings.words import SHORT, choice, phone_number

__all__ = ["MARKS", "marker", "spray", "stamp", "stencil"]

PAINTS = ("#15151c", "#15151c", "#a5121a", "#14328c")


def stencil(rng: np.random.Generator, size: float = 60, fonts: Fonts = BUNDLED) -> NDArrayPixels:
    """Spray a trade and a number through a cut sheet, (h, w, 4)."""
    faces = fonts["heavy"]
    two = rng.random() < 0.65
    lines = [choice(rng, SHORT), phone_number(rng)] if two else [f"{choice(rng, SHORT)} {phone_number(rng)}"]
    face = faces[rng.integers(len(faces))]
    mark = lettering(
        lines, face, size, choice(rng, PAINTS), None, margin=size * 0.3, sizes=[rng.uniform(1, 1.5)] * two + [0.9]
    )
    w = mark.shape[1]
    for x in np.arange(rng.uniform(0, 0.5) * size, w, size * rng.uniform(0.45, 0.7)):  # bridges hold the sheet together
        mark[:, round(x) : round(x + max(1, size * 0.035)), 3] = 0
    return _inked(rng, mark, size * 0.02, 0.7)


def stamp(rng: np.random.Generator, size: float = 40, fonts: Fonts = BUNDLED) -> NDArrayPixels:
    """Press a rubber stamp on the wall, unevenly inked, (h, w, 4)."""
    faces = (*fonts["sans"], *fonts["serif"])
    ink = str(rng.choice(["#b01c24", "#1d3f9e", "#1d3f9e", "#20202a", "#5a2a86"]))
    lines = [f"{choice(rng, SHORT)} {choice(rng, SHORT)}", phone_number(rng)]
    mark = lettering(lines, faces[rng.integers(len(faces))], size, ink, None, margin=size * 0.4, sizes=[1, 0.8])
    if rng.random() < 0.5:
        colour = (*(int(ink[k : k + 2], 16) for k in (1, 3, 5)), 255)
        line = max(1, round(size * 0.08))
        cv2.rectangle(mark, (line, line), (mark.shape[1] - 1 - line, mark.shape[0] - 1 - line), colour, line)
    return _inked(rng, mark, size * 0.012, 1.0)


def marker(rng: np.random.Generator, size: float = 40, fonts: Fonts = BUNDLED) -> NDArrayPixels:
    """Write a trade and a number with a felt pen, chalk or coal, (h, w, 4)."""
    ink = str(rng.choice(["#15151c", "#15151c", "#1b2f8a", "#b01c24", "#d8d8d2"]))
    lines = (
        [choice(rng, SHORT), phone_number(rng)] if rng.random() < 0.6 else [f"{choice(rng, SHORT)}{phone_number(rng)}"]
    )
    mark = handwriting(rng, lines, fonts["hand"], size, ink, rng.uniform(0.02, 0.08))
    return _inked(rng, mark, size * 0.01, 0.5)


def spray(rng: np.random.Generator, size: float = 90, fonts: Fonts = BUNDLED) -> NDArrayPixels:
    """Write a number freehand with a spray can: soft edges, mist, runs of paint, (h, w, 4)."""
    ink = str(rng.choice(["#15151c", "#15151c", "#a5121a", "#14328c", "#1d6b3a"]))
    lines = [choice(rng, SHORT), phone_number(rng)] if rng.random() < 0.7 else [phone_number(rng)]
    mark = handwriting(rng, lines, fonts["hand"], size, ink, rng.uniform(0.06, 0.11))
    alpha = mark[..., 3].copy()
    ys, xs = np.nonzero(alpha)
    for i in rng.integers(len(xs), size=rng.integers(0, 6)):
        end = (int(xs[i]), int(ys[i] + size * rng.uniform(0.15, 0.7)))
        cv2.line(alpha, (int(xs[i]), int(ys[i])), end, 220, max(1, round(size * 0.03)), cv2.LINE_AA)
    mist = cv2.GaussianBlur(alpha, (0, 0), size * 0.12) * (rng.random(alpha.shape, dtype=np.float32) < 0.2)
    soft = cv2.GaussianBlur(alpha, (0, 0), size * 0.025)
    mark[..., 3] = np.maximum(soft, mist * np.float32(0.45)).astype(np.uint8)
    mark[..., :3] = mark.reshape(-1, 4)[alpha.argmax(), :3]
    return mark


def _inked(rng: np.random.Generator, mark: NDArrayPixels, blur: float, patchy: float) -> NDArrayPixels:
    """Soften the edges, thin the ink in patches, and give the clear ground the ink's colour too."""
    h, w = mark.shape[:2]
    colour = mark.reshape(-1, 4)[mark[..., 3].argmax(), :3]
    alpha = cv2.GaussianBlur(mark[..., 3], (0, 0), max(0.4, blur)).astype(np.float32)
    cover = np.clip(rng.uniform(0.8, 1.05) + 0.2 * patchy * noise(rng, h, w, 4, 4), 0.2, 1)
    mark[..., 3] = (alpha * cover * rng.uniform(0.82, 0.98)).astype(np.uint8)
    mark[..., :3] = colour
    return mark


MARKS: tuple[tuple[Renderer, float, float, float], ...] = (  # renderer, share, metres wide, pixels wide per `size`
    (stencil, 0.35, 0.42, 8.0),
    (stamp, 0.30, 0.12, 7.0),
    (marker, 0.17, 0.35, 8.0),
    (spray, 0.18, 0.80, 8.0),
)

"""Sprayed tags and characters on a clear ground."""

from __future__ import annotations

import cv2
import numpy as np

from vision.datasets.postings.lettering import SANS, lettering
from vision.datasets.postings.pixels import NDArrayPixels, noise

__all__ = ["bubbles", "tag"]

INKS = ((20, 20, 24), (28, 42, 130), (160, 22, 28), (28, 110, 60), (225, 225, 222), (120, 35, 120))
WORDS = ("KOSE", "RAZE", "NEKO", "SOUL", "ZOOM", "阿飞", "自由", "到此一游", "BLITZ", "TKO")


def tag(rng: np.random.Generator) -> NDArrayPixels:
    """Write a handstyle tag in one or two passes, (h, w, 4)."""
    h, w = 220, int(rng.uniform(360, 620))
    alpha = np.zeros((h, w), np.uint8)
    width = int(rng.uniform(9, 17))
    knots = []
    for left in np.linspace(40, w - 100, int(rng.integers(3, 6))):  # each letter a few strokes up and down
        for k in range(int(rng.integers(4, 7))):
            edge = 30 if k % 2 else h - 60
            knots.append([left + rng.uniform(-20, 85), edge + rng.uniform(-15, 60) * (1 if k % 2 else -1)])
    breaks = np.sort(rng.integers(3, len(knots) - 3, 2))
    for part in np.split(np.array(knots), breaks):
        if len(part) > 1:
            _stroke(alpha, part, width)
    if rng.random() < 0.6:  # the line under the name
        _stroke(alpha, np.array([[25, h - 35], [w * 0.4, h - 25], [w * 0.7, h - 45], [w - 25, h - 30]]), width)
    _drip(rng, alpha, width)
    return _sprayed(rng, alpha, INKS[rng.integers(len(INKS))])


def _stroke(alpha: NDArrayPixels, knots: np.ndarray[tuple[int, int], np.dtype[np.float64]], width: int) -> None:
    """Draw a smooth line through knots (n, 2) by cutting their corners."""
    line = knots
    for _ in range(2):
        cut = np.stack([0.75 * line[:-1] + 0.25 * line[1:], 0.25 * line[:-1] + 0.75 * line[1:]], 1).reshape(-1, 2)
        line = np.vstack([knots[:1], cut, knots[-1:]])
    cv2.polylines(alpha, [line.astype(np.int32)], False, 255, width, cv2.LINE_AA)


def _drip(rng: np.random.Generator, alpha: NDArrayPixels, width: int) -> None:
    ys, xs = np.nonzero(alpha)
    for i in rng.integers(len(xs), size=rng.integers(0, 5)):
        end = (int(xs[i]), int(ys[i]) + int(rng.uniform(15, 60)))
        cv2.line(alpha, (int(xs[i]), int(ys[i])), end, 230, max(2, width // 4), cv2.LINE_AA)


def _sprayed(rng: np.random.Generator, alpha: NDArrayPixels, ink: tuple[int, int, int]) -> NDArrayPixels:
    """Give a mask the soft edge and the overspray of a can."""
    soft = cv2.GaussianBlur(alpha, (0, 0), 1.6).astype(np.float32)
    mist = cv2.GaussianBlur(alpha, (0, 0), 9).astype(np.float32) * (rng.random(alpha.shape, dtype=np.float32) < 0.15)
    covered = np.maximum(soft * (0.92 + 0.04 * noise(rng, alpha.shape[0], alpha.shape[1], 6, 3)), 0.5 * mist)
    paint = np.broadcast_to(np.array(ink, np.uint8), (*alpha.shape, 3))
    return np.dstack([paint, np.clip(covered, 0, 245).astype(np.uint8)])


def bubbles(rng: np.random.Generator) -> NDArrayPixels:
    """Paint fat outlined letters, filled with a colour that fades downwards, (h, w, 4)."""
    word = str(rng.choice(WORDS))
    body = lettering([word], SANS, 170, "#ffffff", None, margin=46, bold=16 if word.isascii() else 6)[..., 3]
    h, w = body.shape
    wave = np.float32(10) * np.sin(np.linspace(0, rng.uniform(4, 9), w, dtype=np.float32))[None]
    x, y = np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32))
    body = cv2.remap(body, x + 0.18 * (y - h / 2), y + wave, cv2.INTER_LINEAR)
    outline = cv2.dilate(body, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (19, 19)))
    top, bottom = rng.uniform(0.1, 1, 3), rng.uniform(0.1, 1, 3)
    down = np.linspace(0, 1, h)[:, None, None]
    fill = (top * (1 - down) + bottom * down) * 255 * np.ones((1, w, 1))
    edge = np.array(INKS[rng.integers(3)], np.float64)
    share = body[..., None] / 255
    _drip(rng, outline, 12)
    picture = _sprayed(rng, outline, (0, 0, 0))
    picture[..., :3] = (fill * share + edge * (1 - share)).astype(np.uint8)
    return picture

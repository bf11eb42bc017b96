"""Bulky waste: boards, cartons, an old sofa or mattress, a broken cabinet, branches."""

from __future__ import annotations

import cv2
import numpy as np

from vision.datasets.postings.pixels import NDArrayPixels, noise
from vision.datasets.scenes.canvas import Canvas, rotation
from vision.datasets.scenes.solids import Skin, cardboard, draw_open_carton, draw_solid
from vision.datasets.scenes.texture import coloured, wood

__all__ = ["draw_branches", "draw_debris"]

TIMBER = np.array([[0.62, 0.47, 0.30], [0.48, 0.33, 0.21], [0.72, 0.62, 0.47], [0.80, 0.79, 0.75], [0.36, 0.27, 0.20]])
CLOTH = np.array([[0.40, 0.22, 0.18], [0.32, 0.34, 0.38], [0.50, 0.43, 0.33], [0.22, 0.30, 0.40], [0.55, 0.50, 0.45]])


def draw_debris(canvas: Canvas, rng: np.random.Generator, x: float, z: float, back: float) -> None:
    """Draw a dump of bulky things round (x, z) with its tall ones at depth `back`, labelled `stacked_debris`."""
    large = str(rng.choice(["sofa", "mattress", "cabinet", "boards"]))
    with canvas.label("stacked_debris"):
        _leaning_boards(canvas, rng, x + rng.uniform(-0.9, 0.9), back, 5 if large == "boards" else 3)
        if large == "mattress":
            _mattress(canvas, rng, x + rng.uniform(-0.4, 0.4), back - 0.1)
        _stacked_cartons(canvas, rng, x + rng.choice([-0.75, 0.8]), (z + back) / 2)
        if large == "sofa":
            _sofa(canvas, rng, x, (z + back) / 2)
        elif large == "cabinet":
            _cabinet(canvas, rng, x, (z + back) / 2)
        if rng.random() < 0.5:
            draw_branches(canvas, rng, x + rng.uniform(-0.6, 0.6), z, 0.8)
        _lying_boards(canvas, rng, x, z, 6)
        for _ in range(2):
            draw_open_carton(canvas, rng, x + rng.uniform(-0.8, 0.8), z + rng.uniform(-0.25, 0.05), 0.42)


def _timber(rng: np.random.Generator) -> Skin:
    colour = TIMBER[rng.integers(len(TIMBER))] * rng.uniform(0.85, 1.1)

    def skin(h: int, w: int) -> NDArrayPixels:
        board = wood(rng, min(h, w), max(h, w), colour)
        return board if w >= h else np.ascontiguousarray(np.rot90(board))

    return skin


def _cloth(rng: np.random.Generator, colour: np.ndarray[tuple[int], np.dtype[np.float64]], seams: int = 0) -> Skin:
    """Upholstery with stains, bulging between `seams` seams."""

    def skin(h: int, w: int) -> NDArrayPixels:
        y, x = np.linspace(0, 1, h)[:, None], np.linspace(0, 1, w)[None]
        bulge = np.minimum(np.minimum(y, 1 - y), np.minimum(x * max(w / h, 0.3), (1 - x) * max(w / h, 0.3)))
        puffed = np.asarray(np.clip(bulge * 9, 0, 1) ** 0.5 - 1, np.float32)
        image = coloured(
            colour, (0.06, noise(rng, h, w, 3, 5)), (0.35, puffed), (0.04, noise(rng, h, w, min(h, w) / 3, 1))
        )
        for k in range(1, seams + 1):
            at = k * w // (seams + 1)
            cv2.line(image, (at, 0), (at, h), tuple(int(c * 90) for c in colour), max(2, w // 90))
        return image

    return skin


def _leaning_boards(canvas: Canvas, rng: np.random.Generator, x: float, back: float, count: int) -> None:
    for k in range(count):
        size = (rng.uniform(0.12, 0.75), rng.uniform(1.1, 1.9), 0.03)
        turned = rotation(rng.uniform(-0.15, 0.15), rng.uniform(0.14, 0.26), rng.uniform(-0.25, 0.25))
        foot = (x + rng.uniform(-0.7, 0.7), 0.0, back - 0.40 - 0.05 * k)
        draw_solid(canvas, foot, size, turned, _timber(rng))


def _lying_boards(canvas: Canvas, rng: np.random.Generator, x: float, z: float, count: int) -> None:
    for k in range(count):
        size = (rng.uniform(0.7, 1.7), 0.03, rng.uniform(0.08, 0.28))
        turned = rotation(rng.uniform(-0.9, 0.9), 0, rng.uniform(0.0, 0.22))
        draw_solid(canvas, (x + rng.uniform(-0.5, 0.5), 0.05 + 0.05 * k, z), size, turned, _timber(rng))


def _mattress(canvas: Canvas, rng: np.random.Generator, x: float, back: float) -> None:
    colour = np.array([[0.80, 0.78, 0.72], [0.70, 0.74, 0.78], [0.78, 0.70, 0.68]])[rng.integers(3)]

    def quilted(h: int, w: int) -> NDArrayPixels:
        y, x = np.mgrid[0:h, 0:w].astype(np.float32) / max(min(h, w), 1) * 6 * np.pi
        quilt = np.abs(np.sin((x + y) / 2)) * np.abs(np.sin((x - y) / 2)) ** 0.6
        stains = np.clip(noise(rng, h, w, 3, 4) - 0.9, 0, 1)
        return coloured(colour, (0.25, quilt - 0.6), (-0.3, stains), (0.04, noise(rng, h, w, 4, 4)))

    turned = rotation(rng.uniform(-0.2, 0.2), rng.uniform(0.16, 0.26), rng.uniform(-0.06, 0.06))
    border = _cloth(rng, colour * 0.8)
    size = (rng.uniform(1.1, 1.5), rng.uniform(1.5, 1.9), 0.2)
    draw_solid(canvas, (x, 0, back - 0.5), size, turned, {0: quilted, -1: border})


def _sofa(canvas: Canvas, rng: np.random.Generator, x: float, z: float) -> None:
    """Put an old two-seater down, seen from the front or askew."""
    colour = CLOTH[rng.integers(len(CLOTH))] * rng.uniform(0.9, 1.3)
    turned = rotation(rng.uniform(-0.45, 0.45))
    wide = rng.uniform(1.35, 1.7)
    parts = [  # foot in the sofa's frame, size, seams
        ((0, 0.08, 0.34), (wide, 0.78, 0.22), 1),
        ((0, 0.08, -0.05), (wide - 0.3, 0.22, 0.75), 0),
        ((-wide / 4 + 0.08, 0.30, -0.06), (wide / 2 - 0.16, 0.16, 0.72), 0),
        ((wide / 4 - 0.08, 0.30, -0.06), (wide / 2 - 0.16, 0.16, 0.72), 0),
        ((-wide / 2 + 0.09, 0.08, 0.0), (0.2, 0.52, 0.84), 0),
        ((wide / 2 - 0.09, 0.08, 0.0), (0.2, 0.52, 0.84), 0),
    ]
    for foot, size, seams in parts:
        draw_solid(canvas, np.array([x, 0, z]) + turned @ np.array(foot), size, turned, _cloth(rng, colour, seams))


def _cabinet(canvas: Canvas, rng: np.random.Generator, x: float, z: float) -> None:
    """Stand a cabinet up whose one door is gone and whose other hangs open."""
    timber, turned = _timber(rng), rotation(rng.uniform(-0.5, 0.5), 0, rng.uniform(-0.1, 0.1))
    wide, high = rng.uniform(0.8, 1.1), rng.uniform(0.9, 1.3)

    def front(h: int, w: int) -> NDArrayPixels:
        image = timber(h, w)
        for left, dark in ((0.05, True), (0.52, False)):
            x0, x1, y0, y1 = int(left * w), int((left + 0.43) * w), int(0.05 * h), int(0.92 * h)
            if dark:
                image[y0:y1, x0:x1] //= 5
                image[(y0 + y1) // 2 : (y0 + y1) // 2 + max(2, h // 50), x0:x1] *= 3
            else:
                cv2.rectangle(image, (x0, y0), (x1, y1), (60, 45, 35), max(1, w // 120))
                cv2.rectangle(
                    image, (x0 + w // 20, y0 + h // 20), (x1 - w // 20, y1 - h // 20), (90, 70, 50), max(1, w // 120)
                )
        return image

    draw_solid(canvas, (x, 0, z), (wide, high, 0.45), turned, {0: front, -1: timber})
    hinge = np.array([x, 0.1, z]) + turned @ np.array([-wide / 2, 0, -0.22])
    door = turned @ rotation(1.9)
    draw_solid(canvas, hinge + door @ np.array([0.2, 0, 0]), (0.4, high * 0.8, 0.02), door, timber)


def _stacked_cartons(canvas: Canvas, rng: np.random.Generator, x: float, z: float) -> None:
    y = 0.0
    for _ in range(rng.integers(2, 5)):
        size = rng.uniform([0.35, 0.22, 0.3], [0.65, 0.42, 0.5])
        at = (x + rng.uniform(-0.06, 0.06), y, z)
        draw_solid(canvas, at, size, rotation(rng.uniform(-0.4, 0.4)), cardboard(rng), shadow=y == 0)
        y += size[1]


def draw_branches(canvas: Canvas, rng: np.random.Generator, x: float, z: float, size: float) -> None:
    """Throw a tangle of cut branches down, with some leaves."""
    canvas.shadow(
        np.array([[-size, 0, -0.3], [size, 0, -0.3], [size, 0, 0.3], [-size, 0, 0.3]]) * 0.8 + [x, 0, z], 0.4, 0.2
    )
    mask = np.zeros((*canvas.owner.shape, 1), np.uint8)
    for _ in range(45):
        start = np.array([x, 0, z]) + rng.uniform([-size, 0, -0.25], [size, 0.25, 0.25])
        direction = rng.normal(0, 1, 3) * [1, 0.35, 0.4]
        length = size * rng.uniform(0.4, 1.0)
        bend = rng.normal(0, 0.08, (5, 3)).cumsum(0)
        line = start + np.linspace(0, 1, 5)[:, None] * direction / np.linalg.norm(direction) * length + bend * length
        line[:, 1] = np.abs(line[:, 1])
        pixels = canvas.camera.project(line).astype(np.int32)
        thick = max(1, round(canvas.camera.scale(start) * rng.uniform(0.008, 0.03)))
        tone = np.array([0.36, 0.28, 0.20]) * rng.uniform(0.5, 1.3) * canvas.light.on((0, 1, 0))
        cv2.polylines(canvas.pixels, [pixels], False, tuple(float(c) for c in tone * 255), thick, cv2.LINE_AA)
        cv2.polylines(mask, [pixels], False, 1, thick)
        for tip in pixels[2:]:
            green = tuple(float(c) for c in np.array([0.30, 0.38, 0.16]) * rng.uniform(0.5, 1.2) * 255)
            axes = (max(2, thick * 2), max(1, thick))
            if rng.random() < 0.6:
                cv2.ellipse(
                    canvas.pixels, tuple(map(int, tip)), axes, rng.uniform(0, 180), 0, 360, green, -1, cv2.LINE_AA
                )
    canvas.owner[mask[..., 0] > 0] = canvas.current

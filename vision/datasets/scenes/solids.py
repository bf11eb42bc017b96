"""Boxes with a picture on each face: cartons, boards, furniture."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from vision.datasets.postings.pixels import NDArrayPixels, noise
from vision.datasets.scenes.canvas import Canvas, rotation
from vision.datasets.scenes.texture import coloured

__all__ = ["Skin", "cardboard", "draw_box", "draw_open_carton", "draw_solid"]

Skin = Callable[[int, int], NDArrayPixels]  # height and width in pixels to a picture (h, w, 3)
CORNERS = np.array([[x, y, z] for y in (0, 1) for z in (-0.5, 0.5) for x in (-0.5, 0.5)])  # (8, 3), foot in the middle
FACES = (  # corners from top left clockwise seen from outside, outward normal, axes that span it
    ((4, 5, 1, 0), (0, 0, -1), (0, 1)),
    ((5, 7, 3, 1), (1, 0, 0), (2, 1)),
    ((7, 6, 2, 3), (0, 0, 1), (0, 1)),
    ((6, 4, 0, 2), (-1, 0, 0), (2, 1)),
    ((6, 7, 5, 4), (0, 1, 0), (0, 2)),
    ((0, 1, 3, 2), (0, -1, 0), (0, 2)),
)


def draw_solid(
    canvas: Canvas,
    foot: npt.ArrayLike,
    size: npt.ArrayLike,
    turned: npt.NDArray[np.float64],
    skins: Skin | dict[int, Skin],
    *,
    shadow: bool = True,
) -> None:
    """Draw a box.

    Args:
        canvas: Where to.
        foot: (3,) metres, the middle of its lower face.
        size: (3,) metres: width, height, depth.
        turned: (3, 3) rotation.
        skins: What its faces look like; as a dict by index in `FACES` with -1 for the others.
        shadow: Whether it throws one.
    """
    extent = np.asarray(size, np.float64)
    corners = np.asarray(foot, np.float64) + CORNERS * extent @ turned.T
    if shadow:
        canvas.cast(corners)
    eye = np.array([0, canvas.camera.eye, 0])
    for index, (order, outward, (across, up)) in enumerate(FACES):
        quad, normal = corners[list(order)], turned @ np.array(outward)
        if (quad.mean(0) - eye) @ normal >= 0:
            continue
        scale = canvas.camera.scale(quad.mean(0))
        h, w = (int(np.clip(extent[axis] * scale, 4, 500)) for axis in (up, across))
        skin = skins if callable(skins) else skins.get(index, skins[-1])
        canvas.face(quad, skin(h, w), canvas.light.on(normal))


def cardboard(rng: np.random.Generator, *, taped: bool = True) -> Skin:
    """Return the skin of a carton: brown board with tape, print and dents."""
    colour = np.array([0.66, 0.50, 0.34]) * rng.uniform(0.85, 1.12)
    printed, inked = rng.random() < 0.6, (70, 50, 40) if rng.random() < 0.7 else (150, 40, 35)

    def skin(h: int, w: int) -> NDArrayPixels:
        image = coloured(colour, (0.05, noise(rng, h, w, 3, 4)), (0.025, noise(rng, h, w, min(h, w) / 3, 1)))
        if taped:
            image[:, int(w * 0.45) : int(w * 0.56)] = (image[:, int(w * 0.45) : int(w * 0.56)] * 0.8 + 40).astype(
                np.uint8
            )
        if printed:
            cv2.rectangle(image, (int(w * 0.1), int(h * 0.2)), (int(w * 0.4), int(h * 0.36)), inked, -1)
            for k in range(3):
                y = int(h * (0.5 + 0.1 * k))
                cv2.line(image, (int(w * 0.1), y), (int(w * (0.3 + 0.1 * k)), y), inked, max(1, h // 40))
        return image

    return skin


def draw_box(
    canvas: Canvas, rng: np.random.Generator, foot: npt.ArrayLike, size: npt.ArrayLike, turned: npt.NDArray[np.float64]
) -> None:
    """Draw a closed carton without a shadow of its own."""
    draw_solid(canvas, foot, size, turned, cardboard(rng), shadow=False)


def draw_open_carton(canvas: Canvas, rng: np.random.Generator, x: float, z: float, size: float, y: float = 0.0) -> None:
    """Draw an open carton standing on the ground, its flaps hanging out."""
    w, h, d = size * rng.uniform(0.8, 1.2), size * rng.uniform(0.55, 0.9), size * rng.uniform(0.7, 1.0)
    turned, skin = rotation(rng.uniform(-0.9, 0.9), 0, rng.uniform(-0.08, 0.08)), cardboard(rng, taped=False)
    foot = np.array([x, y, z])
    top = foot + np.array([[-w, 2 * h, d], [w, 2 * h, d], [w, 2 * h, -d], [-w, 2 * h, -d]]) / 2 @ turned.T
    out = 0.45 * d
    flaps = []
    for a, b in ((0, 1), (1, 2), (2, 3), (3, 0)):
        edge = top[[a, b]]
        away = (edge.mean(0) - top.mean(0)) / (np.linalg.norm(edge.mean(0) - top.mean(0)) + 1e-9)
        hang = away * out * rng.uniform(0.6, 1) + [0, out * rng.uniform(-0.7, 0.4), 0]
        flaps.append(np.stack([edge[0] + hang, edge[1] + hang, edge[1], edge[0]]))
    for flap in flaps[:2]:
        canvas.face(flap, skin(40, 90), canvas.light.ambient)
    draw_solid(canvas, foot, [w, h, d], turned, {-1: skin, 4: lambda rows, columns: skin(rows, columns) // 4})
    for flap in flaps[2:]:
        canvas.face(flap, skin(40, 90), canvas.light.on((0, 0.6, -0.8)) * 1.1)

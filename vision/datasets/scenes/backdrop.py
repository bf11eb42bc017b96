"""What stands around the waste: sky, far buildings and trees, the pavement."""

from __future__ import annotations

import cv2
import numpy as np

from vision.datasets.postings.pixels import NDArrayPixels, noise, to_pixels
from vision.datasets.scenes.canvas import Canvas
from vision.datasets.scenes.texture import coloured, cracks, foliage, masonry

__all__ = ["draw_far", "draw_ground", "draw_kerb", "draw_tree"]

FACADES = np.array([[0.80, 0.78, 0.72], [0.72, 0.62, 0.52], [0.66, 0.66, 0.66], [0.78, 0.66, 0.58], [0.85, 0.85, 0.83]])
LEAVES = np.array([[0.22, 0.29, 0.15], [0.19, 0.25, 0.15], [0.29, 0.33, 0.18]])


def draw_far(canvas: Canvas, rng: np.random.Generator, green: float) -> None:
    """Paint sky, blocks of flats and trees above the horizon; `green` in 0..1 is how much the trees hide."""
    h, w = canvas.pixels.shape[:2]
    rows = int(np.clip(canvas.camera.horizon() + abs(np.tan(canvas.camera.roll)) * w / 2 + 4, 8, h))
    picture = np.empty((rows, w, 3), np.uint8)
    _sky(picture, rng)
    right = -w * 0.1
    while right < w:
        left, width = right, w * rng.uniform(0.16, 0.42)
        right = left + width * rng.uniform(0.8, 1.3)
        if rng.random() < 0.8:
            _block_of_flats(picture, rng, int(left), int(left + width), canvas.light.ambient + canvas.light.sun / 2)
    for _ in range(round(9 * green)):
        size = int(w * rng.uniform(0.25, 0.55))
        tree = foliage(rng, int(size * 0.8), size, LEAVES[rng.integers(3)] * rng.uniform(0.8, 1.5))
        _paste(picture, tree, int(rng.uniform(-0.3, 1) * w), rows - int(size * rng.uniform(0.3, 0.8)))
    picture = cv2.GaussianBlur(picture, (0, 0), w / 900)  # behind the focus
    canvas.pixels[:rows] = picture


def _sky(picture: NDArrayPixels, rng: np.random.Generator) -> None:
    rows, w = picture.shape[:2]
    overcast = rng.random() < 0.55
    zenith = np.array([0.80, 0.83, 0.86]) if overcast else np.array([0.50, 0.66, 0.86])
    down = np.linspace(0, 1, rows)[:, None, None]
    sky = zenith * (1 - down) + np.array([0.93, 0.94, 0.94]) * down
    clouds = cv2.resize(noise(rng, 64, 96, 2, 4), (w, rows), interpolation=cv2.INTER_CUBIC)[..., None]
    picture[:] = to_pixels(sky + (0.02 if overcast else 0.06) * clouds)


def _block_of_flats(picture: NDArrayPixels, rng: np.random.Generator, left: int, right: int, bright: float) -> None:
    rows, w = picture.shape[:2]
    top = int(rows * rng.uniform(-0.4, 0.45))
    storey = max(6, int(w * rng.uniform(0.035, 0.06)))
    colour = FACADES[rng.integers(len(FACADES))] * bright
    colours = [tuple(float(c) for c in np.clip(colour * k * 255, 0, 255)) for k in (0.95, 0.32, 0.75, 1.1)]
    cv2.rectangle(picture, (left, top), (right, rows), colours[0], -1)
    for y in range(top + storey // 2, rows, storey):
        cv2.line(picture, (left, y - storey // 4), (right, y - storey // 4), colours[2], max(1, storey // 12))
        for x in range(left + storey // 2, right - storey, round(storey * 1.3)):
            corner = (x + int(storey * 0.8), y + int(storey * 0.55))
            cv2.rectangle(picture, (x, y), corner, colours[1 if rng.random() < 0.75 else 2], -1)
            cv2.line(picture, (x + int(storey * 0.4), y), (x + int(storey * 0.4), corner[1]), colours[3], 1)
            if rng.random() < 0.25:  # an air conditioner under the window
                cv2.rectangle(picture, (x, corner[1]), (x + storey // 3, corner[1] + storey // 5), colours[3], -1)


def _paste(picture: NDArrayPixels, patch: NDArrayPixels, left: int, top: int) -> None:
    """Blend an RGBA patch in, cut off at the picture's edges."""
    h, w = picture.shape[:2]
    x, y = max(left, 0), max(top, 0)
    patch = patch[y - top : h - top, x - left : w - left]
    region = picture[y : y + patch.shape[0], x : x + patch.shape[1]]
    share = patch[..., 3:].astype(np.float32) / 255
    region[:] = (region + share * (patch[..., :3].astype(np.float32) - region)).astype(np.uint8)


def draw_ground(canvas: Canvas, rng: np.random.Generator, tile: float = 4.0) -> None:
    """Lay the whole ground; its pattern repeats every `tile` metres, an even number so that every paver fits."""
    kind = str(rng.choice(["slabs", "bricks", "concrete", "asphalt"], p=[0.3, 0.25, 0.25, 0.2]))
    h, w = canvas.pixels.shape[:2]
    side = int(np.clip(0.6 * w, 240, 960))
    texture = _paving(rng, kind, side, side / tile)
    turned = rng.uniform(-0.5, 0.5)
    c, s = np.cos(turned), np.sin(turned)
    spin = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    plan = canvas.camera.ground() @ spin @ np.diag([tile / side, tile / side, 1])
    ground = cv2.warpPerspective(texture, plan, (w, h), borderMode=cv2.BORDER_WRAP)
    blotches = to_pixels(0.5 + 0.16 * noise(rng, 256, 256, 3, 6, 0.7))
    wide = canvas.camera.ground() @ np.diag([14 / 256, 14 / 256, 1])
    dirt = cv2.warpPerspective(blotches, wide, (w, h), borderMode=cv2.BORDER_WRAP, flags=cv2.INTER_CUBIC)
    bright = np.clip(dirt.astype(np.float32) / 220 + 0.44, 0.6, 1.2) * canvas.light.on((0, 1, 0))
    canvas.pixels[:] = np.minimum(ground * bright[..., None], 255).astype(np.uint8)


def _paving(rng: np.random.Generator, kind: str, side: int, metre: float) -> NDArrayPixels:
    """Paint a square of pavement, `side` pixels wide, at `metre` pixels a metre."""
    if kind == "slabs":
        grey = rng.uniform(0.50, 0.62)
        size = float(rng.choice([0.25, 0.4, 0.5]))
        colours = [[grey, grey * 0.98, grey * 0.93], [grey * 0.95, grey * 0.93, grey * 0.9]]
        unit = (size * metre, size * metre * float(rng.choice([1, 2])))
        return masonry(rng, (side, side), unit, max(1.2, 0.012 * metre), colours, [0.36, 0.35, 0.32], spread=0.05)
    if kind == "bricks":
        red = [[0.55, 0.37, 0.31], [0.50, 0.35, 0.31]]
        grey_yellow = [[0.55, 0.53, 0.49], [0.50, 0.49, 0.46], [0.62, 0.54, 0.38]]
        colours = red if rng.random() < 0.4 else grey_yellow
        mortar = [0.33, 0.31, 0.28]
        return masonry(rng, (side, side), (0.1 * metre, 0.2 * metre), max(1, 0.009 * metre), colours, mortar)
    fine = noise(rng, side, side, side / 2.5, 1)
    if kind == "concrete":
        grey = rng.uniform(0.52, 0.64)
        texture = coloured([grey, grey * 0.985, grey * 0.94], (0.05, noise(rng, side, side, 6, 5)), (0.05, fine))
        cracks(rng, texture, 5)
        texture[0] //= 2  # the joint between two pours
        return texture
    return coloured([0.42, 0.42, 0.42], (0.06, noise(rng, side, side, 8, 4)), (0.10, fine))


def _leafage(canvas: Canvas, size: float, at: tuple[float, float, float]) -> tuple[int, int]:
    """Return the height and width in pixels of a crown `size` metres high."""
    h = int(np.clip(size * canvas.camera.scale(at) * 0.6, 40, 300))
    return h, int(1.4 * h)


def draw_kerb(canvas: Canvas, z: float, yaw: float) -> None:
    """Draw a kerb stone along the foot of a hedge or wall, 15 cm high."""
    along = np.array([np.cos(yaw), 0, np.sin(yaw)])
    left, right = [0, 0, z] - 1.25 * z * along, [0, 0, z] + 1.25 * z * along
    up, back = np.array([0, 0.14, 0]), np.array([0, 0, 0.13])
    grey = np.array([0.66, 0.65, 0.61])
    canvas.fill([left, right, right + up, left + up], grey * canvas.light.on((0, 0.1, -1)))
    canvas.fill([left + up, right + up, right + up + back, left + up + back], grey * canvas.light.on((0, 1, 0)))
    for k in np.arange(-1.2, 1.2, 0.8 / z):  # joints
        foot = np.array([0, 0, z]) + k * z * along
        width = 0.012 * along
        canvas.fill([foot, foot + width, foot + width + up, foot + up], grey * 0.35)


def draw_tree(canvas: Canvas, rng: np.random.Generator, x: float, z: float) -> None:
    """Draw a street tree's trunk with the lime wash that Chinese towns give it, and the leaves above."""
    radius, bark = rng.uniform(0.09, 0.16), np.array([0.34, 0.29, 0.24]) * canvas.light.on((0, 0, -1)) * 1.3
    scale = int(np.clip(canvas.camera.scale((x, 1, z)) * radius * 2, 12, 400))
    h = scale * 12
    round_ = np.sqrt(np.clip(1 - np.linspace(-1, 1, scale) ** 2, 0, 1))[None, :, None]
    rough = 1 + 0.16 * cv2.resize(noise(rng, h // 3, scale, 3, 4), (scale, h))[..., None]
    white = (np.linspace(1, 0, h) < 1.1 / (radius * 24))[:, None, None]
    trunk = np.where(white, np.array([0.82, 0.82, 0.78]) * canvas.light.on((0, 0, -1)) * 1.2, bark)
    canvas.cast([[x - radius, 0, z], [x + radius, 0, z], [x, 0, z + radius], [x, 3, z]])
    alpha = np.full((h, scale), 255, np.uint8)
    canvas.billboard((x, 0, z), radius * 24, np.dstack([to_pixels(trunk * rough * (0.45 + 0.55 * round_)), alpha]))
    for _ in range(3):
        size = rng.uniform(2.0, 3.2)
        leaves = foliage(rng, *_leafage(canvas, size, (x, 2, z)), LEAVES[rng.integers(3)] * rng.uniform(0.9, 1.5))
        canvas.billboard((x + rng.uniform(-1, 1), rng.uniform(2.0, 3.0), z), size, leaves)

"""240-litre wheelie bins as they stand at Chinese collection points, shut or overflowing."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vision.datasets.postings.lettering import SANS, lettering
from vision.datasets.postings.pixels import noise
from vision.datasets.scenes.bags import crumple, pool_of_bags
from vision.datasets.scenes.canvas import Canvas, rotation
from vision.datasets.scenes.solids import draw_box

__all__ = ["KINDS", "BinKind", "draw_bin", "draw_overflowing_bin"]

Points = npt.NDArray[np.float64]  # (n, 3) metres


@dataclass(frozen=True)
class BinKind:
    """A colour of bin and what Chinese towns collect in it."""

    colour: tuple[float, float, float]
    words: str


KINDS = (
    BinKind((0.10, 0.33, 0.17), "厨余垃圾"),
    BinKind((0.08, 0.26, 0.52), "可回收物"),
    BinKind((0.27, 0.28, 0.29), "其他垃圾"),
    BinKind((0.60, 0.13, 0.11), "有害垃圾"),
    BinKind((0.13, 0.38, 0.22), "保护环境"),
)
HEIGHT, WIDTH, DEPTH = 1.0, 0.58, 0.66  # metres at the rim
UP = np.array([0.0, 1.0, 0.0])


@dataclass(frozen=True)
class _Stand:
    """Where a bin stands: `foot` (3,) is under the middle of its front, `turn` is its yaw in radians."""

    foot: Points
    turn: float
    size: float

    def place(self, points: npt.ArrayLike) -> Points:
        """Move (n, 3) from the bin's own frame (x right, y up, z back) into the street."""
        placed: Points = self.foot + self.size * np.asarray(points, np.float64) @ rotation(self.turn).T
        return placed


def draw_bin(canvas: Canvas, rng: np.random.Generator, kind: BinKind, x: float, z: float, turn: float) -> None:
    """Draw a bin with its lid shut, labelled `bin`."""
    stand = _Stand(np.array([x, 0.0, z]), turn, rng.uniform(0.95, 1.05))
    colour = np.array(kind.colour) * rng.uniform(0.85, 1.25)
    with canvas.label("bin"):
        _wheels(canvas, stand)
        _body(canvas, rng, stand, colour)
        _print(canvas, rng, stand, kind)
        _lid(canvas, rng, stand, colour, rng.choice([0.0, 0.0, 0.04]))


def draw_overflowing_bin(
    canvas: Canvas, rng: np.random.Generator, kind: BinKind, x: float, z: float, turn: float
) -> None:
    """Draw a bin whose lid is up on bags and cartons that bulge above the rim, labelled `overflowing_bin`."""
    stand = _Stand(np.array([x, 0.0, z]), turn, rng.uniform(0.95, 1.05))
    colour = np.array(kind.colour) * rng.uniform(0.85, 1.25)
    open_wide = rng.random() < 0.6
    with canvas.label("overflowing_bin"):
        _wheels(canvas, stand)
        if open_wide:
            _lid(canvas, rng, stand, colour, rng.uniform(1.5, 2.0))
        _body(canvas, rng, stand, colour)
        _print(canvas, rng, stand, kind)
        _heaped_load(canvas, rng, stand)
        if not open_wide:
            _lid(canvas, rng, stand, colour, rng.uniform(0.55, 0.8))


def _outline(y: float, width: float, front: float, back: float, corner: float = 0.05) -> Points:
    """Return a horizontal rectangle with rounded corners, counter-clockwise from above, (24, 3)."""
    middle, half = (front + back) / 2, (back - front) / 2
    points = []
    for sx, sz, start in ((1, -1, -90), (1, 1, 0), (-1, 1, 90), (-1, -1, 180)):
        for angle in np.radians(start + np.linspace(0, 90, 6)):
            px = sx * (width / 2 - corner) + corner * np.cos(angle)
            pz = middle + sz * (half - corner) + corner * np.sin(angle)
            points.append([px, y, pz])
    return np.array(points)


def _loft(canvas: Canvas, stand: _Stand, lower: Points, upper: Points, colour: npt.ArrayLike) -> None:
    """Draw the skin between two outlines, far side first, with the dull shine of plastic."""
    low, high = stand.place(lower), stand.place(upper)
    next_low, next_high = np.roll(low, -1, axis=0), np.roll(high, -1, axis=0)
    normals = np.cross(high - low, next_low - low)
    for i in np.argsort(-(low + next_low)[:, 2]):
        normal = normals[i]
        facing = float(normal @ np.array([0.4, 0.3, -0.85])) / float(np.linalg.norm(normal) + 1e-9)
        shine = 0.10 * max(0.0, facing) ** 6
        tone = np.asarray(colour) * canvas.light.on(normal) + shine * canvas.light.sun
        canvas.fill(np.stack([low[i], next_low[i], next_high[i], high[i]]), tone)


def _body(canvas: Canvas, rng: np.random.Generator, stand: _Stand, colour: Points) -> None:
    foot = _outline(0.05, 0.49, 0.05, 0.52)
    waist = _outline(0.82, 0.55, 0.01, 0.62)
    rim_low, rim = _outline(0.90, 0.56, 0.0, 0.64), _outline(HEIGHT, WIDTH, -0.015, DEPTH)
    canvas.cast(stand.place(np.vstack([_outline(0, 0.49, 0.05, 0.6)[::4], rim[::4]])))
    _loft(canvas, stand, foot, waist, colour)
    _loft(canvas, stand, waist, rim_low, colour * 0.8)
    _loft(canvas, stand, rim_low, rim, colour * 1.08)
    canvas.fill(stand.place(_outline(HEIGHT, WIDTH - 0.06, 0.02, DEPTH - 0.03)), colour * 0.15)
    _soil(canvas, rng, stand.place(np.vstack([foot, rim])))


def _soil(canvas: Canvas, rng: np.random.Generator, points: Points) -> None:
    """Scuff and dirty what is drawn within the hull of points (n, 3), most near its lower end."""
    hull = cv2.convexHull(canvas.camera.project(points).astype(np.int32))
    left, top, w, h = cv2.boundingRect(hull)
    left, top, right, bottom = max(left, 0), max(top, 0), left + w, top + h
    region = canvas.pixels[top:bottom, left:right]
    h, w = region.shape[:2]
    if not h or not w:
        return
    mask = np.zeros((h, w), np.uint8)
    cv2.fillConvexPoly(mask, hull - np.array([left, top], np.int32), 1)
    low = np.linspace(-0.6, 1.2, h, dtype=np.float32)[:, None]
    dust = (np.clip(0.10 * (noise(rng, h, w, 5, 5, 0.7) + low), 0, 0.45) * mask)[..., None]
    light = canvas.light.on((0, 0, -1)) * 255
    region[:] = (region * (1 - dust) + dust * np.array([0.55, 0.52, 0.46], np.float32) * light).astype(np.uint8)


def _print(canvas: Canvas, rng: np.random.Generator, stand: _Stand, kind: BinKind) -> None:
    """Print the recycling arrows and the name of the waste on the front."""
    words = lettering([kind.words], SANS, 44, "#e8eeea", None, margin=4)
    arrows = np.zeros((120, 120, 4), np.uint8)
    for k in range(3):
        cv2.ellipse(arrows, (60, 64), (44, 44), 0, 120 * k + 10, 120 * k + 95, (232, 238, 234, 255), 13)
    on = canvas.light.on(rotation(stand.turn) @ [0, 0, -1])
    for picture, bottom, height in ((words, 0.44, 0.10), (arrows, 0.56, 0.19)):
        half = height * picture.shape[1] / picture.shape[0] / 2
        faded = picture.copy()
        faded[..., 3] = (faded[..., 3] * rng.uniform(0.75, 0.95)).astype(np.uint8)
        corners = [
            [sx * min(half, 0.22), y, 0.05 - 0.052 * y / 0.8]
            for sx, y in ((-1, bottom + height), (1, bottom + height), (1, bottom), (-1, bottom))
        ]
        canvas.face(stand.place(corners), faded, on)


def _lid(canvas: Canvas, rng: np.random.Generator, stand: _Stand, colour: Points, angle: float) -> None:
    """Draw the lid, opened by `angle` radians about its hinge at the back."""
    swing = rotation(0.0, angle)
    hinge = np.array([0, HEIGHT, DEPTH - 0.01])

    def opened(points: Points) -> Points:
        """Turn (n, 3) about the hinge."""
        turned: Points = (points - hinge) @ swing.T + hinge
        return turned

    low = _outline(HEIGHT, WIDTH + 0.02, -0.04, DEPTH)
    high = _outline(HEIGHT + 0.05, WIDTH - 0.02, -0.02, DEPTH - 0.02)
    crown = _outline(HEIGHT + 0.09, WIDTH - 0.16, 0.10, DEPTH - 0.10)
    up = stand.place(opened(np.array([[0, HEIGHT + 1.0, 0]]))) - stand.place(opened(np.array([[0, HEIGHT, 0]])))
    seen_from_above = float((stand.place(opened(crown)).mean(0) - [0, canvas.camera.eye, 0]) @ up[0]) < 0
    tone = colour * 0.95
    if not seen_from_above:
        _loft(canvas, stand, opened(low), opened(high), tone)
        canvas.fill(stand.place(opened(low)), tone * 0.55 * canvas.light.on(-up[0]))
        inner = _outline(HEIGHT, WIDTH - 0.08, 0.02, DEPTH - 0.06)
        canvas.fill(stand.place(opened(inner)), tone * 0.42 * canvas.light.on(-up[0]))
    else:
        _loft(canvas, stand, opened(low), opened(high), tone)
        canvas.fill(stand.place(opened(high)), tone * canvas.light.on(up[0]))
        _loft(canvas, stand, opened(high), opened(crown), tone * 1.1)
        canvas.fill(stand.place(opened(crown)), tone * 1.08 * canvas.light.on(up[0]))
    _soil(canvas, rng, stand.place(opened(np.vstack([low, high]))))


def _wheels(canvas: Canvas, stand: _Stand) -> None:
    """Draw the two wheels and the axle at the back."""
    angles = np.linspace(0, 2 * np.pi, 20)
    for side in (-0.27, 0.27):
        for radius, tone in ((0.10, 0.05), (0.05, 0.16)):
            rim = np.stack([np.full(20, side), 0.10 + radius * np.sin(angles), 0.55 + radius * np.cos(angles)], axis=1)
            canvas.fill(stand.place(rim), [tone] * 3)
            canvas.fill(stand.place(rim - [np.sign(side) * 0.05, 0, 0]), [tone] * 3)


def _heaped_load(canvas: Canvas, rng: np.random.Generator, stand: _Stand) -> None:
    """Pile bags, a carton and scraps above the rim; some hang over the front."""
    metre = canvas.camera.scale(stand.foot)
    bags = pool_of_bags(rng, 6, int(np.clip(0.4 * metre, 40, 200)))
    if rng.random() < 0.7:
        at = stand.place([[rng.uniform(-0.15, 0.15), HEIGHT - 0.05, 0.45]])[0]
        size = rng.uniform([0.25, 0.3, 0.2], [0.4, 0.5, 0.3])
        draw_box(
            canvas, rng, at, size, rotation(rng.uniform(-0.8, 0.8), rng.uniform(-0.4, 0.4), rng.uniform(-0.4, 0.4))
        )
    places = [
        (u, v, back)
        for back in (0.5, 0.28, 0.06)
        for u, v in zip(rng.uniform(-0.22, 0.22, 4), rng.uniform(-0.16, 0.16, 4) - 0.10 * (back < 0.1), strict=True)
    ]
    for i, (across, rise, back) in enumerate(places):
        foot = stand.place([[across, HEIGHT - 0.12 + max(0.0, rise) * (back > 0.1), back]])[0]
        if rng.random() < 0.35:
            canvas.billboard(
                foot + 0.06 * UP,
                rng.uniform(0.16, 0.3),
                crumple(rng, int(np.clip(0.25 * metre, 24, 110))),
                rng.uniform(-3, 3),
            )
        else:
            canvas.billboard(foot, rng.uniform(0.3, 0.46), bags[i % len(bags)], rng.uniform(-0.5, 0.5))

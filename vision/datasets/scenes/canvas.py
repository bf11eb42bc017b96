"""A pinhole camera over a street, and the picture it takes with a label for whatever is drawn under one.

The world is in metres: x right, y up, z away from the camera; the ground is y = 0 and the camera stands at x = z = 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from vision.categories import NAMES
from vision.datasets.postings.pixels import NDArrayPixels, shrunk
from vision.detections import Detections

__all__ = ["Camera", "Canvas", "Light", "rotation"]

Vector = npt.ArrayLike  # (3,) or (n, 3), metres

LEAST_VISIBLE = 0.2  # an object hidden more than this share of its drawn pixels is not worth a label


@dataclass(frozen=True)
class Camera:
    """Where the photographer stands and looks.

    Attributes:
        width, height: Size of the picture in pixels.
        eye: Height of the camera above the ground in metres.
        pitch, roll: Radians; a positive pitch looks down.
        focal: Focal length in pixels.
    """

    width: int
    height: int
    eye: float
    pitch: float
    roll: float
    focal: float

    @property
    def axes(self) -> npt.NDArray[np.float64]:
        """(3, 3): the picture's right, down and forward as rows, in world coordinates."""
        s, c = np.sin(self.pitch), np.cos(self.pitch)
        right, down, forward = np.array([1.0, 0, 0]), np.array([0, -c, -s]), np.array([0, -s, c])
        rs, rc = np.sin(self.roll), np.cos(self.roll)
        return np.stack([rc * right + rs * down, rc * down - rs * right, forward])

    def project(self, points: Vector) -> npt.NDArray[np.float64]:
        """Project (n, 3) metres to (n, 2) pixels."""
        seen = (np.asarray(points, np.float64).reshape(-1, 3) - [0, self.eye, 0]) @ self.axes.T
        centre = np.array([self.width, self.height]) / 2
        projected: npt.NDArray[np.float64] = centre + self.focal * seen[:, :2] / np.maximum(seen[:, 2:], 0.05)
        return projected

    def scale(self, point: Vector) -> float:
        """Return the pixels per metre at a point (3,)."""
        depth = (np.asarray(point, np.float64) - [0, self.eye, 0]) @ self.axes[2]
        return float(self.focal / max(float(depth), 0.05))

    def ground(self) -> npt.NDArray[np.float64]:
        """(3, 3) homography from metres (x, z) on the ground to pixels."""
        lens = np.array([[self.focal, 0, self.width / 2], [0, self.focal, self.height / 2], [0, 0, 1]])
        axes = self.axes
        matrix: npt.NDArray[np.float64] = lens @ np.stack([axes[:, 0], axes[:, 2], -axes[:, 1] * self.eye], axis=1)
        return matrix

    def horizon(self) -> float:
        """Return the picture row in which the ground ends, in the middle column."""
        return float(self.height / 2 - self.focal * np.tan(self.pitch))


@dataclass(frozen=True)
class Light:
    """Daylight: `towards` is the direction (3,) to the sun, the strengths add up to about 1."""

    towards: tuple[float, float, float]
    ambient: float
    sun: float

    def on(self, normal: Vector) -> float:
        """Return the brightness of a surface with this normal (3,)."""
        n = np.asarray(normal, np.float64)
        facing = float(n @ np.array(self.towards)) / (float(np.linalg.norm(n)) + 1e-9)
        return self.ambient * (0.85 + 0.15 * float(n[1])) + self.sun * max(facing, 0.0)


def rotation(yaw: float, tilt: float = 0.0, roll: float = 0.0) -> npt.NDArray[np.float64]:
    """(3, 3) rotation of column vectors: first `roll` about z, then `tilt` about x, then `yaw` about y; radians."""
    cy, sy, ct, st, cr, sr = np.cos(yaw), np.sin(yaw), np.cos(tilt), np.sin(tilt), np.cos(roll), np.sin(roll)
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, ct, -st], [0, st, ct]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    matrix: npt.NDArray[np.float64] = about_y @ about_x @ about_z
    return matrix


@dataclass
class Canvas:
    """A picture in the making; later things hide earlier ones.

    Attributes:
        camera, light: Fixed for the picture.
        pixels: (h, w, 3) uint8 RGB.
        owner: (h, w) int16, which label each pixel shows; 0 is none.
        categories: Category name of label 1, 2, …
        drawn: Pixels drawn under label 1, 2, …, hidden ones included.
        backstop: Depth in metres straight ahead, and its growth per metre to the right, at which the ground ends.
    """

    camera: Camera
    light: Light
    pixels: NDArrayPixels = field(init=False)
    owner: npt.NDArray[np.int16] = field(init=False)
    categories: list[str] = field(default_factory=list)
    drawn: list[int] = field(default_factory=list)
    current: int = 0
    backstop: tuple[float, float] = (1000.0, 0.0)

    def __post_init__(self) -> None:
        shape = (self.camera.height, self.camera.width)
        self.pixels = np.zeros((*shape, 3), np.uint8)
        self.owner = np.zeros(shape, np.int16)

    @contextmanager
    def label(self, category: str | None) -> Iterator[None]:
        """Give everything drawn within the context one label of `category`; None leaves the outer label in force."""
        if category is None:
            yield
            return
        outer = self.current
        self.categories.append(category)
        self.drawn.append(0)
        self.current = number = len(self.categories)
        yield
        self.current = outer
        self.drawn[number - 1] = int(np.count_nonzero(self.owner == number))  # later things may hide some of it

    def detections(self) -> Detections:
        """Return the exact boxes of what can be seen of each label."""
        boxes, categories = [], []
        for number, (category, drawn) in enumerate(zip(self.categories, self.drawn, strict=True), start=1):
            x, y, w, h = cv2.boundingRect((self.owner == number).astype(np.uint8))
            if w >= 6 and h >= 6 and np.count_nonzero(self.owner == number) > LEAST_VISIBLE * drawn:
                boxes.append([x, y, x + w, y + h])
                categories.append(NAMES.index(category))
        return Detections.of(boxes, np.ones(len(boxes)), categories)

    def fill(self, points: npt.ArrayLike, colour: npt.ArrayLike) -> None:
        """Fill a convex polygon, (n, 3) metres or (n, 2) pixels, with a colour (3,) in 0..1."""
        polygon = self._pixels_of(points)
        rgb = np.clip(np.asarray(colour, np.float64) * 255, 0, 255)
        cv2.fillConvexPoly(self.pixels, polygon, tuple(float(c) for c in rgb))
        cv2.fillConvexPoly(self.owner, polygon, self.current)

    def face(self, corners: npt.ArrayLike, texture: NDArrayPixels, brightness: float = 1.0) -> None:
        """Lay a texture (h, w, 3 or 4) over a quad: (4, 3) metres or (4, 2) pixels, from top left clockwise."""
        quad = np.asarray(corners, np.float64)
        quad = self.camera.project(quad) if quad.shape[1] == 3 else quad
        left, top = np.maximum(np.floor(quad.min(0)) - 1, 0).astype(int)
        right, bottom = np.minimum(np.ceil(quad.max(0)) + 2, self.pixels.shape[1::-1]).astype(int)
        if left >= right or top >= bottom:
            return
        texture = shrunk(texture, quad)
        h, w = texture.shape[:2]
        source = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32) - 0.5
        matrix = cv2.getPerspectiveTransform(source, (quad - [left, top]).astype(np.float32))
        size = (int(right - left), int(bottom - top))
        colour = cv2.warpPerspective(texture[..., :3], matrix, size, borderMode=cv2.BORDER_REPLICATE)
        alpha = texture[..., 3] if texture.shape[2] == 4 else np.full((h, w), 255, np.uint8)
        covered = cv2.warpPerspective(alpha, matrix, size)
        self.blend(int(left), int(top), colour, covered, brightness)

    def blend(self, left: int, top: int, colour: NDArrayPixels, alpha: NDArrayPixels, brightness: float = 1.0) -> None:
        """Blend colour (h, w, 3) with alpha (h, w) in at a position that lies within the picture."""
        h, w = alpha.shape
        region = self.pixels[top : top + h, left : left + w]
        share = (alpha.astype(np.float32) / 255)[..., None]
        mixed = region + share * (np.minimum(colour * np.float32(brightness), 255) - region)
        region[:] = mixed.astype(np.uint8)
        self.owner[top : top + h, left : left + w][alpha > 110] = self.current

    def billboard(self, foot: Vector, size: float, texture: NDArrayPixels, turn: float = 0.0) -> None:
        """Stand a picture (h, w, 4) upright at `foot` (3,), `size` metres high, turned by `turn` radians on screen."""
        scale = self.camera.scale(foot)
        h, w = texture.shape[:2]
        half = np.array([w / h, 1.0]) * size * scale / 2
        centre = self.camera.project(foot)[0] - [0, half[1]]
        corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
        c, s = np.cos(turn), np.sin(turn)
        self.face(centre + corners @ np.array([[c, s], [-s, c]]), texture, self.light.on((0, 0.6, -0.8)) * 1.2)

    def shadow(self, points: Vector, strength: float, softness: float) -> None:
        """Darken the convex hull of points (n, 3) on the ground; the edge fades over `softness` metres."""
        corners = np.array(points, np.float64)
        corners[:, 2] = np.minimum(corners[:, 2], self.backstop[0] + corners[:, 0] * self.backstop[1])
        blur = max(1.0, softness * self.camera.scale(corners.mean(0)))
        hull = cv2.convexHull(self.camera.project(corners).astype(np.float32))[:, 0]
        left, top = np.maximum(hull.min(0) - 3 * blur, 0).astype(int)
        right, bottom = np.minimum(hull.max(0) + 3 * blur, self.pixels.shape[1::-1]).astype(int)
        if left >= right or top >= bottom:
            return
        mask = np.zeros((bottom - top, right - left), np.uint8)
        cv2.fillConvexPoly(mask, np.round(hull - [left, top]).astype(np.int32), 255)
        mask = _soft(mask, blur)
        region = self.pixels[top:bottom, left:right]
        region[:] = (region * (1 - strength / 255 * mask[..., None].astype(np.float32))).astype(np.uint8)

    def cast(self, points: Vector, strength: float = 0.55) -> None:
        """Cast the shadow of a thing with corners (n, 3) on the ground, and darken where it touches."""
        corners = np.asarray(points, np.float64).reshape(-1, 3)
        to = np.array(self.light.towards)
        reach = corners - corners[:, 1:2] * to / max(to[1], 0.35)
        if self.light.sun > 0.2:
            self.shadow(np.vstack([reach, corners * [1, 0, 1]]) * [1, 0, 1], strength * self.light.sun, 0.03)
        self.shadow(corners * [1, 0, 1], strength, 0.09)

    def _pixels_of(self, points: npt.ArrayLike) -> npt.NDArray[np.int32]:
        polygon = np.asarray(points, np.float64)
        polygon = self.camera.project(polygon) if polygon.shape[1] == 3 else polygon
        return np.round(np.clip(polygon, -20000, 20000)).astype(np.int32)


def _soft(mask: Any, blur: float) -> Any:
    """Blur a mask by `blur` pixels, at a quarter of the size where that is as good."""
    if blur < 6 or min(mask.shape) < 8:
        return cv2.GaussianBlur(mask, (0, 0), blur)
    small = cv2.resize(mask, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), blur / 4)
    return cv2.resize(small, mask.shape[::-1], interpolation=cv2.INTER_LINEAR)

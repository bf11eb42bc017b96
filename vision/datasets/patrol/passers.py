"""Passers-by between the camera and the street: who comes when, and how they are drawn into a frame."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from vision.datasets.patrol.camera import NDArrayFloats, Way
from vision.datasets.patrol.figures import FOOT, cyclist, walker
from vision.datasets.postings.pixels import NDArrayPixels
from vision.images import NDArrayImage

__all__ = ["Passer", "draw_passer", "hidden_by", "send"]

EVERY = 10  # seconds from one to the next
TALL = (0.62, 0.82)  # strip heights
CYCLISTS, PAIRS = 0.2, 0.3  # share of all
AROUND = 2  # seconds before and after they meet, of which the camera's direction counts
STRIDE = 0.85  # heights of the body in a cycle of poses
BROAD = 0.3  # heights of the body that hide what is behind; a cyclist's wheels hide little


@dataclass(frozen=True, eq=False)
class Passer:
    """Somebody who passes by.

    Attributes:
        poses: (h, w, 4) RGBA pictures of one cycle, of which the colours hold the alpha already.
        tall: Pixels of the body's height.
        feet: (n, 2) where the feet are in each frame, in pixels of the strip.
    """

    poses: tuple[NDArrayPixels, ...]
    tall: int
    feet: NDArrayFloats


def send(rng: np.random.Generator, way: Way, fps: float, height: int) -> list[Passer]:
    """Send passers-by against the camera, about one in ten seconds; `height` is the strip's in pixels."""
    count = len(way.centres)
    times = np.arange(count) / fps
    seconds = count / fps
    speed = np.gradient(way.centres[:, 0]) * fps
    found = []
    visits = max(1, round(seconds / EVERY))
    for number in range(visits):
        middle = (number + rng.uniform(0.2, 0.8)) * seconds / visits
        frame = min(int(middle * fps), count - 1)
        wheels = rng.random() < CYCLISTS
        around = round(AROUND * fps)
        forward = -1 if speed[max(0, frame - around) : frame + around].mean() > 0 else 1
        pace = forward * (rng.uniform(1.1, 1.7) if wheels else rng.uniform(0.25, 0.5))
        for place in range(1 + (not wheels and rng.random() < PAIRS)):
            tall = round(height * rng.uniform(*TALL))
            x = way.centres[frame, 0] + pace * tall * (times - middle) + place * 0.33 * tall
            feet = np.stack([x, np.full(count, height * rng.uniform(0.93, 1.02))], 1)
            poses = (cyclist if wheels else walker)(rng, tall)
            found.append(Passer(tuple(_premultiplied(pose[:, ::forward]) for pose in poses), tall, feet))
    return found


def _premultiplied(picture: NDArrayPixels) -> NDArrayPixels:
    colour = picture[..., :3] * (picture[..., 3:] / 255)
    return np.ascontiguousarray(np.dstack([colour.astype(np.uint8), picture[..., 3]]))


def hidden_by(passer: Passer, way: Way) -> NDArrayFloats:
    """Return the part of each frame that somebody hides, boxes (n, 4) in its pixels."""
    x, y = passer.feet.T
    side, top = BROAD / 2 * passer.tall, y - passer.tall
    corners = np.stack([x - side, top, x + side, top, x + side, y, x - side, y], 1).reshape(-1, 4, 2)
    seen = np.einsum("nij,nkj->nki", way.matrices[:, :, :2], corners) + way.matrices[:, None, :, 2]
    boxes: NDArrayFloats = np.concatenate([seen.min(axis=1), seen.max(axis=1)], axis=1)
    return np.clip(boxes, 0, np.array([*way.size, *way.size]))


def draw_passer(frame: NDArrayImage, passer: Passer, index: int, matrix: NDArrayFloats, blur: int) -> None:
    """Draw somebody into a frame.

    Args:
        frame: (h, w, 3) RGB, changed in place.
        passer: Who.
        index: The frame's.
        matrix: (2, 3) from points of the strip to points of the frame.
        blur: Pixels that they move while the shutter is open.
    """
    x, y = passer.feet[index]
    cycles = abs(x - passer.feet[0, 0]) / (STRIDE * passer.tall)
    pose = passer.poses[int(cycles * len(passer.poses)) % len(passer.poses)]
    h, w = pose.shape[:2]
    moved = matrix.copy()
    moved[:, 2] += matrix[:, :2] @ [x - w / 2, y - FOOT * passer.tall]
    corners = moved[:, :2] @ np.array([[0, w, w, 0], [0, 0, h, h]]) + moved[:, 2:]
    left, top = np.maximum(np.floor(corners.min(axis=1)).astype(int) - blur, 0)
    right, bottom = np.minimum(np.ceil(corners.max(axis=1)).astype(int) + blur, frame.shape[1::-1])
    if left >= right or top >= bottom:
        return
    moved[:, 2] -= [left, top]
    drawn = cv2.warpAffine(pose, moved, (int(right - left), int(bottom - top)), flags=cv2.INTER_LINEAR)
    if blur > 1:
        drawn = cv2.blur(drawn, (blur, 1))
    behind = frame[top:bottom, left:right]
    through = 255 - cv2.cvtColor(drawn[..., 3], cv2.COLOR_GRAY2RGB)
    behind[:] = cv2.add(cv2.multiply(behind, through, scale=1 / 255), cv2.cvtColor(drawn, cv2.COLOR_RGBA2RGB))

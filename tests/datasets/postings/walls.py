"""Drawn walls to paste on."""

import cv2
import numpy as np

from vision.datasets.postings.light import Light
from vision.datasets.scenes import SceneKind, draw_scene
from vision.images import NDArrayImage

SIZE = (480, 360)


def plain_wall(height: int = 300, width: int = 400) -> NDArrayImage:
    """A rough warm grey wall that fills the picture."""
    grain = np.random.default_rng(0).normal(0, 4, (height, width, 1))
    return np.clip(np.array([176, 168, 150]) + grain, 0, 255).astype(np.uint8)


def drawn_wall(seed: int) -> NDArrayImage:
    return draw_scene(seed, SceneKind.CLEAN_STREET, SIZE)[0]


def sky(blue: int) -> NDArrayImage:
    """A sky that pales towards the horizon; overcast for blue 0."""
    down = np.linspace(0, 1, 300)[:, None, None]
    top, low = np.array([225 - 2 * blue, 228 - blue, 230]), np.array([238, 240, 242])
    return np.repeat(top * (1 - down) + low * down, 400, axis=1).astype(np.uint8)


def street_with_person() -> tuple[NDArrayImage, NDArrayImage]:
    """A wall under a blue sky, with windows and a person before it; and a mask (h, w) of these three."""
    picture = plain_wall(360, 480)
    avoid = np.zeros((360, 480), np.uint8)
    picture[:100], avoid[:100] = sky(60)[:100, 0][:, None], 1
    for left in (40, 340):
        cv2.rectangle(picture, (left, 130), (left + 80, 220), (38, 44, 52), -1)
        cv2.rectangle(picture, (left, 130), (left + 80, 220), (235, 235, 230), 4)
        cv2.rectangle(avoid, (left, 130), (left + 80, 220), 1, -1)
    cv2.circle(picture, (240, 170), 16, (214, 160, 130), -1)
    cv2.rectangle(picture, (214, 188), (266, 262), (40, 60, 130), -1)
    cv2.rectangle(picture, (220, 262), (260, 330), (30, 30, 34), -1)
    cv2.rectangle(avoid, (214, 152), (266, 330), 1, -1)
    return picture, avoid


def even_light(wall: NDArrayImage) -> Light:
    """Light that changes nothing: white is white everywhere, sharp, without grain."""
    h, w = wall.shape[:2]
    flat, none = np.ones((h, w), np.float32), np.zeros((h, w), np.float32)
    white, black = np.full(3, 255, np.float32), np.zeros(3, np.float32)
    return Light(white, black, flat, none, 0.3, 0.0, np.zeros((h, w), bool))

"""People who walk or cycle by, drawn from the side in the poses of one cycle."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from vision.datasets.postings.pixels import NDArrayPixels, noise, with_alpha

__all__ = ["FOOT", "POSES", "cyclist", "walker"]

Point = npt.NDArray[np.float64]  # (2,) x to the right and y up, in heights of the body from between the feet
Colour = npt.NDArray[np.float64]  # (3,) RGB in 0..1

POSES = 12  # of a cycle
HIGH, WALKER, CYCLIST = 1.08, 0.9, 1.4  # height and widths of the pictures, in heights of the body
FOOT = 1.04  # from the upper edge of the picture, in heights of the body
FRACTION = 4  # bits of a pixel that are drawn with
SKIN = np.array([[0.86, 0.68, 0.55], [0.75, 0.57, 0.45], [0.55, 0.40, 0.30], [0.90, 0.74, 0.63]])
THIGH, SHIN, UPPER_ARM, FOREARM = 0.25, 0.25, 0.17, 0.16


class _Sheet:
    """A picture of one pose, drawn from back to front; lengths are in heights of the body, which has `pixels`."""

    def __init__(self, width: float, pixels: int) -> None:
        self.foot = np.array([width / 2, FOOT])
        self.pixels = pixels
        shape = (round(HIGH * pixels), round(width * pixels))
        self.colour, self.alpha = np.zeros((*shape, 3), np.float32), np.zeros(shape, np.float32)

    def limb(self, points: Sequence[Point], radii: Sequence[float], colour: Colour) -> None:
        """Draw a rounded limb through points, each with a radius; it is lit as a round thing."""
        ring = np.linspace(0, 2 * np.pi, 24)
        circle = np.stack([np.cos(ring), np.sin(ring)], 1)
        outlines = [self._fixed(point + radius * circle) for point, radius in zip(points, radii, strict=True)]
        mask = np.zeros(self.alpha.shape, np.uint8)
        for a, b in itertools.pairwise(outlines):
            cv2.fillConvexPoly(mask, cv2.convexHull(np.vstack([a, b])), 255, cv2.LINE_AA, FRACTION)
        self._paint(mask, colour, max(radii) * self.pixels)

    def ring(self, centre: Point, radius: float, thick: float, colour: Colour) -> None:
        """Draw a wheel."""
        mask = np.zeros(self.alpha.shape, np.uint8)
        size, line = round(radius * self.pixels * 2**FRACTION), max(1, round(thick * self.pixels))
        cv2.circle(mask, self._fixed(centre).tolist(), size, 255, line, cv2.LINE_AA, FRACTION)
        self._paint(mask, colour, 1)

    def _fixed(self, points: Point) -> npt.NDArray[np.int32]:
        return np.asarray(np.round((self.foot + points * [1, -1]) * self.pixels * 2**FRACTION), np.int32)

    def _paint(self, mask: NDArrayPixels, colour: Colour, round_off: float) -> None:
        """Lay a colour over; it is darker within `round_off` pixels of the outline."""
        x, y, w, h = cv2.boundingRect(mask)
        part = (slice(y, y + h), slice(x, x + w))
        depth = cv2.distanceTransform((mask[part] > 127).astype(np.uint8), cv2.DIST_L2, 3) / round_off
        light = 0.6 + 0.45 * np.sqrt(np.clip(depth, 0, 1))[..., None]
        share = mask[part].astype(np.float32) / 255
        self.colour[part] += share[..., None] * (light * colour.astype(np.float32) - self.colour[part])
        self.alpha[part] = np.maximum(self.alpha[part], share)

    def finish(self, weave: npt.NDArray[np.float32]) -> NDArrayPixels:
        """Return (h, w, 4) RGBA with the unevenness of cloth."""
        worn = np.clip(self.colour * (1 + 0.06 * weave[..., None]), 0, 1)
        return with_alpha((worn * 255).astype(np.uint8), self.alpha * 255)


def walker(rng: np.random.Generator, pixels: int) -> list[NDArrayPixels]:
    """Draw somebody who walks to the right: `POSES` pictures (h, w, 4) RGBA of a body `pixels` high."""
    coat, trousers, hair = _cloth(rng), _cloth(rng) * 0.7, np.full(3, rng.uniform(0.05, 0.3))
    skin, stout = SKIN[rng.integers(len(SKIN))], rng.uniform(0.9, 1.3)
    bag = _cloth(rng) if rng.random() < 0.5 else None
    weave = _weave(rng, WALKER, pixels)
    poses = []
    for phase in np.arange(POSES) * 2 * np.pi / POSES:
        sheet = _Sheet(WALKER, pixels)
        hip, neck = np.array([0, 0.5 + 0.008 * np.cos(2 * phase)]), np.array([0.025, 0.83])
        _arm(sheet, neck, -phase, coat * 0.8, skin)
        _leg(sheet, hip, phase + np.pi, trousers * 0.75, stout)
        _leg(sheet, hip, phase, trousers, stout)
        if bag is not None:
            sheet.limb([_off(neck, -0.1, -0.05), _off(hip, -0.1, 0.1)], [0.06, 0.075], bag)
        sheet.limb([neck, (neck + hip) / 2, hip], [0.07 * stout, 0.088 * stout, 0.085 * stout], coat)
        _head(sheet, neck, skin, hair)
        _arm(sheet, neck, phase + np.pi, coat, skin)
        poses.append(sheet.finish(weave))
    return poses


def cyclist(rng: np.random.Generator, pixels: int) -> list[NDArrayPixels]:
    """Draw somebody who cycles to the right: as `walker`."""
    coat, trousers, hair = _cloth(rng), _cloth(rng) * 0.7, np.full(3, rng.uniform(0.05, 0.3))
    skin, paint, black = SKIN[rng.integers(len(SKIN))], _cloth(rng), np.full(3, 0.08)
    weave = _weave(rng, CYCLIST, pixels)
    rear, front, crank = np.array([-0.33, 0.19]), np.array([0.33, 0.19]), np.array([-0.02, 0.19])
    saddle, handle = np.array([-0.12, 0.5]), np.array([0.22, 0.56])
    poses = []
    for phase in np.arange(POSES) * 2 * np.pi / POSES:
        sheet = _Sheet(CYCLIST, pixels)
        hip, neck = _off(saddle, 0, 0.04), np.array([0.06, 0.8])
        pedal = 0.09 * np.array([np.cos(-phase), np.sin(-phase)])
        _pedalling(sheet, hip, crank - pedal, trousers * 0.75)
        for wheel in (rear, front):
            sheet.ring(wheel, 0.185, 0.022, black)
            for spoke in np.arange(4) * np.pi / 4 - phase:
                across = 0.17 * np.array([np.cos(spoke), np.sin(spoke)])
                sheet.limb([wheel - across, wheel + across], [0.002, 0.002], np.full(3, 0.5))
        for tube in ((rear, crank, saddle, rear), (saddle, handle, crank), (handle, front)):
            sheet.limb(tube, [0.011] * len(tube), paint)
        _pedalling(sheet, hip, crank + pedal, trousers)
        sheet.limb([neck, (neck + hip) / 2, hip], [0.07, 0.09, 0.085], coat)
        _head(sheet, neck, skin, hair)
        elbow = _off((neck + handle) / 2, -0.01, -0.05)
        sheet.limb([_off(neck, 0.02, -0.04), elbow, handle], [0.042, 0.034, 0.024], coat * 0.9)
        poses.append(sheet.finish(weave))
    return poses


def _weave(rng: np.random.Generator, width: float, pixels: int) -> npt.NDArray[np.float32]:
    return noise(rng, round(HIGH * pixels), round(width * pixels), 40, 3)


def _cloth(rng: np.random.Generator) -> Colour:
    grey = rng.uniform(0.1, 0.75)
    return np.clip(grey + rng.uniform(-0.2, 0.2, 3) * (rng.random() < 0.6), 0.05, 0.9)


def _off(point: Point, x: float, y: float) -> Point:
    moved: Point = point + np.array([x, y])
    return moved


def _turned(length: float, angle: float) -> Point:
    """A bone that hangs down, swung forward by `angle` radians."""
    return length * np.array([np.sin(angle), -np.cos(angle)])


def _leg(sheet: _Sheet, hip: Point, phase: float, colour: Colour, stout: float) -> None:
    swing = 0.45 * np.sin(phase)
    knee = hip + _turned(THIGH, swing)
    ankle = knee + _turned(SHIN, swing - 0.08 - 0.8 * max(0.0, np.cos(phase)))  # it bends while it comes forward
    sheet.limb([ankle, _off(ankle, 0.07, -0.015)], [0.026, 0.018], np.full(3, 0.1))
    sheet.limb([hip, knee, ankle], [0.075 * stout, 0.052 * stout, 0.034], colour)


def _arm(sheet: _Sheet, neck: Point, phase: float, colour: Colour, skin: Colour) -> None:
    swing = 0.4 * np.sin(phase)
    shoulder = _off(neck, -0.005, -0.04)
    elbow = shoulder + _turned(UPPER_ARM, swing)
    hand = elbow + _turned(FOREARM, swing + 0.35)
    sheet.limb([hand, hand + _turned(0.03, swing)], [0.022, 0.02], skin)
    sheet.limb([shoulder, elbow, hand], [0.045, 0.036, 0.026], colour)


def _head(sheet: _Sheet, neck: Point, skin: Colour, hair: Colour) -> None:
    sheet.limb([neck, _off(neck, 0.012, 0.07)], [0.036, 0.034], skin * 0.9)
    sheet.limb([_off(neck, -0.005, 0.12), _off(neck, -0.012, 0.1)], [0.062, 0.058], hair)
    sheet.limb([_off(neck, 0.026, 0.1), _off(neck, 0.03, 0.075)], [0.047, 0.036], skin)


def _pedalling(sheet: _Sheet, hip: Point, pedal: Point, colour: Colour) -> None:
    """Bend a leg so that it reaches from the hip to the pedal."""
    ankle = _off(pedal, -0.02, 0.03)
    way = ankle - hip
    far = min(float(np.hypot(*way)), THIGH + SHIN - 1e-3)
    bend = np.arccos((THIGH**2 + far**2 - SHIN**2) / (2 * THIGH * far))
    knee = hip + _turned(THIGH, float(np.arctan2(way[0], -way[1]) + bend))
    sheet.limb([ankle, _off(ankle, 0.07, -0.02)], [0.026, 0.018], np.full(3, 0.1))
    sheet.limb([hip, knee, ankle], [0.07, 0.05, 0.034], colour)

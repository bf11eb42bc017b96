"""What weather and cleaners do to a sheet: fading, creases, stains, tears, white remains."""

from __future__ import annotations

import cv2
import numpy as np

from vision.datasets.postings.pixels import NDArrayFloat, NDArrayPixels, noise

__all__ = ["residue", "worn"]


def worn(rng: np.random.Generator, sheet: NDArrayPixels, strength: float | None = None) -> NDArrayPixels:
    """Age a printed sheet (h, w, 4); torn parts go transparent, or white where only the print has come off.

    Args:
        rng: Source of chance.
        sheet: As it left the printer.
        strength: 0 fresh … 1 nearly gone; by default mostly light wear.
    """
    h, w = sheet.shape[:2]
    strength = float(rng.beta(1.3, 2.2)) if strength is None else strength
    fade, dirt = rng.uniform(0.02, 0.35) * strength, 0.03 + 0.10 * strength
    rgb = sheet[..., :3].astype(np.float32)
    bleached = np.float32(200) + np.float32(0.15) * rgb.mean(axis=(0, 1))
    rgb += np.float32(fade) * (bleached - rgb)
    large = noise(rng, h, w, 2.5, 4)
    creases = np.abs(noise(rng, h, w, 2, 2)) < 0.03 + 0.03 * strength
    rgb *= (np.float32(0.97) + np.float32(0.4 * dirt) * large - np.float32(0.07) * creases)[..., None]
    if rng.random() < 0.3 + 0.4 * strength:  # damp and rust stain it brown
        stain = np.clip(large - np.float32(rng.uniform(0.6, 1.6)), 0, 1)[..., None] * np.float32(0.5)
        rgb += stain * (np.array([150, 130, 95], np.float32) * (rgb / 255) - rgb)
    edge = _edge_distance(h, w) + np.float32(0.004 * min(h, w)) * noise(rng, h, w, 9, 2)
    alpha = np.clip(edge + 1.0, 0, 1)
    if rng.random() < 0.2 + 0.6 * strength:
        gone = _torn(rng, h, w, strength)
        fibre = np.float32(max(1.0, 0.02 * min(h, w) * rng.uniform(0.5, 2.5)))
        white = np.clip(1 - gone / fibre, 0, 1)[..., None]  # paper splits: a white rim is left along the tear
        rgb += white * (np.array([226, 222, 212], np.float32) - rgb)
        alpha *= np.clip(gone + 1, 0, 1)
    if rng.random() < 0.15 + 0.5 * strength:  # scraped: the print is off, the backing still sticks
        scraped = np.clip((_scrapes(rng, h, w) - np.float32(rng.uniform(0.8, 1.7))) * 3, 0, 1)[..., None]
        rgb += scraped * (np.array([214, 210, 200], np.float32) - rgb)
    alpha *= sheet[..., 3]
    return np.dstack([np.clip(rgb, 0, 255).astype(np.uint8), alpha.astype(np.uint8)])


def residue(rng: np.random.Generator, size: int) -> NDArrayPixels:
    """Draw what a removed slip leaves: flecks of white paper and a veil of glue, (h, w, 4)."""
    h, w = size, round(size * rng.uniform(0.8, 2.2))
    inside = np.clip(_edge_distance(h, w) / (0.15 * size), 0, 1)
    flecks = np.clip((noise(rng, h, w, 4, 5) - np.float32(rng.uniform(1.0, 1.8))) * 4, 0, 1) * np.float32(0.75)
    veil = np.clip(0.5 + 0.3 * noise(rng, h, w, 3, 3), 0, 1) * np.float32(rng.uniform(0.05, 0.18))
    alpha = np.maximum(flecks, veil) * inside * 255
    grey = np.clip(205 + 14 * noise(rng, h, w, 5, 3), 0, 255)[..., None] * np.array([1, 0.985, 0.95], np.float32)
    return np.dstack([grey.astype(np.uint8), alpha.astype(np.uint8)])


def _edge_distance(h: int, w: int) -> NDArrayFloat:
    """Pixels to the nearest edge of a sheet, (h, w)."""
    y, x = np.arange(h, dtype=np.float32), np.arange(w, dtype=np.float32)
    return np.minimum(np.minimum(y, h - 1 - y)[:, None], np.minimum(x, w - 1 - x)[None])


def _torn(rng: np.random.Generator, h: int, w: int, strength: float) -> NDArrayFloat:
    """Signed pixels (h, w) from a ragged tear; positive is what is left."""
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    ragged = np.float32(0.09 * min(h, w)) * noise(rng, h, w, 4, 5)
    reach = rng.uniform(0.05, 0.2 + 0.45 * strength)
    if rng.random() < 0.6:  # a corner
        corner = (rng.choice([0, w]), rng.choice([0, h]))
        away = np.hypot((x - corner[0]) / w, (y - corner[1]) / h) * min(h, w)
        return np.asarray(away - reach * 1.4 * min(h, w) + ragged, np.float32)
    angle = rng.uniform(0, 2 * np.pi)  # a whole side
    along = (x / w - 0.5) * np.cos(angle) + (y / h - 0.5) * np.sin(angle)
    return np.asarray((along + 0.5 - reach) * min(h, w) + ragged, np.float32)


def _scrapes(rng: np.random.Generator, h: int, w: int) -> NDArrayFloat:
    """Noise (h, w) drawn out along one direction, as by a scraper."""
    rows, columns = (max(2, h // 6), w) if rng.random() < 0.5 else (h, max(2, w // 6))
    drawn: NDArrayFloat = cv2.resize(noise(rng, rows, columns, 3, 3), (w, h), interpolation=cv2.INTER_LINEAR)
    return drawn

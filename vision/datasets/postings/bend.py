"""Sheets round a pole."""

from __future__ import annotations

import numpy as np

from vision.datasets.postings.pixels import NDArrayPixels

__all__ = ["bent"]


def bent(picture: NDArrayPixels, start: float, end: float) -> NDArrayPixels:
    """Bend a picture (h, w, 4) round a pole from angle `start` to `end`; 0 faces the viewer, radians."""
    w = picture.shape[1]
    across = np.linspace(np.sin(start), np.sin(end), w)
    columns = ((np.arcsin(np.clip(across, -1, 1)) - start) / (end - start) * (w - 1)).round().astype(int)
    bent_ = picture[:, np.clip(columns, 0, w - 1)].copy()
    shade = 0.5 + 0.5 * np.sqrt(np.clip(1 - across**2, 0, 1))
    bent_[..., :3] = (bent_[..., :3] * shade[None, :, None]).astype(np.uint8)
    return bent_
